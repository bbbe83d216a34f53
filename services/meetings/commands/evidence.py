"""What proves, or plans, each kind of yearly duty, read from this service's own database."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import extract, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.meetings.model import (
    Association,
    DutyRule,
    Hearing,
    HearingStatus,
    Meeting,
    MeetingStatus,
    Minutes,
    Office,
    Plan,
    Proof,
    ProofKind,
    Round,
    end_of,
    local_date,
)

Evidence = tuple[Proof | None, Plan | None]


def _of_meetings(session: Session, rule: DutyRule, year: int, _now: datetime) -> Evidence:
    """A meeting of the kind was held in the year and its minutes are published."""
    mine = (Meeting.kind == rule.params["meeting_kind"], _in_year(Meeting.starts_at, year))
    held = session.scalars(
        select(Meeting)
        .join(Minutes, Minutes.meeting_id == Meeting.id)
        .where(*mine, Meeting.status == MeetingStatus.HELD, Minutes.published_at.is_not(None))
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(1)
    ).first()
    if held is not None:
        return Proof(kind="meeting", id=held.id, title=held.title, at=held.starts_at), None
    under_way = (MeetingStatus.CALLED, MeetingStatus.HELD)
    called = session.scalars(
        select(Meeting)
        .where(*mine, Meeting.status.in_(under_way))
        .order_by(Meeting.starts_at.desc(), Meeting.id)
        .limit(1)
    ).first()
    if called is None:
        return None, None
    on = local_date(called.starts_at)
    return None, Plan(kind="meeting", id=called.id, title=called.title, on=on)


def _of_rounds(session: Session, rule: DutyRule, year: int, _now: datetime) -> Evidence:
    """A grant round was decided in the year."""
    rounds = select(Round)
    if rule.params.get("programme"):
        # A round whose announcement this service never saw has no programme; it counts.
        rounds = rounds.where(Round.programme.in_((rule.params["programme"], "")))
    decided = session.scalars(
        rounds.where(extract("year", Round.decided_on) == year)
        .order_by(Round.decided_on, Round.id)
        .limit(1)
    ).first()
    if decided is not None and decided.decided_on is not None:
        at = end_of(decided.decided_on)
        return Proof(kind="round", id=decided.id, title=decided.title, at=at), None
    announced = session.scalars(
        rounds.where(Round.decided_on.is_(None), extract("year", Round.committee_on) == year)
        .order_by(Round.committee_on.desc(), Round.id)
        .limit(1)
    ).first()
    if announced is None or announced.committee_on is None:
        return None, None
    on = announced.committee_on
    return None, Plan(kind="round", id=announced.id, title=announced.title, on=on)


def _of_hearings(session: Session, _rule: DutyRule, year: int, _now: datetime) -> Evidence:
    """A hearing that went to the council was concluded in the year."""
    concluded = session.scalars(
        select(Hearing)
        .where(
            Hearing.to_council,
            Hearing.status == HearingStatus.CONCLUDED,
            _in_year(Hearing.concluded_at, year),
        )
        .order_by(Hearing.concluded_at, Hearing.id)
        .limit(1)
    ).first()
    if concluded is not None and concluded.concluded_at is not None:
        proof = Proof(
            kind="hearing", id=concluded.id, title=concluded.title, at=concluded.concluded_at
        )
        return proof, None
    running = session.scalars(
        select(Hearing)
        .where(
            Hearing.to_council,
            Hearing.status.in_((HearingStatus.OPEN, HearingStatus.CLOSED)),
            _in_year(Hearing.closes_at, year),
        )
        .order_by(Hearing.closes_at.desc(), Hearing.id)
        .limit(1)
    ).first()
    if running is None or running.closes_at is None:
        return None, None
    on = local_date(running.closes_at)
    return None, Plan(kind="hearing", id=running.id, title=running.title, on=on)


def _of_offices(session: Session, rule: DutyRule, year: int, now: datetime) -> Evidence:
    """So many people hold the office today; or one will, later in the year."""
    offices = session.scalars(
        select(Office)
        .where(Office.body == rule.params["body"], Office.ended.is_(False))
        .order_by(Office.starts_on, Office.id)
    ).all()
    today = local_date(now)
    held = [office for office in offices if office.is_held_on(today)]
    if len(held) >= rule.minimum:
        first = held[0]
        # An office held since long proves this year from its first day.
        at = max(
            datetime(first.starts_on.year, first.starts_on.month, first.starts_on.day, tzinfo=UTC),
            datetime(year, 1, 1, tzinfo=UTC),
        )
        return Proof(kind="office", id=first.id, title=first.title, at=at), None
    coming = [office for office in offices if today < office.starts_on <= date(year, 12, 31)]
    if not coming:
        return None, None
    office = coming[0]
    return None, Plan(kind="office", id=office.id, title=office.title, on=office.starts_on)


def _of_vejviser(session: Session, rule: DutyRule, _year: int, now: datetime) -> Evidence:
    """So many associations are in the public vejviser today."""
    count = session.scalar(select(func.count()).where(Association.published)) or 0
    if count < rule.minimum:
        return None, None
    return Proof(kind="vejviser", id=None, title=f"{count} i vejviseren", at=now), None


def _in_year(moment: InstrumentedAttribute[Any], year: int) -> Any:
    return extract("year", func.timezone("Europe/Copenhagen", moment)) == year


EVIDENCE: Final[Mapping[ProofKind, Callable[[Session, DutyRule, int, datetime], Evidence]]] = {
    ProofKind.MEETING: _of_meetings,
    ProofKind.GRANT_ROUND: _of_rounds,
    ProofKind.HEARING: _of_hearings,
    ProofKind.OFFICE: _of_offices,
    ProofKind.VEJVISER: _of_vejviser,
}
