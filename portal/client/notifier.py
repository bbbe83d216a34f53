"""What the notifier answers: what became of mails, and who wants which."""

from typing import Any

from portal.client.transport import Resource, Resources


class Notifier(Resources):
    """Mail."""

    def deliveries(self, **filters: Any) -> list[Resource]:
        """What became of mails one may know of."""
        return self._all("/deliveries", **filters)

    def resend(self, delivery_id: str) -> Resource:
        """Send a mail again that failed, or of which nobody knows whether it arrived."""
        return self._post("/deliveries/{delivery_id}/resending", delivery_id=delivery_id)

    def confirm(self, delivery_id: str) -> Resource:
        """Note that an uncertain mail arrived, so that it is not sent again."""
        return self._post("/deliveries/{delivery_id}/confirmation", delivery_id=delivery_id)

    def unsubscribe(self, token: str) -> None:
        """Stop news by mail, with the secret of the link."""
        self._post("/unsubscriptions/{token}", token=token)

    def ask_for_news(self, body: Resource) -> None:
        """Have an address asked by mail whether it wants to be mailed about some subjects."""
        self._post("/subscriptions", body)

    def confirm_news(self, token: str) -> None:
        """Say yes to that, with the secret of the mail."""
        self._post("/subscriptions/confirmation", {"token": token})

    def preferences(self, person_id: str) -> Resource:
        """Which news a person gets."""
        return self._get("/preferences/{person_id}", person_id=person_id)

    def put_preferences(self, person_id: str, *, news: bool) -> Resource:
        """Choose which news come by mail."""
        return self._put("/preferences/{person_id}", {"news": news}, person_id=person_id)
