"""What the council says: assessments by its members, and the recommendation they vote on."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.grants import RecommendationSubmitted
from contracts.values import RecommendedAmount
from services.grants.model.mapping import Base, one_of
from services.grants.model.problems import WrongState
from services.grants.model.rounds import Round


class Advice(StrEnum):
    """What a member advises."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Choice(StrEnum):
    """A vote on a line of the recommendation."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class RecommendationStatus(StrEnum):
    """Whether the council has forwarded it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"


class Assessment(Base):
    """One member's view of one application: scores from 0 to 5 by criterion (V13)."""

    __tablename__ = "assessment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[UUID]
    person_name: Mapped[str]
    scores: Mapped[dict[str, int]] = mapped_column(JSONB)
    recommend: Mapped[Advice] = mapped_column(one_of(Advice, name="recommend"))
    amount_ore: Mapped[int | None] = mapped_column(BigInteger)
    comment: Mapped[str]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        UniqueConstraint("application_id", "person_id"),
        Index("ix_assessment_person_id", "person_id"),
    )


class Recommendation(Base):
    """The council's proposal for a round: an amount for each application (V13)."""

    __tablename__ = "recommendation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    round_id: Mapped[UUID] = mapped_column(ForeignKey("round.id"), unique=True)
    status: Mapped[RecommendationStatus] = mapped_column(
        one_of(RecommendationStatus, name="status")
    )
    comment: Mapped[str]
    submitted_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy

    def require_draft(self) -> None:
        """Raise :class:`WrongState` once it is forwarded."""
        if self.status is not RecommendationStatus.DRAFT:
            raise WrongState("The recommendation has been forwarded.", current=self.status.value)

    def submit(
        self, round_: Round, lines: tuple[RecommendedAmount, ...], *, at: datetime
    ) -> RecommendationSubmitted:
        """Forward it to the committee."""
        self.require_draft()
        self.status, self.submitted_at = RecommendationStatus.SUBMITTED, at
        return RecommendationSubmitted(
            recommendation_id=self.id,
            round_id=self.round_id,
            round_title=round_.title,
            lines=lines,
            total_ore=sum(line.amount_ore for line in lines),
        )


class RecommendationLine(Base):
    """What the council recommends for one application, and why."""

    __tablename__ = "recommendation_line"

    recommendation_id: Mapped[UUID] = mapped_column(
        ForeignKey("recommendation.id"), primary_key=True
    )
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("application.id"), primary_key=True, index=True
    )
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]

    __table_args__ = (CheckConstraint("amount_ore >= 0", name="not_negative"),)


class Vote(Base):
    """One member's vote on one line."""

    __tablename__ = "vote"

    recommendation_id: Mapped[UUID] = mapped_column(
        ForeignKey("recommendation.id"), primary_key=True
    )
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("application.id"), primary_key=True, index=True
    )
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    vote: Mapped[Choice] = mapped_column(one_of(Choice, name="vote"))
