"""What the notifier says: what became of a mail."""

from uuid import UUID

from chassis.events import Event, event


@event("notifier.delivery.sent.v1")
class DeliverySent(Event):
    """The mail server took a mail.

    ``person_id`` is the recipient: of mail that an address subscribed to, the subscription's id.

    ``association_ids`` are all associations it was for; ``association_id`` is the first of them.
    """

    delivery_id: UUID
    template: str
    person_id: UUID
    association_id: UUID | None
    association_ids: tuple[UUID, ...] = ()


@event("notifier.delivery.failed.v1")
class DeliveryFailed(Event):
    """A mail could not be delivered and will not be tried again.

    ``reason`` is the server's answer without addresses. ``association_ids`` are all associations it
    was for; ``association_id`` is the first of them.
    """

    delivery_id: UUID
    template: str
    person_id: UUID
    association_id: UUID | None
    reason: str
    association_ids: tuple[UUID, ...] = ()


@event("notifier.confirmation-link.issued.v1")
class ConfirmationLinkIssued(Event):
    """The mail that asks whether a record is still right was written, with a secret in its buttons.

    ``token_hash`` is the SHA-256 of the secret, in hex; the secret itself is in the mail alone.
    """

    confirmation_link_id: UUID
    token_hash: str
