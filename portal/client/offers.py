"""What the directory answers of offers, and the search over all that is offered."""

from typing import Any, Final

from portal.client.transport import Page, Resource, Resources

Version = str | int | None
# A department's offers are written at an address of their own, under a permission of their own.
_OWN: Final = "/offers/{offer_id}"
_MUNICIPAL: Final = "/municipal-offers/{offer_id}"


def _place(offer: Resource) -> str:
    return _MUNICIPAL if offer.get("department") else _OWN


class Offers(Resources):
    """Offers of associations and departments."""

    def search(self, **filters: Any) -> Page:
        """One page of what is offered, with what each choice would leave."""
        return self._page("/search", **filters)

    def everything(self) -> list[Resource]:
        """All that is offered, by name."""
        return self._all("/search", sort="name")

    def suggestions(self, q: str) -> list[str]:
        """What may be meant by words that are still being typed."""
        found: list[str] = self._get("/search/suggestions", q=q)["suggestions"]
        return found

    def offers(self, **filters: Any) -> list[Resource]:
        """The offers of an association or a department, of one status."""
        return self._all("/offers", **filters)

    def offer(self, offer_id: str) -> Resource:
        """One offer."""
        return self._get(_OWN, offer_id=offer_id)

    def put(self, offer_id: str, body: Resource, version: Version = None) -> Resource:
        """Write an offer; its id is made by the form. A new one is a draft."""
        return self._put(_place(body), body, offer_id=offer_id, version=version)

    def publish(self, offer: Resource) -> Resource:
        """Let everybody find an offer."""
        return self._post(f"{_place(offer)}/publication", offer_id=offer["id"])

    def say_capacity(self, offer: Resource, *, takes_new_users: bool) -> Resource:
        """Say whether an offer takes new users now."""
        body = {"takes_new_users": takes_new_users}
        return self._post(f"{_place(offer)}/capacity", body, offer_id=offer["id"])

    def withdraw(self, offer: Resource) -> Resource:
        """Take an offer out of what can be found."""
        return self._post(f"{_place(offer)}/withdrawal", offer_id=offer["id"])

    def delete(self, offer: Resource) -> None:
        """Delete a draft."""
        self._delete(_place(offer), offer_id=offer["id"])
