"""Who said last that a record is right, the yearly question, and the buttons of its mail."""

import hashlib
import statistics
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.config import Misconfigured
from contracts.directory import (
    AssociationChanged,
    AssociationConfirmationRequested,
    AssociationConfirmed,
    AssociationStale,
    CallListGrown,
)
from contracts.notifier import ConfirmationLinkIssued, DeliveryFailed, DeliverySent
from contracts.values import OnBehalf, StaleReason
from services.directory.commands import adopt

SECRET = "the-secret-of-the-yearly-mail-0123456789abc"
YEAR = timedelta(days=365)


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def editor_of(client, principal):
    def editor(association, role="editor"):
        return client.as_(principal(associations={UUID(association["id"]): role}))

    return editor


@pytest.fixture
def asked(client, published, clock, schedule, outbox, deliver):
    """Let a year go by, so that an association is asked; return it with the secret in its mail."""

    def ask(secret=SECRET, **changes):
        one = published(**changes)
        clock.move(YEAR + timedelta(hours=1))
        schedule()
        event = outbox.of(AssociationConfirmationRequested)[-1]
        assert str(event.association_id) == one["id"]
        issue(deliver, event, secret)
        return one

    return ask


def issue(deliver, event, secret):
    deliver(
        ConfirmationLinkIssued(
            confirmation_link_id=event.confirmation_link_id,
            token_hash=hashlib.sha256(secret.encode()).hexdigest(),
        )
    )


def shown(client, one):
    return client.as_(None).get(f"/api/v1/associations/{one['id']}").json


def correction(**changes):
    return {
        "token": SECRET,
        "purpose": "Skak og kaffe for alle.",
        "target_groups": ["everyone"],
        "area": "aars",
        **changes,
    }


def test_registering_is_the_first_confirmation_and_saving_is_none(
    client, published, editor_of, clock
):
    one = published()
    clock.move(timedelta(days=10))

    saved = editor_of(one).patch(f"/api/v1/associations/{one['id']}", json={"phone": "99 66 70 00"})

    assert saved.json["phone"] == "99 66 70 00"
    assert saved.json["confirmed_at"] == one["registered_at"]
    assert (one["confirmed_by"], one["freshness"]) == ("association", "fresh")


@pytest.mark.parametrize(
    ("role", "by"),
    [("editor", "association"), ("coordinator", "coordinator"), ("centre", "centre")],
)
def test_a_confirmation_says_when_and_in_which_role(
    client, published, principal, editor_of, outbox, clock, role, by
):
    one = published()
    clock.move(timedelta(days=100))
    somebody = editor_of(one) if role == "editor" else client.as_(principal(role))

    answer = somebody.post(f"/api/v1/associations/{one['id']}/confirmation")

    assert answer.status_code == 200, answer.json
    public = shown(client, one)
    assert public["confirmed_by"] == by
    assert public["confirmed_at"] > one["confirmed_at"]
    (event,) = outbox.of(AssociationConfirmed)
    assert (event.confirmed_by, event.by_link, event.changed) == (OnBehalf(by), False, ())
    assert "person" not in str(public)


def test_a_confirmation_of_what_somebody_else_changed_meanwhile_is_refused(
    client, published, editor_of, outbox
):
    one = published()
    stale = {"If-Match": f'"{one["version"]}"'}
    editor_of(one).patch(f"/api/v1/associations/{one['id']}", json={"phone": "1"})

    refused = editor_of(one).post(f"/api/v1/associations/{one['id']}/confirmation", headers=stale)

    assert refused.status_code == 412
    assert outbox.of(AssociationConfirmed) == []


def test_nobody_confirms_for_another_association(client, published, editor_of, principal, outbox):
    mine, theirs = published(), published(name="Sorø Sangkor")
    path = f"/api/v1/associations/{theirs['id']}/confirmation"

    answers = [
        editor_of(mine).post(path),
        editor_of(theirs, "member").post(path),
        client.as_(principal("caseworker")).post(path),
        client.as_(None).post(path),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403, 401]
    assert outbox.of(AssociationConfirmed) == []


def test_only_what_is_in_the_vejviser_is_confirmed(client, coordinator, registration):
    id_ = uuid4()
    client.put(f"/api/v1/associations/{id_}", json=registration())

    refused = client.as_(coordinator).post(f"/api/v1/associations/{id_}/confirmation")

    assert (refused.status_code, slug(refused)) == (409, "wrong-state")


def test_a_record_fades_with_its_age(client, published, clock):
    one = published()

    ages = []
    for days in (364, 2, 40, 2):
        clock.move(timedelta(days=days))
        ages.append(shown(client, one)["freshness"])

    assert ages == ["fresh", "ageing", "ageing", "unconfirmed"]


def test_a_year_on_the_contact_is_asked_then_reminded_then_called_once_each(
    published, clock, schedule, outbox, client, coordinator
):
    one = published()
    told = []
    for days in (364, 2, 20, 2, 20, 2, 30):
        clock.move(timedelta(days=days))
        schedule()
        schedule()
        asked = outbox.of(AssociationConfirmationRequested)
        told.append(([each.is_reminder for each in asked], len(outbox.of(AssociationStale))))

    assert told == [
        ([], 0),
        ([False], 0),
        ([False], 0),
        ([False, True], 0),
        ([False, True], 0),
        ([False, True], 1),
        ([False, True], 1),
    ]
    (stale,) = outbox.of(AssociationStale)
    assert stale.reason is StaleReason.UNANSWERED
    private = client.as_(coordinator).get(f"/api/v1/associations/{one['id']}").json
    assert private["stale_reason"] == "unanswered"
    assert shown(client, one)["stale_at"] is None


def test_after_days_without_a_scheduler_everything_happens_once_and_the_reminder_has_its_time(
    published, clock, schedule, outbox
):
    published()
    clock.move(timedelta(days=366))
    schedule()
    clock.move(timedelta(days=60))

    schedule()
    at_once = len(outbox.of(AssociationStale))
    clock.move(timedelta(days=22))
    schedule()

    assert at_once == 0
    assert [each.is_reminder for each in outbox.of(AssociationConfirmationRequested)] == [
        False,
        True,
    ]
    assert len(outbox.of(AssociationStale)) == 1


def test_a_confirmation_stops_the_questions_until_next_year(
    published, editor_of, clock, schedule, outbox
):
    one = published()
    clock.move(timedelta(days=366))
    schedule()
    editor_of(one).post(f"/api/v1/associations/{one['id']}/confirmation")
    clock.move(timedelta(days=60))

    schedule()

    assert len(outbox.of(AssociationConfirmationRequested)) == 1
    assert outbox.of(AssociationStale) == []


def test_opening_a_link_changes_nothing_and_pressing_confirms_once(client, asked, outbox):
    one = asked()
    anybody = client.as_(None)
    before = shown(client, one)

    for _ in range(3):
        opened = anybody.post("/api/v1/confirmation-links/opening", json={"token": SECRET})
    unchanged = shown(client, one)
    pressed = [
        anybody.post("/api/v1/confirmation-links/confirmation", json={"token": SECRET})
        for _ in range(2)
    ]

    assert opened.json["association"]["name"] == one["name"]
    assert "contact" not in opened.json["association"]
    assert unchanged == before
    assert [each.status_code for each in pressed] == [200, 200]
    assert pressed[0].json["freshness"] == "fresh"
    (event,) = outbox.of(AssociationConfirmed)
    assert (event.by_link, event.confirmed_by) == (True, OnBehalf.ASSOCIATION)


def test_a_link_corrects_the_public_description_and_tells_what_was_changed(client, asked, outbox):
    one = asked()

    answer = client.as_(None).post(
        "/api/v1/confirmation-links/description",
        json=correction(phone="99 66 70 00", volunteers_wanted=True),
        headers={"If-Match": f'"{_version(client, one)}"'},
    )

    assert answer.status_code == 200, answer.json
    assert answer.json["purpose"] == "Skak og kaffe for alle."
    (event,) = outbox.of(AssociationConfirmed)
    assert event.changed == ("phone", "purpose", "volunteers_wanted")
    assert [each.purpose for each in outbox.of(AssociationChanged)] == ["Skak og kaffe for alle."]
    again = client.as_(None).post("/api/v1/confirmation-links/description", json=correction())
    assert (again.status_code, slug(again)) == (409, "link-used")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ny Klub"},
        {"cvr": "13748136"},
        {"form": "company"},
        {"contact": {"name": "X", "email": "x@example.org"}},
        {"centre_may_edit": True},
        {"association_id": str(uuid4())},
        {"status": "closed"},
    ],
)
def test_a_link_reaches_nothing_but_the_public_description(client, asked, outbox, changes):
    asked()

    answer = client.as_(None).post(
        "/api/v1/confirmation-links/description", json=correction(**changes)
    )

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {f"/{next(iter(changes))}"}
    assert outbox.of(AssociationConfirmed) == []


def test_a_link_is_for_one_association_and_ends_with_it(client, asked, coordinator, outbox):
    one = asked()
    other = client.as_(coordinator).get("/api/v1/associations").json["items"]
    assert [each["id"] for each in other] == [one["id"]]

    client.as_(coordinator).post(
        f"/api/v1/associations/{one['id']}/closure", json={"reason": "Nedlagt"}
    )

    assert problems(client, SECRET) == {(404, "link-not-valid")}
    assert outbox.of(AssociationConfirmed) == []


def test_wrong_old_and_unissued_secrets_are_answered_alike(client, asked, clock):
    asked()
    wrong = problems(client, "x" * 43)
    clock.move(timedelta(days=91))

    assert wrong == problems(client, SECRET) == {(404, "link-not-valid")}


def test_a_guess_is_answered_as_fast_as_an_old_secret(client, asked, clock):
    asked()
    clock.move(timedelta(days=91))
    took = {SECRET: [], "x" * 43: []}
    for turn in range(120):
        for token in took if turn % 2 else reversed(took):
            began = time.perf_counter()
            client.as_(None).post("/api/v1/confirmation-links/opening", json={"token": token})
            took[token].append(time.perf_counter() - began)

    known, guessed = (statistics.median(each[20:]) for each in took.values())
    assert abs(known - guessed) / known < 0.25


def test_no_secret_is_in_the_event_log_or_a_table(client, asked, database):
    asked()
    client.as_(None).post("/api/v1/confirmation-links/confirmation", json={"token": SECRET})

    with database.reading() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        everything = [
            str(session.execute(text(f'SELECT t::text FROM "{table}" t')).all()) for table in tables
        ]
        bodies = session.scalars(text("SELECT body FROM event_log")).all()

    assert SECRET not in "".join(everything)
    assert not [body for body in bodies if SECRET.encode() in bytes(body)]


@pytest.mark.parametrize("question", ["confirmation_requested", "association_introduced"])
def test_the_first_bounce_puts_a_record_on_the_call_list_and_later_ones_do_not(
    client, published, coordinator, deliver, outbox, question
):
    one = published()
    person = UUID(one["contact"]["person_id"])

    deliver(bounced(person), times=2)
    first = len(outbox.of(AssociationStale))
    client.as_(coordinator).post(f"/api/v1/associations/{one['id']}/confirmation")
    deliver(bounced(person))
    later = len(outbox.of(AssociationStale))
    deliver(bounced(person, template=question))

    assert (first, later) == (1, 1)
    assert [each.reason for each in outbox.of(AssociationStale)] == [StaleReason.BOUNCED] * 2
    # What everybody sees is the age of the confirmation, and nothing about mail.
    assert shown(client, one)["freshness"] == "fresh"


def test_whoever_can_be_reached_again_is_not_called(client, published, coordinator, deliver, clock):
    one = published()
    person = UUID(one["contact"]["person_id"])
    arrived = DeliverySent(
        delivery_id=uuid4(), template="round_announced", person_id=person, association_id=None
    )
    deliver(bounced(person))
    clock.move(timedelta(hours=1))

    deliver(arrived, times=2)

    private = client.as_(coordinator).get(f"/api/v1/associations/{one['id']}").json
    assert (private["contact_bounced_at"], private["stale_at"]) == (None, None)
    assert client.as_(coordinator).get("/api/v1/call-list").json["items"] == []


def test_mail_that_arrives_calls_off_no_call_for_an_old_record(
    published, deliver, clock, schedule, client, coordinator
):
    one = published()
    for days in (366, 22, 22):
        clock.move(timedelta(days=days))
        schedule()
    deliver(
        DeliverySent(
            delivery_id=uuid4(),
            template="confirmation_requested",
            person_id=UUID(one["contact"]["person_id"]),
            association_id=None,
        )
    )

    (entry,) = client.as_(coordinator).get("/api/v1/call-list").json["items"]
    assert entry["stale_reason"] == "unanswered"


def test_who_cannot_be_reached_is_not_asked_by_mail_but_called(
    client, published, coordinator, deliver, outbox, clock, schedule
):
    one = published()
    deliver(bounced(UUID(one["contact"]["person_id"])))
    client.as_(coordinator).post(f"/api/v1/associations/{one['id']}/confirmation")
    outbox.clear()
    clock.move(timedelta(days=366))

    schedule()

    assert outbox.of(AssociationConfirmationRequested) == []
    assert [each.reason for each in outbox.of(AssociationStale)] == [StaleReason.BOUNCED]


def test_those_who_call_are_told_once_in_the_morning(published, clock, deliver, outbox, schedule):
    for name in ("Aars Madklub", "Ranum Kor"):
        one = published(name=name, contact={"name": name, "email": f"{name[:4]}@example.org"})
        deliver(bounced(UUID(one["contact"]["person_id"])))
    schedule()
    same_day = outbox.of(CallListGrown)
    clock.move(timedelta(days=1, hours=24))

    for _ in range(3):
        schedule()
        clock.move(timedelta(hours=12))

    assert same_day == []
    (grown,) = outbox.of(CallListGrown)
    assert (grown.new_count, grown.count) == (2, 2)


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {
            "ask_after_days": 365,
            "remind_after_days": 21,
            "stale_after_days": 21,
            "link_life_days": 9,
        },
        {"ask_after_days": 0, "remind_after_days": 21, "stale_after_days": 42, "link_life_days": 9},
    ],
)
def test_periods_that_make_no_sense_stop_the_migration(arrange, settings, stated):
    profile = {**settings.profile, "confirmation": stated}

    with pytest.raises(Misconfigured, match="confirmation"), arrange() as work:
        adopt(work, profile)


def bounced(person, *, template="round_announced"):
    return DeliveryFailed(
        delivery_id=uuid4(),
        template=template,
        person_id=person,
        association_id=None,
        reason="550 no such mailbox",
    )


def problems(client, token):
    anybody = client.as_(None)
    answers = [
        anybody.post("/api/v1/confirmation-links/opening", json={"token": token}),
        anybody.post("/api/v1/confirmation-links/confirmation", json={"token": token}),
        anybody.post("/api/v1/confirmation-links/description", json=correction(token=token)),
    ]
    return {(each.status_code, slug(each)) for each in answers}


def _version(client, one):
    opened = client.as_(None).post("/api/v1/confirmation-links/opening", json={"token": SECRET})
    assert opened.json["association"]["id"] == one["id"]
    return opened.json["association"]["version"]
