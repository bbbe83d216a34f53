"""The scripts that containers and operators call."""

import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


class Asked(http.server.BaseHTTPRequestHandler):
    answers: dict[str, int] = {}  # noqa: RUF012 - set by each test

    def do_GET(self):
        self.send_response(self.answers.get(self.path, 404))
        self.end_headers()
        self.wfile.write(b'{"status": "as it is"}')

    def log_message(self, *_):
        pass


@pytest.fixture
def process():
    """A process that tells its health."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def is_healthy(port):
    script = [sys.executable, "-I", "-S", str(ROOT / "tools" / "health.py")]
    done = subprocess.run(
        script, env={"HEALTH_PORT": str(port)}, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    assert bool(done.stdout) == bool(done.returncode)
    return done.returncode == 0


@pytest.mark.parametrize(
    ("live", "ready", "expected"), [(200, 200, True), (503, 200, False), (200, 503, False)]
)
def test_a_container_is_healthy_when_it_lives_and_can_work(
    process, monkeypatch, live, ready, expected
):
    monkeypatch.setattr(Asked, "answers", {"/health/live": live, "/health/ready": ready})

    assert is_healthy(process) == expected


def test_a_container_in_which_nobody_answers_is_not_healthy(process):
    assert not is_healthy(1)


def test_without_docker_one_line_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tools.stack", "up"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "there is no docker on PATH: install Docker Engine and its Compose plugin"
    ]
