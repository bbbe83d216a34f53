"""What anybody may read, asked of the gateway and of the service itself, in turn.

The directory and the gateway run as in production, a process each, on a vejviser of a thousand
associations. Eight visitors that keep their connections ask for the same twenty pages of lists,
searches and records as fast as they are answered. The gateway answers most of them from its
micro-cache, and must do so at least as fast as the service would without it.
"""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.bench.measure import Result, Side, interleave
from tests.bench.vejviser import AREAS, GROUPS, filled
from tests.journeys.conftest import ROOT
from tests.support.eventually import eventually
from tests.support.processes import free_ports
from tests.support.servers import Postgres

VISITORS = 8
SECONDS = 2.0
ASSOCIATIONS = 1_000
PROFILE = ROOT / "profiles" / "vesthimmerland.toml"
PAGES = (
    "/api/v1/associations",
    "/api/v1/offers",
    "/api/v1/vocabulary",
    *(f"/api/v1/associations?area={area}" for area in AREAS),
    *(f"/api/v1/search?q={quote('kaffe')}&target_group={group}" for group in GROUPS),
    *(f"/api/v1/search?q={quote(word)}" for word in ("sang", "spisning", "netværk", "støtte")),
)


def measure() -> Iterator[Result]:
    """The gateway and the service in turn."""
    with closing(Postgres().start()) as postgres, closing(filled(postgres, ASSOCIATIONS)) as large:
        service, gateway = free_ports(2)
        with _running(large.url, service, gateway):
            found = interleave(
                {
                    "through the gateway": lambda: _rate(gateway),
                    "the service itself": lambda: _rate(service),
                }
            )
    ours, theirs = found["through the gateway"], found["the service itself"]
    yield Result(
        name="public pages through the gateway",
        text=f"requests a second of {VISITORS} visitors to {len(PAGES)} pages",
        ratios=[one / other for one, other in zip(ours, theirs, strict=True)],
        goal=1.5,
        sides=[
            Side("through the gateway", "requests/s", ours),
            Side("the service itself", "requests/s", theirs),
        ],
    )


def _rate(port: int) -> float:
    """Ask for a while, and count the answers."""
    counts = [0] * VISITORS
    failures: list[str] = []
    end = time.monotonic() + SECONDS

    def visit(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with closing(connection):
            while time.monotonic() < end:
                connection.request("GET", PAGES[(number + counts[number]) % len(PAGES)])
                answer = connection.getresponse()
                answer.read()
                if answer.status != http.HTTPStatus.OK:
                    failures.append(f"{answer.status}")
                    return
                counts[number] += 1

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(VISITORS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures)
    return sum(counts) / (time.monotonic() - started)


@contextmanager
def _running(database_url: str, service: int, gateway: int) -> Iterator[None]:
    """Run both, and wait until both answer."""
    common = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LOG_LEVEL": "ERROR"}
    directory = f"http://127.0.0.1:{service}"
    keys = {"JWKS_URL": f"{directory}/.well-known/jwks.json"}
    upstreams = {
        f"UPSTREAM_{name}": directory for name in ("DIRECTORY", "GRANTS", "MEETINGS", "NOTIFIER")
    }
    settings: Sequence[tuple[str, int, Mapping[str, str]]] = (
        (
            "services.directory",
            service,
            {
                "DATABASE_URL": database_url,
                "AMQP_URL": "memory://",
                "PROFILE": str(PROFILE),
                **keys,
            },
        ),
        ("gateway", gateway, {"RATE_LIMIT": "none", **upstreams, **keys}),
    )
    processes = [_serve(module, port, {**common, **more}) for module, port, more in settings]
    try:
        for _, port, _ in settings:
            eventually(lambda port=port: _require_answer(port), within=60)  # type: ignore[misc]
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _serve(module: str, port: int, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", module, "serve", "--port", str(port), "--workers", "1"]
    return subprocess.Popen(command, cwd=Path(ROOT), env=dict(environment))


def _require_answer(port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", PAGES[0])
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(answer.status)
