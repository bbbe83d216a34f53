"""Who takes no part in which case (forvaltningsloven § 3), from every side it can come up."""

from uuid import uuid4

import pytest

from contracts.directory import AssociationMerged, MembershipEnded, OfficeEnded
from contracts.grants import ConflictRaised, ConflictRuled
from contracts.values import Ground, Ruling
from tests.component.grants.conftest import (
    KR,
    attach,
    decide,
    id_of,
    membership,
    office,
    person_client,
    refusal,
)


@pytest.fixture
def leader(deliver, official):
    """Act as a member of the council who leads an association, as the directory says."""

    def act(association_id, body="council", *, role="member", leads=True, id_=None):
        acting = official(body, name="Torben Todelt")
        deliver(membership(association_id, acting.person_id, role=role, leads=leads, id_=id_))
        return acting

    return act


def disqualified(client, case):
    """Return who the file says takes no part."""
    return [(each["name"], each["ground"]) for each in client.get(case).json["disqualified"]]


def assess(client, case, **changes):
    body = {"application_id": id_of(case), "scores": {}, "recommend": "yes", **changes}
    return client.put(f"/api/v1/assessments/{uuid4()}", json=body)


@pytest.mark.parametrize(
    ("role", "leads", "expected"),
    [
        ("member", True, [("Torben Todelt", "leads")]),
        ("administrator", False, [("Torben Todelt", "leads")]),
        ("editor", False, []),
        ("member", False, []),
    ],
)
def test_management_disqualifies_and_plain_membership_does_not(
    closed, leader, coordinator, role, leads, expected
):
    _, [(case, writer)] = closed()

    leader(writer.association_id, role=role, leads=leads)

    assert disqualified(coordinator, case) == expected


def test_it_is_found_when_the_application_comes_in(open_round, drafted, leader, coordinator):
    path, writer = drafted(open_round())
    leader(writer.association_id)

    writer.post(f"{path}/submission")

    assert disqualified(coordinator, path) == [("Torben Todelt", "leads")]
    history = coordinator.get(path).json["history"]
    assert [each["kind"] for each in history] == ["draft", "submitted", "disqualification"]
    assert "Torben Todelt er inhabil" in history[-1]["text"]


@pytest.mark.parametrize("leads_first", [True, False])
def test_who_leads_what_an_applicant_went_up_in_takes_no_part(
    closed, leader, publish_association, deliver, coordinator, leads_first
):
    _, [(case, writer)] = closed()
    into = publish_association("Aars Samvær")
    merged = AssociationMerged(
        association_id=writer.association_id,
        name="Forening 0",
        into_id=into,
        into_name="Aars Samvær",
    )

    if leads_first:
        acting = leader(into)
        before = acting.get(case).status_code
        deliver(merged)
    else:
        deliver(merged)
        before = 200
        acting = leader(into)

    assert before == 200
    assert refusal(acting.get(case)) == (404, "not-found")
    assert disqualified(coordinator, case) == [("Torben Todelt", "leads")]


def test_who_administers_what_an_applicant_went_up_in_is_out_by_the_token_alone(
    closed, official, publish_association, deliver
):
    _, [(case, writer)] = closed()
    into = publish_association("Aars Samvær")
    acting = official("council", associations={into: "administrator"})
    other = official("council", name="Viggo", associations={publish_association("K"): "editor"})

    deliver(
        AssociationMerged(
            association_id=writer.association_id,
            name="Forening 0",
            into_id=into,
            into_name="Aars Samvær",
        )
    )

    assert refusal(acting.get(case)) == (404, "not-found")
    assert other.get(case).status_code == 200


def test_it_is_found_when_a_leader_takes_an_office(closed, deliver, coordinator):
    _, [(case, writer)] = closed()
    person_id = uuid4()
    deliver(membership(writer.association_id, person_id, leads=True))
    before = disqualified(coordinator, case)

    deliver(office("committee", person_id=person_id, name="Per Politiker"))

    assert before == []
    assert disqualified(coordinator, case) == [("Per Politiker", "leads")]


def test_leaving_the_association_does_not_requalify(closed, deliver, leader, coordinator):
    _, [(case, writer)] = closed()
    membership_id = uuid4()
    torn = leader(writer.association_id, id_=membership_id)
    end = MembershipEnded(
        membership_id=membership_id,
        association_id=writer.association_id,
        person_id=torn.person_id,
    )

    deliver(end)

    assert refusal(torn.get(case)) == (404, "not-found")
    assert refusal(assess(torn, case)) == (403, "disqualified")
    assert disqualified(coordinator, case) == [("Torben Todelt", "leads")]


@pytest.mark.parametrize("leave", ["end", "step-down"])
def test_who_led_during_the_case_and_left_takes_no_part_in_it_as_a_newcomer(
    closed, deliver, coordinator, leave
):
    _, [(case, writer)] = closed()
    person_id, membership_id, association_id = uuid4(), uuid4(), writer.association_id
    deliver(membership(association_id, person_id, leads=True, id_=membership_id))
    if leave == "end":
        deliver(
            MembershipEnded(
                membership_id=membership_id, association_id=association_id, person_id=person_id
            )
        )
    else:
        deliver(membership(association_id, person_id, leads=False, id_=membership_id))

    deliver(office("council", person_id=person_id, name="Ny I Rådet"))

    assert disqualified(coordinator, case) == [("Ny I Rådet", "leads")]


def test_who_left_before_the_case_began_takes_part(open_round, drafted, deliver, leader):
    path, writer = drafted(open_round())
    membership_id = uuid4()
    former = leader(writer.association_id, id_=membership_id)
    deliver(
        MembershipEnded(
            membership_id=membership_id,
            association_id=writer.association_id,
            person_id=former.person_id,
        )
    )

    writer.post(f"{path}/submission")

    assert former.get(path).status_code == 200


def test_nothing_of_the_case_is_seen_or_done(closed, leader, council, committee, coordinator):
    round_path, [(case, writer), (other, _)] = closed(30_000 * KR, 20_000 * KR)
    torn = leader(writer.association_id)
    recommendation = f"/api/v1/recommendations/{uuid4()}"
    council[0].put(recommendation, json={"round_id": id_of(round_path)})
    line = {"amount_ore": 10_000 * KR, "reason": "God"}
    for path in (case, other):
        council[0].put(f"{recommendation}/lines/{id_of(path)}", json=line)

    seen = torn.get(recommendation).json
    listed = torn.get("/api/v1/applications").json["items"]

    assert refusal(torn.get(case)) == (404, "not-found")
    assert refusal(assess(torn, case)) == (403, "disqualified")
    assert refusal(torn.put(f"{recommendation}/lines/{id_of(case)}", json=line)) == (
        403,
        "disqualified",
    )
    assert refusal(torn.put(f"{recommendation}/votes/{id_of(case)}", json={"vote": "for"})) == (
        403,
        "disqualified",
    )
    assert [each["id"] for each in listed] == [id_of(other)]
    assert [each["application_id"] for each in seen["lines"]] == [id_of(other)]
    # No total tells what the hidden line says.
    assert (seen["total_ore"], seen["remaining_ore"], seen["complete"]) == (
        10_000 * KR,
        seen["frame_ore"] - 10_000 * KR,
        False,
    )
    assert council[0].get(recommendation).json["complete"] is True
    figures = torn.get(round_path).json
    assert (figures["application_count"], figures["applied_ore"]) == (1, 20_000 * KR)


def test_a_disqualified_politician_decides_nothing_in_the_case(
    closed, leader, committee, coordinator
):
    round_path, [(case, writer), _] = closed(30_000 * KR, 20_000 * KR)
    torn = leader(writer.association_id, "committee")
    decided = decide(committee, case, 30_000 * KR).json
    place = f"/api/v1/decisions/{decided['id']}"

    assert refusal(decide(torn, case, 1)) == (403, "disqualified")
    assert refusal(torn.patch(place, json={"reasons": {"rules": "§ 18"}})) == (
        403,
        "disqualified",
    )
    assert refusal(torn.get(place)) == (404, "not-found")
    assert torn.get("/api/v1/decisions").json["items"] == []
    assert torn.get(round_path).json["allocated_ore"] == 0


def test_the_rest_of_the_frame_is_not_told_to_who_must_not_work_out_the_case(
    closed, leader, committee
):
    _, [(case, writer), (other, _)] = closed(100_000 * KR, 100_000 * KR, frame_ore=150_000 * KR)
    torn = leader(writer.association_id, "committee")
    decide(committee, case, 90_000 * KR)

    told = decide(committee, other, 61_000 * KR)
    untold = decide(torn, other, 61_000 * KR)

    assert refusal(told) == refusal(untold) == (409, "frame-exceeded")
    assert told.json["remaining_ore"] == 60_000 * KR
    assert "remaining_ore" not in untold.json


def test_a_councillor_who_administers_an_applicant_reads_it_as_its_applicant_only(
    closed, client, principal, deliver, council, committee, publish_association, drafted
):
    _, [(case, writer)] = closed()
    person = principal(
        "council",
        "committee",
        name="To Hatte",
        associations={writer.association_id: "administrator"},
    )
    torn = person_client(client, person)
    assess(council[0], case)
    decided = decide(committee, case, 30_000 * KR).json

    own = torn.get(case).json

    # The token alone shuts them out: the event that says they lead has not come yet.
    assert "disqualified" not in own
    assert {each["kind"] for each in own["history"]} <= {"draft", "submitted"}
    assert refusal(assess(torn, case)) == (403, "disqualified")
    assert refusal(torn.get(f"/api/v1/decisions/{decided['id']}")) == (404, "not-found")
    assert torn.get("/api/v1/decisions").json["items"] == []


def test_one_declares_ones_own_conflict(closed, council, coordinator):
    _, [(case, _)] = closed()

    answers = [
        council[0].post(f"{case}/conflicts", json={"ground": "Min søster er formand."})
        for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [204, 204]
    assert refusal(council[0].get(case)) == (404, "not-found")
    assert disqualified(coordinator, case) == [("Ruth Rådsmedlem", "declared")]
    notes = [each["text"] for each in coordinator.get(case).json["history"]]
    assert notes.count("Ruth Rådsmedlem har erklæret sig inhabil: Min søster er formand.") == 1


def test_a_declaration_needs_a_reason_and_a_case(closed, drafted, council):
    _, [(case, _)] = closed()

    assert refusal(council[0].post(f"{case}/conflicts", json={"ground": " "})) == (422, "invalid")
    assert refusal(
        council[0].post(f"/api/v1/applications/{uuid4()}/conflicts", json={"ground": "x"})
    ) == (404, "not-found")


def test_what_was_said_before_stays_in_the_file_and_counts_no_more(
    closed, deliver, council, coordinator, principal
):
    round_path, [(case, writer)] = closed(30_000 * KR)
    said = assess(council[0], case).json
    council[0].post(f"/api/v1/assessments/{said['id']}/submission")
    recommendation = f"/api/v1/recommendations/{uuid4()}"
    council[1].put(recommendation, json={"round_id": id_of(round_path)})
    council[1].put(f"{recommendation}/lines/{id_of(case)}", json={"amount_ore": 1, "reason": ""})
    for each in council[:3]:
        each.put(f"{recommendation}/votes/{id_of(case)}", json={"vote": "for"})

    deliver(membership(writer.association_id, council[0].person_id, leads=True))

    (line,) = council[1].get(recommendation).json["lines"]
    assert line["votes"] == {"for": 2, "against": 0, "abstain": 0}
    last = coordinator.get(case).json["history"][-1]["text"]
    assert "allerede vurderet, stemt eller afgjort" in last
    (kept,) = coordinator.get("/api/v1/assessments").json["items"]
    assert kept["disqualified"] is True
    short = council[1].post(f"{recommendation}/submission")
    assert refusal(short) == (409, "no-quorum")
    assert short.json["application_ids"] == [id_of(case)]

    council[3].put(f"{recommendation}/votes/{id_of(case)}", json={"vote": "against"})
    assert council[1].post(f"{recommendation}/submission").status_code == 200


def test_who_has_left_office_is_not_looked_for(closed, deliver, coordinator):
    _, [(case, writer)] = closed()
    person_id, office_id = uuid4(), uuid4()
    deliver(office("council", person_id=person_id, id_=office_id))
    deliver(OfficeEnded(office_id=office_id, person_id=person_id, body="council"))

    deliver(membership(writer.association_id, person_id, leads=True))

    assert disqualified(coordinator, case) == []


def test_the_applicant_does_not_read_who_was_disqualified(closed, leader):
    _, [(case, writer)] = closed()
    leader(writer.association_id)

    own = writer.get(case).json

    assert "disqualified" not in own
    assert all("inhabil" not in each["text"] for each in own["history"])


def test_what_others_said_in_the_case_is_in_no_list(closed, leader, council, committee):
    """Neither their assessments, nor what was recommended and decided, nor in any sum."""
    round_path, [(case, writer), (other, _)] = closed(30_000 * KR, 20_000 * KR)
    torn = {body: leader(writer.association_id, body) for body in ("council", "committee")}
    for path in (case, other):
        for each in (council[0], torn["council"]):
            said = assess(each, path).json
            each.post(f"/api/v1/assessments/{said.get('id')}/submission")
    decide(committee, case, 10_000 * KR)
    decide(committee, other, 5_000 * KR)

    for each in torn.values():
        assessments = each.get("/api/v1/assessments").json["items"]
        assert {row["application_id"] for row in assessments} == {id_of(other)}
        asked = f"/api/v1/assessments?application_id={id_of(case)}"
        assert each.get(asked).json["items"] == []
        figures = each.get(round_path).json
        assert (figures["application_count"], figures["allocated_ore"]) == (1, 5_000 * KR)
    (decision,) = torn["committee"].get("/api/v1/decisions").json["items"]
    assert decision["application_id"] == id_of(other)


def test_a_disqualified_member_reads_no_attachment(open_round, drafted, leader):
    path, writer = drafted(open_round())
    (said,) = attach(writer, path).json["attachments"]
    writer.post(f"{path}/submission")
    torn = leader(writer.association_id)

    assert refusal(torn.get(f"{path}/attachments/{said['id']}")) == (404, "not-found")


# Rulings: nobody is removed in silence, and nobody who leads gets in meanwhile


@pytest.fixture
def caseworker(official):
    return official("caseworker", "Søren Sagsbehandler")


def rule(client, case, person_id, ruling="cleared", reason="Foreningen har skrevet forkert."):
    body = {"ruling": ruling, "reason": reason}
    return client.post(f"{case}/conflicts/{person_id}/ruling", json=body)


def last_note(client, case):
    return client.get(case).json["history"][-1]["text"]


def test_what_an_association_says_of_a_member_is_told_at_once_and_once(
    closed, leader, deliver, outbox, schedule
):
    _, [(_, writer)] = closed()
    outbox.clear()

    torn = leader(writer.association_id)
    deliver(membership(writer.association_id, torn.person_id, role="editor", leads=True))

    (told,) = outbox.of(ConflictRaised)
    assert (told.person_id, told.ground, told.took_part) == (torn.person_id, Ground.LEADS, False)
    assert (told.case_number, told.association_name) == ("2024-0001", "Forening 0")


def test_it_is_told_that_a_member_had_taken_part_already(closed, council, deliver, outbox):
    _, [(case, writer)] = closed()
    said = assess(council[0], case).json
    council[0].post(f"/api/v1/assessments/{said['id']}/submission")

    deliver(membership(writer.association_id, council[0].person_id, leads=True))

    assert [each.took_part for each in outbox.of(ConflictRaised)] == [True]


def test_a_member_who_is_cleared_takes_part_and_the_file_says_why(
    closed, leader, coordinator, outbox
):
    round_path, [(case, writer)] = closed()
    torn = leader(writer.association_id, role="administrator")
    assert refusal(torn.get(case)) == (404, "not-found")

    ruled = rule(coordinator, case, torn.person_id)

    assert ruled.status_code == 200, ruled.json
    assert assess(torn, case).status_code == 201
    assert torn.get(case).status_code == 200
    assert torn.get(round_path).json["application_count"] == 1
    (listed,) = coordinator.get(case).json["disqualified"]
    assert (listed["ruling"], listed["ruling_reason"], listed["ruled_by_name"]) == (
        "cleared",
        "Foreningen har skrevet forkert.",
        "Karen Kontakt",
    )
    assert last_note(coordinator, case) == (
        "Karen Kontakt har afgjort, at Torben Todelt er ikke inhabil: "
        "Foreningen har skrevet forkert."
    )
    (told,) = outbox.of(ConflictRuled)
    assert (told.person_id, told.ruling) == (torn.person_id, Ruling.CLEARED)


def test_the_token_of_a_member_who_is_cleared_does_not_shut_them_out(
    closed, client, principal, deliver, coordinator
):
    _, [(case, writer)] = closed()
    person = principal("council", associations={writer.association_id: "administrator"})
    deliver(office("council", person_id=person.id))
    deliver(membership(writer.association_id, person.id, role="administrator"))

    rule(coordinator, case, person.id)

    assert assess(person_client(client, person), case).status_code == 201


def test_a_ruling_goes_both_ways_and_the_same_again_changes_nothing(
    closed, leader, coordinator, caseworker, outbox
):
    _, [(case, writer)] = closed()
    torn = leader(writer.association_id)

    rule(coordinator, case, torn.person_id)
    rule(coordinator, case, torn.person_id)
    upheld = rule(caseworker, case, torn.person_id, "upheld", "Sidder i bestyrelsen.")

    assert upheld.status_code == 200
    assert refusal(torn.get(case)) == (404, "not-found")
    assert [each.ruling for each in outbox.of(ConflictRuled)] == [Ruling.CLEARED, Ruling.UPHELD]


def test_votes_of_a_member_who_is_cleared_count_again(closed, deliver, council, coordinator):
    round_path, [(case, writer)] = closed()
    said = assess(council[0], case).json
    council[0].post(f"/api/v1/assessments/{said['id']}/submission")
    recommendation = f"/api/v1/recommendations/{uuid4()}"
    council[1].put(recommendation, json={"round_id": id_of(round_path)})
    council[1].put(f"{recommendation}/lines/{id_of(case)}", json={"amount_ore": 1, "reason": ""})
    for each in council[:3]:
        each.put(f"{recommendation}/votes/{id_of(case)}", json={"vote": "for"})
    deliver(membership(writer.association_id, council[0].person_id, leads=True))
    assert refusal(council[1].post(f"{recommendation}/submission")) == (409, "no-quorum")

    rule(coordinator, case, council[0].person_id)

    assert council[1].post(f"{recommendation}/submission").status_code == 200
    (kept,) = coordinator.get("/api/v1/assessments").json["items"]
    assert kept["disqualified"] is False


def test_who_comes_to_lead_after_a_ruling_is_shut_out_again(
    closed, leader, deliver, coordinator, outbox
):
    _, [(case, writer)] = closed()
    membership_id, association_id = uuid4(), writer.association_id
    torn = leader(association_id, id_=membership_id)
    person_id = torn.person_id
    rule(coordinator, case, person_id)

    # Another right within the same role is nothing new; leaving and coming back is.
    deliver(membership(association_id, person_id, role="editor", leads=True, id_=membership_id))
    assert torn.get(case).status_code == 200
    deliver(
        MembershipEnded(
            membership_id=membership_id, association_id=association_id, person_id=person_id
        )
    )
    assert torn.get(case).status_code == 200
    deliver(membership(association_id, person_id, leads=True))

    assert refusal(torn.get(case)) == (404, "not-found")
    assert "på ny" in last_note(coordinator, case)
    assert len(outbox.of(ConflictRaised)) == 2
    assert rule(coordinator, case, person_id).status_code == 200
    assert torn.get(case).status_code == 200


def test_one_confirms_what_was_presumed_by_declaring_it(closed, leader, coordinator, outbox):
    _, [(case, writer)] = closed()
    torn = leader(writer.association_id)

    for _ in range(2):
        torn.post(f"{case}/conflicts", json={"ground": "Ja, jeg er kasserer."})

    assert disqualified(coordinator, case) == [("Torben Todelt", "declared")]
    assert [each.ground for each in outbox.of(ConflictRaised)] == [Ground.LEADS, Ground.DECLARED]


def test_who_declares_after_being_cleared_is_out_again(closed, leader, coordinator):
    _, [(case, writer)] = closed()
    torn = leader(writer.association_id)
    rule(coordinator, case, torn.person_id)

    torn.post(f"{case}/conflicts", json={"ground": "Jeg er alligevel kasserer."})

    assert refusal(torn.get(case)) == (404, "not-found")
    (listed,) = coordinator.get(case).json["disqualified"]
    assert (listed["ruling"], listed["ruling_reason"], listed["ruled_at"]) == (None, "", None)


def test_nobody_rules_who_is_in_question_themselves(closed, leader, coordinator, council):
    _, [(case, writer)] = closed()
    torn = leader(writer.association_id)
    own = leader(writer.association_id, "coordinator")

    assert refusal(rule(own, case, torn.person_id)) == (403, "disqualified")
    assert refusal(rule(own, case, own.person_id)) == (403, "disqualified")
    assert refusal(rule(council[0], case, torn.person_id)) == (403, "forbidden")
    rule(coordinator, case, own.person_id)
    assert refusal(rule(own, case, own.person_id, "upheld")) == (403, "disqualified")
    assert rule(own, case, torn.person_id).status_code == 200


@pytest.mark.parametrize("body", [{}, {"ruling": "cleared", "reason": " "}, {"ruling": "maybe"}])
def test_a_ruling_needs_a_word_and_a_reason(closed, leader, coordinator, body):
    _, [(case, writer)] = closed()
    torn = leader(writer.association_id)

    answer = coordinator.post(f"{case}/conflicts/{torn.person_id}/ruling", json=body)

    assert refusal(answer) == (422, "invalid")
    assert refusal(torn.get(case)) == (404, "not-found")


def test_there_is_nothing_to_rule_on_where_nothing_was_raised(
    closed, council, coordinator, committee, leader
):
    round_path, [(case, writer)] = closed()
    nowhere = f"/api/v1/applications/{uuid4()}"
    torn = leader(writer.association_id)
    decide(committee, case, 30_000 * KR)
    committee.post(f"{round_path}/decision")

    assert refusal(rule(coordinator, case, council[0].person_id)) == (404, "not-found")
    assert refusal(rule(coordinator, nowhere, council[0].person_id)) == (404, "not-found")
    assert refusal(rule(coordinator, case, torn.person_id)) == (409, "wrong-state")


def test_what_waits_for_a_ruling_can_be_listed_by_those_who_rule(closed, leader, coordinator):
    _, [(case, writer), _] = closed(30_000 * KR, 20_000 * KR)
    torn = leader(writer.association_id)
    own = leader(writer.association_id, "coordinator")
    waiting = "/api/v1/applications?open_conflict=true"

    before = [each["id"] for each in coordinator.get(waiting).json["items"]]
    seen_by_others = [each.get(waiting).json["items"] for each in (writer, torn, own)]
    for each in (torn, own):
        rule(coordinator, case, each.person_id, "upheld", "Sidder i bestyrelsen.")
    after = coordinator.get(waiting).json["items"]

    assert before == [id_of(case)]
    assert seen_by_others == [[], [], []]
    assert after == []


@pytest.mark.parametrize("way", ["another decides", "cleared"])
def test_an_amount_set_by_who_proves_to_be_out_is_decided_again(
    closed, deliver, official, committee, coordinator, outbox, way
):
    round_path, [(case, writer)] = closed(30_000 * KR)
    torn = official("committee", "Per Politiker")
    decided = decide(torn, case, 30_000 * KR).json
    place = f"/api/v1/decisions/{decided['id']}"
    deliver(membership(writer.association_id, torn.person_id, leads=True))

    refused = committee.post(f"{round_path}/decision")
    if way == "cleared":
        rule(coordinator, case, torn.person_id)
    else:
        committee.put(place, json={"application_id": id_of(case), "granted_ore": 30_000 * KR})

    assert refusal(refused) == (409, "undecided-applications")
    assert refused.json["application_ids"] == [id_of(case)]
    assert [each.took_part for each in outbox.of(ConflictRaised)] == [True]
    assert committee.post(f"{round_path}/decision").status_code == 200
