"""An application from draft to decision, and what it must hold; a decision and its reasons."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Outcome
from services.grants.model import (
    Application,
    ApplicationStatus,
    Decision,
    DecisionStatus,
    RoundStatus,
    Tie,
    local_year,
    outcome_of,
    problems,
)
from tests.unit.grants.test_rounds import CLOSES, KR, MINUTE, OPENS, programme, round_

BY = uuid4()
COST = {"kind": "cost", "text": "Råvarer", "amount_ore": 34_000 * KR}
INCOME = {"kind": "income", "text": "Kontingent", "amount_ore": 4_000 * KR}


def application(status=ApplicationStatus.DRAFT, **changes):
    return Application(
        **{
            "id": uuid4(),
            "round_id": uuid4(),
            "association_id": uuid4(),
            "status": status,
            "title": "Fællesspisning i Farsø",
            "activity": "Vi spiser sammen hver torsdag.",
            "target_group": "Ældre, der spiser alene",
            "contact_name": "Anna Andersen",
            "signatory_name": "Bent Bentsen",
            "amount_ore": 30_000 * KR,
            "budget": [COST, INCOME],
            **changes,
        }
    )


def submit(made, *, at=OPENS, **changes):
    round_of_it = round_(RoundStatus.OPEN, id=made.round_id, **changes)
    return made.submit(round_of_it, case_number="2024-0001", by=BY, at=at)


def decision(granted_ore, rules="§ 18", considerations="Der er søgt om mere end rammen."):
    return Decision(
        id=uuid4(),
        granted_ore=granted_ore,
        rules=rules,
        considerations=considerations,
        facts="",
        conditions=["Beretning senest 1. marts."],
        status=DecisionStatus.DRAFT,
    )


def test_handing_in_gives_a_case_number_and_says_so():
    made = application()

    told = submit(made)

    assert made.status is ApplicationStatus.SUBMITTED
    assert (made.case_number, made.submitted_at, made.submitted_by) == ("2024-0001", OPENS, BY)
    assert (told.case_number, told.amount_ore) == ("2024-0001", 30_000 * KR)
    assert made.own_funding_ore == 4_000 * KR


@pytest.mark.parametrize("status", [each for each in ApplicationStatus if each != "draft"])
def test_only_a_draft_is_handed_in(status):
    with pytest.raises(problems.WrongState):
        submit(application(status))
    with pytest.raises(problems.WrongState):
        application(status).require_draft()


@pytest.mark.parametrize("status", [each for each in ApplicationStatus if each != "submitted"])
def test_only_what_is_handed_in_is_withdrawn(status):
    with pytest.raises(problems.WrongState) as refused:
        application(status).withdraw()

    assert refused.value.members["current"] == status.value


def test_withdrawing_says_whose_it_was():
    made = application(ApplicationStatus.SUBMITTED)

    told = made.withdraw()

    assert made.status is ApplicationStatus.WITHDRAWN
    assert told.association_id == made.association_id


def test_the_deadline_comes_before_what_is_missing():
    made = application(title="")

    with pytest.raises(problems.RoundIsClosed):
        submit(made, at=CLOSES + MINUTE)
    assert made.status is ApplicationStatus.DRAFT


def test_everything_missing_is_named_at_once():
    made = application(title="", contact_name="", budget=[INCOME], amount_ore=0)

    with pytest.raises(problems.Incomplete) as refused:
        submit(made)

    assert {each.pointer for each in refused.value.errors} == {
        "/title",
        "/contact_name",
        "/budget",
        "/amount_ore",
    }


@pytest.mark.parametrize(
    ("amount", "fits"),
    [(0, False), (999_99, False), (1_000_00, True), (50_000_00, True), (50_000_01, False)],
)
def test_the_limits_of_a_round_are_within_it(amount, fits):
    made = application(amount_ore=amount, budget=[COST | {"amount_ore": amount}])

    if fits:
        submit(made)
    else:
        with pytest.raises(problems.Incomplete):
            submit(made)


def test_nothing_cannot_be_sought_even_where_no_minimum_is_set():
    made = application(amount_ore=0, budget=[COST | {"amount_ore": 0}])

    with pytest.raises(problems.Incomplete):
        submit(made, minimum_ore=0)


LINES = st.lists(
    st.tuples(st.sampled_from(["cost", "income"]), st.integers(0, 10_000)), min_size=1, max_size=8
)


@given(lines=LINES, amount=st.integers(1, 40_000))
def test_only_a_budget_that_adds_up_is_handed_in(lines, amount):
    budget = [{"kind": kind, "text": "x", "amount_ore": ore} for kind, ore in lines]
    total = sum(ore if kind == "cost" else -ore for kind, ore in lines)
    made = application(amount_ore=amount, budget=budget)

    try:
        submit(made, minimum_ore=0, maximum_ore=10**9)
    except (problems.BudgetDoesNotAddUp, problems.Incomplete):
        assert total != amount
        assert made.status is ApplicationStatus.DRAFT
    else:
        assert total == amount


@given(lines=LINES)
def test_a_budget_that_adds_up_is_never_refused_for_it(lines):
    budget = [{"kind": kind, "text": "x", "amount_ore": ore} for kind, ore in lines]
    income = sum(ore for kind, ore in lines if kind == "income")
    budget.append({"kind": "cost", "text": "Resten", "amount_ore": income + 1})
    costs = sum(each["amount_ore"] for each in budget if each["kind"] == "cost")
    made = application(amount_ore=costs - income, budget=budget)

    submit(made, minimum_ore=0, maximum_ore=10**9)

    assert made.own_funding_ore == income


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        (0, Outcome.REJECTED),
        (1, Outcome.PARTLY_GRANTED),
        (29_999_99, Outcome.PARTLY_GRANTED),
        (30_000_00, Outcome.GRANTED),
    ],
)
def test_an_ore_less_is_a_cut(granted, expected):
    assert outcome_of(applied_ore=30_000_00, granted_ore=granted) is expected


@pytest.mark.parametrize(
    ("granted", "rules", "considerations", "needs"),
    [
        (30_000_00, "", "", False),
        (29_999_99, "§ 18", "Få midler", False),
        (29_999_99, "", "Få midler", True),
        (29_999_99, "§ 18", "", True),
        (0, " \n", "\t", True),
    ],
)
def test_less_than_sought_needs_rules_and_considerations(granted, rules, considerations, needs):
    made = decision(granted, rules, considerations)

    assert made.needs_reasons(application()) is needs


@pytest.mark.parametrize(("granted", "is_award"), [(0, False), (10_000_00, True)])
def test_a_refusal_sets_no_conditions(granted, is_award):
    made, sought = decision(granted), application(ApplicationStatus.SUBMITTED)
    sought.case_number = "2024-0001"

    letter = made.send(
        sought,
        round_(RoundStatus.CLOSED),
        programme(),
        association_name="Nørre Samvær",
        on=date(2024, 4, 8),
        at=CLOSES,
    )

    assert (made.status, made.sent_at) == (DecisionStatus.SENT, CLOSES)
    assert bool(letter.conditions) is is_award
    assert (letter.report_on is not None) is is_award
    assert letter.appeal
    assert letter.legal_basis


def test_a_case_number_follows_the_danish_year():
    new_year = datetime(2024, 12, 31, 23, tzinfo=UTC)

    assert local_year(new_year) == 2025
    assert local_year(new_year - timedelta(seconds=1)) == 2024


def test_who_stops_leading_is_known_by_when():
    tie = Tie(disqualifies=False)

    tie.become(leading=False, at=OPENS)
    never = (tie.disqualifies, tie.led_until)
    tie.become(leading=True, at=OPENS)
    leads = (tie.disqualifies, tie.led_until)
    tie.become(leading=False, at=CLOSES)
    tie.become(leading=False, at=CLOSES + MINUTE)

    assert never == (False, None)
    assert leads == (True, None)
    assert (tie.disqualifies, tie.led_until) == (True, CLOSES)
