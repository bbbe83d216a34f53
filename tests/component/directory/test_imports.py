"""Bringing associations in from files, from the upload to the report."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.directory import (
    AssociationChanged,
    AssociationConfirmationRequested,
    AssociationIntroduced,
    AssociationPublished,
    AssociationRegistered,
    MembershipGranted,
    PersonRegistered,
)
from contracts.notifier import ConfirmationLinkIssued
from tests.support.importing import CHESS, HEADER, IMPORTS, VISITS, Desk, csv_of, xlsx_of

LIST = csv_of(HEADER, CHESS, VISITS)


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def changed(row, **cells):
    """Return a row in which some cells, by their header, say something else."""
    return [cells.get(header, cell) for header, cell in zip(HEADER, row, strict=True)]


@pytest.fixture
def desk(client, database, coordinator):
    return Desk(client, database, coordinator)


@pytest.fixture
def centre_desk(client, database, principal):
    return Desk(client, database, principal("centre"))


@pytest.fixture
def vejviser(client):
    def names():
        return sorted(each["name"] for each in client.get("/api/v1/associations").json["items"])

    return names


@pytest.mark.parametrize(
    "content",
    [
        csv_of(HEADER, CHESS, VISITS, encoding="utf-8-sig"),
        csv_of(HEADER, CHESS, VISITS, encoding="cp1252"),
        csv_of(HEADER, CHESS, VISITS, encoding="utf-16", separator="\t"),
        csv_of(HEADER, CHESS, VISITS, encoding="mac_roman", separator="|"),
    ],
    ids=["utf-8 with BOM", "Windows-1252", "UTF-16", "Mac"],
)
def test_a_file_is_brought_in_whatever_wrote_it(desk, vejviser, content):
    done = desk.bring(content)

    assert (done["status"], desk.outcomes(done)) == ("done", ["new", "new"])
    assert vejviser() == ["Besøgsvennerne i Løgstør", "Nørrebro Skakklub"]


def test_a_workbook_is_brought_in_with_numbers_merged_cells_and_no_formula_run(desk, client):
    chess = [*CHESS[:1], 13748136, *CHESS[2:6], 9600, *CHESS[7:]]
    visits = [
        *('=HYPERLINK("http://evil.example.org")', *VISITS[1:4], ""),
        *(VISITS[5], 9670, *VISITS[7:]),
    ]
    done = desk.bring(
        xlsx_of(["Foreninger i kommunen"], [], HEADER, chess, visits, merged=["E4:E5"]),
        name="foreninger.xlsx",
    )

    found = client.get("/api/v1/associations").json["items"]
    assert done["counts"]["outcomes"]["new"] == 2
    assert {each["cvr"] for each in found} == {"13748136", None}
    assert {each["area"] for each in found} == {"aars"}
    assert '=HYPERLINK("http://evil.example.org")' in {each["name"] for each in found}


def test_the_second_import_of_a_file_changes_nothing(desk, outbox):
    desk.bring(LIST)
    outbox.clear()

    again = desk.bring(LIST, existing="update")

    assert desk.outcomes(again) == ["same", "same"]
    assert outbox.events == []


def test_a_preview_changes_nothing_and_says_what_would_happen(desk, vejviser, outbox):
    checked = desk.check(desk.read(csv_of(HEADER, CHESS, changed(VISITS, Område="Atlantis"))))

    assert checked["status"] == "checked"
    assert desk.outcomes(checked) == ["new", "refused"]
    assert vejviser() == []
    assert outbox.events == []


def test_what_is_brought_in_has_its_contact_as_administrator_and_nobody_is_mailed(
    desk, client, coordinator, outbox
):
    done = desk.bring(csv_of(HEADER, CHESS))

    (association_id,) = [row["association_id"] for row in desk.rows(done)]
    registered, published = outbox.of(AssociationRegistered, AssociationPublished)
    (person,) = outbox.of(PersonRegistered)
    (membership,) = outbox.of(MembershipGranted)
    shown = client.as_(coordinator).get(f"/api/v1/associations/{association_id}").json
    assert registered.quiet
    assert published.quiet
    assert person.email == "skjalm@example.org"
    assert (membership.role, membership.is_contact) == ("administrator", True)
    assert (shown["source"], shown["status"]) == ("import", "published")
    assert shown["confirmed_at"] is None
    assert (shown["street"], shown["postcode"], shown["city"]) == ("Vestergade 1", "9600", "Aars")


def test_the_contacts_are_told_once_and_only_when_the_coordinator_says_so(desk, outbox):
    done = desk.bring(LIST)
    assert outbox.of(AssociationIntroduced) == []

    for _ in range(2):
        answer = desk.client.post(f"{IMPORTS}/{done['id']}/introductions")
        assert answer.status_code == 202
        desk.work()

    told = outbox.of(AssociationIntroduced)
    assert sorted(event.name for event in told) == [VISITS[0], CHESS[0]]
    assert desk.shown(done)["counts"]["introduced"] == 2


def test_the_centre_brings_in_for_review_and_may_neither_publish_nor_tell(centre_desk, vejviser):
    found = centre_desk.read(LIST)
    path = f"{IMPORTS}/{found['id']}"
    refused = centre_desk.client.put(
        f"{path}/mapping", json={"columns": found["columns"], "publish": True}
    )
    done = centre_desk.run(centre_desk.check(found, publish=False))

    assert refused.status_code == 403
    assert done["counts"]["outcomes"]["new"] == 2
    assert vejviser() == []
    assert centre_desk.client.post(f"{path}/introductions").status_code == 403


@pytest.fixture
def no_agreement(client, coordinator):
    (found,) = client.as_(None).get("/api/v1/editing-agreements").json["items"]
    ended = {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "freshness_target": 80}
    path = f"/api/v1/editing-agreements/{found['id']}"
    assert client.as_(coordinator).put(path, json=ended).status_code == 200


@pytest.fixture
def declined(client, principal):
    """Let an association say no to the centre."""

    def decline(one):
        chair = client.as_(principal(associations={UUID(one["id"]): "administrator"}))
        path = f"/api/v1/associations/{one['id']}/delegation"
        assert chair.put(path, json={"centre_may_edit": False}).status_code == 200

    return decline


def test_what_the_centre_may_not_keep_the_preview_refuses_already_and_only_that(
    centre_desk, published, declined, client, coordinator, outbox
):
    one, other = published(name=CHESS[0], cvr=CHESS[1]), published(name=VISITS[0], postcode="9670")
    declined(one)
    outbox.clear()
    new = changed(CHESS, **{"Foreningens navn": "Ranum Kor", "CVR-nr.": "", "Postnr.": "9681"})

    found = centre_desk.check(
        centre_desk.read(csv_of(HEADER, CHESS, VISITS, new)), publish=False, existing="update"
    )
    preview = centre_desk.rows(found)
    done = centre_desk.rows(centre_desk.run(found))

    refused = {"field": "", "detail": "The association keeps its record itself.", "value": ""}
    for rows in (preview, done):
        assert [row["outcome"] for row in rows] == ["refused", "changed", "new"]
        assert (rows[0]["reason"], rows[0]["notes"]) == ("not-delegated", [refused])
        assert rows[0]["changes"] == []
    asked = client.as_(coordinator)
    after = asked.get(f"/api/v1/associations/{one['id']}").json
    assert (after["purpose"], after["street"]) == (one["purpose"], one["street"])
    assert asked.get(f"/api/v1/associations/{other['id']}").json["purpose"] == VISITS[2]
    assert [str(event.association_id) for event in outbox.of(AssociationChanged)] == [other["id"]]


def test_without_an_agreement_the_preview_refuses_what_is_here_and_takes_what_is_new(
    centre_desk, published, no_agreement
):
    published(name=CHESS[0], cvr=CHESS[1])

    found = centre_desk.check(centre_desk.read(LIST), publish=False)

    kept, new = centre_desk.rows(found)
    assert (kept["outcome"], kept["reason"]) == ("refused", "not-delegated")
    assert [note["detail"] for note in kept["notes"]] == [
        "No agreement with the centre is in force."
    ]
    assert new["outcome"] == "new"


def test_who_an_association_is_a_list_of_the_centre_does_not_say(centre_desk, published):
    published(name=CHESS[0], cvr=None, postcode="9600")

    found = centre_desk.check(centre_desk.read(csv_of(HEADER, CHESS)), publish=False)

    (row,) = centre_desk.rows(found)
    assert (row["outcome"], row["reason"]) == ("refused", "not-delegated")
    assert "Name, number and form" in row["notes"][0]["detail"]


def test_the_coordinator_keeps_what_the_centre_may_not(
    desk, centre_desk, published, declined, no_agreement
):
    one = published(name=CHESS[0], cvr=CHESS[1])
    declined(one)
    found = centre_desk.check(centre_desk.read(csv_of(HEADER, CHESS)), publish=False)

    checked = desk.check(found)

    assert desk.outcomes(checked) == ["changed"]
    assert desk.outcomes(desk.run(checked)) == ["changed"]


def test_an_agreement_that_ends_after_the_preview_refuses_the_row(
    centre_desk, published, client, request
):
    one = published(name=CHESS[0], cvr=CHESS[1])
    found = centre_desk.check(centre_desk.read(csv_of(HEADER, CHESS)), publish=False)
    assert centre_desk.outcomes(found) == ["changed"]

    request.getfixturevalue("no_agreement")

    (row,) = centre_desk.rows(centre_desk.run(found))
    assert (row["outcome"], row["reason"], row["changes"]) == ("refused", "not-delegated", [])
    assert client.get(f"/api/v1/associations/{one['id']}").json["street"] == one["street"]


def test_what_is_here_is_filled_and_what_it_says_itself_stays(desk, published, client):
    one = published(name=CHESS[0], cvr=CHESS[1], purpose="Vores egne ord", phone=None)

    done = desk.bring(csv_of(HEADER, changed(CHESS, Formål="Listens ord")))

    (row,) = desk.rows(done)
    shown = client.get(f"/api/v1/associations/{one['id']}").json
    assert row["outcome"] == "changed"
    assert {change["field"] for change in row["changes"]} == {"street", "postcode", "city"}
    assert {note["field"] for note in row["notes"]} == {"purpose"}
    assert shown["purpose"] == "Vores egne ord"
    assert shown["postcode"] == "9600"


def test_the_list_may_be_said_to_hold_and_the_report_says_from_what_to_what(
    desk, published, outbox
):
    published(name=CHESS[0], cvr=CHESS[1], purpose="Gamle ord")
    outbox.clear()

    done = desk.bring(csv_of(HEADER, changed(CHESS, Formål="Nye ord")), existing="update")

    (row,) = desk.rows(done)
    assert {"field": "purpose", "before": "Gamle ord", "after": "Nye ord"} in row["changes"]
    assert [event.purpose for event in outbox.of(AssociationChanged)] == ["Nye ord"]


def test_nobody_becomes_contact_of_what_is_here_by_a_list(desk, published, client, coordinator):
    one = published(name=CHESS[0], cvr=CHESS[1])

    done = desk.bring(csv_of(HEADER, changed(CHESS, **{"E-mail": "another@example.org"})))

    (row,) = desk.rows(done)
    shown = client.as_(coordinator).get(f"/api/v1/associations/{one['id']}").json
    assert "contact_email" in {note["field"] for note in row["notes"]}
    assert shown["contact"]["email"] == "skjalm@example.org"


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"CVR-nr.": "13748137"}, "cvr"),
        ({"CVR-nr.": "1374"}, "cvr"),
        ({"E-mail": "ikke en adresse"}, "contact_email"),
        ({"E-mail": ""}, "contact_email"),
        ({"Foreningens navn": ""}, "name"),
        ({"Formål": ""}, "purpose"),
        ({"Formål": "Ring til 010190-1234"}, "purpose"),
        ({"Målgruppe": "Marsboere"}, "target_groups"),
        ({"Område": "Atlantis"}, "area"),
        ({"Postnr.": "96000"}, "postcode"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why_and_the_others_come_in(desk, vejviser, cells, field):
    done = desk.bring(csv_of(HEADER, changed(CHESS, **cells), VISITS))

    refused, _ = desk.rows(done)
    assert (refused["outcome"], refused["reason"]) == ("refused", "invalid")
    assert {note["field"] for note in refused["notes"]} == {field}
    assert vejviser() == [VISITS[0]]


def test_rows_that_are_short_long_empty_or_twice(desk):
    done = desk.bring(
        csv_of(
            ["Foreninger 2024"], HEADER, CHESS, [], HEADER, CHESS[:3], [*VISITS, "for", "meget"],
            VISITS, changed(VISITS, Formål="En gang til"),
        )
    )  # fmt: skip

    assert [(row["position"], row["outcome"], row["reason"]) for row in desk.rows(done)] == [
        (3, "new", ""),
        (5, "skipped", "header"),
        (6, "refused", "duplicate"),
        (7, "refused", "invalid"),
        (8, "new", ""),
        (9, "refused", "duplicate"),
    ]


def test_what_a_row_lacks_is_taken_from_what_was_said_for_all(desk, client):
    header = ("Navn", "Mail", "Hvor")
    rows = csv_of(header, ("Strikkeklubben", "strik@example.org", "Midtby"))
    found = desk.read(rows)
    columns = ["name", "contact_email", "area"]
    defaults = {"purpose": "Beskrivelsen følger.", "target_groups": ["everyone"]}
    checked = desk.check(found, columns=columns, defaults=defaults)
    assert checked["unknown_words"] == [{"field": "area", "text": "Midtby", "count": 1}]

    words = {"area": {"Midtby": "aars"}}
    done = desk.run(desk.check(found, columns=columns, defaults=defaults, words=words))

    (shown,) = client.get("/api/v1/associations").json["items"]
    assert done["counts"]["outcomes"]["new"] == 1
    assert (shown["area"], shown["purpose"]) == ("aars", "Beskrivelsen følger.")


# --- doubt


@pytest.mark.parametrize(
    ("known", "cells", "reason"),
    [
        ({"name": CHESS[0], "postcode": "9610"}, {"CVR-nr.": ""}, "other-postcode"),
        ({"name": "Nørebro Skakklub", "postcode": "9600"}, {"CVR-nr.": ""}, "similar"),
        ({"name": "Sejlklubben Vest", "cvr": CHESS[1]}, {}, "cvr-other-name"),
        ({"name": CHESS[0], "postcode": "9600", "cvr": "10000009"}, {}, "other-cvr"),
    ],
)
def test_what_may_be_somebody_we_know_is_asked_and_never_guessed(
    desk, published, vejviser, known, cells, reason
):
    one = published(**known)
    done = desk.bring(csv_of(HEADER, changed(CHESS, **cells)), existing="update")

    (row,) = desk.rows(done, unanswered=True)
    assert (row["outcome"], row["reason"]) == ("asked", reason)
    assert [each["id"] for each in row["candidates"]] == [one["id"]]
    assert vejviser() == [one["name"]]


def asked_about(desk, published):
    one = published(name=CHESS[0], postcode="9610")
    done = desk.bring(csv_of(HEADER, changed(CHESS, **{"CVR-nr.": ""})), existing="update")
    (row,) = desk.rows(done)
    return one, done, f"{IMPORTS}/{done['id']}/rows/{row['id']}/answer"


def test_an_answered_row_comes_in_as_it_was_answered_and_is_known_the_next_time(
    desk, published, vejviser
):
    _, done, path = asked_about(desk, published)

    answer = desk.client.put(path, json={"answer": "new"})
    done = desk.run(done)
    again = desk.bring(csv_of(HEADER, changed(CHESS, **{"CVR-nr.": ""})))

    assert answer.status_code == 200
    assert desk.outcomes(done) == ["new"]
    assert desk.outcomes(again) == ["same"]
    assert vejviser() == [CHESS[0]] * 2


def test_a_row_may_be_said_to_be_one_of_those_in_question(desk, published, client, vejviser):
    one, done, path = asked_about(desk, published)

    stranger = desk.client.put(path, json={"answer": "same", "association_id": str(uuid4())})
    same = desk.client.put(path, json={"answer": "same", "association_id": one["id"]})
    done = desk.run(done)

    assert (stranger.status_code, same.status_code) == (422, 200)
    assert desk.outcomes(done) == ["changed"]
    assert client.get(f"/api/v1/associations/{one['id']}").json["postcode"] == "9600"
    assert vejviser() == [CHESS[0]]


def test_a_row_may_be_left_out_and_a_settled_one_is_not_asked_about(desk, published):
    _, done, path = asked_about(desk, published)

    desk.client.put(path, json={"answer": "skip"})
    done = desk.run(done)
    late = desk.client.put(path, json={"answer": "new"})

    assert desk.outcomes(done) == ["skipped"]
    assert (late.status_code, slug(late)) == (409, "not-asked")


def test_one_that_closed_is_not_revived_by_an_old_list(desk, published, coordinator, client):
    one = published(name=CHESS[0], cvr=CHESS[1], postcode="9600")
    closing = {"reason": "Lagt ned"}
    client.as_(coordinator).post(f"/api/v1/associations/{one['id']}/closure", json=closing)

    done = desk.bring(csv_of(HEADER, CHESS))

    (row,) = desk.rows(done)
    assert (row["outcome"], row["reason"]) == ("asked", "closed")


def test_a_number_that_somebody_took_meanwhile_refuses_the_row(desk, published):
    checked = desk.check(desk.read(LIST))
    published(name="Helt andre folk", cvr=CHESS[1])

    done = desk.run(checked)

    assert desk.outcomes(done) == ["asked", "new"]


# --- steps


def test_an_import_can_be_stopped_and_goes_on_where_it_was(desk, vejviser):
    checked = desk.check(desk.read(LIST))
    path = f"{IMPORTS}/{checked['id']}"
    desk.client.post(f"{path}/start")

    stopped = desk.client.post(f"{path}/stop")
    desk.work()
    assert stopped.json["status"] == "stopped"
    assert vejviser() == []
    done = desk.run(checked)

    assert done["status"] == "done"
    assert len(vejviser()) == 2


def test_the_columns_can_be_corrected_after_a_check_and_not_once_it_ran(desk):
    checked = desk.check(desk.read(LIST), columns=["name", *[""] * 9])
    assert desk.outcomes(checked) == ["refused", "refused"]

    done = desk.run(desk.check(checked, columns=checked["suggestions"] and desk_columns(checked)))
    late = desk.client.put(
        f"{IMPORTS}/{done['id']}/mapping", json={"columns": desk_columns(checked)}
    )

    assert desk.outcomes(done) == ["new", "new"]
    assert (late.status_code, slug(late)) == (409, "import-state")


def desk_columns(found):
    return [each["field"] for each in found["suggestions"]]


def test_another_row_can_be_said_to_name_the_columns(desk):
    found = desk.read(csv_of(["Navn", "Formål"], ["Forening", "Beskrivelse"], ["Skak", "Spil"]))
    path = f"{IMPORTS}/{found['id']}/header"

    chosen = desk.client.put(path, json={"header_row": 2})
    nowhere = desk.client.put(path, json={"header_row": 40})

    assert found["header_row"] == 1
    assert [each["header"] for each in chosen.json["suggestions"]] == ["Forening", "Beskrivelse"]
    assert nowhere.status_code == 422


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"%PDF-1.7\n%%EOF\n", "liste.pdf", 415),
        (b"<html></html>", "liste.csv", 415),
        (b"PK\x03\x04 no archive", "liste.xlsx", 415),
        (b"", "liste.csv", 422),
        (b"a" * (10 * 1024 * 1024 + 1), "liste.csv", 413),
    ],
)
def test_what_is_no_table_is_refused(desk, content, name, status):
    assert desk.upload(content, name=name).status_code == status


def test_a_file_without_a_table_says_so(desk):
    found = desk.read(xlsx_of([]), name="tom.xlsx")

    assert (found["status"], found["fault"]) == ("unreadable", "empty")


def test_the_same_upload_again_is_one_import_and_another_file_is_refused(desk):
    id_ = uuid4()

    first, again = desk.upload(LIST, id_=id_), desk.upload(LIST, id_=id_)
    other = desk.upload(csv_of(HEADER), id_=id_)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (other.status_code, slug(other)) == (409, "id-taken")


@pytest.mark.parametrize(
    "mapping",
    [
        {"columns": ["name"]},
        {"columns": ["name", "name", *[""] * 8]},
        {"columns": [""] * 10},
        {"columns": ["name", "status", *[""] * 8]},
    ],
)
def test_columns_that_cannot_be_are_refused(desk, mapping):
    found = desk.read(LIST)

    answer = desk.client.put(f"{IMPORTS}/{found['id']}/mapping", json=mapping)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith("/columns")


def test_an_import_can_be_dropped_with_its_rows_when_nobody_is_at_it(desk, database, vejviser):
    done = desk.bring(LIST)
    running = desk.upload(csv_of(HEADER)).json

    assert desk.client.delete(f"{IMPORTS}/{running['id']}").status_code == 409
    assert desk.client.delete(f"{IMPORTS}/{done['id']}").status_code == 204

    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM import_row")) == 0
    assert len(vejviser()) == 2


# --- what is kept of people


def test_the_file_is_dropped_once_its_rows_are_kept(desk, database):
    desk.read(LIST)

    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM import WHERE content IS NOT NULL")) == 0


def test_an_erased_person_is_forgotten_in_the_rows_of_files(desk, database, client, coordinator):
    heir = changed(VISITS, Formål="Skriv til skjalm@example.org")
    done = desk.bring(csv_of(HEADER, CHESS, heir))
    chess = next(row for row in desk.rows(done) if row["position"] == 2)
    boss = client.as_(coordinator)
    boss.post(f"/api/v1/associations/{chess['association_id']}/closure", json={"reason": "Slut"})
    person = boss.get("/api/v1/people?q=skjalm").json["items"][0]["id"]

    assert boss.delete(f"/api/v1/people/{person}").status_code == 200

    with database.reading() as session:
        kept = session.execute(text("SELECT * FROM import_row")).all()
    assert "skjalm" not in str(kept).lower()
    assert "bente" not in str(kept[2]).lower()


def test_imports_are_dropped_after_ninety_days(desk, database, clock, schedule):
    desk.bring(LIST)
    clock.move(timedelta(days=91))

    schedule()

    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM import")) == 0
        assert session.scalar(text("SELECT count(*) FROM import_row")) == 0


# --- together with the upkeep of records


def test_what_a_list_changed_is_in_the_history_in_the_name_of_who_brought_it(
    desk, published, client, coordinator
):
    one = published(name=CHESS[0], cvr=CHESS[1])
    desk.bring(csv_of(HEADER, CHESS, VISITS))

    path = f"/api/v1/associations/{one['id']}/changes"
    told = client.as_(coordinator).get(path).json["items"]
    described = next(each for each in told if each["kind"] == "described")
    assert described["on_behalf"] == "coordinator"


def test_who_was_not_told_is_asked_whether_the_record_is_right_by_the_mail_that_tells(
    desk, schedule, outbox, clock
):
    done = desk.bring(csv_of(HEADER, CHESS))
    outbox.clear()
    clock.move(timedelta(days=1))

    schedule()
    assert outbox.of(AssociationConfirmationRequested) == []
    desk.client.post(f"{IMPORTS}/{done['id']}/introductions")
    desk.work()
    schedule()

    (told,) = outbox.of(AssociationIntroduced)
    assert told.confirmation_link_id is not None
    assert told.purpose
    assert outbox.of(AssociationConfirmationRequested) == [], "one mail, not two"
    clock.move(timedelta(days=22))
    schedule()
    (reminder,) = outbox.of(AssociationConfirmationRequested)
    assert reminder.is_reminder


def test_the_buttons_of_the_mail_that_tells_confirm_the_record(desk, deliver, outbox, client):
    done = desk.bring(csv_of(HEADER, CHESS))
    desk.client.post(f"{IMPORTS}/{done['id']}/introductions")
    desk.work()
    (told,) = outbox.of(AssociationIntroduced)
    secret = "the secret that is in the mail alone"
    deliver(
        ConfirmationLinkIssued(
            confirmation_link_id=told.confirmation_link_id,
            token_hash=hashlib.sha256(secret.encode()).hexdigest(),
        )
    )

    answer = client.post("/api/v1/confirmation-links/confirmation", json={"token": secret})

    assert answer.status_code == 200
    path = f"/api/v1/associations/{told.association_id}"
    assert client.get(path).json["freshness"] == "fresh"


def test_who_is_told_while_it_waits_for_review_gets_one_mail_when_it_is_approved(
    desk, schedule, outbox
):
    done = desk.run(desk.check(desk.read(csv_of(HEADER, CHESS)), publish=False))
    desk.client.post(f"{IMPORTS}/{done['id']}/introductions")
    desk.work()
    assert outbox.of(AssociationIntroduced) == []
    (row,) = desk.rows(done)

    for _ in range(2):
        desk.client.post(f"/api/v1/associations/{row['association_id']}/approval")
    schedule()

    # Quiet: what tells them is the introduction, and nobody is welcomed besides.
    (published,) = outbox.of(AssociationPublished)
    (told,) = outbox.of(AssociationIntroduced)
    assert published.quiet
    assert told.confirmation_link_id is not None
    assert outbox.of(AssociationConfirmationRequested) == []


def test_who_is_told_of_a_record_that_somebody_confirmed_is_not_asked(desk, outbox):
    done = desk.bring(csv_of(HEADER, CHESS))
    (row,) = desk.rows(done)
    desk.client.post(f"/api/v1/associations/{row['association_id']}/confirmation")

    desk.client.post(f"{IMPORTS}/{done['id']}/introductions")
    desk.work()

    (told,) = outbox.of(AssociationIntroduced)
    assert (told.confirmation_link_id, told.expires_at) == (None, None)
