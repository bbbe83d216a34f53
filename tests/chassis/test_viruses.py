"""What a scanner may answer, or fail to, when it is asked about a file."""

import socket
import struct
import threading

import pytest

from chassis import viruses
from chassis.viruses import FileInfected, ScannerAway


@pytest.fixture
def scanner():
    """Give the address of a scanner that answers as told, and what it was asked."""
    asked = []
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(said, *, reads=True):
        def serve():
            connection, _ = listening.accept()
            with connection:
                while reads and not b"".join(asked).endswith(struct.pack("!L", 0)):
                    asked.append(connection.recv(65536))
                connection.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        return f"tcp://127.0.0.1:{listening.getsockname()[1]}"

    yield answer, asked
    listening.close()


def test_a_file_is_sent_whole(scanner):
    answer, asked = scanner
    content = bytes(range(256)) * 4096

    viruses.scan(content, clamd=answer(b"stream: OK\0"))

    said = b"".join(asked)
    assert said == b"zINSTREAM\0" + struct.pack("!L", len(content)) + content + bytes(4)


def test_a_virus_is_called_by_its_name(scanner):
    answer, _ = scanner

    with pytest.raises(FileInfected) as raised:
        viruses.scan(b"x", clamd=answer(b"stream: Win.Test.EICAR_HDB-1 FOUND\0"))

    assert raised.value.members == {"found": "Win.Test.EICAR_HDB-1"}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"stream: OK"[:6],
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"\xff\xfe\0",
        b"x" * 100_000,
    ],
)
def test_what_is_no_clear_answer_is_none(scanner, said):
    answer, _ = scanner

    with pytest.raises(ScannerAway):
        viruses.scan(b"x", clamd=answer(said))


def test_one_that_hangs_up_or_is_not_there_gives_no_answer(scanner, tmp_path, monkeypatch):
    answer, _ = scanner
    for address in (answer(b"", reads=False), "tcp://127.0.0.1:1", f"unix://{tmp_path}/none.ctl"):
        with pytest.raises(ScannerAway):
            viruses.scan(b"x" * 1_000_000, clamd=address)


def test_one_that_never_answers_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(viruses, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScannerAway):
        viruses.scan(b"x", clamd=f"tcp://127.0.0.1:{silent.getsockname()[1]}")
