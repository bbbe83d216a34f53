"""Local copies of what the directory said: applicants, their papers, who leads, who decides."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from contracts.values import PaperKind
from services.grants.model.mapping import Base, one_of


class Applicant(Base):
    """An association as grants know it.

    One that went up in another (``merged_into_id``) keeps its cases, and is shown by the name the
    other has now. The directory sees that it never names one that was itself merged.
    """

    __tablename__ = "applicant"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    cvr: Mapped[str | None]
    published: Mapped[bool]
    merged_into_id: Mapped[UUID | None]

    __table_args__ = (Index("ix_applicant_merged_into_id", "merged_into_id"),)

    @classmethod
    def shown_name(cls) -> ColumnElement[str]:
        """Say in SQL what an applicant is called today."""
        successor = aliased(cls)
        name = select(successor.name).where(successor.id == cls.merged_into_id)
        return func.coalesce(name.correlate(cls).scalar_subquery(), cls.name)


class ApplicantPaper(Base):
    """A paper that lives with an applicant in the directory: the one of its kind that counts.

    It holds to the end of ``expires_on``, or until the next where that is null. The file itself is
    the directory's to hand out (ADR 61).
    """

    __tablename__ = "applicant_paper"

    association_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[PaperKind] = mapped_column(one_of(PaperKind, name="kind"), primary_key=True)
    paper_id: Mapped[UUID]
    dated_on: Mapped[date]
    expires_on: Mapped[date | None]
    statement: Mapped[str | None]
    filed_at: Mapped[datetime]


class Tie(Base):
    """A person's role in an association. One who leads it is disqualified from its cases.

    ``led_from`` says since when they last did. ``led_until`` is null while they lead it, and says
    when they stopped: who led it at any time of a case takes no part in that case. ``ended``: they
    left the association.
    """

    __tablename__ = "tie"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID]
    person_id: Mapped[UUID]
    disqualifies: Mapped[bool]
    led_from: Mapped[datetime | None]
    led_until: Mapped[datetime | None]
    ended: Mapped[bool] = mapped_column(default=False, server_default="false")

    __table_args__ = (
        Index("ix_tie_association_id", "association_id"),
        Index("ix_tie_person_id", "person_id"),
    )

    @property
    def is_leading(self) -> bool:
        """Whether the person leads the association now."""
        return self.disqualifies and self.led_until is None

    def become(self, *, leading: bool, at: datetime) -> None:
        """Note whether the person leads the association from now on."""
        if leading == self.is_leading:
            return
        if leading:
            self.disqualifies, self.led_from, self.led_until = True, at, None
        else:
            self.led_until = at


class Person(Base):
    """A person's name, kept to know what to blank when they ask to be forgotten (GDPR art. 17)."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class OfficeHolder(Base):
    """Somebody who holds or held an office."""

    __tablename__ = "office_holder"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    name: Mapped[str]
    body: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended: Mapped[bool]

    __table_args__ = (Index("ix_office_holder_person_id", "person_id"),)


def associations_left(session: Session, person_id: UUID | None) -> set[UUID]:
    """Return the associations a person was in and is in no more."""
    rows = session.execute(
        select(Tie.association_id)
        .where(Tie.person_id == person_id)
        .group_by(Tie.association_id)
        .having(func.bool_and(Tie.ended))
    )
    return set(rows.scalars())


def known_papers(session: Session, association_id: UUID, *, on: date) -> list[dict[str, Any]]:
    """Return the papers of an association that hold on a day, as they are kept with a case."""
    found = session.scalars(
        select(ApplicantPaper)
        .where(
            ApplicantPaper.association_id == association_id,
            or_(ApplicantPaper.expires_on.is_(None), ApplicantPaper.expires_on >= on),
        )
        .order_by(ApplicantPaper.kind)
    )
    return [
        {
            "kind": each.kind.value,
            "paper_id": str(each.paper_id),
            "dated_on": each.dated_on.isoformat(),
            "expires_on": each.expires_on and each.expires_on.isoformat(),
            "statement": each.statement,
        }
        for each in found
    ]
