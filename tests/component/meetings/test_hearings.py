"""Hearings and responses through the API and the schedule."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from contracts.directory import AssociationClosed
from contracts.meetings import (
    HearingClosed,
    HearingClosingSoon,
    HearingConcluded,
    HearingOpened,
    ResponseAnswered,
    ResponseReceived,
)
from tests.component.meetings.conftest import MAY, hearing_body, id_of, refusal

# Four weeks from 1 May, 23:59 in Denmark.
DEADLINE = MAY.replace(day=29, hour=21, minute=59)


def response_body(hearing, association_id, **changes):
    return {
        "hearing_id": id_of(hearing),
        "association_id": str(association_id),
        "text": "Et køkken, tak.",
        **changes,
    }


def council_body(hearing, **changes):
    return {
        "hearing_id": id_of(hearing),
        "on_behalf_of": "council",
        "text": "Rådet er for.",
        **changes,
    }


@pytest.fixture
def respond(member):
    """Respond for an association; return who acts and the response's path."""

    def act(hearing, association_id, **changes):
        acting = member(association_id, role="editor")
        path = f"/api/v1/responses/{uuid4()}"
        answer = acting.put(path, json=response_body(hearing, association_id, **changes))
        assert answer.status_code == 201, answer.json
        return acting, path

    return act


@pytest.fixture
def answer(coordinator):
    """Answer a response."""

    def act(path, outcome="accepted", text="Det får I."):
        return coordinator.post(f"{path}/answer", json={"outcome": outcome, "text": text})

    return act


def test_a_draft_shows_what_it_would_be_and_warns(client, coordinator, publish_association):
    publish_association()
    publish_association(target_groups=("children",))
    path = f"/api/v1/hearings/{uuid4()}"

    draft = coordinator.put(path, json=hearing_body())
    hasty = coordinator.put(path, json=hearing_body(closes_at="2024-05-10T12:00:00Z"))
    summer = coordinator.put(path, json=hearing_body(closes_at="2024-07-10T12:00:00Z"))

    assert (draft.status_code, draft.json["status"]) == (201, "draft")
    assert draft.json["closes_at"] == "2024-05-29T21:59:00Z"
    assert (draft.json["invited_count"], draft.json["warnings"]) == (2, [])
    assert hasty.json["warnings"] == ["short-deadline"]
    assert summer.json["warnings"] == ["holiday-period"]
    assert client.get(path).status_code == 404
    assert client.get("/api/v1/hearings").json["items"] == []


def test_opening_settles_whom_it_reaches(client, coordinator, publish_association, opened, outbox):
    older, children, named, closed = (
        publish_association(target_groups=groups)
        for groups in (("older", "lonely"), ("children",), ("families",), ("older",))
    )
    outbox.clear()

    path = opened(audience={"target_groups": ["older"], "association_ids": [str(named)]})
    publish_association(target_groups=("older",))

    (event,) = outbox.of(HearingOpened)
    assert set(event.association_ids) == {older, named, closed}
    assert event.to_council
    assert client.get(path).json["invited_count"] == 4
    assert children not in event.association_ids
    assert coordinator.post(f"{path}/opening").status_code == 200
    assert len(outbox.of(HearingOpened)) == 1
    reached = client.get(f"/api/v1/hearings?association_id={named}").json["items"]
    assert [item["id"] for item in reached] == [id_of(path)]


def test_everybody_means_everybody_in_the_vejviser(publish_association, opened, deliver, outbox):
    stays, closes = publish_association(), publish_association()
    deliver(AssociationClosed(association_id=closes, name="Nørre Samvær"))
    outbox.clear()

    opened(audience={"all": True}, to_council=False)

    (event,) = outbox.of(HearingOpened)
    assert event.association_ids == (stays,)


def test_what_cannot_be_opened(coordinator, publish_association, clock):
    def opening(**changes):
        path = f"/api/v1/hearings/{uuid4()}"
        assert coordinator.put(path, json=hearing_body(**changes)).status_code == 201
        return coordinator.post(f"{path}/opening")

    stranger = str(uuid4())
    unknown = opening(audience={"association_ids": [stranger]})
    assert refusal(unknown) == (409, "unknown-associations")
    assert unknown.json["association_ids"] == [stranger]
    assert refusal(opening(to_council=False)) == (409, "audience-empty")
    assert refusal(opening(closes_at="2024-04-30T12:00:00Z")) == (409, "deadline-passed")
    assert refusal(coordinator.post(f"/api/v1/hearings/{uuid4()}/opening")) == (404, "not-found")


def test_an_open_hearing_stands(coordinator, opened):
    path = opened()

    assert refusal(coordinator.put(path, json=hearing_body(title="X"))) == (409, "not-draft")
    assert refusal(coordinator.delete(path)) == (409, "not-draft")
    assert (
        coordinator.put(path, json=hearing_body(closes_at=DEADLINE.isoformat())).status_code == 200
    )


def test_a_draft_is_deleted(coordinator):
    path = f"/api/v1/hearings/{uuid4()}"
    coordinator.put(path, json=hearing_body())

    assert coordinator.delete(path).status_code == 204
    assert coordinator.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"closes_at": "9999-12-31T23:59:59Z"}, "/closes_at"),
        ({"closes_at": "i morgen"}, "/closes_at"),
        ({"audience": {"target_groups": ["older", "spejdere"]}}, "/audience/target_groups/1"),
        ({"audience": {"association_ids": ["en"]}}, "/audience/association_ids/0"),
        ({"audience": {"alle": True}}, "/audience/alle"),
        ({"question": ""}, "/question"),
        ({"question": "x" * 10_001}, "/question"),
        ({"status": "open"}, "/status"),
    ],
)
def test_wrong_input_names_the_field(coordinator, changes, pointer):
    answer = coordinator.put(f"/api/v1/hearings/{uuid4()}", json=hearing_body(**changes))

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


def test_a_response_is_received_once_and_changed_until_the_deadline(
    publish_association, opened, respond, clock, outbox
):
    association_id = publish_association()
    hearing = opened()
    outbox.clear()
    acting, path = respond(hearing, association_id)

    again = acting.put(path, json=response_body(hearing, association_id))
    changed = acting.put(path, json=response_body(hearing, association_id, text="To køkkener."))
    clock.move(DEADLINE)
    late = acting.put(path, json=response_body(hearing, association_id, text="Tre."))
    repeated = acting.put(path, json=response_body(hearing, association_id, text="To køkkener."))

    assert (again.status_code, again.json["version"]) == (200, 1)
    assert (changed.status_code, changed.json["text"]) == (200, "To køkkener.")
    assert refusal(late) == (409, "hearing-closed")
    assert late.json["closed_at"] == "2024-05-29T21:59:00Z"
    assert repeated.status_code == 200
    assert [type(event) for event in outbox.events] == [ResponseReceived]


def test_fifty_responses_of_one_association_make_one(publish_association, opened, member, client):
    association_id = publish_association()
    hearing = opened()
    people = [member(association_id) for _ in range(20)]
    start = Barrier(len(people))

    def respond(acting):
        start.wait()
        path = f"/api/v1/responses/{uuid4()}"
        return acting.put(path, json=response_body(hearing, association_id)).status_code

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(respond, people))

    assert sorted(answers) == [201] + [409] * 19
    assert client.get(hearing).json["response_count"] == 1


def test_the_same_response_sent_twice_at_once_is_one(publish_association, opened, member):
    association_id = publish_association()
    hearing = opened()
    acting, path = member(association_id), f"/api/v1/responses/{uuid4()}"
    start = Barrier(8)

    def respond(_):
        start.wait()
        other = acting.as_(acting.principal)
        return other.put(path, json=response_body(hearing, association_id)).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(respond, range(8)))

    assert sorted(answers) == [200] * 7 + [201]


def test_one_response_for_the_council(opened, council_member, client, principal):
    hearing = opened()
    path = f"/api/v1/responses/{uuid4()}"

    first = council_member.put(path, json=council_body(hearing))
    second = council_member.put(f"/api/v1/responses/{uuid4()}", json=council_body(hearing))

    assert first.status_code == 201
    assert (first.json["association_id"], first.json["on_behalf_of"]) == (None, "council")
    assert refusal(second) == (409, "already-responded")
    assert second.json["response_id"] == id_of(path)


def test_who_may_respond(client, principal, publish_association, opened, member, council_member):
    invited, not_invited = publish_association(), publish_association(target_groups=("children",))
    hearing, not_for_council = opened(), opened(to_council=False)

    def respond(acting, body):
        return acting.put(f"/api/v1/responses/{uuid4()}", json=body)

    body = response_body(hearing, invited)
    assert respond(client, body).status_code == 401
    assert refusal(respond(client.as_(principal()), body)) == (403, "forbidden")
    assert refusal(respond(member(invited, role="member"), body)) == (403, "forbidden")
    assert refusal(respond(member(not_invited), body)) == (403, "forbidden")
    # A seat on the council gives no voice for an association.
    assert refusal(respond(council_member, body)) == (403, "forbidden")
    outside = response_body(hearing, not_invited)
    assert refusal(respond(member(not_invited), outside)) == (403, "not-invited")
    assert refusal(respond(member(invited), council_body(hearing))) == (403, "forbidden")
    council = council_body(not_for_council)
    assert refusal(respond(council_member, council)) == (403, "not-invited")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"association_id": None}, "/association_id"),
        ({"on_behalf_of": "council"}, "/association_id"),
        ({"on_behalf_of": "mig selv"}, "/on_behalf_of"),
        ({"text": " "}, "/text"),
        ({"text": "Mit nummer er 0102031234"}, "/text"),
        ({"answer": {"outcome": "accepted"}}, "/answer"),
    ],
)
def test_a_wrong_response_names_the_field(publish_association, opened, member, changes, pointer):
    association_id = publish_association()
    body = {**response_body(opened(), association_id), **changes}

    answer = member(association_id).put(f"/api/v1/responses/{uuid4()}", json=body)

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


def test_a_draft_hearing_takes_no_responses(coordinator, publish_association, member):
    association_id, draft = publish_association(), f"/api/v1/hearings/{uuid4()}"
    coordinator.put(draft, json=hearing_body())

    for hearing in (draft, f"/api/v1/hearings/{uuid4()}"):
        answer = member(association_id).put(
            f"/api/v1/responses/{uuid4()}", json=response_body(hearing, association_id)
        )
        assert refusal(answer) == (404, "not-found")


def test_the_id_of_a_response_stays_its_partys(publish_association, opened, respond, member):
    first, second = publish_association(), publish_association()
    hearing = opened()
    _, path = respond(hearing, first)

    stolen = member(second).put(path, json=response_body(hearing, second))

    assert refusal(stolen) == (409, "id-taken")


def test_the_silent_are_reminded_once_before_the_deadline(
    publish_association, opened, respond, council_member, deliver, schedule, clock, outbox
):
    spoke, silent, closed = (publish_association() for _ in range(3))
    hearing = opened()
    respond(hearing, spoke)
    deliver(AssociationClosed(association_id=closed, name="Nørre Samvær"))
    schedule()
    assert outbox.of(HearingClosingSoon) == []

    clock.move(DEADLINE - timedelta(days=3))
    schedule()
    schedule()

    (event,) = outbox.of(HearingClosingSoon)
    assert event.unanswered_association_ids == (silent,)
    assert event.council_unanswered


def test_nobody_is_reminded_when_all_have_responded(
    publish_association, opened, respond, council_member, schedule, clock, outbox
):
    association_id = publish_association()
    hearing = opened()
    respond(hearing, association_id)
    council_member.put(f"/api/v1/responses/{uuid4()}", json=council_body(hearing))

    clock.move(DEADLINE - timedelta(days=1))
    schedule()

    assert outbox.of(HearingClosingSoon) == []


def test_after_three_missed_days_a_hearing_closes_once_and_reminds_nobody(
    publish_association, opened, respond, schedule, clock, outbox, client
):
    association_id = publish_association()
    hearing = opened()
    respond(hearing, association_id)

    clock.move(DEADLINE + timedelta(days=3))
    schedule()
    schedule()

    assert client.get(hearing).json["status"] == "closed"
    assert outbox.of(HearingClosingSoon) == []
    (event,) = outbox.of(HearingClosed)
    assert event.response_count == 1


def test_each_response_gets_its_answer_and_only_then_the_conclusion(
    publish_association, opened, respond, council_member, answer, coordinator, clock, outbox, client
):
    hearing_associations = [publish_association(), publish_association()]
    hearing = opened()
    paths = [respond(hearing, each)[1] for each in hearing_associations]
    council_path = f"/api/v1/responses/{uuid4()}"
    council_member.put(council_path, json=council_body(hearing))
    conclusion = {"conclusion": "Vi bygger værestedet med køkken."}

    assert refusal(answer(paths[0])) == (409, "hearing-not-closed")
    assert refusal(coordinator.post(f"{hearing}/conclusion", json=conclusion)) == (
        409,
        "hearing-not-closed",
    )
    clock.move(DEADLINE)
    assert answer(paths[0]).json["answer"]["outcome"] == "accepted"
    assert answer(paths[0], "partly", "Måske.").json["answer"]["text"] == "Måske."
    assert answer(council_path, "noted", "Tak.").status_code == 200
    early = coordinator.post(f"{hearing}/conclusion", json=conclusion)
    assert refusal(early) == (409, "unanswered-responses")
    assert early.json["response_ids"] == [id_of(paths[1])]
    assert outbox.of(ResponseAnswered, HearingConcluded) == []
    answer(paths[1], "not-accepted", "Det er der ikke råd til.")
    for _ in range(2):
        concluded = coordinator.post(f"{hearing}/conclusion", json=conclusion)
        assert (concluded.status_code, concluded.json["status"]) == (200, "concluded")

    assert len(outbox.of(HearingConcluded)) == 1
    answers = {event.response_id: event for event in outbox.of(ResponseAnswered)}
    assert answers.keys() == {UUID(id_of(path)) for path in [*paths, council_path]}
    assert {event.conclusion for event in answers.values()} == {conclusion["conclusion"]}
    assert answers[UUID(id_of(paths[0]))].answer == "Måske."
    another = coordinator.post(f"{hearing}/conclusion", json={"conclusion": "Alligevel ikke."})
    assert refusal(another) == (409, "hearing-concluded")
    assert refusal(answer(paths[0])) == (409, "hearing-concluded")
    public = client.get(hearing).json
    assert (public["response_count"], public["answered_count"]) == (3, 3)


def test_who_sees_a_response_and_its_answer(
    client, principal, publish_association, opened, respond, member, council_member, answer, clock,
    coordinator,
):  # fmt: skip
    mine, other = publish_association(), publish_association()
    hearing = opened()
    acting, path = respond(hearing, mine)
    council_path = f"/api/v1/responses/{uuid4()}"
    council_member.put(council_path, json=council_body(hearing))

    def seen_by(reader):
        listed = reader.get(f"/api/v1/responses?hearing_id={id_of(hearing)}").json["items"]
        return [f"/api/v1/responses/{item['id']}" for item in listed]

    committee = client.as_(principal("committee"))
    assert seen_by(client) == []
    assert seen_by(member(other)) == []
    assert seen_by(acting) == [path]
    assert seen_by(council_member) == [council_path]
    assert seen_by(committee) == seen_by(coordinator) == [path, council_path]
    assert refusal(client.get(path)) == (404, "not-found")
    assert acting.get(path).json["person_id"] == str(acting.person_id)
    assert committee.get(path).json["person_id"] is None

    clock.move(DEADLINE)
    answer(path)
    answer(council_path)
    assert acting.get(path).json["answer"] is None
    assert committee.get(path).json["answer"] is None
    assert client.get(hearing).json["answered_count"] is None
    coordinator.post(f"{hearing}/conclusion", json={"conclusion": "Vi bygger."})

    public = client.get(path).json
    assert seen_by(client) == [path, council_path]
    assert public["answer"]["text"] == "Det får I."
    assert public["person_id"] is None


def test_only_coordinator_and_caseworker_answer(
    client, principal, publish_association, opened, respond, clock
):
    association_id = publish_association()
    hearing = opened()
    acting, path = respond(hearing, association_id)
    clock.move(DEADLINE)
    body = {"outcome": "noted", "text": "Tak."}

    for reader in (acting, client.as_(principal("council")), client.as_(principal("committee"))):
        assert reader.post(f"{path}/answer", json=body).status_code == 403
    caseworker = client.as_(principal("caseworker"))
    assert caseworker.post(f"{path}/answer", json=body).status_code == 200
    wrong = caseworker.post(f"{path}/answer", json={"outcome": "ja", "text": "Tak."})
    assert refusal(wrong)[0] == 422


def test_a_stale_answer_is_refused(
    publish_association, opened, respond, answer, coordinator, clock
):
    association_id = publish_association()
    _, path = respond(opened(), association_id)
    clock.move(DEADLINE)
    tag = coordinator.get(path).headers["ETag"]
    answer(path)

    stale = coordinator.post(
        f"{path}/answer",
        json={"outcome": "noted", "text": "Nej."},
        headers={"If-Match": tag},
    )

    assert refusal(stale) == (412, "stale")


def test_a_hearing_nobody_responded_to_is_concluded_all_the_same(
    opened, coordinator, clock, outbox
):
    hearing = opened()
    clock.move(DEADLINE)

    answer = coordinator.post(f"{hearing}/conclusion", json={"conclusion": "Ingen svar."})

    assert answer.json["status"] == "concluded"
    assert len(outbox.of(HearingClosed)) == 1


def test_hearings_are_filtered(client, opened, coordinator, clock, publish_association):
    publish_association()
    of_council, of_associations = opened(), opened(to_council=False)

    def ids(query):
        return [
            f"/api/v1/hearings/{item['id']}"
            for item in client.get(f"/api/v1/hearings?{query}").json["items"]
        ]

    assert ids("to_council=true") == [of_council]
    assert ids("to_council=false") == [of_associations]
    assert ids("status=open") == [of_associations, of_council]
    assert ids("status=closed") == []
