"""What the notifier says: what became of a mail."""

from uuid import UUID

from chassis.events import Event, event


@event("notifier.delivery.sent.v1")
class DeliverySent(Event):
    """The mail server took a mail."""

    delivery_id: UUID
    template: str
    person_id: UUID
    association_id: UUID | None


@event("notifier.delivery.failed.v1")
class DeliveryFailed(Event):
    """A mail could not be delivered and will not be tried again.

    ``reason`` is the server's answer without addresses.
    """

    delivery_id: UUID
    template: str
    person_id: UUID
    association_id: UUID | None
    reason: str
