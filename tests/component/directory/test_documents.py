"""Documents: uploaded, published, found by what is in them; older editions stay where they were."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.directory import DocumentPublished
from services.directory.commands.document_text import DocumentReader, words_in
from services.directory.model.documents import MOST_READ
from tests.support import documents as made

DOCUMENTS = "/api/v1/documents"


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def described(**changes):
    body = {
        "kind": "policy",
        "title": "Politik for frivilligt socialt arbejde",
        "summary": "Hvad kommunen og foreningerne har aftalt om samarbejdet.",
        "owner": "Kultur og Fritid",
    }
    return {**body, **changes}


@pytest.fixture
def upload(client, coordinator):
    """Upload a file as the next edition of a document."""

    def send(path, content, *, name="Politik.pdf", by=None, id_=None, **asked):
        asked = {"dated_on": "2024-03-01", "note": "", **asked}
        return client.as_(by or coordinator).put(
            f"{path}/editions/{id_ or uuid4()}",
            query_string=asked,
            data=content,
            headers={"X-File-Name": name},
            content_type="application/octet-stream",
        )

    return send


@pytest.fixture
def published(client, coordinator, upload):
    """Publish a document with one edition; return its address."""

    def make(content=None, *, name="Politik.pdf", **changes):
        path = f"{DOCUMENTS}/{uuid4()}"
        staff = client.as_(coordinator)
        assert staff.put(path, json=described(**changes)).status_code == 201
        given = made.pdf("Frivillige er partnere.") if content is None else content
        assert upload(path, given, name=name).status_code == 201
        assert staff.post(f"{path}/publication").status_code == 200
        return path

    return make


def test_a_document_is_a_draft_until_it_is_published(client, coordinator, upload, outbox):
    path, staff = f"{DOCUMENTS}/{uuid4()}", client.as_(coordinator)
    staff.put(path, json=described())

    without_a_file = staff.post(f"{path}/publication")
    uploaded = upload(path, made.pdf("Frivillige er partnere."), note="Første udgave").json
    (edition,) = uploaded["editions"]
    hidden = client.get(path), client.get(f"{path}/editions/{edition['id']}/file")
    shown = staff.post(f"{path}/publication")

    assert slug(without_a_file) == "nothing-to-publish"
    assert [answer.status_code for answer in hidden] == [404, 404]
    assert (uploaded["status"], edition["published_at"]) == ("draft", None)
    assert shown.json["status"] == "published"
    assert client.get(path).json["editions"][0]["number"] == 1
    (event,) = outbox.of(DocumentPublished)
    assert (event.edition_number, event.dated_on, event.note) == (
        1,
        date(2024, 3, 1),
        "Første udgave",
    )
    assert event.is_new


def test_older_editions_stay_where_they_were_with_their_dates(
    client, coordinator, published, upload
):
    path = published(made.pdf("Den gamle."))
    first = client.get(path).json["editions"][0]

    upload(path, made.pdf("Den nye."), dated_on="2026-02-01", note="Revideret")
    before = [each["number"] for each in client.get(path).json["editions"]]
    client.as_(coordinator).post(f"{path}/publication")

    editions = client.get(path).json["editions"]
    assert before == [1]
    assert [(each["number"], each["dated_on"]) for each in editions] == [
        (2, "2026-02-01"),
        (1, "2024-03-01"),
    ]
    old = client.get(f"{path}/editions/{first['id']}/file")
    assert old.headers["ETag"] == f'"{first["sha256"]}"'
    assert old.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in old.headers["Content-Security-Policy"]
    assert old.headers["X-Content-Type-Options"] == "nosniff"


def test_an_edition_nobody_saw_gives_way_to_another(client, coordinator, upload, outbox):
    path, staff = f"{DOCUMENTS}/{uuid4()}", client.as_(coordinator)
    staff.put(path, json=described())
    upload(path, made.pdf("Den forkerte fil."))
    upload(path, b"Den rigtige fil.", name="politik.txt")
    staff.post(f"{path}/publication")

    (edition,) = client.get(path).json["editions"]

    assert (edition["name"], edition["number"]) == ("politik.txt", 1)
    assert len(outbox.of(DocumentPublished)) == 1


def test_sent_twice_it_is_one_edition_and_published_twice_it_is_once(
    client, coordinator, upload, outbox
):
    path, id_, content = f"{DOCUMENTS}/{uuid4()}", uuid4(), made.pdf("Frivillige.")
    staff = client.as_(coordinator)
    staff.put(path, json=described())

    answers = [upload(path, content, id_=id_) for _ in range(2)]
    taken = upload(path, b"En anden.", name="a.txt", id_=id_)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: staff.post(f"{path}/publication"), range(4)))

    assert [answer.status_code for answer in answers] == [201, 200]
    assert slug(taken) == "id-taken"
    assert sorted(answer.status_code for answer in told) == [200, 409, 409, 409]
    assert len(outbox.of(DocumentPublished)) == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (made.pdf("Alle skal kunne deltage i fællesspisningen."), "a.pdf"),
        (made.word("Vedtægter", cell="Alle skal kunne deltage i fællesspisningen."), "a.docx"),
        (made.open_text("Alle skal kunne deltage i fællesspisningen."), "a.odt"),
        ("Alle skal kunne deltage i fællesspisningen.".encode(), "a.txt"),
        ("Alle skal kunne deltage i fællesspisningen.".encode("cp1252"), "a.txt"),
        ("Hvad;Hvem\r\nfællesspisningen;Alle\r\n".encode(), "a.csv"),
    ],
    ids=["pdf", "docx", "odt", "txt", "old txt", "csv"],
)
def test_a_document_is_found_by_what_is_in_it(client, database, published, content, name):
    path = published(content, name=name)
    published(made.pdf("Noget helt andet."), title="Vedtægter for rådet")
    before = client.get(DOCUMENTS, query_string={"q": "fællesspisning"}).json["items"]

    assert made.read_all(database) == 2
    found = client.get(DOCUMENTS, query_string={"q": "fællesspisning"}).json["items"]

    assert before == []
    assert [each["id"] for each in found] == [path.rpartition("/")[2]]
    matches = [piece["text"] for piece in found[0]["excerpt"] if piece["is_match"]]
    assert matches == ["fællesspisningen"]


@pytest.mark.parametrize("q", ["politikker", "aftale samarbejde", "FRIVILLIG", "faelles"])
def test_words_match_as_in_the_vejviser(client, database, published, q):
    published(made.pdf("Vi er fælles om det."))
    made.read_all(database)

    found = client.get(DOCUMENTS, query_string={"q": q}).json["items"]

    assert len(found) == 1
    assert client.get(DOCUMENTS, query_string={"q": f"{q} zebra"}).json["items"] == []


def test_only_the_newest_edition_everybody_reads_is_searched(
    client, database, coordinator, published, upload
):
    path = published(b"Her stod der badminton.", name="a.txt")
    upload(path, b"Nu handler det om svampe.", name="b.txt")
    made.read_all(database)

    def found(q):
        return len(client.get(DOCUMENTS, query_string={"q": q}).json["items"])

    assert (found("badminton"), found("svampe")) == (1, 0)
    client.as_(coordinator).post(f"{path}/publication")
    assert (found("badminton"), found("svampe")) == (0, 1)


def test_documents_are_listed_by_title_page_by_page_and_by_kind(client, published):
    for title, kind in (
        ("Beretning", "report"),
        ("Ansøgningsskema", "form"),
        ("Cirkulære", "form"),
    ):
        published(b"Ord.", name="a.txt", title=title, kind=kind)

    first = client.get(DOCUMENTS, query_string={"limit": 2}).json
    rest = client.get(DOCUMENTS, query_string={"limit": 2, "cursor": first["next"]}).json
    forms = client.get(DOCUMENTS, query_string={"kind": "form"}).json["items"]

    titles = [each["title"] for each in (*first["items"], *rest["items"])]
    assert titles == ["Ansøgningsskema", "Beretning", "Cirkulære"]
    assert rest["next"] is None
    assert [each["title"] for each in forms] == ["Ansøgningsskema", "Cirkulære"]


def test_the_file_of_a_withdrawn_document_is_gone_and_comes_back(client, coordinator, published):
    path, staff = published(), client.as_(coordinator)
    file = f"{path}/editions/{client.get(path).json['editions'][0]['id']}/file"

    staff.post(f"{path}/withdrawal")
    assert (client.get(file).status_code, staff.get(file).status_code) == (404, 200)
    staff.post(f"{path}/publication")
    assert client.get(file).status_code == 200


def test_a_draft_that_is_deleted_takes_its_file_along(client, coordinator, upload, database):
    path, staff = f"{DOCUMENTS}/{uuid4()}", client.as_(coordinator)
    staff.put(path, json=described())
    upload(path, b"Ord.", name="a.txt")

    assert staff.delete(path).status_code == 204
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM document_edition")) == 0


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"<script>alert(1)</script>", "a.pdf", 415),
        (b"<svg onload='alert(1)'/>", "a.svg", 415),
        (b"<html></html>", "a.txt", 415),
        (b"", "a.txt", 422),
        (b"Ord.", "010190-1234.txt", 422),
        (b"MZ\x90\x00", "a.exe", 415),
    ],
)
def test_what_is_no_document_is_refused(client, coordinator, upload, content, name, status):
    path = f"{DOCUMENTS}/{uuid4()}"
    client.as_(coordinator).put(path, json=described())

    assert upload(path, content, name=name).status_code == status


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"kind": "gossip"}, "/kind"),
        ({"summary": "Ring til 010190-1234"}, "/summary"),
        ({"owner": ""}, "/owner"),
        ({"language": "dansk!"}, "/language"),
        ({"status": "published"}, "/status"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(client, coordinator, changes, pointer):
    answer = client.as_(coordinator).put(f"{DOCUMENTS}/{uuid4()}", json=described(**changes))

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}


@pytest.mark.parametrize("who", ["council", "committee", "centre", "operator"])
def test_nobody_else_uploads(client, principal, published, upload, who):
    other = principal(who, associations={uuid4(): "administrator"})

    assert upload(published(), b"Ord.", name="a.txt", by=other).status_code == 403


def test_a_file_that_is_broken_inside_is_kept_and_found_by_its_title(client, database, published):
    broken = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    published(broken)

    assert made.read_all(database) == 1

    (edition,) = client.get(DOCUMENTS, query_string={"q": "politik"}).json["items"][0]["editions"]
    assert edition["read_at"] is not None


def test_a_file_that_ends_its_reader_three_times_is_let_be(client, clock, database, published):
    path = published()
    for _ in range(3):
        # The reader took it, and was never heard of again.
        assert DocumentReader(database, threading.Event())._take() is not None
        assert DocumentReader(database, threading.Event())._take() is None
        clock.move(timedelta(minutes=3))

    assert made.read_all(database) == 0
    assert client.get(path).json["editions"][0]["read_at"] is not None


def test_of_a_long_file_the_beginning_is_searched(client, database, published):
    long = " ".join(f"ord{number}" for number in range(40_000)) + " sidstebid"
    assert len(long) > MOST_READ
    path = published(long.encode(), name="a.txt")
    made.read_all(database)

    assert client.get(path).json["editions"][0]["is_cut"] is True
    assert len(client.get(DOCUMENTS, query_string={"q": "ord7"}).json["items"]) == 1
    assert client.get(DOCUMENTS, query_string={"q": "sidstebid"}).json["items"] == []


def test_letters_that_cannot_be_kept_are_left_out():
    assert words_in("a\x00b\x02c\ud7ff".encode(), "text/plain") == "a b c\ud7ff"
    assert words_in(b"\x89PNG", "image/png") == ""


def test_what_is_public_is_read_in_pages_of_our_own_cursors_only(client):
    answer = client.get(DOCUMENTS, query_string={"cursor": "bm9wZQ"})

    assert answer.status_code == 422
