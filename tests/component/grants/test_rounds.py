"""Programmes and rounds through the API, and what the calendar does with them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.grants import RoundAnnounced, RoundClosed, RoundClosingSoon, RoundOpened
from tests.component.grants.conftest import (
    CLOSES,
    FRAME,
    KR,
    OPENS,
    fields_of,
    id_of,
    refusal,
    round_body,
)


def test_the_programmes_are_the_profiles(client):
    programmes = client.get("/api/v1/programmes").json["items"]

    assert [each["key"] for each in programmes] == ["paragraf-18"]
    assert programmes[0]["decided_by_name"] == "Kultur- og Fritidsudvalget"
    assert client.get(f"/api/v1/programmes/{programmes[0]['id']}").json == programmes[0]


def test_the_profiles_round_waits_as_a_draft(client, coordinator):
    drafts = coordinator.get("/api/v1/rounds?status=draft").json["items"]

    assert [each["title"] for each in drafts] == ["§ 18-puljen 2024"]
    assert drafts[0]["frame_ore"] == FRAME
    # 23:59 in winter, to its last second.
    assert drafts[0]["closes_at"] == "2024-03-15T22:59:59Z"
    assert client.get("/api/v1/rounds").json["items"] == []
    assert refusal(client.get(f"/api/v1/rounds/{drafts[0]['id']}")) == (404, "not-found")


def test_a_round_is_prepared_repeated_and_changed(coordinator, programme):
    path = f"/api/v1/rounds/{uuid4()}"

    created = coordinator.put(path, json=round_body(programme))
    repeated = coordinator.put(path, json=round_body(programme))
    changed = coordinator.put(path, json=round_body(programme, title="Puljen"))

    assert (created.status_code, repeated.status_code, changed.status_code) == (201, 200, 200)
    assert repeated.json == created.json
    assert created.json["criteria"] == programme["criteria"]
    assert changed.json["version"] == created.json["version"] + 1


def test_a_stale_change_of_a_round_is_refused(coordinator, programme):
    path = f"/api/v1/rounds/{uuid4()}"
    coordinator.put(path, json=round_body(programme))
    coordinator.put(path, json=round_body(programme, title="Puljen"))

    answer = coordinator.put(
        path, json=round_body(programme, title="Sent"), headers={"If-Match": '"1"'}
    )
    unknown = coordinator.put(
        f"/api/v1/rounds/{uuid4()}", json=round_body(programme), headers={"If-Match": '"1"'}
    )

    assert refusal(answer) == (412, "stale")
    assert refusal(unknown) == (412, "stale")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_at": OPENS.isoformat()}, "/closes_at"),
        ({"council_on": "2024-03-14"}, "/council_on"),
        ({"committee_on": "2024-04-02"}, "/committee_on"),
        ({"report_on": "2024-04-08"}, "/report_on"),
    ],
)
def test_dates_that_do_not_follow_each_other_are_refused(coordinator, programme, changes, field):
    answer = coordinator.put(f"/api/v1/rounds/{uuid4()}", json=round_body(programme, **changes))

    assert refusal(answer) == (422, "dates-out-of-order")
    assert fields_of(answer) == {field}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"minimum_ore": 2_000 * KR, "maximum_ore": 1_000 * KR}, "/minimum_ore"),
        ({"maximum_ore": FRAME + 1}, "/maximum_ore"),
        # The programme's own limits count where none are given.
        ({"maximum_ore": 1}, "/minimum_ore"),
        ({"minimum_ore": FRAME}, "/minimum_ore"),
        ({"frame_ore": 1}, "/minimum_ore"),
    ],
)
def test_amounts_that_do_not_fit_in_each_other_are_refused(coordinator, programme, changes, field):
    path = f"/api/v1/rounds/{uuid4()}"

    answer = coordinator.put(path, json=round_body(programme, **changes))

    assert refusal(answer) == (422, "amounts-out-of-order")
    assert fields_of(answer) == {field}
    assert coordinator.get(path).status_code == 404


def test_the_programmes_maximum_is_no_more_than_a_small_frame(coordinator, programme):
    path = f"/api/v1/rounds/{uuid4()}"

    made = coordinator.put(path, json=round_body(programme, frame_ore=20_000 * KR)).json

    assert programme["maximum_ore"] > 20_000 * KR
    assert (made["minimum_ore"], made["maximum_ore"]) == (programme["minimum_ore"], 20_000 * KR)


@pytest.mark.parametrize(
    "changes",
    [
        {"frame_ore": -1},
        {"frame_ore": 0},
        {"frame_ore": 1.5},
        {"frame_ore": 10**18},
        {"opens_at": "i morgen"},
        {"opens_at": "2024-02-15T08:00:00"},
        {"closes_at": "9999-12-31T23:59:59Z"},
        {"council_on": "2024-02-30"},
        {"council_on": "9999-12-30", "committee_on": "9999-12-31", "report_on": None},
        {"title": ""},
        {"title": "010190-1234"},
        {"allocated_ore": 1},
        {"status": "open"},
        {"criteria": [{"key": "Ugyldig nøgle", "title": "x"}]},
    ],
)
def test_wrong_input_is_refused_and_nothing_kept(coordinator, programme, changes):
    path = f"/api/v1/rounds/{uuid4()}"

    answer = coordinator.put(path, json=round_body(programme, **changes))

    assert answer.status_code == 422, answer.json
    assert coordinator.get(path).status_code == 404


def test_malformed_json_is_refused(coordinator):
    answer = coordinator.put(f"/api/v1/rounds/{uuid4()}", data="{", content_type="application/json")

    assert answer.status_code == 400


def test_a_round_is_announced_once_and_stands(coordinator, announced, client, programme, outbox):
    path = announced()

    again = coordinator.post(f"{path}/announcement")
    changed = coordinator.put(path, json=round_body(programme, frame_ore=1))
    deleted = coordinator.delete(path)

    assert again.status_code == 200
    assert refusal(changed) == (409, "wrong-state")
    assert refusal(deleted) == (409, "wrong-state")
    assert [each.programme for each in outbox.of(RoundAnnounced)] == ["paragraf-18"]
    assert client.get(path).json["application_count"] is None


def test_a_round_that_would_be_over_is_not_announced(coordinator, programme, clock):
    path = f"/api/v1/rounds/{uuid4()}"
    coordinator.put(path, json=round_body(programme))
    clock.set(CLOSES + timedelta(minutes=1))

    assert refusal(coordinator.post(f"{path}/announcement")) == (422, "dates-out-of-order")


def test_a_draft_is_thrown_away(coordinator, programme):
    path = f"/api/v1/rounds/{uuid4()}"
    coordinator.put(path, json=round_body(programme))

    assert coordinator.delete(path).status_code == 204
    assert coordinator.get(path).status_code == 404


def test_an_id_of_another_programme_is_taken(coordinator, announced, programme):
    path = announced()

    answer = coordinator.put(path, json=round_body({"id": str(uuid4())}))

    assert answer.status_code == 404
    assert coordinator.get(path).json["programme_id"] == programme["id"]


def test_the_calendar_opens_reminds_and_closes_once(announced, drafted, clock, schedule, outbox):
    path = announced()
    clock.set(OPENS)
    schedule()
    _, writer = drafted(path)
    clock.set(CLOSES - timedelta(days=7))
    schedule()
    clock.set(CLOSES + timedelta(seconds=59))
    schedule()
    still = outbox.of(RoundClosed)
    clock.set(CLOSES + timedelta(minutes=1))
    schedule()
    schedule()

    assert [each.round_id for each in outbox.of(RoundOpened)] == [
        each.round_id for each in outbox.of(RoundClosed)
    ]
    assert [each.unfinished_association_ids for each in outbox.of(RoundClosingSoon)] == [
        (writer.association_id,)
    ]
    assert still == []
    (closed,) = outbox.of(RoundClosed)
    assert (closed.application_count, closed.applied_ore) == (0, 0)


def test_after_days_without_a_scheduler_only_what_still_matters_happens(
    announced, clock, schedule, outbox
):
    path = announced()
    clock.set(CLOSES + timedelta(days=3))

    schedule()

    assert outbox.of(RoundOpened, RoundClosingSoon) == []
    assert [str(each.round_id) for each in outbox.of(RoundClosed)] == [id_of(path)]


def test_what_was_sought_is_staffs_until_it_is_decided(
    closed, client, coordinator, principal, member
):
    path, _ = closed(30_000 * KR, 20_000 * KR)

    public = client.get(path).json
    inside = coordinator.get(path).json

    assert (public["application_count"], public["applied_ore"]) == (None, None)
    assert (inside["application_count"], inside["applied_ore"]) == (2, 50_000 * KR)
    assert inside["status"] == "closed"


def test_rounds_come_in_pages(coordinator, announced):
    paths = {id_of(announced()) for _ in range(3)}

    first = coordinator.get("/api/v1/rounds?status=announced&limit=2").json
    second = coordinator.get(f"/api/v1/rounds?status=announced&limit=2&cursor={first['next']}").json

    assert {each["id"] for each in first["items"] + second["items"]} == paths
    assert second["next"] is None
    assert refusal(coordinator.get("/api/v1/rounds?cursor=nonsense")) == (422, "invalid")


def test_summer_time_is_heeded(coordinator, programme):
    path = f"/api/v1/rounds/{uuid4()}"
    # 15 September 2024 at 23:59 on the wall is 21:59 in UTC.
    closes = datetime(2024, 9, 15, 21, 59, tzinfo=UTC)

    answer = coordinator.put(
        path,
        json=round_body(
            programme,
            closes_at="2024-09-15T23:59:00+02:00",
            council_on="2024-09-15",
            committee_on="2024-09-20",
            report_on=None,
        ),
    )

    assert answer.json["closes_at"] == closes.isoformat().replace("+00:00", "Z")
