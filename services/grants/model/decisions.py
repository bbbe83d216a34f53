"""What the committee decides: an amount under the frame, with its reasons."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from contracts.grants import DecisionMade
from contracts.values import Outcome, Reasons
from services.grants.model.applications import Application
from services.grants.model.mapping import Base, one_of
from services.grants.model.rounds import Programme, Round


class DecisionStatus(StrEnum):
    """Whether the letter has gone out."""

    DRAFT = "draft"
    SENT = "sent"


def outcome_of(*, applied_ore: int, granted_ore: int) -> Outcome:
    """Name how far a decision follows the application; a cut is not full agreement (§ 22)."""
    if granted_ore <= 0:
        return Outcome.REJECTED
    return Outcome.GRANTED if granted_ore >= applied_ore else Outcome.PARTLY_GRANTED


class Decision(Base):
    """The decision of one application."""

    __tablename__ = "decision"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), unique=True)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("round.id"), index=True)
    granted_ore: Mapped[int] = mapped_column(BigInteger)
    rules: Mapped[str]
    considerations: Mapped[str]
    facts: Mapped[str]
    conditions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[DecisionStatus] = mapped_column(one_of(DecisionStatus, name="status"))
    decided_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (CheckConstraint("granted_ore >= 0", name="not_negative"),)

    def needs_reasons(self, application: Application) -> bool:
        """Whether it may not be sent as it is: not full agreement, and reasons missing (§ 22)."""
        full = self.granted_ore >= application.amount_ore
        return not full and not (self.rules.strip() and self.considerations.strip())

    def send(
        self,
        application: Application,
        round_: Round,
        programme: Programme,
        *,
        association_name: str,
        on: date,
        at: datetime,
    ) -> DecisionMade:
        """Make the decision final; its letter says everything the law asks for (§§ 22-26)."""
        self.status, self.sent_at = DecisionStatus.SENT, at
        return DecisionMade(
            decision_id=self.id,
            application_id=application.id,
            case_number=application.case_number or "",
            round_id=round_.id,
            round_title=round_.title,
            association_id=application.association_id,
            association_name=association_name,
            title=application.title,
            outcome=outcome_of(applied_ore=application.amount_ore, granted_ore=self.granted_ore),
            applied_ore=application.amount_ore,
            granted_ore=self.granted_ore,
            reasons=Reasons(rules=self.rules, considerations=self.considerations, facts=self.facts),
            legal_basis=programme.legal_basis,
            conditions=tuple(self.conditions) if self.granted_ore else (),
            report_on=round_.report_on if self.granted_ore else None,
            appeal=programme.appeal,
            decided_by=programme.decided_by_name,
            decided_on=on,
        )
