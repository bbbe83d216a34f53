"""What the directory answers of any kind of thing that is drafted, published and withdrawn."""

from typing import Any, ClassVar

from portal.client.transport import Page, Resource, Resources

Version = str | int | None


class Published(Resources):
    """Things of one kind; each kind says at which ``place`` they are, and what it has besides."""

    place: ClassVar[str]
    # Where what only its writers see may stand, and how much of a list is read at once.
    hidden_statuses: ClassVar[tuple[str, ...]] = ("draft", "withdrawn")
    per_page: ClassVar[int] = 200

    def page(self, **filters: Any) -> Page:
        """One page of the list."""
        return self._page(self.place, **filters)

    def everything(self, **filters: Any) -> list[Resource]:
        """Every one that matches, in the order of the list."""
        return self._all(self.place, per_page=self.per_page, **filters)

    def hidden(self) -> list[Resource]:
        """Every one that is not public, for those who write them."""
        return [each for status in self.hidden_statuses for each in self.everything(status=status)]

    def one(self, id_: str) -> Resource:
        """One of them."""
        return self._get(f"{self.place}/{{id}}", id=id_)

    def put(self, id_: str, body: Resource, version: Version = None) -> Resource:
        """Write one; its id is made by the form. A new one is a draft."""
        return self._put(f"{self.place}/{{id}}", body, id=id_, version=version)

    def publish(self, id_: str) -> Resource:
        """Let everybody read it."""
        return self._post(f"{self.place}/{{id}}/publication", id=id_)

    def withdraw(self, id_: str) -> Resource:
        """Take it from everybody."""
        return self._post(f"{self.place}/{{id}}/withdrawal", id=id_)

    def delete(self, id_: str) -> None:
        """Delete a draft."""
        self._delete(f"{self.place}/{{id}}", id=id_)
