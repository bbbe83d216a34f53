"""What the directory answers of where associations can seek money."""

from typing import Any

from portal.client.transport import Download, Page, Resource, Resources

Version = str | int | None
_ONE = "/funding-opportunities/{opportunity_id}"


class Funding(Resources):
    """Pools of the state, foundations and others, and the municipality's rounds."""

    def page(self, **filters: Any) -> Page:
        """One page of opportunities, the next deadline first."""
        return self._page("/funding-opportunities", **filters)

    def everything(self, **filters: Any) -> list[Resource]:
        """Every opportunity that matches."""
        return self._all("/funding-opportunities", **filters)

    def opportunity(self, opportunity_id: str) -> Resource:
        """One opportunity that staff wrote."""
        return self._get(_ONE, opportunity_id=opportunity_id)

    def put(self, opportunity_id: str, body: Resource, version: Version = None) -> Resource:
        """Write an opportunity; its id is made by the form. A new one is a draft."""
        return self._put(_ONE, body, opportunity_id=opportunity_id, version=version)

    def publish(self, opportunity_id: str) -> Resource:
        """Let everybody read of it."""
        return self._post(f"{_ONE}/publication", opportunity_id=opportunity_id)

    def withdraw(self, opportunity_id: str) -> Resource:
        """Take it out of the list."""
        return self._post(f"{_ONE}/withdrawal", opportunity_id=opportunity_id)

    def delete(self, opportunity_id: str) -> None:
        """Delete a draft."""
        self._delete(_ONE, opportunity_id=opportunity_id)

    def calendar(self) -> Download:
        """Every deadline, for a calendar."""
        return self._download("/funding-opportunities/calendar")
