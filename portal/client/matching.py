"""What the directory answers when somebody looks for an offer for a citizen."""

from portal.client.transport import Download, Resource, Resources


class Matching(Resources):
    """The part of the directory that finds three offers, and counts what could not be met."""

    def match(self, body: Resource) -> Resource:
        """Up to three offers with room. A POST, so that what is asked is in no address."""
        return self._post("/matches", body)

    def card(self, offers: list[str]) -> Download:
        """A card with up to three offers, as a PDF."""
        return self._download("/matches/card.pdf", offers=",".join(offers))

    def count_unmet_need(self, need_id: str, body: Resource) -> None:
        """Count a need that nobody could meet."""
        self._put("/unmet-needs/{need_id}", body, need_id=need_id)

    def unmet_figures(self, year: int) -> Resource:
        """What could not be met in the months of a year that are over."""
        return self._get("/unmet-need-figures", year=year)
