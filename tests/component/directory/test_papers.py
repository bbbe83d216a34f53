"""What an association filed once: versions, expiry, reminders, and who sees it."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.config import Misconfigured
from contracts.directory import (
    AssociationPaperExpired,
    AssociationPaperExpiring,
    AssociationPaperFiled,
)
from contracts.values import ChildProtection, PaperKind
from services.directory.commands import adopt

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NEWER = PDF.replace(b"<<>>", b"<</A 1>>", 1)
MARCH = datetime(2026, 3, 5, 9, tzinfo=UTC)
CVR = "13748136"


@pytest.fixture(autouse=True)
def _in_march(clock):
    clock.set(MARCH)


@pytest.fixture
def chair_of(client, principal):
    def chair(association, role="administrator", **more):
        return client.as_(principal(associations={UUID(association["id"]): role}, **more))

    return chair


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def path_of(association):
    return f"/api/v1/associations/{association['id']}/papers"


def upload(who, association, *, id_=None, kind="statutes", on="2026-03-03", content=PDF, **more):
    name = more.get("name", "Vedtægter.pdf")
    return who.put(
        f"{path_of(association)}/{id_ or uuid4()}/document?kind={kind}&dated_on={on}",
        data=content,
        headers={
            "Content-Type": more.get("media_type", "application/pdf"),
            "X-File-Name": quote(name),
        },
    )


def declare(who, association, *, id_=None, **body):
    told = {"kind": "nemkonto", "dated_on": "2026-03-03", **body}
    return who.put(f"{path_of(association)}/{id_ or uuid4()}", json=told)


def declare_children(who, association, statement="certificates-obtained", **body):
    return declare(who, association, kind="child-protection", statement=statement, **body)


def state(answer, kind):
    return next(each for each in answer.json["items"] if each["kind"] == kind)


def test_what_is_filed_once_lives_with_the_association(published, chair_of, outbox):
    one = published(cvr=CVR)
    chair = chair_of(one)

    answer = upload(chair, one)

    assert answer.status_code == 201, answer.json
    statutes = state(answer, "statutes")
    (version,) = statutes["versions"]
    assert (statutes["status"], statutes["is_needed"]) == ("valid", True)
    assert (version["dated_on"], version["expires_on"]) == ("2026-03-03", None)
    assert (version["on_behalf"], version["is_current"]) == ("association", True)
    assert version["file"] == {
        "name": "Vedtægter.pdf",
        "media_type": "application/pdf",
        "size": len(PDF),
    }
    assert [each["status"] for each in answer.json["items"]] == ["valid", *["missing"] * 4]
    (event,) = outbox.of(AssociationPaperFiled)
    assert event == AssociationPaperFiled(
        association_id=UUID(one["id"]),
        paper_id=UUID(version["id"]),
        kind=PaperKind.STATUTES,
        dated_on=date(2026, 3, 3),
        expires_on=None,
        statement=None,
        filed_at=datetime.fromisoformat(version["filed_at"]),
    )
    fetched = chair.get(f"{path_of(one)}/{version['id']}/document")
    assert fetched.data == PDF
    assert "attachment" in fetched.headers["Content-Disposition"]
    assert fetched.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("kind", "dated_on", "expires_on"),
    [
        ("cvr-registration", "2024-02-29", "2027-02-28"),
        ("cvr-registration", "2026-03-03", "2029-03-03"),
        ("nemkonto", "2026-03-03", None),
        ("accounts", "2025-12-31", "2027-06-30"),
        ("accounts", "2024-09-15", "2026-03-15"),
    ],
)
def test_each_kind_holds_as_long_as_the_law_and_the_year_say(
    published, chair_of, kind, dated_on, expires_on
):
    one = published(cvr=CVR)
    chair = chair_of(one)

    answer = (
        upload(chair, one, kind=kind, on=dated_on)
        if kind == "accounts"
        else declare(chair, one, kind=kind, dated_on=dated_on)
    )

    assert answer.status_code == 201, answer.json
    assert state(answer, kind)["versions"][0]["expires_on"] == expires_on


@pytest.mark.parametrize(
    ("now", "expires_on"), [((2026, 1, 2), "2026-12-31"), ((2026, 12, 15), "2027-12-31")]
)
def test_what_is_declared_of_children_holds_to_the_end_of_a_year(
    published, chair_of, clock, outbox, now, expires_on
):
    one = published()
    clock.set(datetime(*now, 12, tzinfo=UTC))

    answer = declare_children(chair_of(one), one, dated_on=date(*now).isoformat())

    (version,) = state(answer, "child-protection")["versions"]
    assert (version["expires_on"], version["statement"]) == (expires_on, "certificates-obtained")
    assert outbox.of(AssociationPaperFiled)[0].statement is ChildProtection.OBTAINED


def test_a_newer_paper_takes_its_place_and_every_version_is_kept(published, chair_of):
    one = published()
    chair = chair_of(one)
    older, newer = uuid4(), uuid4()
    upload(chair, one, id_=older, on="2019-03-03")

    answer = upload(chair, one, id_=newer, content=NEWER, name="Vedtægter 2026.pdf")

    versions = state(answer, "statutes")["versions"]
    assert [(each["id"], each["is_current"]) for each in versions] == [
        (str(newer), True),
        (str(older), False),
    ]
    assert chair.get(f"{path_of(one)}/{older}/document").data == PDF
    assert chair.get(f"{path_of(one)}/{newer}/document").data == NEWER


def test_filed_twice_is_filed_once_and_another_thing_under_its_id_is_refused(
    published, chair_of, outbox
):
    one = published(cvr=CVR)
    chair = chair_of(one)
    document, declaration = uuid4(), uuid4()
    upload(chair, one, id_=document)
    declare(chair, one, id_=declaration)

    again = [upload(chair, one, id_=document), declare(chair, one, id_=declaration)]
    other = [
        upload(chair, one, id_=document, content=NEWER),
        upload(chair, one, id_=document, kind="accounts", on="2025-12-31"),
        declare(chair, one, id_=declaration, dated_on="2026-03-01"),
    ]

    assert [each.status_code for each in again] == [200, 200]
    assert [(each.status_code, slug(each)) for each in other] == [(409, "id-taken")] * 3
    assert len(outbox.of(AssociationPaperFiled)) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "statutes"}, "/kind"),
        ({"dated_on": "2026-03-06"}, "/dated_on"),
        ({"kind": "cvr-registration", "dated_on": "2023-03-04"}, "/dated_on"),
        ({"statement": "certificates-obtained"}, "/statement"),
        ({"kind": "child-protection"}, "/statement"),
        ({"kind": "child-protection", "statement": "certificate-of-jens"}, "/statement"),
        ({"kind": "criminal-record"}, "/kind"),
        ({"account_number": "1234 0012345678"}, "/account_number"),
        ({"note": "Jens, 010190-1234"}, "/note"),
    ],
)
def test_a_declaration_holds_nothing_but_what_is_declared(published, chair_of, body, pointer):
    one = published(cvr=CVR)

    answer = declare(chair_of(one), one, **body)

    assert answer.status_code == 422, answer.json
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_what_takes_a_cvr_number_is_not_asked_of_who_has_none(published, chair_of):
    one = published()
    chair = chair_of(one)

    answer = declare(chair, one)

    assert answer.status_code == 422
    needed = {each["kind"]: each["is_needed"] for each in chair.get(path_of(one)).json["items"]}
    assert [kind for kind, is_needed in needed.items() if not is_needed] == [
        "cvr-registration",
        "nemkonto",
    ]


@pytest.mark.parametrize(
    ("more", "status", "refused"),
    [
        ({"kind": "nemkonto"}, 422, "invalid"),
        ({"on": "2026-03-06"}, 422, "invalid"),
        ({"kind": "accounts", "on": "2024-08-31"}, 422, "invalid"),
        ({"content": b"<svg onload=alert(1)>"}, 415, "attachment-type"),
        ({"name": "vedtægter.pdf.exe"}, 415, "attachment-type"),
        ({"name": "010190-1234.pdf"}, 422, "invalid"),
        ({"content": PDF + b"0" * (10 * 1024 * 1024)}, 413, "attachment-too-large"),
        ({"content": b""}, 422, "invalid"),
    ],
)
def test_files_are_taken_by_the_rules_of_every_upload(
    published, chair_of, outbox, more, status, refused
):
    one = published(cvr=CVR)

    answer = upload(chair_of(one), one, **more)

    assert (answer.status_code, slug(answer)) == (status, refused)
    assert outbox.of(AssociationPaperFiled) == []


@pytest.mark.parametrize("role", ["member", "editor", "administrator"])
def test_its_own_people_and_the_staff_see_it_and_administrators_file(
    client, published, chair_of, principal, role
):
    one = published()
    paper = uuid4()
    upload(chair_of(one), one, id_=paper)
    somebody = chair_of(one, role)

    assert somebody.get(path_of(one)).status_code == 200
    assert somebody.get(f"{path_of(one)}/{paper}/document").data == PDF
    assert upload(somebody, one).status_code == (201 if role == "administrator" else 403)
    for office in ("coordinator", "caseworker"):
        staff = client.as_(principal(office))
        assert staff.get(f"{path_of(one)}/{paper}/document").data == PDF
        assert upload(staff, one).status_code == 403


@pytest.mark.parametrize("office", ["council", "committee", "centre", "operator"])
def test_nobody_else_sees_it_whatever_their_office(client, published, chair_of, principal, office):
    one = published()
    paper = uuid4()
    upload(chair_of(one), one, id_=paper)
    other = published(name="Aars Skakklub")

    for who in (client.as_(principal(office)), chair_of(other)):
        for path in (path_of(one), f"{path_of(one)}/{paper}/document"):
            assert who.get(path).status_code in {403, 404}
    assert client.as_(None).get(path_of(one)).status_code == 401


def test_a_paper_is_reached_through_its_own_association_only(published, chair_of):
    one, other = published(), published(name="Aars Skakklub")
    paper = uuid4()
    upload(chair_of(one), one, id_=paper)

    answer = chair_of(other).get(f"{path_of(other)}/{paper}/document")
    taken = upload(chair_of(other), other, id_=paper)

    assert answer.status_code == 404
    assert (taken.status_code, slug(taken)) == (409, "id-taken")


def test_it_is_reminded_once_before_it_expires_and_told_once_when_it_has(
    published, chair_of, clock, schedule, outbox
):
    one = published()
    declare_children(chair_of(one), one)
    clock.set(datetime(2026, 11, 30, 12, tzinfo=UTC))
    schedule()
    assert outbox.of(AssociationPaperExpiring) == []

    for day in (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 31)):
        clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        schedule()
    assert outbox.of(AssociationPaperExpired) == []
    for days in (1, 2):
        clock.set(datetime(2027, 1, days, 12, tzinfo=UTC))
        schedule()

    (reminded,) = outbox.of(AssociationPaperExpiring)
    assert (reminded.kind, reminded.expires_on) == (PaperKind.CHILDREN, date(2026, 12, 31))
    assert reminded.name == "Nørrebro Skakklub"
    (expired,) = outbox.of(AssociationPaperExpired)
    assert expired.paper_id == reminded.paper_id
    found = chair_of(one).get(path_of(one))
    assert state(found, "child-protection")["status"] == "expired"


def test_after_weeks_without_a_scheduler_only_that_it_expired_is_told(
    published, chair_of, clock, schedule, outbox
):
    one = published()
    declare_children(chair_of(one), one)

    clock.set(datetime(2027, 2, 1, 12, tzinfo=UTC))
    schedule()

    assert outbox.of(AssociationPaperExpiring) == []
    assert len(outbox.of(AssociationPaperExpired)) == 1


def test_who_filed_a_newer_one_is_not_reminded_of_the_older(
    published, chair_of, clock, schedule, outbox
):
    one = published()
    chair = chair_of(one)
    declare_children(chair, one)
    clock.set(datetime(2026, 12, 3, 12, tzinfo=UTC))
    assert declare_children(chair, one, "no-children-under-15", dated_on="2026-12-03").json

    schedule()
    clock.set(datetime(2027, 1, 5, 12, tzinfo=UTC))
    schedule()

    assert outbox.of(AssociationPaperExpiring) == outbox.of(AssociationPaperExpired) == []


def test_a_closed_association_is_neither_reminded_nor_files(
    client, coordinator, published, chair_of, clock, schedule, outbox
):
    one = published()
    declare_children(chair_of(one), one)
    client.as_(coordinator).post(
        f"/api/v1/associations/{one['id']}/closure", json={"reason": "Nedlagt"}
    )

    clock.set(datetime(2026, 12, 20, 12, tzinfo=UTC))
    schedule()
    answer = upload(chair_of(one), one)

    assert outbox.of(AssociationPaperExpiring) == []
    assert (answer.status_code, slug(answer)) == (409, "wrong-state")


def test_the_coordinator_sees_what_is_missing_and_what_runs_out(
    client, coordinator, published, chair_of, clock
):
    one, other = published(name="Aars Skakklub", cvr=CVR), published(name="Farsø Skakklub")
    chair = chair_of(one)
    upload(chair, one)
    declare(chair, one)
    declare(chair, one, kind="cvr-registration", dated_on="2023-03-20")
    declare_children(chair, one)
    staff = client.as_(coordinator)

    figures = {each.pop("kind"): each for each in staff.get("/api/v1/paper-figures").json["items"]}
    gaps = staff.get("/api/v1/paper-gaps").json["items"]

    empty = {"valid": 0, "expiring": 0, "expired": 0}
    assert figures == {
        "statutes": {**empty, "needed": 2, "valid": 1, "missing": 1},
        "accounts": {**empty, "needed": 2, "missing": 2},
        "cvr-registration": {**empty, "needed": 1, "expiring": 1, "missing": 0},
        "nemkonto": {**empty, "needed": 1, "valid": 1, "missing": 0},
        "child-protection": {**empty, "needed": 2, "valid": 1, "missing": 1},
    }
    assert [
        (each["association_name"], each["kind"], each["status"], each["expires_on"])
        for each in gaps
    ] == [
        ("Aars Skakklub", "accounts", "missing", None),
        ("Aars Skakklub", "cvr-registration", "expiring", "2026-03-20"),
        ("Farsø Skakklub", "accounts", "missing", None),
        ("Farsø Skakklub", "child-protection", "missing", None),
        ("Farsø Skakklub", "statutes", "missing", None),
    ]
    clock.move(timedelta(days=20))
    (gone,) = staff.get("/api/v1/paper-gaps?status=expired").json["items"]
    assert (gone["association_id"], gone["kind"]) == (one["id"], "cvr-registration")
    assert other["id"] not in str(
        staff.get("/api/v1/paper-gaps?kind=cvr-registration").json["items"]
    )


def test_gaps_are_read_page_by_page_with_each_once(client, coordinator, published):
    for name in ("Aars", "Farsø", "Løgstør"):
        published(name=f"{name} Skakklub")
    staff = client.as_(coordinator)
    seen, cursor = [], ""

    for _ in range(5):
        page = staff.get(f"/api/v1/paper-gaps?limit=2{cursor}").json
        seen += [(each["association_name"], each["kind"]) for each in page["items"]]
        cursor = f"&cursor={page['next']}"

    assert page["next"] is None
    assert len(seen) == len(set(seen)) == 9
    assert seen == sorted(seen)


@pytest.mark.parametrize("office", ["council", "committee", "centre"])
@pytest.mark.parametrize("path", ["/api/v1/paper-gaps", "/api/v1/paper-figures"])
def test_the_overview_is_the_staffs(client, principal, office, path):
    assert client.as_(principal(office)).get(path).status_code == 403


def test_papers_are_in_what_an_association_takes_along(published, chair_of):
    one = published()
    chair = chair_of(one)
    upload(chair, one)

    taken = chair.get(f"/api/v1/associations/{one['id']}/export").json

    assert taken["papers"][0]["versions"][0]["file"]["name"] == "Vedtægter.pdf"


def test_an_erased_person_is_in_no_file_name_and_filed_namelessly(
    client, coordinator, published, principal, arrange
):
    one = published()
    person = UUID(one["contact"]["person_id"])
    chair = client.as_(principal(id=person, associations={UUID(one["id"]): "administrator"}))
    second = {
        "association_id": one["id"],
        "person": {"name": "Karla Kasserer", "email": "karla@example.org"},
        "role": "administrator",
    }
    staff = client.as_(coordinator)
    assert staff.put(f"/api/v1/memberships/{uuid4()}", json=second).status_code == 201
    upload(chair, one, name="Vedtægter Skjalm Skak.pdf")
    assert state(staff.get(path_of(one)), "statutes")["versions"][0]["filed_by"] == "Skjalm Skak"

    assert chair.delete(f"/api/v1/people/{person}").status_code == 200

    (version,) = state(staff.get(path_of(one)), "statutes")["versions"]
    assert version["filed_by"] is None
    assert version["file"]["name"] == "Vedtægter (slettet).pdf"
    with arrange() as work:
        assert work.session.scalar(text("SELECT count(*) FROM paper_file")) == 1


def test_the_association_sees_its_own_by_the_names_it_wrote(
    client, published, coordinator, principal
):
    one = published()
    person = UUID(one["contact"]["person_id"])
    chair = client.as_(principal(id=person, associations={UUID(one["id"]): "administrator"}))

    answer = upload(chair, one)

    assert state(answer, "statutes")["versions"][0]["filed_by"] == "Skjalm Skak"


@pytest.mark.parametrize("stated", [{}, {"remind_before_days": 0}, {"remind_before_days": "soon"}])
def test_a_profile_without_sense_stops_the_migration(arrange, settings, stated):
    profile = {**settings.profile, "papers": stated}

    with pytest.raises(Misconfigured, match="papers"), arrange() as work:
        adopt(work, profile)
