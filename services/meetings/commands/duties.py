"""Use cases of the ledger.

Look at what there is, and write down what proves or plans a yearly duty.

:func:`assess` looks at the service's own tables and projections afresh each time, so it can be
called after anything that might matter, twice, late, and by the schedule.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.config import Misconfigured
from chassis.database import UnitOfWork
from services.meetings.commands.evidence import EVIDENCE
from services.meetings.model import (
    Duty,
    DutyRule,
    MeetingKind,
    Policy,
    ProofKind,
    duty_id_of,
    local_year,
    rule_id_of,
)

_PARAMS: Final = ("meeting_kind", "programme", "body", "minimum", "to_council")


def adopt(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    """Bring policy, duties and target groups in line with the municipality's profile.

    Adopting the same profile again changes nothing.

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
    proof, plan = EVIDENCE[rule.kind](work.session, rule, year, work.now)
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
