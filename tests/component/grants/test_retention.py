"""What outlives an erasure in grants, under which rule, and when it goes (GDPR art. 17(3))."""

from datetime import UTC, datetime

import pytest

from contracts.directory import PersonErased, PersonRegistered
from contracts.grants import PersonRedacted
from contracts.values import KeptForm, KeptKind, KeptRule
from tests.component.grants.conftest import REASONS, decide

NAME = "Bent Bentsen"
KR = 100


@pytest.fixture
def paid(closed, committee, deliver):
    """Give an association money; return the case, and who signed for it."""

    def pay(granted_ore=30_000 * KR):
        round_path, [(case, writer)] = closed(30_000 * KR)
        deliver(PersonRegistered(person_id=writer.person_id, name=NAME, email="bent@example.org"))
        assert decide(committee, case, granted_ore, reasons=REASONS).status_code == 201
        assert committee.post(f"{round_path}/decision").status_code == 200
        return case, writer

    return pay


def kept_of(outbox):
    return {each.what: each for each in outbox.of(PersonRedacted)[-1].kept}


def test_who_signed_for_money_stays_until_the_vouchers_may_go(paid, coordinator, deliver, outbox):
    case, writer = paid()

    deliver(PersonErased(person_id=writer.person_id), times=2)

    assert coordinator.get(case).json["signatory_name"] == NAME
    kept = kept_of(outbox)
    assert kept[KeptKind.SIGNATURE].until.isoformat() == "2029-12-31"
    assert kept[KeptKind.SIGNATURE].rule is KeptRule.ACCOUNTS
    assert kept[KeptKind.CASE].form is KeptForm.PSEUDONYM
    assert len(outbox.of(PersonRedacted)) == 1


def test_when_the_rule_has_run_out_the_name_goes_and_the_directory_is_told(
    paid, coordinator, deliver, outbox, clock, schedule
):
    case, writer = paid()
    deliver(PersonErased(person_id=writer.person_id))
    # 31 December is the last day, and it ends in Denmark.
    clock.set(datetime(2029, 12, 31, 22, 59, tzinfo=UTC))
    schedule()
    assert coordinator.get(case).json["signatory_name"] == NAME

    clock.set(datetime(2029, 12, 31, 23, 1, tzinfo=UTC))
    schedule()
    schedule()

    assert coordinator.get(case).json["signatory_name"] == "(slettet)"
    assert KeptKind.SIGNATURE not in kept_of(outbox)
    assert KeptKind.CASE in kept_of(outbox)
    assert len(outbox.of(PersonRedacted)) == 2


def test_a_replay_does_not_begin_the_time_anew(paid, coordinator, deliver, outbox, clock, schedule):
    case, writer = paid()
    deliver(PersonErased(person_id=writer.person_id))
    clock.set(datetime(2030, 1, 2, tzinfo=UTC))
    schedule()

    deliver(PersonErased(person_id=writer.person_id))

    assert coordinator.get(case).json["signatory_name"] == "(slettet)"
    assert KeptKind.SIGNATURE not in kept_of(outbox)


def test_nothing_was_paid_so_no_name_is_kept(paid, coordinator, deliver, outbox):
    case, writer = paid(granted_ore=0)

    deliver(PersonErased(person_id=writer.person_id))

    assert coordinator.get(case).json["signatory_name"] == "(slettet)"
    assert set(kept_of(outbox)) == {KeptKind.CASE}


def test_a_draft_that_was_never_handed_in_forgets_the_name_in_its_words(
    drafted, open_round, deliver, client
):
    case, writer = drafted(open_round(), activity=f"{NAME} laver mad.", place=f"Hos {NAME}")
    deliver(PersonRegistered(person_id=writer.person_id, name=NAME, email="bent@example.org"))

    deliver(PersonErased(person_id=writer.person_id))

    assert NAME not in str(writer.get(case).json)


def test_a_case_that_was_handed_in_stays_as_it_was_written(
    submitted, open_round, deliver, coordinator
):
    """It is filed: what an authority received may not be rewritten (offentlighedsloven § 15)."""
    case, writer = submitted(open_round(), activity=f"{NAME} laver mad.")
    deliver(PersonRegistered(person_id=writer.person_id, name=NAME, email="bent@example.org"))

    deliver(PersonErased(person_id=writer.person_id))

    shown = coordinator.get(case).json
    assert shown["activity"] == f"{NAME} laver mad."
    assert shown["signatory_name"] == "(slettet)"


def test_what_was_said_in_the_council_is_for_who_said_it(closed, council, coordinator):
    _, [(case, _)] = closed(20_000 * KR)
    member = council[0]
    path = f"/api/v1/personal-data/grants/{member.person_id}"
    member.put(
        "/api/v1/assessments/0192f0a1-0000-7000-8000-00000000cccc",
        json={"application_id": case.rsplit("/", 1)[-1], "scores": {}, "recommend": "yes"},
    )

    own = {part["kind"] for part in member.get(path).json["parts"]}
    told = coordinator.get(path).json

    assert "assessment" in own
    assert "assessment" not in {part["kind"] for part in told["parts"]}
    assert "assessment" in told["withheld"]
