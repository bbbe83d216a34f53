"""A gateway in front of stand-ins for the services: well-behaved, and as bad as they come."""

from __future__ import annotations

import http.server
import io
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from chassis import config, telemetry
from gateway.app import GatewaySettings, create_app


class Service:
    """Answers every request with what it received; ``answer`` changes that."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]] = self.echo
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                received = {
                    "method": self.command,
                    "target": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": self.rfile.read(length).decode("latin-1"),
                    "connection": self.client_address[1],
                }
                service.requests.append(received)
                status, headers, body = service.answer(received)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.do
                raise AttributeError(name)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]

    def echo(self, received: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(received).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class RawServer:
    """Says given bytes to whoever connects, and then closes, or says nothing more."""

    def __init__(self, say: bytes, *, close: bool = True) -> None:
        self.say, self.close_after = say, close
        self.connections = 0
        self._held: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(2)
            try:
                connection.recv(65536)
                connection.sendall(self.say)
            except OSError:
                pass
            if self.close_after:
                connection.close()
            else:
                self._held.append(connection)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)
        for each in self._held:
            each.close()


@pytest.fixture
def directory() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.fixture
def grants() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.fixture
def raw() -> Iterator[Callable[..., RawServer]]:
    made: list[RawServer] = []

    def make(say: bytes, *, close: bool = True) -> RawServer:
        made.append(RawServer(say, close=close))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def gateway(directory: Service, grants: Service, token_issuer: Any) -> Callable[..., FlaskClient]:
    """Make a gateway; further settings win."""

    def make(**environ: str) -> FlaskClient:
        app = create_app(
            config.load(
                GatewaySettings,
                {
                    "UPSTREAM_DIRECTORY": directory.url,
                    "UPSTREAM_GRANTS": grants.url,
                    "UPSTREAM_MEETINGS": "http://127.0.0.1:9",
                    "UPSTREAM_NOTIFIER": "http://127.0.0.1:9",
                    "JWKS_URL": token_issuer.jwks_url,
                    "CACHE_SECONDS": "0",
                    **environ,
                },
            )
        )
        return app.test_client(use_cookies=False)

    return make


@pytest.fixture
def client(gateway: Callable[..., FlaskClient]) -> FlaskClient:
    return gateway()


@pytest.fixture
def lines() -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Give the log lines of one event, as they are written."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    telemetry.configure_logging(stream=stream)
    yield lambda event: [
        line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == event
    ]
    root.handlers[:] = handlers
    root.setLevel(level)
