"""A delivery: one mail to one person because of one event, and how far it came.

::

    queued ─► sending ─► transmitting ─► sent
      ▲          │            ├────────► failed        the server refused for good
      └──────────┴────────────┤
       refused for now        └────────► uncertain     lost between the final dot and the answer

``transmitting`` is recorded just before the dot that ends the message. A mail found in ``sending``
has certainly not been taken by the server and can go again; one found in ``transmitting`` may have.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.notifier import DeliveryFailed, DeliverySent
from services.notifier.model.mapping import Base, one_of
from services.notifier.model.templates import TEMPLATES, Uncertain

BACK_OFF: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 15, 60, 120, 300, 600, 1200, 1800, 2700, 3600, 3600)
)
"""The pauses after each failed attempt: about four hours in all, as a mail server would wait."""


class Status(StrEnum):
    """How far a mail came."""

    QUEUED = "queued"
    SENDING = "sending"
    TRANSMITTING = "transmitting"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"


class Delivery(Base):
    """One mail to one person; ``data`` is the event that caused it, which the mail is written from.

    ``lease_until`` is by the database's clock: it measures a process's life, and the demo clock may
    jump. ``next_attempt_at`` is by the clock of the system.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "template", "person_id"),
        Index(
            "ix_delivery_waiting",
            "next_attempt_at",
            postgresql_where=text("status = 'queued'"),
        ),
        Index(
            "ix_delivery_leased",
            "lease_until",
            postgresql_where=text("status IN ('sending', 'transmitting')"),
        ),
        Index("ix_delivery_created_at_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    correlation_id: Mapped[str]
    template: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(index=True)
    association_id: Mapped[UUID | None] = mapped_column(index=True)
    about_kind: Mapped[str]
    about_id: Mapped[UUID]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[Status] = mapped_column(one_of(Status, name="status"))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    def claim(self, *, until: datetime) -> None:
        """Begin an attempt; nobody else touches the mail until then."""
        self.status = Status.SENDING
        self.attempts += 1
        self.lease_until = until
        self.next_attempt_at = None

    def transmit(self) -> None:
        """The whole message is with the server but for the dot that ends it."""
        self.status = Status.TRANSMITTING

    def succeed(self, *, at: datetime) -> DeliverySent:
        """The server took the mail."""
        self._settle(Status.SENT, error=None)
        self.sent_at = at
        return DeliverySent(
            delivery_id=self.id,
            template=self.template,
            person_id=self.person_id,
            association_id=self.association_id,
        )

    def fail(self, reason: str) -> DeliveryFailed:
        """The server will never take the mail."""
        self._settle(Status.FAILED, error=reason)
        return DeliveryFailed(
            delivery_id=self.id,
            template=self.template,
            person_id=self.person_id,
            association_id=self.association_id,
            reason=reason,
        )

    def put_off(self, reason: str, *, at: datetime) -> DeliveryFailed | None:
        """Try again later; after about four hours of that the mail has failed."""
        if self.attempts > len(BACK_OFF):
            return self.fail(reason)
        self._settle(Status.QUEUED, error=reason)
        self.next_attempt_at = at + BACK_OFF[max(self.attempts - 1, 0)]
        return None

    def lose(
        self, reason: str, *, at: datetime, policy: Uncertain | None = None
    ) -> DeliveryFailed | None:
        """The server may or may not have taken the mail.

        Without ``policy`` the template's own holds: a sign-in link goes again, a letter waits for
        somebody to look.
        """
        if (policy or TEMPLATES[self.template].uncertain) is Uncertain.RESEND:
            return self.put_off(reason, at=at)
        self._settle(Status.UNCERTAIN, error=reason)
        return None

    def suppress(self, reason: str) -> None:
        """The mail is not sent, and that is no failure."""
        self._settle(Status.SUPPRESSED, error=reason)

    def _settle(self, status: Status, *, error: str | None) -> None:
        self.status = status
        self.error = error
        self.lease_until = None
        self.next_attempt_at = None
        over = status not in {Status.QUEUED, Status.UNCERTAIN}
        if over and TEMPLATES[self.template].credential:
            self.data = {}
