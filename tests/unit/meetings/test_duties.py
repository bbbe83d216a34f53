"""The ledger: how a duty stands, when it is kept, when it is warned of."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.meetings import DutyAtRisk, DutyKept
from services.meetings.model import Duty, DutyRule, Plan, Proof, ProofKind, duty_id_of, status_of

JUNE = datetime(2024, 6, 12, 15, tzinfo=UTC)
OCTOBER = datetime(2024, 10, 2, 6, tzinfo=UTC)


def rule_of(kind=ProofKind.MEETING):
    return DutyRule(
        code="V19",
        kind=kind,
        title_da="Mindst ét årligt dialogmøde",
        params={"meeting_kind": "dialogue"},
    )


def duty_of_2024():
    return Duty(id=duty_id_of("V19", 2024), year=2024, warn_on=date(2024, 10, 1))


def proof(title="Dialogmøde 2024"):
    return Proof(kind="meeting", id=uuid4(), title=title, at=JUNE)


@pytest.mark.parametrize(
    ("today", "proven", "lapsed", "planned_on", "status"),
    [
        ("2024-03-01", False, False, None, "missing"),
        ("2024-03-01", False, False, "2024-06-12", "planned"),
        ("2024-09-30", False, False, None, "missing"),
        ("2024-10-01", False, False, None, "at-risk"),
        ("2024-10-01", False, False, "2024-11-12", "planned"),
        ("2024-10-01", False, False, "2024-10-01", "planned"),
        ("2024-10-01", False, False, "2024-06-12", "at-risk"),
        ("2024-09-30", False, False, "2024-06-12", "planned"),
        ("2024-03-01", False, True, None, "at-risk"),
        ("2024-12-31", True, False, None, "kept"),
        ("2025-01-01", True, False, None, "kept"),
        ("2025-01-01", False, False, None, "broken"),
        ("2025-01-01", False, False, "2024-11-12", "broken"),
    ],
)
def test_the_status_follows_from_proof_plan_and_date(today, proven, lapsed, planned_on, status):
    derived = status_of(
        year=2024,
        warn_on=date(2024, 10, 1),
        proven=proven,
        lapsed=lapsed,
        planned_on=date.fromisoformat(planned_on) if planned_on else None,
        today=date.fromisoformat(today),
    )

    assert derived == status


def test_a_duty_is_kept_once_in_its_year():
    duty = duty_of_2024()

    event = duty.keep(rule_of(), proof(), at=JUNE)

    assert event == DutyKept(
        duty_id=duty.id,
        code="V19",
        title="Mindst ét årligt dialogmøde",
        year=2024,
        proof="Dialogmøde 2024 (12. juni 2024)",
    )
    assert duty.keep(rule_of(), proof("Et møde til"), at=OCTOBER) is None
    assert duty.proof_title == "Dialogmøde 2024"


def test_a_duty_at_risk_is_warned_of_once():
    duty = duty_of_2024()

    assert duty.warn(rule_of(), at=JUNE) is None
    assert isinstance(duty.warn(rule_of(), at=OCTOBER), DutyAtRisk)
    assert duty.warn(rule_of(), at=OCTOBER) is None


def test_a_duty_with_something_ahead_is_not_warned_of():
    duty = duty_of_2024()
    duty.plan(Plan(kind="meeting", id=uuid4(), title="Dialogmøde", on=date(2024, 11, 12)))

    assert duty.warn(rule_of(), at=OCTOBER) is None


def test_a_vacant_office_is_warned_of_at_once_and_its_duty_kept_again_without_news():
    duty, rule = duty_of_2024(), rule_of(ProofKind.OFFICE)
    duty.keep(rule, proof("Frivilligkonsulent"), at=JUNE)

    warning = duty.lapse(rule, at=JUNE)
    again = duty.keep(rule, proof("Ny frivilligkonsulent"), at=OCTOBER)

    assert isinstance(warning, DutyAtRisk)
    assert again is None
    assert duty.status(date(2024, 10, 2)) == "kept"


def test_what_was_never_kept_cannot_lapse():
    assert duty_of_2024().lapse(rule_of(ProofKind.OFFICE), at=JUNE) is None


def test_an_office_passes_its_proof_on():
    duty, rule = duty_of_2024(), rule_of(ProofKind.OFFICE)
    duty.keep(rule, proof("Karens stilling"), at=JUNE)

    assert duty.keep(rule, proof("Steens stilling"), at=OCTOBER) is None
    assert duty.proof_title == "Steens stilling"
