"""What the notifier says: what became of a mail."""

from uuid import UUID

from chassis.events import Event, event
from contracts.values import Kept


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


@event("notifier.person.redacted.v1")
class PersonRedacted(Event):
    """An erased person is forgotten in the notifier; ``kept`` is what stays, and why."""

    person_id: UUID
    kept: tuple[Kept, ...]


@event("notifier.invitation-link.issued.v1")
class InvitationLinkIssued(Event):
    """The mail of an invitation was written, with a secret in its link.

    ``token_hash`` is the SHA-256 of the secret, in hex; the secret itself is in the mail alone. Of
    several mails of one invitation only the last one's secret works. An invitation has one link at
    a time, so ``invitation_link_id`` is the invitation's id.
    """

    invitation_link_id: UUID
    token_hash: str
