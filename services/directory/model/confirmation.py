"""When a human last said that a record is right, and what follows when nobody does.

::

    confirmed ──ask_after──► asked ──remind_after──► reminded ──stale_after──► stale (call list)
        ▲                      │                        │                        │
        └──────────────────────┴── confirmed, by whom ──┴────────────────────────┘

A contact whose mail does not arrive goes to the call list at once. What everybody sees is the age
of the last confirmation alone: whether mail arrives is nobody's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from chassis.config import Misconfigured
from contracts.directory import (
    AssociationConfirmationRequested,
    AssociationConfirmed,
    AssociationStale,
)
from contracts.values import OnBehalf, StaleReason
from services.directory.model.mapping import Base, one_of
from services.directory.model.vocabulary import Vocabulary

PERIODS_KEY: Final = "confirmation"


class Freshness(StrEnum):
    """How far a reader may trust a record, by the age of its last confirmation."""

    FRESH = "fresh"
    AGEING = "ageing"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How long a confirmation is good for: policy of the municipality (V21, N29).

    ``remind_after`` and ``stale_after`` count from the question, ``link_life`` says how long the
    buttons of its mail work.
    """

    ask_after: timedelta
    remind_after: timedelta
    stale_after: timedelta
    link_life: timedelta

    @classmethod
    def of(cls, stated: Mapping[str, int]) -> "Periods":
        """Read them as the profile states them, in days. Raises ``KeyError``, ``ValueError``."""
        days = {name: int(stated[f"{name}_days"]) for name in cls.__dataclass_fields__}
        if min(days.values()) < 1 or days["stale_after"] <= days["remind_after"]:
            raise ValueError("each at least a day, and a reminder before the record is stale")
        return cls(**{name: timedelta(days=count) for name, count in days.items()})

    def freshness(self, confirmed_at: datetime | None, *, at: datetime) -> Freshness:
        """Tell how far a record may be trusted: ageing once it is time to ask again."""
        if confirmed_at is None or at - confirmed_at >= self.ask_after + self.stale_after:
            return Freshness.UNCONFIRMED
        return Freshness.AGEING if at - confirmed_at >= self.ask_after else Freshness.FRESH


class ConfirmationLink(Base):
    """The secret behind the two buttons of one mail, for one association.

    Whoever holds it may say that the public record is right, or put its description right; nothing
    else. The notifier makes the secret when it writes the mail and tells its hash only, so no event
    log ever holds it: until then ``token_hash`` is null and the link opens nothing.
    """

    __tablename__ = "confirmation_link"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_confirmation_link_association_id", "association_id"),
        Index("ix_confirmation_link_expires_at", "expires_at"),
    )


class Confirmation:
    """The part of an association that says when, and by whom, it was last confirmed."""

    if TYPE_CHECKING:
        id: Mapped[UUID]
        name: Mapped[str]
        purpose: Mapped[str]
        target_groups: Mapped[list[str]]
        area: Mapped[str]
        contact_bounced_at: Mapped[datetime | None]

    confirmed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    stale_at: Mapped[datetime | None]
    # When the centre and the coordinator were told that it is on their list.
    listed_at: Mapped[datetime | None]

    @declared_attr
    def confirmed_by(cls) -> Mapped[OnBehalf | None]:  # noqa: N805 - SQLAlchemy passes the class
        """Who confirmed it; a role, never a name."""
        return mapped_column(one_of(OnBehalf, name="confirmed_by"))

    @declared_attr
    def stale_reason(cls) -> Mapped[StaleReason | None]:  # noqa: N805
        """Why it is on the call list."""
        return mapped_column(one_of(StaleReason, name="stale_reason"))

    def confirm(
        self, *, at: datetime, by: OnBehalf, by_link: bool = False, changed: Sequence[str] = ()
    ) -> AssociationConfirmed:
        """Record that somebody looked it through and says that it is right."""
        self.confirmed_at, self.confirmed_by = at, by
        self.begin_anew()
        return AssociationConfirmed(
            association_id=self.id,
            name=self.name,
            confirmed_at=at,
            confirmed_by=by,
            by_link=by_link,
            changed=tuple(changed),
        )

    def begin_anew(self) -> None:
        """Leave the call list, and wait for the next year's question."""
        self.asked_at = self.reminded_at = None
        self.stale_at = self.stale_reason = self.listed_at = None

    def ask(
        self, *, at: datetime, link_id: UUID, expires_at: datetime
    ) -> AssociationConfirmationRequested:
        """Record that the contact must be asked; the second time it is a reminder."""
        is_reminder = self.asked_at is not None
        if is_reminder:
            self.reminded_at = at
        else:
            self.asked_at = at
        return AssociationConfirmationRequested(
            association_id=self.id,
            name=self.name,
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
            confirmed_at=self.confirmed_at,
            is_reminder=is_reminder,
            confirmation_link_id=link_id,
            expires_at=expires_at,
        )

    def grow_stale(self, *, at: datetime, reason: StaleReason) -> AssociationStale | None:
        """Put it on the call list; None where it is there already."""
        if self.stale_at is not None:
            return None
        self.stale_at, self.stale_reason, self.listed_at = at, reason, None
        return AssociationStale(
            association_id=self.id, name=self.name, reason=reason, confirmed_at=self.confirmed_at
        )


def confirmation_indexes() -> tuple[Any, ...]:
    """What the due queries and the call list are found by."""
    waiting = "status = 'published' AND stale_at IS NULL"
    return (
        Index(
            "ix_association_confirmed_at",
            "confirmed_at",
            postgresql_where=text(f"{waiting} AND asked_at IS NULL"),
        ),
        Index(
            "ix_association_asked_at",
            "asked_at",
            postgresql_where=text(f"{waiting} AND asked_at IS NOT NULL"),
        ),
        Index(
            "ix_association_stale_at",
            "stale_at",
            postgresql_where=text("status = 'published' AND stale_at IS NOT NULL"),
        ),
    )


def periods_here(session: Session) -> Periods:
    """Read the municipality's periods, as ``migrate`` took them from the profile."""
    stated = session.scalar(select(Vocabulary.value).where(Vocabulary.key == PERIODS_KEY))
    if stated is None:
        raise Misconfigured("the profile's [confirmation] was not adopted: run migrate")
    return Periods.of(stated)
