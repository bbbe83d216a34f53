"""Signing up for meetings through the API, also when fifty do at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest

from contracts.directory import (
    AssociationClosed,
    MembershipEnded,
    MembershipGranted,
    OfficeEnded,
    PersonChanged,
    PersonErased,
)
from contracts.meetings import RegistrationMade, RegistrationPromoted, RegistrationWithdrawn
from contracts.values import Body
from tests.component.meetings.conftest import JUNE, id_of, meeting_body, office, refusal


def registration_body(meeting, association_id=None, **changes):
    return {
        "meeting_id": id_of(meeting),
        "association_id": str(association_id) if association_id else None,
        **changes,
    }


@pytest.fixture
def sign_up(publish_association, member):
    """Sign a new association up; return who acts, its registration's path and the answer."""

    def act(meeting, attendees=1):
        association_id = publish_association()
        acting = member(association_id)
        path = f"/api/v1/registrations/{uuid4()}"
        body = registration_body(meeting, association_id, attendees=attendees)
        answer = acting.put(path, json=body)
        assert answer.status_code == 201, answer.json
        return acting, path, answer.json

    return act


def test_an_association_signs_up_and_is_confirmed(client, called, sign_up, outbox):
    meeting = called()
    outbox.clear()

    acting, path, answer = sign_up(meeting, attendees=3)

    assert (answer["status"], answer["waiting_position"]) == ("confirmed", None)
    assert (answer["association_name"], answer["person_name"]) == ("Nørre Samvær", "Anna Andersen")
    assert acting.get(path).json == answer
    assert client.get(meeting).json["confirmed_count"] == 3
    assert [type(event) for event in outbox.events] == [RegistrationMade]


def test_the_same_sign_up_again_is_the_same_answer(called, publish_association, member, outbox):
    meeting, association_id = called(), publish_association()
    acting, path = member(association_id), f"/api/v1/registrations/{uuid4()}"
    body = registration_body(meeting, association_id, attendees=2)
    outbox.clear()

    first, again = acting.put(path, json=body), acting.put(path, json=body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert len(outbox.events) == 1


def test_the_waiting_list_moves_up_when_somebody_leaves(client, called, sign_up, outbox):
    meeting = called(capacity=4)
    first, first_path, _ = sign_up(meeting, attendees=4)
    second, second_path, waiting = sign_up(meeting, attendees=2)
    third, third_path, last = sign_up(meeting, attendees=1)
    outbox.clear()

    assert (waiting["waiting_position"], last["waiting_position"]) == (1, 2)
    assert client.get(meeting).json["waiting_count"] == 3
    for _ in range(2):
        assert first.delete(first_path).status_code == 204

    assert second.get(second_path).json["status"] == "confirmed"
    assert third.get(third_path).json["status"] == "confirmed"
    assert first.get(first_path).json["status"] == "withdrawn"
    types = [type(event) for event in outbox.events]
    assert types == [RegistrationWithdrawn, RegistrationPromoted, RegistrationPromoted]


def test_a_larger_room_moves_the_list_up(coordinator, called, sign_up, outbox):
    meeting = called(capacity=2)
    sign_up(meeting, attendees=2)
    acting, path, _ = sign_up(meeting, attendees=2)

    coordinator.patch(meeting, json={"capacity": 4})

    assert acting.get(path).json["status"] == "confirmed"
    assert refusal(coordinator.patch(meeting, json={"capacity": 3})) == (
        409,
        "capacity-below-confirmed",
    )
    coordinator.patch(meeting, json={"capacity": None})


def test_fifty_who_sign_up_at_once_never_overbook(client, coordinator, called, member, deliver):
    meeting = called(capacity=20, audience="all")
    people = [member(uuid4(), name=f"Person {number}") for number in range(50)]
    start = Barrier(len(people))

    def sign_up(acting):
        start.wait()
        path = f"/api/v1/registrations/{uuid4()}"
        for _ in range(20):  # a busy row may be refused for a moment (503): a client tries again
            answer = acting.put(path, json=registration_body(meeting, attendees=3))
            if answer.status_code != 503:
                return answer
        return answer

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(sign_up, people))

    assert {answer.status_code for answer in answers} == {201}
    counts = client.get(meeting).json
    assert (counts["confirmed_count"], counts["waiting_count"]) == (18, 132)
    listed = coordinator.get(f"/api/v1/registrations?meeting_id={id_of(meeting)}&limit=200").json
    waiting = [item["waiting_position"] for item in listed["items"] if item["waiting_position"]]
    assert waiting == list(range(1, 45))


def test_fifty_sign_ups_of_one_association_make_one(called, publish_association, member):
    meeting, association_id = called(), publish_association()
    people = [member(association_id, role="member") for _ in range(20)]
    start = Barrier(len(people))

    def sign_up(acting):
        start.wait()
        path = f"/api/v1/registrations/{uuid4()}"
        return acting.put(path, json=registration_body(meeting, association_id)).status_code

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(sign_up, people))

    assert sorted(answers) == [201] + [409] * 19


def test_an_association_or_a_person_signs_up_once(called, publish_association, member):
    meeting, association_id = called(audience="all"), publish_association()
    anna, bo = member(association_id), member(association_id, role="member", name="Bo Bendtsen")
    first = anna.put(
        f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, association_id)
    )

    by_a_colleague = bo.put(
        f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, association_id)
    )
    for_oneself = bo.put(f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting))
    once_more = bo.put(f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting))

    assert refusal(by_a_colleague) == (409, "already-registered")
    assert by_a_colleague.json["registration_id"] == first.json["id"]
    assert for_oneself.status_code == 201
    assert refusal(once_more) == (409, "already-registered")


def test_who_signed_off_signs_up_anew_at_the_end_of_the_line(called, sign_up, publish_association):
    meeting = called(capacity=2)
    acting, path, made = sign_up(meeting, attendees=2)
    sign_up(meeting, attendees=1)
    acting.delete(path)
    body = registration_body(meeting, made["association_id"], attendees=2)

    assert refusal(acting.put(path, json=body)) == (409, "registration-withdrawn")
    anew = acting.put(f"/api/v1/registrations/{uuid4()}", json=body)

    assert anew.json["waiting_position"] == 1


def test_how_many_come_is_changed(called, sign_up):
    meeting = called(capacity=5)
    acting, path, made = sign_up(meeting, attendees=4)
    body = registration_body(meeting, made["association_id"], note="Kørestol")

    changed = acting.put(path, json={**body, "attendees": 5})
    too_many = acting.put(path, json={**body, "attendees": 6})
    other, other_path, waits = sign_up(meeting, attendees=1)
    acting.put(path, json={**body, "attendees": 4})

    assert (changed.status_code, changed.json["attendees"]) == (200, 5)
    assert changed.json["note"] == "Kørestol"
    assert refusal(too_many) == (409, "party-too-large")
    assert waits["status"] == "waiting"
    assert other.get(other_path).json["status"] == "confirmed"
    assert refusal(acting.put(path, json={**body, "attendees": 5})) == (409, "no-places-left")


def test_an_id_belongs_to_its_party(called, sign_up, publish_association, member):
    meeting, other_meeting = called(), called()
    acting, path, made = sign_up(meeting)
    stranger_association = publish_association()
    stranger = member(stranger_association)

    elsewhere = acting.put(path, json=registration_body(other_meeting, made["association_id"]))
    stolen = stranger.put(path, json=registration_body(meeting, stranger_association))

    assert refusal(elsewhere) == (409, "id-taken")
    assert refusal(stolen) == (409, "id-taken")


def test_after_the_deadline_nobody_signs_up_and_the_list_still_moves(
    called, sign_up, publish_association, member, clock
):
    meeting = called(capacity=1)
    first, first_path, _ = sign_up(meeting)
    second, second_path, _ = sign_up(meeting)
    clock.move(JUNE - timedelta(hours=20))
    late = publish_association()

    answer = member(late).put(
        f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, late)
    )
    first.delete(first_path)

    assert refusal(answer) == (409, "registration-closed")
    assert answer.json["closed_at"] == "2024-06-10T21:59:00Z"
    assert second.get(second_path).json["status"] == "confirmed"


def test_a_cancelled_meeting_takes_nobody(coordinator, called, publish_association, member):
    meeting, association_id = called(), publish_association()
    coordinator.post(f"{meeting}/cancellation", json={"reason": "Snestorm"})

    answer = member(association_id).put(
        f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, association_id)
    )

    assert refusal(answer) == (409, "registration-closed")
    assert answer.json["meeting_status"] == "cancelled"


def test_who_is_invited(called, publish_association, member, council_member, client, principal):
    for_associations, for_council, for_all = (
        called(audience=audience) for audience in ("associations", "council", "all")
    )
    association_id = publish_association()
    anna = member(association_id)

    def sign_up(acting, meeting, association=None):
        body = registration_body(meeting, association)
        return acting.put(f"/api/v1/registrations/{uuid4()}", json=body)

    assert refusal(sign_up(anna, for_associations)) == (403, "not-invited")
    assert refusal(sign_up(anna, for_council, association_id)) == (403, "not-invited")
    assert sign_up(anna, for_associations, association_id).status_code == 201
    assert sign_up(anna, for_all).status_code == 201
    assert sign_up(council_member, for_council).status_code == 201
    assert sign_up(council_member, for_associations).status_code == 201
    assert sign_up(client, for_all).status_code == 401
    assert refusal(sign_up(client.as_(principal()), for_all, association_id)) == (403, "forbidden")


def test_only_an_association_in_the_vejviser_is_invited(
    called, publish_association, member, deliver
):
    meeting, closed = called(), publish_association()
    deliver(AssociationClosed(association_id=closed, name="Nørre Samvær"))

    for association_id in (closed, uuid4()):
        answer = member(association_id).put(
            f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, association_id)
        )
        assert refusal(answer) == (403, "not-invited")


def test_who_left_an_association_no_longer_acts_for_it(
    called, publish_association, member, deliver
):
    meeting, association_id = called(), publish_association()
    anna, membership_id = member(association_id), uuid4()
    deliver(
        MembershipGranted(
            membership_id=membership_id,
            association_id=association_id,
            person_id=anna.person_id,
            role="administrator",
            leads=True,
            is_contact=True,
        )
    )
    deliver(
        MembershipEnded(
            membership_id=membership_id,
            association_id=association_id,
            person_id=anna.person_id,
        )
    )

    answer = anna.put(
        f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, association_id)
    )

    assert refusal(answer) == (403, "forbidden")


def test_who_left_the_council_is_no_longer_invited(called, client, principal, deliver):
    meeting, person = called(audience="council"), principal("council")
    seat = office("council", person_id=person.id)
    deliver(seat)
    deliver(OfficeEnded(office_id=seat.office_id, person_id=person.id, body=Body.COUNCIL))

    answer = client.as_(person).put(
        f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting)
    )

    assert refusal(answer) == (403, "not-invited")


def test_one_sees_ones_own_and_the_coordinator_all(coordinator, called, sign_up, client, principal):
    meeting = called()
    anna, anna_path, _ = sign_up(meeting)
    _, bo_path, _ = sign_up(meeting)

    def ids(acting):
        listed = acting.get(f"/api/v1/registrations?meeting_id={id_of(meeting)}").json["items"]
        return [f"/api/v1/registrations/{item['id']}" for item in listed]

    assert ids(anna) == [anna_path]
    assert ids(coordinator) == [anna_path, bo_path]
    assert ids(client.as_(principal())) == []
    assert refusal(anna.get(bo_path)) == (404, "not-found")
    assert refusal(anna.delete(bo_path)) == (404, "not-found")
    assert coordinator.get(bo_path).status_code == 200
    assert client.get("/api/v1/registrations").status_code == 401


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"attendees": 0}, "/attendees"),
        ({"attendees": 11}, "/attendees"),
        ({"attendees": 1.5}, "/attendees"),
        ({"note": "010203-1234"}, "/note"),
        ({"meeting_id": "nummer 1"}, "/meeting_id"),
        ({"status": "confirmed"}, "/status"),
        ({"person_id": str(uuid4())}, "/person_id"),
    ],
)
def test_wrong_input_names_the_field(called, publish_association, member, changes, pointer):
    meeting, association_id = called(), publish_association()

    answer = member(association_id).put(
        f"/api/v1/registrations/{uuid4()}",
        json={**registration_body(meeting, association_id), **changes},
    )

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_unknown_meetings_and_drafts_are_not_found(coordinator, publish_association, member):
    association_id, draft = publish_association(), f"/api/v1/meetings/{uuid4()}"
    coordinator.put(draft, json=meeting_body())

    for meeting in (draft, f"/api/v1/meetings/{uuid4()}"):
        answer = member(association_id).put(
            f"/api/v1/registrations/{uuid4()}", json=registration_body(meeting, association_id)
        )
        assert refusal(answer) == (404, "not-found")


def test_an_erased_person_leaves_no_name_and_no_note(
    called, publish_association, member, deliver, coordinator
):
    meeting, association_id = called(), publish_association()
    anna, path = member(association_id), f"/api/v1/registrations/{uuid4()}"
    body = registration_body(meeting, association_id, note="Ring til Anna på 99 66 70 00")
    anna.put(path, json=body)
    deliver(
        PersonChanged(
            person_id=anna.person_id, name="Anna Ny", email="ny@example.org", language="da"
        )
    )
    assert coordinator.get(path).json["person_name"] == "Anna Ny"

    deliver(PersonErased(person_id=anna.person_id), times=2)

    erased = coordinator.get(path).json
    assert (erased["person_name"], erased["note"]) == ("", "")


def test_registrations_are_filtered(called, sign_up, coordinator):
    meeting = called(capacity=1)
    _, first, made = sign_up(meeting)
    _, second, _ = sign_up(meeting)

    def ids(query):
        listed = coordinator.get(f"/api/v1/registrations?{query}").json["items"]
        return [f"/api/v1/registrations/{item['id']}" for item in listed]

    assert ids(f"association_id={made['association_id']}") == [first]
    assert ids("status=waiting") == [second]
    assert ids(f"meeting_id={uuid4()}") == []
    assert refusal(coordinator.get(f"/api/v1/registrations/{uuid4()}")) == (404, "not-found")
