"""One municipality in one process: every component, on PostgreSQL and the memory transport.

::

    :8080 ─┬─ /api, /.well-known ─► gateway ─► directory │ grants │ meetings │ notifier
           ├─ /mailbox             ─► mailbox ◄─ SMTP ◄─ notifier
           ├─ /demo/clock          ─► the demo clock, where there is one
           └─ everything else      ─► portal ─► gateway

The components are the ones that run in production, started as threads instead of processes. What is
durable is in PostgreSQL; the memory transport may lose everything at any moment, and nothing is
lost by it.
"""

import contextlib
import functools
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import waitress

import gateway.app
import portal.app
from chassis import clock, config, telemetry
from chassis.service import Service
from embedded.mailbox import Mailbox
from embedded.postgres import EmbeddedPostgres, PostgresUnavailable
from portal.settings import PortalSettings
from services.directory.app import service as directory
from services.grants.app import service as grants
from services.meetings.app import service as meetings
from services.notifier.app import service as notifier

log = telemetry.logger(__name__)

SERVICES: Final[tuple[Service, ...]] = (directory, grants, meetings, notifier)
HOST: Final = "127.0.0.1"

Step = tuple[str, Callable[[], None]]


class DemoClock:
    """The demo clock of an instance: where it stands survives a restart."""

    def __init__(self, path: Path, *, starts_at: datetime) -> None:
        self._path = path
        self._starts_at = starts_at

    def enable(self) -> None:
        """Switch the clock on: where it was left, or at its first moment."""
        if self._path.exists():
            ahead = timedelta(seconds=json.loads(self._path.read_text())["seconds_ahead"])
            clock.enable_demo_clock(datetime.now(UTC) + ahead)
        else:
            clock.enable_demo_clock(self._starts_at)
            self._remember()

    def move(self, to: datetime) -> datetime:
        """Move forward. Raises ``ValueError`` for a moment that has passed."""
        moved = clock.move_demo_clock(to)
        self._remember()
        return moved

    def _remember(self) -> None:
        ahead = (clock.now() - datetime.now(UTC)).total_seconds()
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"seconds_ahead": ahead}))
        fresh.replace(self._path)

    def wsgi(
        self, environ: Mapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer GET and PUT of ``{"now": "<ISO 8601>"}``."""
        status = "200 OK"
        if environ["REQUEST_METHOD"] == "PUT":
            try:
                body = json.loads(
                    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                )
                self.move(datetime.fromisoformat(body["now"]).astimezone(UTC))
            except (ValueError, KeyError, TypeError) as error:
                status = "422 Unprocessable Content"
                start_response(status, [("Content-Type", "application/problem+json")])
                return [
                    json.dumps(
                        {"title": "The clock was not moved", "status": 422, "detail": str(error)}
                    ).encode()
                ]
        start_response(
            status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        )
        return [json.dumps({"now": clock.now().isoformat()}).encode()]


@dataclass
class Instance:
    """A running Samspil in this process.

    ``folder`` holds all it keeps; ``demo_at`` puts a demo clock there.
    """

    folder: Path
    profile: Path
    port: int
    demo_at: datetime | None = None
    postgres_settings: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the parts; nothing runs before :meth:`steps` are taken."""
        self._stop = threading.Event()
        self._closing = contextlib.ExitStack()
        self._ports: dict[str, int] = {}
        self._environs: dict[str, dict[str, str]] = {}

    @property
    def url(self) -> str:
        """The one address of everything."""
        return f"http://{HOST}:{self.port}"

    def steps(self) -> Iterator[Step]:
        """What starting consists of, in order: a line for the reader, and the deed."""
        yield "Databasen starter", self._start_postgres
        for service in SERVICES:
            text = f"Tabellerne i {service.name} bringes op til dato"
            yield text, functools.partial(self._migrate, service)
        yield "Postkassen åbner", self._start_mailbox
        for service in SERVICES:
            yield (
                f"Tjenesten {service.name} starter",
                functools.partial(self._start_service, service),
            )
        yield "Porten og portalen starter", self._start_front

    def start(self) -> "Instance":
        """Take every step, silently (tests)."""
        for _, step in self.steps():
            step()
        return self

    def stop(self) -> None:
        """Stop everything, newest first."""
        self._stop.set()
        self._closing.close()

    def settings(self, service: Service) -> config.Settings:
        """The settings of a service in this instance."""
        return config.load(service.settings, self._environment(service.name))

    def _environment(self, name: str) -> dict[str, str]:
        issuer = self._ports.get("directory", self.port)
        return {
            "DATABASE_URL": self._postgres.url(name),
            "AMQP_URL": "memory://",
            "PROFILE": str(self.profile),
            "PUBLIC_URL": self.url,
            "JWKS_URL": f"http://{HOST}:{issuer}/.well-known/jwks.json",
            "SMTP_URL": f"smtp://{HOST}:{self._ports.get('mailbox', 25)}",
            # The mailbox drops a second copy by its Message-ID, so a mail of which the outcome is
            # unknown may go again.
            "UNCERTAIN_MAIL": "resend",
            # Everybody signs in from this one machine.
            "CLIENT_LIMIT_FACTOR": "100",
            "LOG_LEVEL": "INFO",
        }

    def _start_postgres(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._postgres = EmbeddedPostgres(
            self.folder / "postgres", settings=self.postgres_settings
        ).start()
        self._closing.callback(self._postgres.stop)
        keeper = threading.Thread(target=self._keep_postgres, name="postgres-keeper")
        keeper.start()
        self._closing.callback(keeper.join, 60)
        for name in (*(service.name for service in SERVICES), "mailbox"):
            self._postgres.ensure_database(name)
        if self.demo_at is not None:
            self.demo_clock = DemoClock(self.folder / "clock.json", starts_at=self.demo_at)
            self.demo_clock.enable()

    def _keep_postgres(self) -> None:
        """Start the database again when somebody killed it; requests fail with 503 meanwhile."""
        while not self._stop.wait(1):
            if self._postgres.pid is not None:
                continue
            log.error("the database died and is started again")
            try:
                self._postgres.start()
            except PostgresUnavailable:
                log.exception("the database does not start")

    def _migrate(self, service: Service) -> None:
        service.migrate(self.settings(service))

    def _start_mailbox(self) -> None:
        self._mailbox = Mailbox(self._postgres.url("mailbox"))
        self._ports["mailbox"] = self._mailbox.start(HOST, 0)
        self._closing.callback(self._mailbox.stop)

    def _start_service(self, service: Service) -> None:
        settings = self.settings(service)
        database = service.database(settings)
        self._closing.callback(database.close)
        self._ports[service.name] = self._serve(service.create_app(settings, database), threads=6)
        roles = service.roles(self.settings(service), database)
        threads = [
            threading.Thread(
                target=self._keep_running,
                args=(service.name, role, run),
                name=f"{service.name}-{role}",
            )
            for role, run in roles.items()
        ]
        for thread in threads:
            thread.start()
            # Waits for the role to finish what it has in hand; the stop event was set before.
            self._closing.callback(thread.join, 20)

    def _keep_running(
        self, service: str, role: str, run: Callable[[threading.Event], None]
    ) -> None:
        while not self._stop.is_set():
            try:
                run(self._stop)
            except Exception:
                log.exception("role failed, starts again", service=service, role=role)
            self._stop.wait(1)

    def _start_front(self) -> None:
        upstreams = {
            f"UPSTREAM_{name.upper()}": f"http://{HOST}:{port}"
            for name, port in self._ports.items()
        }
        environ = {**self._environment("gateway"), **upstreams}
        gate = gateway.app.create_app(config.load(gateway.app.GatewaySettings, environ))
        # The portal calls the gateway on a port of its own, so that the two never wait for each
        # other's threads.
        gate_port = self._serve(gate, threads=12)
        pages = portal.app.create_app(
            config.load(
                PortalSettings,
                {
                    "GATEWAY_URL": f"http://{HOST}:{gate_port}",
                    "PORTAL_SECRET": self._portal_secret(),
                    "PROFILE": str(self.profile),
                    "PUBLIC_URL": self.url,
                    "COOKIE_SECURE": "false",
                    "MAILBOX_URL": f"{self.url}/mailbox",
                },
            )
        )
        mailbox = self._mailbox.create_app()

        def front(
            environ: Mapping[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            path = str(environ.get("PATH_INFO", "/"))
            app: Any = pages
            if path.startswith(("/api/", "/.well-known/")) or path == "/api":
                app = gate
            elif path in {"/mailbox", "/mailbox.json"} or path.startswith("/mailbox/"):
                app = mailbox
            elif path == "/demo/clock" and self.demo_at is not None:
                app = self.demo_clock.wsgi
            answer: Iterable[bytes] = app(environ, start_response)
            return answer

        self._serve(front, threads=12, port=self.port)

    def _portal_secret(self) -> str:
        path = self.folder / "portal-secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()

    def _serve(self, app: Any, *, threads: int, port: int = 0) -> int:
        server = waitress.create_server(
            app,
            host=HOST,
            port=port,
            threads=threads,
            max_request_body_size=12 * 1024 * 1024,
            ident=None,
        )
        thread = threading.Thread(
            target=server.run, name=f"http-{server.effective_port}", daemon=True
        )
        thread.start()
        self._closing.callback(server.close)
        return int(server.effective_port)
