"""The gateway's very short memory: what it may keep, for whom, and for how long."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import prometheus_client
import pytest
from flask.testing import FlaskClient

from chassis.auth import Principal
from chassis.config import Misconfigured
from tests.support.eventually import eventually

OFFICES = "/api/v1/offices?current=true"


@pytest.fixture
def client(gateway: Callable[..., FlaskClient]) -> FlaskClient:
    return gateway(CACHE_SECONDS="5")


def test_a_public_answer_is_fetched_once(client: FlaskClient, directory: Any) -> None:
    answers = [client.get(OFFICES) for _ in range(5)]

    assert len(directory.requests) == 1
    assert len({each.data for each in answers}) == 1
    assert len({each.headers["X-Correlation-ID"] for each in answers}) == 5
    assert answers[1].headers["Cache-Control"] == "no-cache"
    assert answers[1].headers["X-Content-Type-Options"] == "nosniff"


def test_an_etag_spares_the_body(client: FlaskClient, directory: Any) -> None:
    etag = client.get(OFFICES).headers["ETag"]
    again = client.get(OFFICES, headers={"If-None-Match": f'"other", {etag}'})
    other = client.get(OFFICES, headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert other.status_code == 200
    assert len(directory.requests) == 1


def test_a_condition_does_not_keep_an_empty_answer(client: FlaskClient, directory: Any) -> None:
    def conditional(received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if "if-none-match" in received["headers"]:
            return 304, {"ETag": '"1"'}, b""
        return 200, {"Content-Type": "application/json", "ETag": '"1"'}, b"{}"

    directory.answer = conditional

    assert client.get(OFFICES, headers={"If-None-Match": '"1"'}).status_code == 304
    assert client.get(OFFICES).data == b"{}"
    assert len(directory.requests) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/api/v1/offices?current=false"},
        {"path": "/api/v1/offices"},
        {"headers": {"Accept": "text/calendar"}},
        {"headers": {"Accept-Language": "en"}},
        {"headers": {"Cookie": "a=b"}},
        {"method": "HEAD"},
        {"method": "POST"},
    ],
)
def test_another_question_gets_its_own_answer(
    client: FlaskClient, directory: Any, change: dict[str, Any]
) -> None:
    client.get(OFFICES)
    client.open(**{"path": OFFICES, "method": "GET", **change})

    assert len(directory.requests) == 2


def test_somebody_signed_in_never_shares(
    client: FlaskClient, directory: Any, token_issuer: Any
) -> None:
    token = token_issuer.token(Principal(id=uuid4()))
    signed_in = {"Authorization": f"Bearer {token}"}

    client.get(OFFICES, headers=signed_in)
    client.get(OFFICES, headers=signed_in)
    client.get(OFFICES)

    assert len(directory.requests) == 3
    assert "authorization" not in directory.last["headers"]


@pytest.mark.parametrize("path", ["/api/v1/people", "/api/v1/me", "/api/v1/sessions"])
def test_what_is_not_public_is_never_kept(client: FlaskClient, directory: Any, path: str) -> None:
    client.get(path)
    client.get(path)

    assert len(directory.requests) == 2


@pytest.mark.parametrize("status", [404, 500, 503])
def test_only_good_answers_are_kept(client: FlaskClient, directory: Any, status: int) -> None:
    directory.answer = lambda _: (status, {"Content-Type": "application/problem+json"}, b"{}")
    first = client.get(OFFICES)
    directory.answer = directory.echo

    assert first.status_code == status
    assert client.get(OFFICES).status_code == 200


def test_a_change_through_the_gateway_is_seen_at_once(
    client: FlaskClient, directory: Any, grants: Any
) -> None:
    client.get(OFFICES)
    client.get("/api/v1/rounds")

    client.put("/api/v1/offices/7", json={})
    client.get(OFFICES)
    client.get("/api/v1/rounds")

    assert [each["method"] for each in directory.requests] == ["GET", "PUT", "GET"]
    assert len(grants.requests) == 1


def test_an_answer_asked_for_before_a_change_is_not_kept(
    client: FlaskClient, directory: Any
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slow(received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if received["method"] == "GET" and not go_on.is_set():
            arrived.set()
            go_on.wait(10)
        return directory.echo(received)

    directory.answer = slow
    app = client.application
    reading = threading.Thread(target=lambda: app.test_client().get(OFFICES))
    reading.start()
    arrived.wait(5)
    client.put("/api/v1/offices/7", json={})
    go_on.set()
    reading.join()

    client.get(OFFICES)

    assert [each["method"] for each in directory.requests] == ["GET", "PUT", "GET"]


def test_a_burst_costs_one_request(client: FlaskClient, directory: Any) -> None:
    go_on = threading.Event()

    def slow(received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        go_on.wait(10)
        return directory.echo(received)

    directory.answer = slow
    app = client.application
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(app.test_client().get(OFFICES).data))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: _require(len(directory.requests) == 1))
    go_on.set()
    for thread in threads:
        thread.join()

    assert len(directory.requests) == 1
    assert len(bodies) == 12
    assert len(set(bodies)) == 1


def _require(held: bool) -> None:
    assert held


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed_client(client: FlaskClient, clock: Clock) -> FlaskClient:
    """The gateway, with a memory that goes by our clock."""
    client.application.wsgi_app._clock = clock
    return client


@pytest.mark.parametrize(("passed", "asked"), [(4.99, 1), (5.0, 2), (60.0, 2)])
def test_an_answer_is_never_older_than_five_seconds(
    timed_client: FlaskClient, directory: Any, clock: Clock, passed: float, asked: int
) -> None:
    timed_client.get(OFFICES)
    clock.now += passed

    timed_client.get(OFFICES)

    assert len(directory.requests) == asked


def test_its_age_counts_from_when_it_was_asked_for(
    timed_client: FlaskClient, directory: Any, clock: Clock
) -> None:
    """What a slow service read four seconds ago is four seconds old when it comes."""

    def slow(received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        clock.now += 4
        return directory.echo(received)

    directory.answer = slow
    timed_client.get(OFFICES)
    clock.now += 1.5
    directory.answer = directory.echo

    timed_client.get(OFFICES)

    assert len(directory.requests) == 2


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"Cache-Control": "no-store"}, 1),
        ({"Cache-Control": "public, max-age=60"}, 1),
        ({"Cache-Control": "private"}, 2),
        ({"Cache-Control": "private, no-store"}, 2),
        ({"Cache-Control": "max-age=0"}, 2),
        ({"Cache-Control": "public, max-age=60, s-maxage=0"}, 2),
        ({"Vary": "Accept, Accept-Language"}, 1),
        ({"Vary": "Accept, X-Client-Address"}, 2),
        ({"Vary": "*"}, 2),
    ],
)
def test_what_a_service_says_of_keeping_counts(
    client: FlaskClient, directory: Any, headers: dict[str, str], asked: int
) -> None:
    directory.answer = lambda _: (200, {"Content-Type": "application/json", **headers}, b"{}")

    client.get(OFFICES)
    client.get(OFFICES)

    assert len(directory.requests) == asked


def test_a_shorter_life_counts(timed_client: FlaskClient, directory: Any, clock: Clock) -> None:
    told = {"Content-Type": "application/json", "Cache-Control": "max-age=2"}
    directory.answer = lambda _: (200, told, b"{}")
    timed_client.get(OFFICES)
    clock.now += 2.5

    timed_client.get(OFFICES)

    assert len(directory.requests) == 2


def test_nobody_gets_what_was_made_for_somebody_signed_in(
    client: FlaskClient, directory: Any, token_issuer: Any
) -> None:
    """The service answers each with what it received: the token of one, the language of another."""
    token = token_issuer.token(Principal(id=uuid4()))
    seen = [
        client.get(OFFICES, headers=headers).json["headers"]
        for headers in (
            {"Authorization": f"Bearer {token}", "Accept-Language": "de"},
            {"Cookie": "session=secret", "Accept-Language": "da"},
            {"Accept-Language": "da"},
            {"Accept-Language": "en"},
            {"Accept-Language": "da"},
        )
    ]

    assert [each.get("accept-language") for each in seen] == ["de", "da", "da", "en", "da"]
    assert "authorization" in seen[0]
    assert not any("authorization" in each or "cookie" in each for each in seen[1:])
    assert seen[2] == seen[4]
    assert len(directory.requests) == 4
    varies = client.get(OFFICES, headers={"Accept-Language": "da"}).headers["Vary"]
    assert varies == "Authorization, Cookie, Accept, Accept-Language"


def test_five_seconds_are_the_most(gateway: Callable[..., FlaskClient]) -> None:
    with pytest.raises(Misconfigured, match="CACHE_SECONDS: 6 is not between 0 and 5"):
        gateway(CACHE_SECONDS="6")


def test_the_memory_is_bounded(client: FlaskClient, directory: Any) -> None:
    cache = client.application.wsgi_app
    directory.answer = lambda _: (200, {"Content-Type": "application/json"}, b" " * 200_000)
    for number in range(200):
        client.get(f"/api/v1/offices?x={number}")
    assert cache._size <= 32 * 1024 * 1024
    assert cache._size == sum(len(each.body) for each in cache._entries.values())

    directory.answer = lambda _: (200, {"Content-Type": "application/json"}, b" " * 300_000)
    client.get("/api/v1/offices?large")
    client.get("/api/v1/offices?large")

    assert [each["target"] for each in directory.requests].count("/api/v1/offices?large") == 2


def test_a_long_question_is_not_kept(client: FlaskClient, directory: Any) -> None:
    for _ in range(2):
        client.get("/api/v1/offices?q=" + "x" * 2000)

    assert len(directory.requests) == 2


def test_an_answer_from_memory_is_logged_and_timed(
    client: FlaskClient, lines: Callable[[str], list[dict[str, Any]]]
) -> None:
    before = timed(200), timed(304)
    client.get(OFFICES)

    sent = {"X-Correlation-ID": "5e1f-c0de"}
    hit = client.get(OFFICES, headers=sent)
    client.get(OFFICES, headers={**sent, "If-None-Match": hit.headers["ETag"]})

    told = [line for line in lines("request") if line.get("from_memory")]
    assert [(line["status"], line["correlation_id"]) for line in told] == [
        (200, "5e1f-c0de"),
        (304, "5e1f-c0de"),
    ]
    assert (timed(200), timed(304)) == (before[0] + 2, before[1] + 1)


def test_an_answer_that_is_kept_bears_the_id_it_was_logged_with(
    client: FlaskClient, lines: Callable[[str], list[dict[str, Any]]]
) -> None:
    answer = client.get(OFFICES)

    (line,) = lines("request")
    assert line["correlation_id"] == answer.headers["X-Correlation-ID"]


def timed(status: int) -> float:
    """Return how many requests for offices were timed so far."""
    labels = {
        "service": "gateway",
        "method": "GET",
        "route": "/api/v1/offices",
        "status": str(status),
    }
    name = "samspil_request_seconds_count"
    return prometheus_client.REGISTRY.get_sample_value(name, labels) or 0.0
