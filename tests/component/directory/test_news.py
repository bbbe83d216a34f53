"""News: written, published now or at an hour, taken back; and told by what happened elsewhere."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts import grants, meetings
from contracts.directory import NewsItemPublished

NEWS = "/api/v1/news-items"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def written(**changes):
    body = {
        "topic": "volunteering",
        "title": "Frivillig fredag",
        "summary": "Vi fejrer de frivillige.",
        "text": "Kom til kaffe på torvet.",
    }
    return {**body, **changes}


@pytest.fixture(autouse=True)
def _today(clock):
    clock.set(NOW)


@pytest.fixture
def item(client, coordinator):
    """Write a piece of news; return its address."""

    def make(**changes):
        path = f"{NEWS}/{uuid4()}"
        assert client.as_(coordinator).put(path, json=written(**changes)).status_code == 201
        return path

    return make


def test_published_it_is_news_of_its_topic_from_now(client, coordinator, item, outbox):
    client.as_(coordinator).post(f"{item()}/publication", json={})

    assert len(client.get(f"{NEWS}?topic=volunteering").json["items"]) == 1
    assert client.get(f"{NEWS}?topic=grants").json["items"] == []
    (event,) = outbox.of(NewsItemPublished)
    assert (event.topic, event.is_new) == ("volunteering", True)
    assert abs(event.published_at - NOW) < timedelta(minutes=1)


def test_at_an_hour_ahead_it_comes_out_by_itself_once(
    client, coordinator, item, outbox, schedule, clock
):
    path, at = item(), NOW + timedelta(days=2)
    answer = client.as_(coordinator).post(
        f"{path}/publication", json={"publish_at": at.isoformat()}
    )

    assert (answer.json["status"], outbox.events) == ("scheduled", [])
    schedule()
    assert client.get(path).status_code == 404
    clock.move(timedelta(days=5))
    schedule()
    schedule()

    assert client.get(path).json["status"] == "published"
    assert len(outbox.of(NewsItemPublished)) == 1


def test_what_waits_can_be_taken_back_and_nobody_is_told(
    client, coordinator, item, outbox, schedule, clock
):
    path, staff = item(), client.as_(coordinator)
    at = NOW + timedelta(days=2)
    staff.post(f"{path}/publication", json={"publish_at": at.isoformat()})

    assert staff.post(f"{path}/withdrawal").json["status"] == "draft"
    clock.move(timedelta(days=5))
    schedule()

    assert staff.get(path).json["status"] == "draft"
    assert outbox.events == []


def test_taken_back_and_published_again_it_is_as_old_as_it_was(client, coordinator, item, clock):
    path, staff = item(), client.as_(coordinator)
    first = staff.post(f"{path}/publication", json={}).json["published_at"]
    clock.move(timedelta(days=1))

    staff.post(f"{path}/withdrawal")
    again = staff.post(f"{path}/publication", json={}).json

    assert again["published_at"] == first


def test_what_was_out_and_waits_to_come_back_is_no_draft(client, coordinator, item, outbox):
    path, staff = item(), client.as_(coordinator)
    at = (NOW + timedelta(days=2)).isoformat()
    staff.post(f"{path}/publication", json={})
    staff.post(f"{path}/withdrawal")
    outbox.clear()

    assert staff.post(f"{path}/publication", json={"publish_at": at}).json["status"] == "scheduled"
    assert slug(staff.delete(path)) == "wrong-state"
    assert staff.post(f"{path}/withdrawal").json["status"] == "withdrawn"
    assert outbox.events == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"summary": " "}, "/summary"),
        ({"topic": "gossip"}, "/topic"),
        ({"text": "Ring til 010190-1234"}, "/text"),
        ({"link": "javascript:alert(1)"}, "/link"),
        ({"published_at": "2026-01-01T00:00:00Z"}, "/published_at"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(client, coordinator, changes, pointer):
    answer = client.as_(coordinator).put(f"{NEWS}/{uuid4()}", json=written(**changes))

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


ROUND, HEARING = uuid4(), uuid4()
HAPPENED = [
    (
        grants.RoundAnnounced(
            round_id=ROUND,
            programme="section-18",
            title="§ 18-puljen 2026",
            frame_ore=72_630_700,
            opens_at=NOW + timedelta(days=3),
            closes_at=NOW + timedelta(days=30),
            council_on=NOW.date(),
            committee_on=NOW.date(),
            criteria=(),
            focus_areas=(),
            decided_by="Udvalget",
        ),
        "grants",
        (
            "Der kan søges fra den 5. marts 2026, og fristen er den 1. april 2026."
            " Puljen er på 726.307 kr."
        ),
        ("round", str(ROUND)),
    ),
    (
        grants.RoundDecided(
            round_id=ROUND,
            title="§ 18-puljen 2026",
            decided_on=NOW.date(),
            frame_ore=72_630_700,
            awarded_ore=72_600_000,
            award_count=16,
            application_count=18,
        ),
        "grants",
        "16 af 18 ansøgninger har fået tilskud, i alt 726.000 kr.",
        ("awards", str(ROUND)),
    ),
    (
        meetings.HearingOpened(
            hearing_id=HEARING,
            title="Ny politik",
            question="Hvad mangler?",
            closes_at=NOW + timedelta(days=30),
            association_ids=(),
            to_council=True,
        ),
        "council",
        "Hvad mangler? Svar senest den 1. april 2026.",
        ("hearing", str(HEARING)),
    ),
]


@pytest.mark.parametrize(("event", "topic", "summary", "about"), HAPPENED)
def test_what_happens_is_news_once(client, deliver, outbox, event, topic, summary, about):
    deliver(event, times=2)

    (found,) = client.get(NEWS).json["items"]
    assert (found["topic"], found["summary"]) == (topic, summary)
    assert (found["about_kind"], found["about_id"]) == about
    (told,) = outbox.of(NewsItemPublished)
    # The same round was announced, decided: only the first is what contacts are told anyway.
    assert told.round_id == (ROUND if about[0] == "round" else None)


def test_what_happened_long_ago_is_no_news(client, clock, deliver):
    event = HAPPENED[0][0]
    envelope = None
    clock.set(NOW - timedelta(days=60))
    deliver(event)
    envelope = deliver.last[-1]
    assert len(client.get(NEWS).json["items"]) == 1
    clock.set(NOW)

    # A replay to a service that was not there at the time.
    late = type(envelope)(**{**vars(envelope), "id": uuid4(), "subject": f"round/{uuid4()}"})

    assert deliver.envelope(late) in {"handled", "done"}
    assert len(client.get(NEWS).json["items"]) == 1
