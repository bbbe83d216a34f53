"""One mail to one person: its states, from the queue to the mail server.

::

    queued ──claim──► sending ──accept──► sent
      ▲                  │ └──refuse (5xx)──► failed
      ├──postpone (4xx, no connection)        ▲
      ├──────────────────┤ 48th try ──────────┘
      │                  └──lose (nobody knows)──► uncertain ──confirm──► sent
      └──────────────────────────── resend ──────────┘   (by hand, or at once where the kind may)

    queued, sending ──doubt──► uncertain    the database was restored: it may have left before

    queued ──suppress──► suppressed     no news wanted, person erased, or the link has expired

Within ``sending`` the moment just before the final dot of the message is written down first
(``transmitting_at``): a mail without that mark was surely not taken and may go again; a mail with
it may have been taken, and goes again only where a second copy does no harm. So a person gets each
mail at most once, and the one case in which nobody can know is on record (P6).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.problems import Conflict
from contracts.notifier import DeliveryFailed, DeliverySent
from services.notifier.model.base import Base
from services.notifier.model.template import TEMPLATES, Template, Uncertain

# GOV.UK Notify's patience: 48 tries in about four hours; the first few come sooner.
MAX_ATTEMPTS: Final = 48
_FIRST_DELAYS: Final = (5, 30, 120)
_DELAY: Final = 300
# Longer than the time one mail may take, so that a lease never ends under a living sender.
LEASE: Final = timedelta(seconds=90)


class DeliveryStatus(StrEnum):
    """What has become of a mail."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"


class DeliveryNotResendable(Conflict):
    """Only a mail that failed, or whose outcome nobody knows, can be sent again."""

    slug = "delivery-not-resendable"
    title = "Only a mail that failed or is uncertain can be sent again"


class DeliveryNotUncertain(Conflict):
    """Only the outcome of an uncertain mail can be noted by hand."""

    slug = "delivery-not-uncertain"
    title = "Only an uncertain mail can be noted as received"


class ClaimLost(Exception):
    """Another sender has taken this mail over: the one that lost it must not go on."""


class About:
    """What a mail is about: the kind and id of a thing, as the portal's addresses name it."""

    def __init__(self, kind: str, id_: UUID) -> None:
        self.kind = kind
        self.id = id_


def next_delay(attempts: int) -> timedelta:
    """How long to wait after this many tries."""
    seconds = _FIRST_DELAYS[attempts - 1] if attempts <= len(_FIRST_DELAYS) else _DELAY
    return timedelta(seconds=seconds)


class Delivery(Base):
    """A mail of one kind to one person because of one event; ``content`` is what it says."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "template", "person_id"),
        Index(
            "ix_delivery_queue",
            "rank",
            "next_attempt_at",
            postgresql_where=text("status = 'queued'"),
        ),
        Index("ix_delivery_in_hand", "lease_until", postgresql_where=text("status = 'sending'")),
        Index("ix_delivery_person_id_sent_at", "person_id", "sent_at"),
        Index("ix_delivery_association_ids", "association_ids", postgresql_using="gin"),
        Index("ix_delivery_created_at", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    template: Mapped[str]
    person_id: Mapped[UUID]
    # All whose contact the person is written to as: one mail can be for several.
    association_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    about_kind: Mapped[str]
    about_id: Mapped[UUID]
    news: Mapped[bool]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    correlation_id: Mapped[str]
    rank: Mapped[int]
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    uncertain_at: Mapped[datetime | None]
    claimed_by: Mapped[int | None] = mapped_column(BigInteger)
    # These two are the database's real time: a demo clock that jumps ends no lease.
    lease_until: Mapped[datetime | None]
    transmitting_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @property
    def kind(self) -> Template:
        """The kind of mail it is."""
        return TEMPLATES[self.template]

    @property
    def association_id(self) -> UUID | None:
        """The first association it is for, where there is one."""
        return next(iter(self.association_ids), None)

    @property
    def about(self) -> About:
        """What it is about."""
        return About(self.about_kind, self.about_id)

    def is_expired(self, *, at: datetime) -> bool:
        """Whether it says nothing any more: its secret has run out, or was wiped when it left."""
        if not self.kind.secret:
            return False
        # An introduction that asks nothing has no secret that could run out.
        expires_at = self.content.get("expires_at")
        has_run_out = expires_at is not None and datetime.fromisoformat(expires_at) <= at
        return not self.content or has_run_out

    # The sender's steps

    def claim(self, sender: int) -> None:
        """Take it in hand. The lease is what frees it again should the sender die."""
        self.status = DeliveryStatus.SENDING
        self.claimed_by = sender
        self.transmitting_at = None
        self.lease_until = func.clock_timestamp() + LEASE
        self.attempts += 1

    def transmit(self, sender: int) -> None:
        """Note that the final dot comes next.

        Raises :class:`ClaimLost` where it is no longer this sender's to send.
        """
        self._require_claim(sender)
        self.transmitting_at = func.clock_timestamp()
        self.lease_until = func.clock_timestamp() + LEASE

    def accept(self, sender: int, *, at: datetime) -> DeliverySent:
        """Note that the server took it, even when it was held to be uncertain meanwhile."""
        if self.claimed_by != sender:
            raise ClaimLost
        return self._sent(at)

    def refuse(self, sender: int, *, reason: str) -> DeliveryFailed:
        """Note that the server will never take it."""
        self._require_claim(sender)
        return self._fail(reason)

    def postpone(self, sender: int, *, reason: str, at: datetime) -> DeliveryFailed | None:
        """Try again later; after the last try it has failed."""
        self._require_claim(sender)
        return self._try_later(reason, at)

    def defer(self, sender: int, *, until: datetime) -> None:
        """Wait, without counting a try: the person has had many mails this hour."""
        self._require_claim(sender)
        self.attempts -= 1
        self._queue(until)

    def suppress(self, sender: int, *, reason: str) -> None:
        """Do not send it."""
        self._require_claim(sender)
        self._release(DeliveryStatus.SUPPRESSED)
        self.error = reason
        self.content = {} if self.kind.secret else self.content

    def lose(self, sender: int, *, reason: str, resend: bool, at: datetime) -> None:
        """Note that the connection was lost after the final dot."""
        self._require_claim(sender)
        self._lose(reason, resend=resend, at=at)

    # What others do

    def free(self, *, resend: bool, at: datetime) -> DeliveryFailed | None:
        """Take it from a sender that died: not transmitted it goes again, else it is uncertain."""
        reason = "the sender stopped before it was done"
        if self.transmitting_at is None:
            return self._try_later(reason, at, delay=timedelta())
        self._lose(reason, resend=resend, at=at)
        return None

    def doubt(self, *, reason: str, at: datetime) -> None:
        """Hold it back until somebody has looked: it may have left already, and nobody knows."""
        self._release(DeliveryStatus.UNCERTAIN)
        self.uncertain_at = at
        self.error = reason

    def resend(self, *, at: datetime) -> None:
        """Queue it again by hand.

        Raises :class:`DeliveryNotResendable`; does nothing where it is queued already.
        """
        if self.status == DeliveryStatus.QUEUED:
            return
        resendable = self.status in {DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN}
        if not resendable or self.is_expired(at=at):
            raise DeliveryNotResendable
        self.attempts = 0
        self._queue(at)

    def confirm(self, *, at: datetime) -> DeliverySent | None:
        """Note by hand that an uncertain mail arrived.

        Raises :class:`DeliveryNotUncertain`; None where it was sent already.
        """
        if self.status == DeliveryStatus.SENT:
            return None
        if self.status != DeliveryStatus.UNCERTAIN:
            raise DeliveryNotUncertain
        return self._sent(at)

    def forget_person(self) -> None:
        """Wipe what it says about an erased person, and send it no more (GDPR art. 17)."""
        self.content = {}
        if self.status in {DeliveryStatus.QUEUED, DeliveryStatus.UNCERTAIN}:
            self._release(DeliveryStatus.SUPPRESSED)
            self.error = "the person was erased"

    def uncertain_policy(self, setting: str) -> bool:
        """Whether to send it again when nobody knows; ``setting`` is UNCERTAIN_MAIL."""
        if setting in set(Uncertain):
            return setting == Uncertain.RESEND
        return self.kind.uncertain is Uncertain.RESEND

    def _require_claim(self, sender: int) -> None:
        if self.status != DeliveryStatus.SENDING or self.claimed_by != sender:
            raise ClaimLost

    def _sent(self, at: datetime) -> DeliverySent:
        self._release(DeliveryStatus.SENT)
        self.sent_at = at
        self.error = None
        if self.kind.secret:
            self.content = {}
        return DeliverySent(
            delivery_id=self.id,
            template=self.template,
            person_id=self.person_id,
            association_id=self.association_id,
            association_ids=tuple(self.association_ids),
        )

    def _fail(self, reason: str) -> DeliveryFailed:
        self._release(DeliveryStatus.FAILED)
        self.error = reason
        return DeliveryFailed(
            delivery_id=self.id,
            template=self.template,
            person_id=self.person_id,
            association_id=self.association_id,
            association_ids=tuple(self.association_ids),
            reason=reason,
        )

    def _try_later(
        self, reason: str, at: datetime, *, delay: timedelta | None = None
    ) -> DeliveryFailed | None:
        if self.attempts >= MAX_ATTEMPTS:
            return self._fail(f"given up after {self.attempts} tries: {reason}")
        self._queue(at + (next_delay(self.attempts) if delay is None else delay))
        self.error = reason
        return None

    def _lose(self, reason: str, *, resend: bool, at: datetime) -> None:
        self.uncertain_at = at
        # Also a mail that may go twice goes only so often.
        if resend and self.attempts < MAX_ATTEMPTS:
            self._queue(at + next_delay(self.attempts))
        else:
            # The claim stays on it: should its sender be alive and get its answer, that answer
            # still counts.
            self.status = DeliveryStatus.UNCERTAIN
            self.lease_until = None
        self.error = f"nobody knows whether it was taken: {reason}"

    def _queue(self, at: datetime) -> None:
        self._release(DeliveryStatus.QUEUED)
        self.next_attempt_at = at

    def _release(self, status: DeliveryStatus) -> None:
        self.status = status
        self.claimed_by = None
        self.lease_until = None
        self.transmitting_at = None
