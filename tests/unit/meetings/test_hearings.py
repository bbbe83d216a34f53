"""Hearings: their deadline and its warnings, one response each, an answer to each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.problems import Invalid
from contracts.meetings import HearingClosingSoon, HearingConcluded, ResponseAnswered
from services.meetings.model import (
    AnswerOutcome,
    Hearing,
    HearingPlan,
    HearingStatus,
    Party,
    Policy,
    Response,
    problems,
    working_days_of,
)

# Monday 8 April 2024, 10:00 in Denmark.
OPENED = datetime(2024, 4, 8, 8, tzinfo=UTC)
PLAN = HearingPlan(
    title="Nyt værested i Farsø",
    question="Hvad skal værestedet kunne?",
    background="",
    closes_at=None,
    to_council=True,
    audience_all=False,
    audience_association_ids=(),
    audience_target_groups=(),
)


def drafted(**changes):
    return Hearing.drafted(uuid4(), replace(PLAN, **changes), at=OPENED)


def opened(*association_ids, **changes):
    hearing = drafted(**changes)
    hearing.open(association_ids, policy=Policy.standard(), at=OPENED)
    return hearing


def closed():
    hearing = opened()
    hearing.close(response_count=1, at=hearing.closes_at)
    return hearing


def response_to(hearing, *, answered=False):
    return Response(
        id=uuid4(),
        hearing_id=hearing.id,
        association_id=uuid4(),
        on_behalf_of=Party.ASSOCIATION,
        text="Et køkken",
        person_id=uuid4(),
        submitted_at=OPENED,
        outcome=AnswerOutcome.ACCEPTED if answered else None,
        answer="Ja tak" if answered else None,
    )


def test_without_a_deadline_four_weeks_are_given_to_the_closing_minute():
    hearing = opened()

    assert hearing.closes_at == datetime(2024, 5, 6, 21, 59, tzinfo=UTC)  # 23:59 in Denmark


def test_opening_names_whom_it_reaches():
    association_id = uuid4()
    hearing = drafted()

    event = hearing.open([association_id], policy=Policy.standard(), at=OPENED)

    assert (event.association_ids, event.to_council) == ((association_id,), True)
    assert hearing.reminder_at == hearing.closes_at - timedelta(days=3)


def test_a_hearing_that_reaches_nobody_does_not_open():
    with pytest.raises(problems.AudienceEmpty):
        opened(to_council=False)


def test_a_hearing_does_not_open_after_its_deadline():
    with pytest.raises(problems.DeadlinePassed):
        opened(closes_at=OPENED)


def test_a_hearing_opens_once():
    with pytest.raises(problems.NotDraft):
        opened().open([], policy=Policy.standard(), at=OPENED)


def test_an_open_hearing_is_not_changed():
    with pytest.raises(problems.NotDraft):
        opened().replan(PLAN)


def test_a_deadline_of_days_has_no_reminder():
    hearing = opened(closes_at=OPENED + timedelta(days=2))

    assert hearing.reminder_at is None


@pytest.mark.parametrize(
    ("opened_on", "days", "warnings"),
    [
        ("2024-04-08", 28, []),
        ("2024-04-08", 21, []),
        ("2024-04-08", 20, ["short-deadline"]),
        ("2024-06-10", 20, ["short-deadline"]),
        ("2024-06-10", 21, ["holiday-period"]),  # ends on 1 July
        ("2024-12-01", 23, ["holiday-period"]),  # ends on Christmas Eve
        ("2024-12-01", 22, []),
        ("2024-03-11", 28, ["holiday-period"]),  # Easter: Thursday, Friday, Monday
        ("2024-05-01", 28, []),  # Ascension Day and Whit Monday are two
        ("2024-12-30", 5, ["short-deadline", "holiday-period"]),
    ],
)
def test_a_short_deadline_and_one_across_holidays_are_warned_of(opened_on, days, warnings):
    at = datetime.fromisoformat(f"{opened_on}T09:00:00+00:00")

    assert Policy.standard().warnings(at, at + timedelta(days=days)) == warnings


def test_working_days_leave_out_weekends_and_holidays():
    # From Monday 25 March to Tuesday 2 April 2024: Tuesday, Wednesday, Tuesday.
    assert (
        working_days_of(datetime(2024, 3, 25, 9, tzinfo=UTC), datetime(2024, 4, 2, 9, tzinfo=UTC))
        == 3
    )


def test_responses_are_taken_up_to_the_deadline_and_not_at_it():
    hearing = opened()

    hearing.require_takes_responses(hearing.closes_at - timedelta(seconds=1))
    with pytest.raises(problems.HearingClosed) as refused:
        hearing.require_takes_responses(hearing.closes_at)
    assert refused.value.members == {"closed_at": hearing.closes_at}


def test_a_draft_takes_no_responses():
    with pytest.raises(problems.HearingNotOpen):
        drafted().require_takes_responses(OPENED)


def test_the_reminder_names_those_who_are_silent():
    hearing = opened()
    silent = [uuid4()]

    event = hearing.remind(silent, council_is_silent=False, at=OPENED)

    assert isinstance(event, HearingClosingSoon)
    assert event.unanswered_association_ids == tuple(silent)


def test_when_all_have_responded_nobody_is_reminded():
    hearing = opened()

    assert hearing.remind([], council_is_silent=False, at=OPENED) is None
    assert hearing.reminded_at == OPENED


def test_a_hearing_closes_at_its_deadline_and_not_before():
    hearing = opened()

    with pytest.raises(problems.HearingNotOpen):
        hearing.close(response_count=0, at=OPENED)
    hearing.close(response_count=2, at=hearing.closes_at)

    assert hearing.status is HearingStatus.CLOSED


def test_a_hearing_with_an_unanswered_response_is_not_concluded():
    hearing = closed()
    answered, silent = response_to(hearing, answered=True), response_to(hearing)

    with pytest.raises(problems.UnansweredResponses) as refused:
        hearing.conclude("Vi bygger", [answered, silent], at=OPENED)

    assert refused.value.members == {"response_ids": [silent.id]}
    assert hearing.status is HearingStatus.CLOSED


def test_the_conclusion_sends_every_answer_with_it():
    hearing = closed()
    responses = [response_to(hearing, answered=True) for _ in range(2)]

    concluded, *answers = hearing.conclude("Vi bygger", responses, at=OPENED)

    assert concluded == HearingConcluded(
        hearing_id=hearing.id, title=hearing.title, conclusion="Vi bygger"
    )
    assert {type(answer) for answer in answers} == {ResponseAnswered}
    assert [answer.response_id for answer in answers] == [each.id for each in responses]
    assert {(answer.answer, answer.conclusion) for answer in answers} == {("Ja tak", "Vi bygger")}


def test_an_open_hearing_is_neither_answered_nor_concluded():
    with pytest.raises(problems.HearingNotClosed):
        opened().require_closed()


def test_a_concluded_hearing_stands():
    hearing = closed()
    hearing.conclude("Vi bygger", [], at=OPENED)

    with pytest.raises(problems.HearingIsConcluded):
        hearing.conclude("Vi bygger ikke", [], at=OPENED)


def test_an_answer_is_changed_until_it_is_sent():
    response = response_to(opened(), answered=True)

    response.take_answer(AnswerOutcome.PARTLY, "Måske", by=None, at=OPENED)

    assert (response.outcome, response.answer) == (AnswerOutcome.PARTLY, "Måske")


def test_a_response_without_an_answer_has_none_to_send():
    with pytest.raises(problems.UnansweredResponses):
        response_to(opened()).publish_answer("Nyt værested", "Vi bygger")


def test_impossible_plans_name_the_field():
    plan = replace(
        PLAN,
        closes_at=datetime(9999, 1, 1, tzinfo=UTC),
        audience_target_groups=("older", "spejdere"),
    )

    with pytest.raises(Invalid) as refused:
        plan.check(["older"])

    pointers = [error.pointer for error in refused.value.errors]
    assert pointers == ["/closes_at", "/audience/target_groups/1"]
