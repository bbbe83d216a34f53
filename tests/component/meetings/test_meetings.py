"""Meetings and minutes through the API."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import icalendar
import pytest

from contracts.meetings import (
    DutyKept,
    MeetingCalled,
    MeetingCancelled,
    MeetingChanged,
    MeetingHeld,
    MinutesPublished,
)
from tests.component.meetings.conftest import JUNE, hearing_body, id_of, meeting_body, refusal


def test_a_draft_is_the_coordinators_alone(client, coordinator):
    path = f"/api/v1/meetings/{uuid4()}"

    created = coordinator.put(path, json=meeting_body())

    assert created.status_code == 201
    assert created.json["status"] == "draft"
    assert created.headers["ETag"].startswith('"1')
    assert coordinator.get(path).json == created.json
    assert refusal(client.get(path)) == (404, "not-found")
    assert client.get("/api/v1/meetings").json["items"] == []
    assert coordinator.get("/api/v1/meetings").json["total"] == 1


def test_the_same_body_again_is_the_same_answer(coordinator):
    path = f"/api/v1/meetings/{uuid4()}"
    first = coordinator.put(path, json=meeting_body())

    again = coordinator.put(path, json=meeting_body())

    assert (again.status_code, again.json) == (200, first.json)


def test_registration_closes_when_the_profile_says_unless_it_is_said(coordinator):
    usual = coordinator.put(f"/api/v1/meetings/{uuid4()}", json=meeting_body())
    open_to_the_end = coordinator.put(
        f"/api/v1/meetings/{uuid4()}", json=meeting_body(registration_closes_at=None)
    )

    # Two days before, 23:59 in Denmark.
    assert usual.json["registration_closes_at"] == "2024-06-10T21:59:00Z"
    assert open_to_the_end.json["registration_closes_at"] is None


def test_calling_is_public_and_said_once(client, coordinator, outbox):
    path = f"/api/v1/meetings/{uuid4()}"
    coordinator.put(path, json=meeting_body())

    answers = [coordinator.post(f"{path}/calling") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert client.get(path).json["status"] == "called"
    assert [type(event) for event in outbox.events] == [MeetingCalled]


def test_a_change_of_place_is_told_and_one_of_capacity_is_not(coordinator, called, outbox):
    path = called()
    outbox.clear()

    moved = coordinator.patch(path, json={"place": "Kulturhuset, Farsø"})
    coordinator.patch(path, json={"capacity": 60})

    assert (moved.json["place"], moved.json["revision"]) == ("Kulturhuset, Farsø", 1)
    assert [type(event) for event in outbox.events] == [MeetingChanged]


def test_a_stale_change_is_refused(coordinator, called):
    path = called()
    tag = coordinator.get(path).headers["ETag"]
    coordinator.patch(path, json={"title": "Et andet møde"}, headers={"If-Match": tag})

    stale = coordinator.patch(path, json={"title": "Et tredje"}, headers={"If-Match": tag})

    assert refusal(stale) == (412, "stale")


def test_a_stale_version_is_refused_of_whatever_the_coordinator_writes(
    coordinator, called, publish_association
):
    """Also of what somebody else has deleted: saving does not make it anew."""
    publish_association()
    minutes, meeting = f"/api/v1/minutes/{uuid4()}", called()
    bodies = {
        f"/api/v1/meetings/{uuid4()}": meeting_body(),
        f"/api/v1/hearings/{uuid4()}": hearing_body(),
        minutes: minutes_body(meeting),
    }

    for path, body in bodies.items():
        gone = coordinator.put(path, json=body, headers={"If-Match": '"1"'})
        assert refusal(gone) == (412, "stale"), path
        assert coordinator.put(path, json=body).status_code == 201, path
        stale = coordinator.put(path, json=body, headers={"If-Match": '"7"'})
        assert refusal(stale) == (412, "stale"), path


def test_cancelling_gives_the_reason(coordinator, client, called, outbox):
    path = called()

    for _ in range(2):
        answer = coordinator.post(f"{path}/cancellation", json={"reason": "Snestorm"})
        assert (answer.status_code, answer.json["status"]) == (200, "cancelled")

    assert client.get(path).json["cancellation_reason"] == "Snestorm"
    assert len(outbox.of(MeetingCancelled)) == 1


def test_a_meeting_is_held_when_it_has_begun(coordinator, called, clock, outbox):
    path = called()

    assert refusal(coordinator.post(f"{path}/holding")) == (409, "meeting-not-started")
    clock.move(JUNE)
    assert coordinator.post(f"{path}/holding").json["status"] == "held"
    assert coordinator.post(f"{path}/holding").status_code == 200

    assert len(outbox.of(MeetingHeld)) == 1


def test_only_a_draft_is_deleted(coordinator, called):
    draft = f"/api/v1/meetings/{uuid4()}"
    coordinator.put(draft, json=meeting_body())

    assert coordinator.delete(draft).status_code == 204
    assert coordinator.get(draft).status_code == 404
    assert refusal(coordinator.delete(called())) == (409, "not-draft")


def test_what_a_called_meeting_refuses(coordinator, called, clock):
    path = called()

    assert refusal(coordinator.patch(path, json={"kind": "theme"})) == (409, "not-draft")
    past = {"starts_at": "2024-04-01T10:00:00Z", "registration_closes_at": None}
    assert refusal(coordinator.patch(path, json=past))[0] == 422  # lasts more than two weeks
    past["ends_at"] = "2024-04-01T12:00:00Z"
    assert refusal(coordinator.patch(path, json=past)) == (409, "meeting-in-past")
    coordinator.post(f"{path}/cancellation", json={"reason": "Snestorm"})
    assert refusal(coordinator.patch(path, json={"title": "X"})) == (409, "meeting-not-called")
    assert refusal(coordinator.post(f"{path}/holding")) == (409, "meeting-not-called")


def test_a_meeting_that_would_have_begun_is_not_called(coordinator, clock):
    path = f"/api/v1/meetings/{uuid4()}"
    coordinator.put(path, json=meeting_body())
    clock.move(JUNE)

    assert refusal(coordinator.post(f"{path}/calling")) == (409, "meeting-in-past")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"capacity": 0}, "/capacity"),
        ({"capacity": -5}, "/capacity"),
        ({"capacity": 10**12}, "/capacity"),
        ({"capacity": "40"}, "/capacity"),
        ({"kind": "fest"}, "/kind"),
        ({"audience": "alle"}, "/audience"),
        ({"title": "   "}, "/title"),
        ({"title": "Møde\x00"}, "/title"),
        ({"title": "M" * 201}, "/title"),
        ({"description": "Ring til 010203-1234"}, "/description"),
        ({"agenda": [""]}, "/agenda/0"),
        ({"agenda": "Velkomst"}, "/agenda"),
        ({"starts_at": "den 12. juni"}, "/starts_at"),
        ({"starts_at": "2024-06-12T15:00:00"}, "/starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, "/starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "/starts_at"),
        ({"starts_at": "9999-12-31T23:59:59Z"}, "/starts_at"),
        ({"starts_at": "0001-01-01T00:00:00Z"}, "/starts_at"),
        ({"ends_at": "2024-06-12T14:00:00Z"}, "/ends_at"),
        ({"registration_closes_at": "2024-07-01T00:00:00Z"}, "/registration_closes_at"),
        ({"status": "held"}, "/status"),
        ({"id": str(uuid4())}, "/id"),
    ],
)
def test_wrong_input_names_the_field(coordinator, changes, pointer):
    answer = coordinator.put(f"/api/v1/meetings/{uuid4()}", json=meeting_body(**changes))

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


def test_malformed_json_is_no_server_error(coordinator):
    answer = coordinator.put(
        f"/api/v1/meetings/{uuid4()}", data=b"{", headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/", "/calendar"])
def test_an_unknown_meeting_is_not_found(client, path):
    assert client.get(f"/api/v1/meetings/{uuid4()}{path}".rstrip("/")).status_code == 404


def test_meetings_to_come_and_those_that_were(client, coordinator, called, clock):
    june, july = (
        called(),
        called(
            starts_at=(JUNE + timedelta(days=30)).isoformat(),
            ends_at=(JUNE + timedelta(days=30, hours=2)).isoformat(),
            kind="theme",
        ),
    )

    def ids(query):
        return [f"/api/v1/meetings/{item['id']}" for item in client.get(query).json["items"]]

    assert ids("/api/v1/meetings?upcoming=true") == [june, july]
    assert ids("/api/v1/meetings") == [july, june]
    assert ids("/api/v1/meetings?kind=theme") == [july]
    clock.move(JUNE + timedelta(hours=3))
    assert ids("/api/v1/meetings?upcoming=true") == [july]
    assert ids("/api/v1/meetings?upcoming=false") == [june]


def test_pages_follow_each_other(client, called):
    paths = [called(title=f"Møde {number}") for number in range(5)]

    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/meetings?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [f"/api/v1/meetings/{item['id']}" for item in page["items"]]
        cursor = page["next"]

    assert sorted(seen) == sorted(paths)
    assert refusal(client.get("/api/v1/meetings?cursor=nonsense")) == (422, "invalid")


def test_the_calendar_file(client, coordinator, called):
    path = called(title="Dialogmøde om æbler, øl og ål")
    coordinator.patch(path, json={"place": "Kulturhuset, Farsø"})

    answer = client.get(f"{path}/calendar")

    assert answer.content_type == "text/calendar; charset=utf-8"
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="moede-{id_of(path)}.ics"'
    )
    event = icalendar.Calendar.from_ical(answer.data).events[0]
    assert (event["UID"], event["SEQUENCE"]) == (f"meeting-{id_of(path)}@samspil", 1)
    assert event["SUMMARY"] == "Dialogmøde om æbler, øl og ål"


# --- minutes ------------------------------------------------------------------------------------


def minutes_body(meeting, **changes):
    return {"meeting_id": id_of(meeting), "text": "Vi talte om puljen.", **changes}


def test_minutes_are_public_when_they_are_published(client, coordinator, called, clock, outbox):
    meeting = called()
    minutes = f"/api/v1/minutes/{uuid4()}"
    created = coordinator.put(minutes, json=minutes_body(meeting, attendance_count=23))

    assert created.status_code == 201
    assert client.get(minutes).status_code == 404
    assert client.get(meeting).json["minutes_id"] is None
    assert refusal(coordinator.post(f"{minutes}/publication")) == (409, "meeting-not-held")
    clock.move(JUNE + timedelta(hours=2))
    coordinator.post(f"{meeting}/holding")
    for _ in range(2):
        assert coordinator.post(f"{minutes}/publication").status_code == 200

    assert client.get(minutes).json["attendance_count"] == 23
    assert client.get(meeting).json["minutes_id"] == id_of(minutes)
    listed = client.get(f"/api/v1/minutes?meeting_id={id_of(meeting)}").json
    assert [item["id"] for item in listed["items"]] == [id_of(minutes)]
    assert len(outbox.of(MinutesPublished)) == 1
    assert [event.code for event in outbox.of(DutyKept)] == ["V19"]


def test_a_meeting_has_one_set_of_minutes_and_it_stands_once_published(coordinator, called, clock):
    meeting, other = called(), called()
    minutes = f"/api/v1/minutes/{uuid4()}"
    coordinator.put(minutes, json=minutes_body(meeting))

    second = coordinator.put(f"/api/v1/minutes/{uuid4()}", json=minutes_body(meeting))
    assert refusal(second) == (409, "minutes-exist")
    assert second.json["minutes_id"] == id_of(minutes)
    assert refusal(coordinator.put(minutes, json=minutes_body(other))) == (409, "id-taken")
    clock.move(JUNE)
    coordinator.post(f"{meeting}/holding")
    coordinator.post(f"{minutes}/publication")
    same = coordinator.put(minutes, json=minutes_body(meeting))
    changed = coordinator.put(minutes, json=minutes_body(meeting, text="Noget andet"))

    assert same.status_code == 200
    assert refusal(changed) == (409, "minutes-published")


def test_minutes_of_what_was_never_called_are_refused(coordinator, clock):
    draft = f"/api/v1/meetings/{uuid4()}"
    coordinator.put(draft, json=meeting_body())
    minutes = f"/api/v1/minutes/{uuid4()}"

    assert refusal(coordinator.put(minutes, json=minutes_body(draft))) == (
        409,
        "meeting-not-called",
    )
    unknown = coordinator.put(minutes, json={"meeting_id": str(uuid4()), "text": "Referat"})
    assert refusal(unknown) == (404, "not-found")
    wrong = coordinator.put(minutes, json=minutes_body(draft, attendance_count=-1))
    assert refusal(wrong)[0] == 422


def test_nobody_but_the_coordinator_manages_meetings(client, principal, called):
    path = called()

    for role in ("council", "committee", "caseworker"):
        assert client.as_(principal(role)).patch(path, json={"title": "X"}).status_code == 403
    assert client.patch(path, json={"title": "X"}).status_code == 401
    assert client.get(path).json["title"] == "Dialogmøde 2024"


def test_meetings_are_filtered(client, coordinator, called):
    for_council = called(audience="council")
    cancelled = called()
    coordinator.post(f"{cancelled}/cancellation", json={"reason": "Snestorm"})

    def ids(query):
        return [
            f"/api/v1/meetings/{item['id']}"
            for item in client.get(f"/api/v1/meetings?{query}").json["items"]
        ]

    assert ids("audience=council") == [for_council]
    assert ids("status=cancelled") == [cancelled]
    assert ids("upcoming=true") == [for_council]
    assert client.get("/api/v1/meetings?farve=blå").status_code == 422


def test_two_that_create_the_same_meeting_at_once_make_one(coordinator):
    path, start = f"/api/v1/meetings/{uuid4()}", Barrier(8)

    def create(_):
        start.wait()
        return coordinator.as_(coordinator.principal).put(path, json=meeting_body()).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))

    assert sorted(answers) == [200] * 7 + [201]
