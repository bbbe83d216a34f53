"""The operations API: dead letters over HTTP, for the operator alone."""

from uuid import UUID, uuid4

import pytest

from chassis.inbox import Inbox, Message
from tests.support.sample.ledger import lines
from tests.support.sample.messages import story

ITEM = UUID("0197e5a0-0000-7000-8000-000000000001")
PATH = "/api/v1/ops/reader/dead-letters"


@pytest.fixture
def inbox(service, database):
    return Inbox(service, database)


@pytest.fixture
def operator(client, principal):
    return client.as_(principal("operator"))


def ids(answer):
    assert answer.status_code == 200
    return [item["event_id"] for item in answer.json["items"]]


def test_dead_letters_are_listed_page_by_page_without_bodies(operator, inbox):
    for number in range(3):
        inbox.settle([Message(b"{not json %d" % number)])

    first = operator.get(f"{PATH}?limit=2")
    second = operator.get(f"{PATH}?limit=2&cursor={first.json['next']}")

    assert len(set(ids(first) + ids(second))) == 3
    assert second.json["next"] is None
    assert "body" not in first.json["items"][0]
    assert first.json["items"][0]["error"]


def test_only_what_waits_in_the_asked_status_is_listed(operator, inbox):
    inbox.settle(story(ITEM, mode="poison", moves=1))

    assert ids(operator.get(PATH)) == []
    assert len(ids(operator.get(f"{PATH}?status=failed"))) == 1
    assert len(ids(operator.get(f"{PATH}?status=parked"))) == 1
    assert operator.get(f"{PATH}?status=handled").status_code == 422


def test_one_is_shown_with_its_body(operator, inbox):
    inbox.settle([Message(b"{not json \xff")])
    (event_id,) = ids(operator.get(PATH))

    shown = operator.get(f"{PATH}/{event_id}").json

    assert shown["body"] == "{not json \ufffd"
    assert shown["status"] == "dead"


def test_what_was_handled_is_no_dead_letter(operator, inbox, database):
    (message,) = story(ITEM, moves=0)
    inbox.settle([message])
    event_id = inbox._reader.read(message).envelope.id

    assert lines(database) == [(ITEM, 0)]
    for path in (event_id, uuid4()):
        assert operator.get(f"{PATH}/{path}").status_code == 404
        assert operator.post(f"{PATH}/{path}/retry").status_code == 404
        assert operator.post(f"{PATH}/{path}/disposal", json={"reason": "x"}).status_code == 404


def test_a_failed_one_is_tried_again(operator, inbox, database, heal):
    inbox.settle(story(ITEM, mode="poison", moves=0))
    (event_id,) = ids(operator.get(f"{PATH}?status=failed"))
    heal()

    answer = operator.post(f"{PATH}/{event_id}/retry")
    inbox.retry()

    assert (answer.status_code, answer.json["attempts"]) == (200, 0)
    assert lines(database) == [(ITEM, 0)]


def test_what_waits_for_another_is_not_tried_again(operator, inbox):
    inbox.settle(story(ITEM)[1:2])
    (event_id,) = ids(operator.get(f"{PATH}?status=parked"))

    answer = operator.post(f"{PATH}/{event_id}/retry")

    assert answer.status_code == 409
    assert answer.json["type"].endswith("/dead-letter-not-retryable")


def test_one_is_dropped_once_with_its_reason_and_who_did_it(operator, inbox, caplog):
    inbox.settle(story(ITEM, mode="poison", moves=0))
    (event_id,) = ids(operator.get(f"{PATH}?status=failed"))

    answers = [
        operator.post(f"{PATH}/{event_id}/disposal", json={"reason": reason})
        for reason in ("En prøve", "Igen")
    ]

    assert [answer.json["reason"] for answer in answers] == ["En prøve", "En prøve"]
    assert [answer.json["status"] for answer in answers] == ["dropped", "dropped"]
    assert ids(operator.get(f"{PATH}?status=failed")) == []
    assert caplog.text.count("dead letter dropped") == 1


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "010190-1234"}])
def test_a_drop_needs_a_reason(operator, inbox, body):
    inbox.settle([Message(b"{not json")])
    (event_id,) = ids(operator.get(PATH))

    answer = operator.post(f"{PATH}/{event_id}/disposal", json=body)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/reason"
    assert ids(operator.get(PATH)) == [event_id]


@pytest.mark.parametrize("role", ["coordinator", "caseworker", "council"])
def test_nobody_else_sees_or_settles_them(client, principal, operator, inbox, role):
    inbox.settle([Message(b"{not json")])
    (event_id,) = ids(operator.get(PATH))

    for caller, status in ((client, 401), (client.as_(principal(role)), 403)):
        assert caller.get(PATH).status_code == status
        assert caller.get(f"{PATH}/{event_id}").status_code == status
        assert caller.post(f"{PATH}/{event_id}/retry").status_code == status
        answer = caller.post(f"{PATH}/{event_id}/disposal", json={"reason": "x"})
        assert answer.status_code == status
    assert ids(operator.get(PATH)) == [event_id]
