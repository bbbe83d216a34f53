"""Use cases of the ledger: look at what there is, and write down what proves or plans a yearly duty.

:func:`assess` looks at the service's own tables and projections afresh each time, so it can be
called after anything that might matter, twice, late, and by the schedule.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import extract, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.config import Misconfigured
from chassis.database import UnitOfWork
from services.meetings.model import (
    Association,
    Duty,
    DutyRule,
    Hearing,
    HearingStatus,
    Meeting,
    MeetingKind,
    MeetingStatus,
    Minutes,
    Office,
    Plan,
    Policy,
    Proof,
    ProofKind,
    Round,
    duty_id_of,
    end_of,
    local_date,
    local_year,
    rule_id_of,
)

Evidence = tuple[Proof | None, Plan | None]
_PARAMS: Final = ("meeting_kind", "programme", "body", "minimum", "to_council")


def adopt(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    """Bring policy, duties and target groups in line with the municipality's profile; again changes nothing.

    Raises :class:`Misconfigured` for a duty that this release cannot prove.
    """
    _adopt_policy(work, profile)
    stated = [_stated(place, duty) for place, duty in enumerate(profile.get("duties", ()))]
    rules = {rule.code: rule for rule in work.session.scalars(select(DutyRule))}
    for code in rules.keys() - {values["code"] for values in stated}:
        rules[code].retired = True
    for values in stated:
        rule = rules.get(values["code"])
        if rule is None:
            since = {"id": rule_id_of(values["code"]), "since_year": local_year(work.now)}
            rule = work.add(DutyRule(**since))
        rule.describe(values)
    work.session.flush()
    for kind in ProofKind:
        assess(work, kind, {local_year(work.now)})


def assess(work: UnitOfWork, kind: ProofKind, years: Iterable[int]) -> None:
    """Write down what now proves, or plans, the duties of a kind in some years."""
    rules = work.session.scalars(
        select(DutyRule)
        .where(DutyRule.kind == kind, DutyRule.retired.is_(False))
        .order_by(DutyRule.code)
    ).all()
    for rule in rules:
        for year in sorted(set(years)):
            _assess_one(work, rule, year)


def assess_this_year(work: UnitOfWork, rule_id: UUID) -> None:
    """Open a rule's duties up to the present year, and look at the present one."""
    rule = work.get(DutyRule, rule_id)
    for year in range(rule.since_year, local_year(work.now)):
        _open(work, rule, year)
    _assess_one(work, rule, local_year(work.now))


def warn_of_duty(work: UnitOfWork, duty_id: UUID) -> None:
    """Look at a duty once more and warn, once in its year, where it is at risk."""
    found = work.get(Duty, duty_id)
    rule = work.get(DutyRule, found.rule_id)
    duty = _assess_one(work, rule, found.year)
    warning = duty.warn(rule, at=work.now)
    if warning is not None:
        work.emit(warning)


def _assess_one(work: UnitOfWork, rule: DutyRule, year: int) -> Duty:
    duty = _open(work, rule, year)
    if rule.kind.is_a_state and year != local_year(work.now):
        return duty  # what holds today says nothing about another year
    proof, plan = _EVIDENCE[rule.kind](work.session, rule, year, work.now)
    duty.plan(plan)
    if proof is not None:
        kept = duty.keep(rule, proof, at=work.now)
        if kept is not None:
            work.emit(kept)
    elif rule.kind.is_a_state:
        vacant = duty.lapse(rule, at=work.now)
        if vacant is not None:
            work.emit(vacant)
    return duty


def _open(work: UnitOfWork, rule: DutyRule, year: int) -> Duty:
    """Return a rule's duty in a year, locked, making it first where there is none."""
    duty_id = duty_id_of(rule.code, year)
    warn_on = date(year, rule.warn_month, rule.warn_day)
    # Two units may meet the new year at the same moment; one of them makes the row.
    work.session.execute(
        insert(Duty)
        .values(id=duty_id, version=1, rule_id=rule.id, year=year, warn_on=warn_on)
        .on_conflict_do_nothing()
    )
    duty = work.get(Duty, duty_id, lock=True)
    duty.warn_on = warn_on
    return duty


def _adopt_policy(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    policy = work.find(Policy, 1)
    if policy is None:
        policy = work.add(Policy.standard())
    hearings = profile.get("hearings", {})
    policy.default_days = hearings.get("default_days", policy.default_days)
    policy.warn_days = hearings.get("warn_days", policy.warn_days)
    policy.reminder_days = hearings.get("reminder_days", policy.reminder_days)
    policy.registration_closes_days = profile.get("meetings", {}).get("registration_closes_days")
    policy.target_groups = [group["key"] for group in profile.get("target_groups", ())]


def _stated(place: int, duty: Mapping[str, Any]) -> dict[str, Any]:
    code = str(duty.get("code", f"number {place + 1}"))
    try:
        warn_on = date.fromisoformat(f"2023-{duty['warn_on']}")  # no leap year: a day of every year
        if duty["kind"] == ProofKind.MEETING:
            MeetingKind(duty["meeting_kind"])
        return {
            "code": duty["code"],
            "position": place,
            "title_da": duty["title_da"],
            "title_en": duty["title_en"],
            "text_da": duty["text_da"],
            "text_en": duty["text_en"],
            "kind": ProofKind(duty["kind"]),
            "params": {name: duty[name] for name in _PARAMS if name in duty},
            "warn_month": warn_on.month,
            "warn_day": warn_on.day,
            "retired": False,
        }
    except (KeyError, ValueError) as error:
        raise Misconfigured(f"PROFILE: [[duties]] {code}: {error}") from error


# --- what proves and plans a duty ---------------------------------------------------------------


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


_EVIDENCE: Final[Mapping[ProofKind, Callable[[Session, DutyRule, int, datetime], Evidence]]] = {
    ProofKind.MEETING: _of_meetings,
    ProofKind.GRANT_ROUND: _of_rounds,
    ProofKind.HEARING: _of_hearings,
    ProofKind.OFFICE: _of_offices,
    ProofKind.VEJVISER: _of_vejviser,
}
