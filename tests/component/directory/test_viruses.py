"""Files are looked into for viruses where an installation has a scanner: by a real one."""

import pytest

from chassis import viruses
from chassis.viruses import FileInfected, ScannerAway
from tests.component.directory.test_uploads import DOORS, TABLES, doors, kept, send
from tests.support.clamd import Clamd
from tests.support.uploads import EICAR, PDF, docx, workbook

__all__ = ["doors", "kept", "send"]
SENT = {
    "documents": ("Politik.docx", docx(**{"word/media/tegning.png": EICAR})),
    "papers": ("Vedtægter.pdf", PDF + EICAR + b"\n%%EOF\n"),
    "pictures": ("Rummet.png", b"\x89PNG\r\n\x1a\n" + EICAR),
    "imports": ("Liste.xlsx", workbook(**{"xl/media/tegning.png": EICAR})),
}


@pytest.fixture
def environment(clamd):
    return {"CLAMD_URL": clamd.url}


@pytest.mark.parametrize("door", DOORS)
def test_a_file_with_a_virus_is_not_kept(send, kept, door):
    name, content = SENT[door]

    answer, _ = send(door, name, content)

    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        422,
        "attachment-infected",
    )
    assert answer.json["found"].startswith("Eicar-Test")
    assert kept(door) == 0
    assert set(TABLES) == set(SENT)


def test_a_file_without_one_is(send, kept):
    answer, _ = send("papers", "Vedtægter.pdf", PDF)

    assert answer.status_code == 201, answer.json
    assert kept("papers") == 1


def test_what_is_too_large_is_not_asked_about(send, clamd):
    clamd.pause()
    try:
        answer, _ = send("papers", "Vedtægter.pdf", PDF + b" " * 10 * 1024 * 1024)
    finally:
        clamd.resume()

    assert answer.status_code == 413


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


class TestAway:
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
