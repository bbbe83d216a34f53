"""Who asked to be mailed about kinds of documents and topics of news (V12)."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.problems import NotFound
from contracts.values import DocumentKind, NewsTopic
from services.notifier.model.base import Base

CONFIRMED_WITHIN: Final = timedelta(days=3)
# So often one address is asked whether it wants what somebody asked for in its name.
ASKED_AGAIN_AFTER: Final = timedelta(minutes=5)
ASKED_AT_MOST: Final = 5
# So many addresses one client may have asked within an hour.
ASKED_BY_ONE: Final = 30
# So long the link in an old mail still says that nothing comes any more.
ENDED_KEPT: Final = timedelta(days=30)

SUBJECTS: Final = (
    *(f"document:{kind.value}" for kind in DocumentKind),
    *(f"news:{topic.value}" for topic in NewsTopic),
)
"""What can be subscribed to."""


class LinkNotValid(NotFound):
    """The secret is nobody's, was used, or has run out. One answer for all of them."""

    slug = "link-not-valid"
    title = "This link cannot be used"


class Subscription(Base):
    """What one address wants to be mailed about.

    Until its owner has said yes with the secret that was mailed (``confirmation_hash``) nothing
    else goes there, and what was confirmed before stays as it was: ``wanted`` is what was asked
    for last. ``token`` is the secret in the unsubscription link of each mail. Its ``id`` stands
    for a person in a delivery; ``name`` is unknown, for nobody asks for it.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        Index("ix_subscription_subjects", "subjects", postgresql_using="gin"),
        Index("ix_subscription_asked_at", "asked_at"),
        Index("ix_subscription_asked_by", "asked_by", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    # The address as it is compared: two spellings that differ in case are one.
    email_key: Mapped[str] = mapped_column(unique=True)
    language: Mapped[str]
    subjects: Mapped[list[str]] = mapped_column(ARRAY(Text))
    wanted: Mapped[list[str]] = mapped_column(ARRAY(Text))
    token: Mapped[str] = mapped_column(unique=True)
    confirmation_hash: Mapped[str | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    # How many mails asked it within a day without an answer.
    asked: Mapped[int]
    # Who asked last, as a hash: what one client may do is counted by it.
    asked_by: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @classmethod
    def of(cls, id_: UUID, email: str, *, language: str, at: datetime) -> "Subscription":
        """Make one that wants nothing yet."""
        return cls(
            id=id_,
            email=email,
            email_key=email_key(email),
            language=language,
            subjects=[],
            wanted=[],
            token=secrets.token_urlsafe(32),
            asked_at=at - ASKED_AGAIN_AFTER,
            asked=0,
            asked_by="",
        )

    @property
    def name(self) -> str:
        """Nobody asked for it."""
        return ""

    def ask(self, subjects: list[str], *, language: str, by: str, at: datetime) -> str | None:
        """Note what is asked for; return the secret to mail, None where enough mails went.

        A mail a moment ago is still on its way, and somebody who never says yes is left in peace
        for a day after :data:`ASKED_AT_MOST` mails.
        """
        if at - self.asked_at > timedelta(days=1):
            self.asked = 0
        if at - self.asked_at < ASKED_AGAIN_AFTER or self.asked >= ASKED_AT_MOST:
            return None
        secret = secrets.token_urlsafe(32)
        self.wanted, self.language = subjects, language
        self.asked_at, self.asked, self.asked_by = at, self.asked + 1, by
        self.confirmation_hash = hashed(secret)
        return secret

    def confirm(self, *, at: datetime) -> None:
        """Take what was asked for. Raises :class:`LinkNotValid` where that is too long ago."""
        if at - self.asked_at > CONFIRMED_WITHIN:
            raise LinkNotValid
        self.subjects, self.wanted, self.asked = self.wanted, [], 0
        self.confirmation_hash, self.confirmed_at = None, at

    def end(self, *, at: datetime) -> None:
        """Forget the address; the link in its mails goes on saying so for a while."""
        self.email, self.email_key, self.confirmation_hash = "", f"ended:{self.id}", None
        self.subjects, self.wanted, self.ended_at = [], [], self.ended_at or at


def email_key(email: str) -> str:
    """Bring an address to the form in which two of them are compared."""
    return email.casefold()


def hashed(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
