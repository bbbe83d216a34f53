"""Applications, their attachments and their file; who is disqualified in them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.files import StoredFile
from chassis.problems import FieldError
from contracts.grants import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    ConflictRaised,
    ConflictRuled,
)
from contracts.values import Ground, PaperKind, Ruling
from services.grants.model.mapping import Base, one_of
from services.grants.model.problems import (
    BudgetDoesNotAddUp,
    Disqualified,
    Incomplete,
    WrongState,
)
from services.grants.model.rounds import Round

MAX_ATTACHMENTS: Final = 10
REQUIRED: Final = ("title", "activity", "target_group", "contact_name", "signatory_name")


class ApplicationStatus(StrEnum):
    """How far an application has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"


class Application(Base):
    """What an association asks for. ``amount_ore`` is costs less income of its budget."""

    __tablename__ = "application"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    case_number: Mapped[str | None] = mapped_column(unique=True)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("round.id"))
    association_id: Mapped[UUID]
    status: Mapped[ApplicationStatus] = mapped_column(one_of(ApplicationStatus, name="status"))
    title: Mapped[str]
    activity: Mapped[str]
    target_group: Mapped[str]
    volunteers_count: Mapped[int | None]
    users_count: Mapped[int | None]
    place: Mapped[str]
    period: Mapped[str]
    cooperation: Mapped[str]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    budget: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    contact_name: Mapped[str]
    signatory_name: Mapped[str]
    first_time: Mapped[bool]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None]
    # What was known of its papers when it was handed in; null until then.
    papers: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index("ix_application_round_id_status", "round_id", "status"),
        Index("ix_application_association_id", "association_id"),
        Index("ix_application_created_at_id", "created_at", "id"),
    )

    @property
    def own_funding_ore(self) -> int:
        """What the association brings itself: the income of the budget."""
        return sum(line["amount_ore"] for line in self.budget if line["kind"] == "income")

    def submit(
        self, round_: Round, *, case_number: str, by: UUID, at: datetime
    ) -> ApplicationSubmitted:
        """Hand the application in. Raises for what is missing, and after the deadline."""
        self._require(ApplicationStatus.DRAFT)
        round_.require_takes_applications(at)
        self._require_complete(round_)
        self.status = ApplicationStatus.SUBMITTED
        self.case_number = case_number
        self.submitted_at, self.submitted_by = at, by
        return ApplicationSubmitted(
            application_id=self.id,
            case_number=case_number,
            round_id=self.round_id,
            round_title=round_.title,
            association_id=self.association_id,
            title=self.title,
            amount_ore=self.amount_ore,
            submitted_by=by,
            submitted_at=at,
        )

    def withdraw(self) -> ApplicationWithdrawn:
        """Take the application back before it is decided."""
        self._require(ApplicationStatus.SUBMITTED)
        self.status = ApplicationStatus.WITHDRAWN
        return ApplicationWithdrawn(
            application_id=self.id, round_id=self.round_id, association_id=self.association_id
        )

    def require_draft(self) -> None:
        """Raise :class:`WrongState` unless it can still be changed."""
        self._require(ApplicationStatus.DRAFT)

    def _require(self, *allowed: ApplicationStatus) -> None:
        if self.status not in allowed:
            raise WrongState(f"The application is {self.status.value}.", current=self.status.value)

    def _require_complete(self, round_: Round) -> None:
        errors = [
            FieldError(f"/{name}", "Must be filled in before handing in.")
            for name in REQUIRED
            if not getattr(self, name)
        ]
        if not any(line["kind"] == "cost" for line in self.budget):
            errors.append(FieldError("/budget", "Needs at least one cost."))
        if self.amount_ore < max(round_.minimum_ore, 1):
            errors.append(
                FieldError(
                    "/amount_ore", f"At least {max(round_.minimum_ore, 1)} øre can be sought."
                )
            )
        if self.amount_ore > round_.maximum_ore:
            errors.append(
                FieldError("/amount_ore", f"At most {round_.maximum_ore} øre can be sought.")
            )
        if errors:
            raise Incomplete(errors=errors)
        signs = {"cost": 1, "income": -1}
        total = sum(signs[line["kind"]] * line["amount_ore"] for line in self.budget)
        if total != self.amount_ore:
            raise BudgetDoesNotAddUp(
                f"Costs less income are {total} øre; {self.amount_ore} øre are sought.",
                errors=[FieldError("/amount_ore", "Must be costs less income.")],
                budget_ore=total,
            )


@dataclass(frozen=True)
class Case:
    """What a case is called when somebody's part in it is told of."""

    application: Application
    round_title: str
    association_name: str

    @property
    def facts(self) -> dict[str, Any]:
        """The fields every such event has."""
        return {
            "application_id": self.application.id,
            "case_number": self.application.case_number or "",
            "round_title": self.round_title,
            "association_id": self.application.association_id,
            "association_name": self.association_name,
        }


class Attachment(StoredFile, Base):
    """A file that belongs to an application."""

    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )
    # Which of the papers the programme asks for it is; null for anything else.
    kind: Mapped[PaperKind | None] = mapped_column(one_of(PaperKind, name="kind"))


class FileEntry(Base):
    """A line of the case's file: what happened, when, by whom (offentlighedsloven § 15)."""

    __tablename__ = "file_entry"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    text: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]


class Disqualification(Base):
    """Somebody takes no part in a case: presumed or declared, until it is ruled otherwise.

    ``ruling`` is null while nobody has ruled. The row stays for as long as the case.
    """

    __tablename__ = "disqualification"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[UUID]
    name: Mapped[str]
    body: Mapped[str]
    ground: Mapped[Ground] = mapped_column(one_of(Ground, name="ground"))
    explanation: Mapped[str]
    found_at: Mapped[datetime]
    ruling: Mapped[Ruling | None] = mapped_column(one_of(Ruling, name="ruling"))
    ruling_reason: Mapped[str] = mapped_column(default="")
    ruled_at: Mapped[datetime | None]
    ruled_by: Mapped[UUID | None]
    ruled_by_name: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        UniqueConstraint("application_id", "person_id"),
        Index("ix_disqualification_person_id", "person_id"),
    )

    def raise_in(self, case: Case, *, took_part: bool) -> ConflictRaised:
        """Hold that the person takes no part; what was ruled before is open again."""
        self.ruling, self.ruled_at, self.ruled_by = None, None, None
        self.ruling_reason, self.ruled_by_name = "", ""
        return ConflictRaised(
            **case.facts, person_id=self.person_id, ground=self.ground, took_part=took_part
        )

    def rule(
        self, case: Case, ruling: Ruling, *, reason: str, by: UUID, by_name: str, at: datetime
    ) -> ConflictRuled:
        """Say whether the person takes part after all (forvaltningsloven § 6).

        Raises :class:`Disqualified`: nobody rules on themselves.
        """
        if by == self.person_id:
            raise Disqualified("Nobody rules on their own part in a case.")
        self.ruling, self.ruling_reason = ruling, reason
        self.ruled_at, self.ruled_by, self.ruled_by_name = at, by, by_name
        return ConflictRuled(**case.facts, person_id=self.person_id, ruling=ruling, reason=reason)


class CaseNumber(Base):
    """The last case number of a year; taken under a lock, so there are no gaps."""

    __tablename__ = "case_number"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
