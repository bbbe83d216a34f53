"""Files at every door of the directory: what none of them takes, and how the others come out.

The doors are documents, an association's papers, pictures of rooms, and lists to bring in. The
table is that of every service (tests/support/uploads.py).
"""

from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis import viruses
from chassis.viruses import FileInfected, ScannerAway
from tests.support import uploads
from tests.support.clamd import Clamd
from tests.support.uploads import EICAR, PDF, assert_it_runs_nowhere, docx, workbook

DOORS = ("documents", "papers", "pictures", "imports")
TABLES = {"documents": "document_edition", "papers": "paper_file", "pictures": "room_picture"}
TABLES |= {"imports": "import"}
INFECTED = {
    "documents": ("Politik.docx", docx(**{"word/media/tegning.png": EICAR})),
    "papers": ("Vedtægter.pdf", PDF + EICAR + b"\n%%EOF\n"),
    "pictures": ("Rummet.png", b"\x89PNG\r\n\x1a\n" + EICAR),
    "imports": ("Liste.xlsx", workbook(**{"xl/media/tegning.png": EICAR})),
}


@pytest.fixture
def doors(client, coordinator, published, principal):
    """Make what files belong to; return the way to each door, and who stands there."""
    document, room, staff = uuid4(), uuid4(), client.as_(coordinator)
    described = {"kind": "policy", "title": "Politik", "summary": "Kort.", "owner": "Rådet"}
    assert staff.put(f"/api/v1/documents/{document}", json=described).status_code == 201
    place = {"name": "Lokalet", "area": "aars", "place": "Aars", "persons": 9}
    place |= {"contact_title": "Kontoret", "contact_email": "kontor@example.org", "price_ore": 0}
    assert staff.put(f"/api/v1/rooms/{room}", json=place).status_code == 201
    one = published()
    papers = f"/api/v1/associations/{one['id']}/papers"
    chair = client.as_(principal(associations={UUID(one["id"]): "administrator"}))
    return {
        "documents": (
            staff,
            f"/api/v1/documents/{document}/editions/{{id}}?dated_on=2024-03-01",
            f"/api/v1/documents/{document}/editions/{{id}}/file",
        ),
        "papers": (
            chair,
            f"{papers}/{{id}}/document?kind=statutes&dated_on=2024-03-01",
            f"{papers}/{{id}}/document",
        ),
        "pictures": (
            staff,
            f"/api/v1/rooms/{room}/pictures/{{id}}?alt=Rummet",
            f"/api/v1/rooms/{room}/pictures/{{id}}",
        ),
        "imports": (staff, "/api/v1/imports/{id}", ""),
    }


@pytest.fixture
def send(doors):
    """Send a file to a door; return the answer, and who gets the file back how."""

    def put(door, name, content, *, media_type="application/octet-stream"):
        who, to, back = doors[door]
        id_ = str(uuid4())
        headers = {"X-File-Name": quote(name, safe=""), "Content-Type": media_type}
        answer = who.put(to.replace("{id}", id_), data=content, headers=headers)
        return answer, lambda: who.get(back.replace("{id}", id_))

    return put


@pytest.fixture
def kept(database):
    """Count the files behind a door."""

    def count(door):
        with database.reading() as session:
            return session.scalar(text(f'SELECT count(*) FROM "{TABLES[door]}"'))

    return count


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", uploads.REFUSED)
def test_what_no_door_takes(send, kept, door, case):
    name, content, status = uploads.REFUSED[case]

    answer, _ = send(door, name, content)

    assert (answer.status_code, kept(door)) == (status, 0), answer.json
    if status == 422:
        assert answer.json["errors"]


@pytest.mark.parametrize("door", ["documents", "papers"])
@pytest.mark.parametrize("case", uploads.TWO_THINGS)
def test_what_is_two_things_is_handed_out_as_what_it_is_called(send, door, case):
    name, content = uploads.TWO_THINGS[case]

    answer, back = send(door, name, content)

    assert answer.status_code == 201, answer.json
    assert_it_runs_nowhere(back(), name)
    assert back().data == content


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_of_a_picture_that_is_a_page_too_only_the_picture_is_left(send, kind):
    name = {"PNG": "a.png", "JPEG": "a.jpg"}[kind]

    answer, back = send("pictures", name, uploads.picture(kind) + uploads.SCRIPT)

    assert answer.status_code == 201, answer.json
    assert b"script" not in back().data
    assert_it_runs_nowhere(back(), "a.jpg")


@pytest.mark.parametrize("door", ["documents", "papers"])
@pytest.mark.parametrize("name", uploads.NAMES)
def test_a_name_is_for_show_and_leads_nowhere(send, door, name):
    shown = name.replace("\\", "/").rsplit("/", 1)[-1]

    answer, back = send(door, name, uploads.PDF)

    assert answer.status_code == 201, answer.json
    assert shown in str(answer.json)
    assert_it_runs_nowhere(back(), shown)


@pytest.mark.parametrize("door", ["documents", "papers"])
def test_what_the_sender_says_of_a_file_decides_nothing(send, door):
    wrong, _ = send(door, "a.pdf", uploads.PDF, media_type="image/png")
    page, back = send(door, "a.pdf", uploads.PDF, media_type="text/html")

    assert wrong.status_code == 415
    assert page.status_code == 201
    assert_it_runs_nowhere(back(), "a.pdf")


def test_an_association_files_so_many_papers_a_day(send, kept, clock):
    for _ in range(30):
        answer, _back = send("papers", "a.pdf", uploads.PDF)
        assert answer.status_code == 201, answer.json

    refused, _back = send("papers", "a.pdf", uploads.PDF)

    assert (refused.status_code, kept("papers")) == (429, 30)


def test_it_looks_through_a_socket_too_and_into_no_more_than_it_may(clamd):
    viruses.scan(PDF, clamd=f"unix://{clamd.socket}")
    with pytest.raises(FileInfected):
        viruses.scan(EICAR, clamd=f"unix://{clamd.socket}")

    narrow = Clamd()
    try:
        narrow.start(largest="1M")
        viruses.scan(b"x" * 1_000_000, clamd=narrow.url)
        with pytest.raises(ScannerAway):
            viruses.scan(b"x" * 2_000_000, clamd=narrow.url)
    finally:
        narrow.close()


class TestScanned:
    """The installation has a scanner."""

    @pytest.fixture
    def environment(self, clamd):
        return {"CLAMD_URL": clamd.url}

    @pytest.mark.parametrize("door", DOORS)
    def test_a_file_with_a_virus_is_not_kept(self, send, kept, door):
        name, content = INFECTED[door]

        answer, _ = send(door, name, content)

        assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
            422,
            "attachment-infected",
        )
        assert answer.json["found"].startswith("Eicar-Test")
        assert kept(door) == 0
        assert set(TABLES) == set(INFECTED)

    def test_a_file_without_one_is(self, send, kept):
        answer, _ = send("papers", "Vedtægter.pdf", PDF)

        assert answer.status_code == 201, answer.json
        assert kept("papers") == 1

    def test_what_is_too_large_is_not_asked_about(self, send, clamd):
        clamd.pause()
        try:
            answer, _ = send("papers", "Vedtægter.pdf", PDF + b" " * 10 * 1024 * 1024)
        finally:
            clamd.resume()

        assert answer.status_code == 413


class TestScannerAway:
    """The scanner is not there."""

    @pytest.fixture
    def environment(self):
        return {"CLAMD_URL": "tcp://127.0.0.1:1"}

    def test_nothing_is_kept_that_nobody_looked_into_and_the_rest_goes_on(self, send, kept, doors):
        answer, _ = send("papers", "Vedtægter.pdf", PDF)

        assert answer.status_code == 503
        assert answer.json["type"].endswith("/scanner-away")
        assert answer.headers["Retry-After"] == "60"
        assert kept("papers") == 0
