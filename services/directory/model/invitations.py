"""Invitations to a role in an association, by a link in a mail.

::

    open ──accept──► accepted
      ├──decline───► declined       by whoever holds the link
      ├──withdraw──► withdrawn      by the association, or because its people were replaced
      └──expire────► expired

Whom an address belongs to is looked up when the mail is due, never while somebody waits for an
answer: so inviting takes the same time whether the address is known here or not. Only a hash of the
link's secret is kept; the notifier makes the secret, and each mail has another.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import InvitationAccepted, InvitationEnded, InvitationSent
from contracts.values import InvitationOutcome
from services.directory.model.mapping import Base, one_of
from services.directory.model.memberships import MembershipRole
from services.directory.model.problems import InvitationNotOpen, MailedEnough

GOOD_FOR: Final = timedelta(days=14)
"""How long a mailed link works."""
MOST_MAILS: Final = 3
"""How many mails one invitation may cause: the first and two more."""
KEPT_FOR: Final = timedelta(days=30)
"""How long one stays that came to its end; then whom it named is forgotten."""


class InvitationStatus(StrEnum):
    """What has become of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Invitation(Base):
    """That an association asks somebody to take a role in it.

    ``name`` and ``email`` are as the association wrote them, and are all it sees of the person;
    ``person_id`` is set with the first mail. ``mail_due``: one was asked for, and is not written.
    ``leaver_membership_id`` is the role that ends when this one begins: its holder hands over.
    """

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str]
    role: Mapped[MembershipRole] = mapped_column(one_of(MembershipRole, name="role"))
    leads: Mapped[bool]
    is_contact: Mapped[bool]
    leaver_membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    invited_by: Mapped[UUID | None]
    status: Mapped[InvitationStatus] = mapped_column(one_of(InvitationStatus, name="status"))
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    mail_count: Mapped[int]
    mail_due: Mapped[bool]
    invited_at: Mapped[datetime]
    mailed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("mail_count >= 1", name="mailed"),
        Index(
            "uq_invitation_open",
            "association_id",
            "email_key",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_invitation_association_id", "association_id", "invited_at", "id"),
        Index("ix_invitation_person_id", "person_id"),
        Index("ix_invitation_email_key", "email_key"),
        Index("ix_invitation_mail_due", "mailed_at", postgresql_where=text("mail_due")),
        Index("ix_invitation_leaver_membership_id", "leaver_membership_id"),
        Index("ix_invitation_expires_at", "expires_at", postgresql_where=text("status = 'open'")),
        Index("ix_invitation_ended_at", "ended_at"),
    )

    @property
    def hands_over(self) -> bool:
        """Whether somebody leaves when it is accepted."""
        return self.leaver_membership_id is not None

    def ask_for_mail(self, *, at: datetime) -> None:
        """Have the link mailed, with a new secret; an older mail's opens nothing from now on.

        Raises :class:`InvitationNotOpen`, :class:`MailedEnough`.
        """
        self._require_open(at)
        if self.mail_count >= MOST_MAILS:
            raise MailedEnough(f"{MOST_MAILS} mails were sent.", most=MOST_MAILS)
        self.mail_count += 1
        self.mail_due = True
        self.mailed_at, self.expires_at, self.token_hash = at, at + GOOD_FOR, None

    def send(self, *, person_id: UUID, association_name: str) -> InvitationSent:
        """Record that the link must be mailed to this person."""
        self.person_id, self.mail_due = person_id, False
        return InvitationSent(
            invitation_id=self.id,
            association_id=self.association_id,
            association_name=association_name,
            person_id=person_id,
            role=self.role.value,
            leads=self.leads,
            is_contact=self.is_contact,
            hands_over=self.hands_over,
            is_reminder=self.mail_count > 1,
            expires_at=self.expires_at,
        )

    def is_open(self, at: datetime) -> bool:
        """Whether it can be accepted now."""
        return self.status is InvitationStatus.OPEN and at < self.expires_at

    def accept(self, *, person_id: UUID, at: datetime, association_name: str) -> InvitationAccepted:
        """Record that it was accepted. Raises :class:`InvitationNotOpen`."""
        self._require_open(at)
        self._end(InvitationStatus.ACCEPTED, at)
        return InvitationAccepted(
            invitation_id=self.id,
            association_id=self.association_id,
            association_name=association_name,
            person_id=person_id,
            invited_by_id=self.invited_by,
            role=self.role.value,
            hands_over=self.hands_over,
        )

    def end(
        self, outcome: InvitationOutcome, *, at: datetime, association_name: str
    ) -> InvitationEnded:
        """Record that it came to nothing, and why. Raises :class:`InvitationNotOpen`."""
        if self.status is not InvitationStatus.OPEN:
            raise InvitationNotOpen(f"It is {self.status.value}.", current=self.status.value)
        self._end(InvitationStatus(outcome.value), at)
        return InvitationEnded(
            invitation_id=self.id,
            association_id=self.association_id,
            association_name=association_name,
            invited_by_id=self.invited_by,
            outcome=outcome,
            hands_over=self.hands_over,
        )

    def _end(self, status: InvitationStatus, at: datetime) -> None:
        self.status, self.ended_at, self.mail_due = status, at, False

    def _require_open(self, at: datetime) -> None:
        if not self.is_open(at):
            current = self.status.value if self.status is not InvitationStatus.OPEN else "expired"
            raise InvitationNotOpen(f"It is {current}.", current=current)
