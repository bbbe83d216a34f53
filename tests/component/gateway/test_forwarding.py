"""What goes through the gateway, what stays outside, and what it makes of bad answers."""

import io
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from chassis.auth import Principal
from chassis.config import Misconfigured
from gateway import proxy, routes


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert response.json["type"] == f"/problems/{slug}"
    assert response.json["correlation_id"] == response.headers["X-Correlation-ID"]
    return response.json


def test_a_request_goes_to_its_service_as_it_is(client: FlaskClient, directory: Any) -> None:
    answer = client.put(
        "/api/v1/associations/7?q=r%C3%B8d+gr%C3%B8d&x=%2F",
        data=b'{"name": "Skak"}',
        content_type="application/json",
        headers={"If-Match": '"3"', "Accept-Language": "da"},
    )

    assert answer.status_code == 200
    assert directory.last["method"] == "PUT"
    assert directory.last["target"] == "/api/v1/associations/7?q=r%C3%B8d+gr%C3%B8d&x=%2F"
    assert directory.last["body"] == '{"name": "Skak"}'
    assert directory.last["headers"]["if-match"] == '"3"'
    assert directory.last["headers"]["content-type"] == "application/json"
    assert directory.last["headers"]["accept-language"] == "da"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_every_method_goes_through(client: FlaskClient, grants: Any, method: str) -> None:
    answer = client.open("/api/v1/rounds/7", method=method)

    assert answer.status_code == 200
    assert grants.last["method"] == method


def test_the_answer_comes_back_with_its_known_headers(client: FlaskClient, directory: Any) -> None:
    directory.answer = lambda _: (
        201,
        {
            "Content-Type": "application/json",
            "ETag": '"3-1f"',
            "Location": "/api/v1/people/7",
            "Server": "secret 1.0",
            "Set-Cookie": "a=b",
            "X-Powered-By": "secret",
            "Access-Control-Allow-Origin": "*",
        },
        b"{}",
    )

    answer = client.post("/api/v1/people/7")

    assert (answer.status_code, answer.headers["ETag"]) == (201, '"3-1f"')
    assert answer.headers["Location"] == "/api/v1/people/7"
    for unknown in ("Server", "Set-Cookie", "X-Powered-By", "Access-Control-Allow-Origin"):
        assert unknown not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_problems_of_a_service_come_through_unchanged(client: FlaskClient, directory: Any) -> None:
    body = b'{"type":"/problems/cvr-taken","title":"Taken","status":409}'
    directory.answer = lambda _: (409, {"Content-Type": "application/problem+json"}, body)

    answer = client.put("/api/v1/associations/7", json={})

    assert (answer.status_code, answer.data) == (409, body)


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1", "/api/v1/", "/api/v1/secrets", "/metrics/x", "/openapi.json",
             "/api/v2/associations", "/api/v1/associationsx", "/API/v1/associations",
             "/.well-known/other", "/metrics", "/health/live/x", "/api/v1/associations%00"]
)  # fmt: skip
def test_what_is_not_in_the_table_does_not_exist(
    client: FlaskClient, directory: Any, path: str
) -> None:
    assert client.get(path).status_code in {400, 404}
    assert directory.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/people",
        "/api//v1/people",
        "/api/v1/people//7",
        "/api/v1/offices/../people",
        "/api/v1/offices/%2e%2e/people",
        "/api/v1/offices/%2E%2E",
        "/api/v1/offices/./7",
        "/api/v1/offices/..%2fpeople",
        "/api/v1/offices\\..\\people",
        "/api/v1/offices/%5c..%5cpeople",
        "/api/v1/offices/a%0d%0aX-Evil: 1",
        "/api/v1/offices/%00",
        "/api/v1/offices/%ff",
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(
    client: FlaskClient, directory: Any, path: str
) -> None:
    # EnvironBuilder would tidy the path up; the server hands over what was sent, decoded once.
    environ = EnvironBuilder(path="/").get_environ()
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
    _, status, _ = run_wsgi_app(client.application, environ)

    assert status[:3] in {"400", "404"}
    assert directory.requests == []


def test_an_address_encoded_twice_stays_so(client: FlaskClient, directory: Any) -> None:
    environ = EnvironBuilder(path="/").get_environ()
    environ["PATH_INFO"] = "/api/v1/offices/%2e%2e/people"

    run_wsgi_app(client.application, environ)

    assert directory.last["target"] == "/api/v1/offices/%252e%252e/people"


def test_a_long_address_is_refused(client: FlaskClient, directory: Any) -> None:
    assert client.get("/api/v1/offices?q=" + "x" * 9000).status_code == 414
    assert directory.requests == []


def test_the_callers_word_about_itself_is_not_believed(client: FlaskClient, directory: Any) -> None:
    forged = {
        "X-Client-Address": "6.6.6.6",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-User": "root",
        "X-User-Id": "root",
        "X-User-Roles": "coordinator",
        "Forwarded": "for=6.6.6.6",
        "X-Real-IP": "6.6.6.6",
        "X-Original-URL": "/api/v1/people",
        "X-HTTP-Method-Override": "DELETE",
        "Cookie": "a=b",
        "Upgrade": "websocket",
        "TE": "trailers",
        "Keep-Alive": "timeout=99",
        "Proxy-Authorization": "Basic eDp5",
        "Connection": "X-File-Name, close",
        "X-File-Name": "a.pdf",
    }

    client.get("/api/v1/offices", headers=forged, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})

    received = directory.last["headers"]
    assert received["x-client-address"] == "203.0.113.9"
    for name in forged:
        assert name.lower() not in received or name == "X-Client-Address"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "6.6.6.6", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.1.2.3", "198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.1.2.3", "nonsense", "10.1.2.3"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("10.1.2.3", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_a_trusted_proxy_says_who_called(
    gateway: Callable[..., FlaskClient], directory: Any, peer: str, forwarded: str, expected: str
) -> None:
    client = gateway(TRUSTED_PROXIES="127.0.0.1/32, 10.0.0.0/8")

    client.get(
        "/api/v1/offices",
        headers={"X-Forwarded-For": forwarded},
        environ_overrides={"REMOTE_ADDR": peer},
    )

    assert directory.last["headers"]["x-client-address"] == expected


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", True),
        (f"00-{TRACE}-b7ad6b7169203331-00", True),
        (f"cc-{TRACE}-b7ad6b7169203331-01-what-the-future-brings", True),
        (f"00-{TRACE}-b7ad6b7169203331-01-what", False),
        (f"ff-{TRACE}-b7ad6b7169203331-01", False),
        (f"00-{TRACE.upper()}-b7ad6b7169203331-01", False),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}-b7ad6b7169203331", False),
        (f"00-{TRACE}-b7ad6b7169203331-1", False),
        ("", False),
    ],
)
def test_a_valid_trace_goes_on_and_another_begins_anew(
    client: FlaskClient, directory: Any, sent: str, kept: bool
) -> None:
    client.get("/api/v1/offices", headers={"traceparent": sent, "tracestate": "a=1"})

    received = directory.last["headers"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", received["traceparent"])
    assert (TRACE in received["traceparent"]) is kept
    assert ("tracestate" in received) is kept
    if kept:
        assert received["traceparent"] != sent
        assert received["traceparent"][-2:] == sent.split("-")[3]


def test_the_correlation_id_is_the_same_on_both_sides(client: FlaskClient, directory: Any) -> None:
    answer = client.get("/api/v1/offices", headers={"X-Correlation-ID": "abc123"})
    made = client.get("/api/v1/offices", headers={"X-Correlation-ID": "a b\tc"})

    assert answer.headers["X-Correlation-ID"] == "abc123"
    assert directory.requests[0]["headers"]["x-correlation-id"] == "abc123"
    assert re.fullmatch(r"[0-9a-f]{32}", made.headers["X-Correlation-ID"])


def test_a_token_is_verified_and_goes_on(
    client: FlaskClient, directory: Any, token_issuer: Any
) -> None:
    token = token_issuer.token(Principal(id=uuid4()))

    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert directory.last["headers"]["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic eDp5", "Bearer", ""])
def test_a_bad_token_stays_outside(client: FlaskClient, directory: Any, header: str) -> None:
    answer = client.get("/api/v1/offices", headers={"Authorization": header})

    problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert directory.requests == []


def test_a_large_body_streams_through(client: FlaskClient, grants: Any) -> None:
    body = b"%PDF" + bytes(10 * 1024 * 1024)
    grants.answer = lambda _: (201, {"Content-Type": "application/json"}, b"{}")

    answer = client.put(
        "/api/v1/applications/7/attachments/8",
        data=body,
        content_type="application/pdf",
        headers={"X-File-Name": "Regnskab%20%C3%A6.pdf"},
    )

    assert answer.status_code == 201
    assert len(grants.last["body"]) == len(body)
    assert grants.last["headers"]["x-file-name"] == "Regnskab%20%C3%A6.pdf"


@pytest.mark.parametrize(
    ("kind", "size"),
    [("application/pdf", 11 * 1024 * 1024 + 1), ("application/json", 1024 * 1024 + 1)],
)
def test_a_body_over_the_bound_stays_outside(
    client: FlaskClient, grants: Any, kind: str, size: int
) -> None:
    answer = client.put("/api/v1/applications/7", data=bytes(size), content_type=kind)

    problem(answer, 413, "too-large")
    assert grants.requests == []


@pytest.mark.parametrize(
    "overrides",
    [
        {"CONTENT_LENGTH": "5", "HTTP_TRANSFER_ENCODING": "chunked"},
        {"CONTENT_LENGTH": "5, 5"},
        {"CONTENT_LENGTH": "-5"},
        {"CONTENT_LENGTH": "+5"},
        {"CONTENT_LENGTH": "0x5"},
        {"CONTENT_LENGTH": "٥"},
        {"CONTENT_LENGTH": "9" * 400},
        {"CONTENT_LENGTH": "50"},
    ],
)
def test_a_body_of_unclear_length_is_refused(
    client: FlaskClient, grants: Any, overrides: dict[str, str]
) -> None:
    environ = EnvironBuilder("/api/v1/rounds/7", method="POST").get_environ()
    environ["wsgi.input"] = io.BytesIO(b"hello")
    environ.update(overrides)

    _, status, _ = run_wsgi_app(client.application, environ)

    assert status[:3] in {"400", "413"}


def test_a_body_in_chunks_goes_through_with_its_length(client: FlaskClient, grants: Any) -> None:
    environ = EnvironBuilder("/api/v1/rounds/7", method="POST").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ["wsgi.input"] = io.BytesIO(b"hello")
    environ["HTTP_TRANSFER_ENCODING"] = "chunked"

    _, refused, _ = run_wsgi_app(client.application, dict(environ))
    environ["wsgi.input_terminated"] = True
    _, status, _ = run_wsgi_app(client.application, environ)

    assert (refused[:3], status[:3]) == ("411", "200")
    assert grants.last["body"] == "hello"
    assert grants.last["headers"]["content-length"] == "5"


HTML = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"Content-Type": "text/html; charset=utf-8"}, HTML),
        (500, {"Content-Type": "text/html"}, HTML),
        (500, {"Content-Type": "text/plain"}, b"Traceback"),
        (200, {}, b"nameless"),
        (302, {"Location": "http://169.254.169.254/"}, b""),
        (301, {"Location": "/api/v1/people"}, b""),
        (308, {"Location": "//evil.example.org"}, b""),
        (200, {"Content-Type": "application/json", "Content-Length": "nonsense"}, b"{}"),
    ],
)
def test_what_is_no_answer_of_ours_becomes_502(
    client: FlaskClient, directory: Any, status: int, headers: dict[str, str], body: bytes
) -> None:
    directory.answer = lambda _: (status, headers, body)

    answer = client.get("/api/v1/offices")

    if headers.get("Content-Length") == "nonsense":
        # Without a length that makes sense the answer ends with the connection; it may pass.
        assert answer.status_code in {200, 502, 504}
        return
    document = problem(answer, 502, "bad-gateway")
    assert "script" not in answer.text
    assert "detail" not in document


@pytest.mark.parametrize(
    "say",
    [
        b"nonsense\r\n\r\n",
        b"",
        b"HTTP/1.1 abc Hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    ],
)
def test_garbage_becomes_502(
    gateway: Callable[..., FlaskClient], raw: Callable[..., Any], say: bytes
) -> None:
    client = gateway(UPSTREAM_DIRECTORY=raw(say).url)

    problem(client.get("/api/v1/offices"), 502, "bad-gateway")


def test_an_endless_answer_is_cut_off(
    gateway: Callable[..., FlaskClient], raw: Callable[..., Any]
) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * (17 << 20)

    problem(gateway(UPSTREAM_DIRECTORY=raw(endless).url).get("/api/v1/offices"), 502, "bad-gateway")


def test_a_silent_service_becomes_504(
    gateway: Callable[..., FlaskClient], raw: Callable[..., Any]
) -> None:
    client = gateway(UPSTREAM_DIRECTORY=raw(b"", close=False).url, UPSTREAM_SECONDS="1")

    problem(client.get("/api/v1/offices"), 504, "timeout")


def test_a_service_that_is_away_becomes_503_with_a_time_to_return(client: FlaskClient) -> None:
    answer = client.get("/api/v1/meetings")

    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_what_goes_wrong_is_logged_with_the_id_the_caller_is_shown(
    client: FlaskClient, lines: Callable[[str], list[dict[str, Any]]]
) -> None:
    def fail() -> None:
        raise ValueError("broken")

    client.application.add_url_rule("/broken", "broken", fail)

    away = client.get("/api/v1/meetings")
    broken = client.get("/broken")

    for answer, event in ((away, "upstream away"), (broken, "unexpected error")):
        (line,) = lines(event)
        assert line["correlation_id"] == answer.json["correlation_id"]
    assert broken.status_code == 500


def test_a_failing_service_is_left_alone_for_a_while(
    gateway: Callable[..., FlaskClient], raw: Callable[..., Any]
) -> None:
    failing = raw(b"nonsense\r\n\r\n")
    client = gateway(UPSTREAM_DIRECTORY=failing.url)

    statuses = [client.get("/api/v1/offices").status_code for _ in range(8)]

    assert statuses == [502] * 5 + [503] * 3
    assert failing.connections == 5
    assert client.get("/api/v1/rounds").status_code == 200


def test_a_service_that_is_back_is_asked_again(directory: Any) -> None:
    breaker = proxy.Breaker()
    for _ in range(proxy.TRUSTED_FAILURES):
        breaker.failed()
    breaker._resting_until = time.monotonic() - 1

    breaker.enter()
    with pytest.raises(proxy.Unavailable):
        breaker.enter()
    breaker.succeeded()
    breaker.enter()


def test_a_busy_service_is_503_and_leaves_room_for_others(
    gateway: Callable[..., FlaskClient], directory: Any
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slow(received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        arrived.set()
        go_on.wait(10)
        return directory.echo(received)

    directory.answer = slow
    client = gateway(UPSTREAM_CONCURRENCY="1")
    application = client.application
    first = threading.Thread(target=lambda: application.test_client().get("/api/v1/offices"))
    first.start()
    arrived.wait(5)
    try:
        problem(client.get("/api/v1/offices"), 503, "unavailable")
        assert client.get("/api/v1/rounds").status_code == 200
    finally:
        go_on.set()
        first.join()


def test_connections_are_kept(client: FlaskClient, directory: Any) -> None:
    for _ in range(5):
        client.get("/api/v1/offices")

    assert len({each["connection"] for each in directory.requests}) == 1


def test_a_connection_closed_meanwhile_is_replaced(client: FlaskClient, directory: Any) -> None:
    directory.answer = lambda received: (
        200,
        {"Content-Type": "application/json", "Connection": "close"},
        b"{}",
    )

    statuses = [client.post("/api/v1/sessions", json={}).status_code for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert len({each["connection"] for each in directory.requests}) == 3


@pytest.mark.parametrize(
    ("method", "size", "status"), [("PUT", 100, 200), ("PUT", 70_000, 502), ("POST", 100, 502)]
)
def test_what_a_dying_connection_took_with_it_is_sent_again_where_that_does_no_harm(
    client: FlaskClient, directory: Any, method: str, size: int, status: int
) -> None:
    """Whoever is replaced closes a kept connection on which the next request is on its way."""
    seen: set[int] = set()

    def die_at_the_second(received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if received["connection"] in seen:
            raise ConnectionAbortedError
        seen.add(received["connection"])
        return directory.echo(received)

    directory.answer = die_at_the_second
    client.get("/api/v1/offices")
    body = {"text": "x" * size}
    path = "/api/v1/sessions" if method == "POST" else f"/api/v1/associations/{uuid4()}"

    answer = client.open(path, method=method, json=body)

    assert answer.status_code == status
    if status == 200:
        assert json.loads(answer.json["body"]) == body


def test_a_caller_over_the_limit_waits(gateway: Callable[..., FlaskClient], directory: Any) -> None:
    client = gateway(RATE_LIMIT="3 per minute")
    peer = {"REMOTE_ADDR": "203.0.113.9"}

    answers = [client.get("/api/v1/offices", environ_overrides=peer) for _ in range(4)]
    other = client.get("/api/v1/offices", environ_overrides={"REMOTE_ADDR": "203.0.113.10"})

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    problem(answers[-1], 429, "too-many-requests")
    assert int(answers[-1].headers["Retry-After"]) == 60
    assert other.status_code == 200
    assert client.get("/health/live", environ_overrides=peer).status_code == 200


def test_health_tells_who_is_away(client: FlaskClient) -> None:
    assert client.get("/health/live").json == {"status": "live", "service": "gateway"}
    ready = client.get("/health/ready")

    assert ready.status_code == 200
    assert ready.json["status"] == "degraded"
    assert ready.json["checks"]["meetings"] == "away"


def test_no_other_origin_is_let_in(client: FlaskClient) -> None:
    answer = client.options(
        "/api/v1/associations",
        headers={"Origin": "https://evil.example.org", "Access-Control-Request-Method": "PUT"},
    )

    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/docs/style.css", "/api/v1/openapi.json"])
def test_the_document_and_its_page_can_be_read(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.status_code == 200
    assert again.status_code == 304
    assert "script-src" not in first.headers["Content-Security-Policy"]
    assert "default-src 'none'" in first.headers["Content-Security-Policy"]
    if path.endswith("docs"):
        assert "<script" not in first.text
        assert "style=" not in first.text


def test_every_route_has_one_service() -> None:
    prefixes = [route.prefix for route in routes.ROUTES]

    assert len(prefixes) == len(set(prefixes))
    assert {route.service for route in routes.ROUTES} == set(routes.SERVICES)
    for route in routes.ROUTES:
        assert routes.find(route.prefix) is route
        if route.prefix != routes.KEYS:
            assert routes.find(f"{route.prefix}/7/parts") is route


@pytest.mark.parametrize(
    "environ",
    [
        {"UPSTREAM_GRANTS": "ftp://grants"},
        {"UPSTREAM_GRANTS": "grants:8000"},
        {"TRUSTED_PROXIES": "everybody"},
    ],
)
def test_settings_that_make_no_sense_stop_the_start(
    gateway: Callable[..., FlaskClient], environ: dict[str, str]
) -> None:
    with pytest.raises(Misconfigured):
        gateway(**environ)
