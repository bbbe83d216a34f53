"""The ledger of yearly duties: what the policy asks, and what proves it done (V19, N23).

A rule comes from the profile; a duty is a rule in one year. Proof and plan are written when
something happens (minutes published, a round decided); the status is derived from them and from the
date.

::

    missing ──(something is planned)──► planned ──(it happened)──► kept
       └──(the warning day passes with nothing planned)──► at-risk ──(the year ends)──► broken
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.meetings import DutyAtRisk, DutyKept
from services.meetings.model.danish_time import in_words, local_date
from services.meetings.model.mapping import Base, one_of


class ProofKind(StrEnum):
    """What can prove a duty in this release."""

    MEETING = "meeting"
    GRANT_ROUND = "grant-round"
    HEARING = "hearing"
    OFFICE = "office"
    VEJVISER = "vejviser"

    @property
    def is_a_state(self) -> bool:
        """Whether the proof lasts and can lapse again (an office) instead of having happened."""
        return self in {ProofKind.OFFICE, ProofKind.VEJVISER}


class DutyStatus(StrEnum):
    """How a duty stands."""

    KEPT = "kept"
    PLANNED = "planned"
    MISSING = "missing"
    AT_RISK = "at-risk"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What proves a duty: its kind and id, a title for people, and when it happened."""

    kind: str
    id: UUID | None
    title: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is planned and would prove a duty, and the day it is planned for."""

    kind: str
    id: UUID
    title: str
    on: date


def rule_id_of(code: str) -> UUID:
    """The stable id of a rule."""
    return uuid5(NAMESPACE_URL, f"samspil:duty-rule:{code}")


def duty_id_of(code: str, year: int) -> UUID:
    """The stable id of a rule's duty in one year."""
    return uuid5(NAMESPACE_URL, f"samspil:duty:{code}:{year}")


class DutyRule(Base):
    """A yearly duty as the profile states it.

    ``since_year`` is when it was adopted here; ``retired`` when it no longer is.

    ``params`` narrow down what proves it: ``meeting_kind``, ``programme``, ``body``, ``minimum``.
    """

    __tablename__ = "duty_rule"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    title_da: Mapped[str]
    title_en: Mapped[str]
    text_da: Mapped[str]
    text_en: Mapped[str]
    kind: Mapped[ProofKind] = mapped_column(one_of(ProofKind, name="kind"))
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    warn_month: Mapped[int]
    warn_day: Mapped[int]
    since_year: Mapped[int]
    retired: Mapped[bool]

    @property
    def minimum(self) -> int:
        """How many it takes (holders of an office, published associations)."""
        return int(self.params.get("minimum", 1))

    def describe(self, values: Mapping[str, Any]) -> None:
        """Take what the profile says at present."""
        for name, value in values.items():
            setattr(self, name, value)


class Duty(Base):
    """A rule in one year, with what proves it and what is planned."""

    __tablename__ = "duty"
    __table_args__ = (UniqueConstraint("rule_id", "year"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("duty_rule.id"))
    year: Mapped[int]
    warn_on: Mapped[date]
    kept_at: Mapped[datetime | None]
    proof_kind: Mapped[str | None]
    proof_id: Mapped[UUID | None]
    proof_title: Mapped[str | None]
    proof_at: Mapped[datetime | None]
    planned_kind: Mapped[str | None]
    planned_id: Mapped[UUID | None]
    planned_title: Mapped[str | None]
    planned_on: Mapped[date | None]
    warned_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    def keep(self, rule: DutyRule, proof: Proof, *, at: datetime) -> DutyKept | None:
        """Record the first proof; return the event the first time in the year, None ever after.

        A proof that is a state passes on: the duty rests on whoever holds the office today.
        """
        passes_on = rule.kind.is_a_state and self.proof_id != proof.id
        if self.proof_at is not None and not passes_on:
            return None
        self.proof_kind = proof.kind
        self.proof_id = proof.id
        self.proof_title = proof.title
        self.proof_at = proof.at
        if self.kept_at is not None:
            return None
        self.kept_at = at
        return DutyKept(
            duty_id=self.id,
            code=rule.code,
            title=rule.title_da,
            year=self.year,
            proof=f"{proof.title} ({in_words(local_date(proof.at))})",
        )

    def lapse(self, rule: DutyRule, *, at: datetime) -> DutyAtRisk | None:
        """Take the proof back: the office is vacant again. Warns at once, once for each vacancy."""
        if self.proof_at is None:
            return None
        self.proof_kind = self.proof_id = self.proof_title = self.proof_at = None
        self.warned_at = None
        return self.warn(rule, at=at)

    def plan(self, plan: Plan | None) -> None:
        """Record what is planned at present."""
        self.planned_kind = plan.kind if plan else None
        self.planned_id = plan.id if plan else None
        self.planned_title = plan.title if plan else None
        self.planned_on = plan.on if plan else None

    def status(self, today: date) -> DutyStatus:
        """Derive how the duty stands on a day; see :func:`status_of`."""
        return status_of(
            year=self.year,
            warn_on=self.warn_on,
            proven=self.proof_at is not None,
            lapsed=self.kept_at is not None,
            planned_on=self.planned_on,
            today=today,
        )

    def warn(self, rule: DutyRule, *, at: datetime) -> DutyAtRisk | None:
        """Warn the contact person, once, where the duty is at risk on this day."""
        if self.warned_at is not None or self.status(local_date(at)) is not DutyStatus.AT_RISK:
            return None
        self.warned_at = at
        return DutyAtRisk(duty_id=self.id, code=rule.code, title=rule.title_da, year=self.year)


def status_of(
    *,
    year: int,
    warn_on: date,
    proven: bool,
    lapsed: bool,
    planned_on: date | None,
    today: date,
) -> DutyStatus:
    """Derive how a duty stands on a day.

    From the warning day on a plan counts only while its day lies ahead: a meeting that was to be
    held in May and has no minutes by October is no comfort. A proof that lapsed puts the duty at
    risk whatever the date.
    """
    if proven:
        return DutyStatus.KEPT
    if today.year > year:
        return DutyStatus.BROKEN
    warned = today >= warn_on or lapsed
    if planned_on is not None and (not warned or planned_on >= today):
        return DutyStatus.PLANNED
    return DutyStatus.AT_RISK if warned else DutyStatus.MISSING
