"""What every service keeps of one person, and having a person forgotten."""

from typing import Final

from portal.client.transport import Page, Resource, Resources

SERVICES: Final = ("directory", "grants", "meetings", "notifier")


class Personal(Resources):
    """Asks each service for its own: nobody behind the gateway puts them together (ADR 68)."""

    def people(self, q: str, cursor: str | None = None) -> Page:
        """People by part of a name or address."""
        return self._page("/people", q=q, cursor=cursor)

    def data(self, service: str, person_id: str) -> Resource:
        """All that one service keeps of a person."""
        return self._get(
            "/personal-data/{service}/{person_id}", service=service, person_id=person_id
        )

    def erase(self, person_id: str) -> Resource:
        """Have a person forgotten; the answer holds a receipt, once."""
        answer: Resource = self._send(
            "DELETE", "/people/{person_id}", {"person_id": person_id}
        ).json()
        return answer

    def erasures(self, cursor: str | None = None) -> Page:
        """One page of erasures, the newest first."""
        return self._page("/erasures", cursor=cursor)

    def erasure(self, person_id: str) -> Resource:
        """What came of one erasure."""
        return self._get("/erasures/{person_id}", person_id=person_id)

    def open_receipt(self, receipt: str) -> Resource:
        """What came of the erasure a receipt is for."""
        return self._post("/erasure-receipts/opening", {"receipt": receipt})
