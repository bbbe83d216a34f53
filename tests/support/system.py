"""The real services as they run in production: a process per role, RabbitMQ and SMTP between them.

Each role, the gateway and the portal tell how they are at an operations port of their own.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import urllib3

from embedded.actors import Town
from tests.support.eventually import eventually
from tests.support.processes import free_ports

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("directory", "grants", "meetings", "notifier")
ROLES = ("serve", "consume", "relay", "schedule")
DOORS = ("gateway", "portal")
PROFILE = ROOT / "profiles" / "vesthimmerland.toml"


class MailedTown(Town):
    """A town whose mails are at a mail server, and whose portal has an address of its own."""

    smtp = None
    portal_url = ""

    def mails(self, to=""):
        return [
            {"id": number, "text": words(mail).replace(self.portal_url, self.url)}
            for number, mail in enumerate(self.smtp.mails)
            if not to or to in mail.recipients
        ]


def words(mail):
    return mail.message.get_body(("plain",)).get_content()


class System:
    """Every role of every service, the gateway and the portal."""

    def __init__(self, folder, postgres, broker_url, smtp):
        self._folder = folder
        self._processes = {}
        roles = [(name, role) for name in SERVICES for role in ROLES]
        roles += [(name, "serve") for name in DOORS]
        ports = free_ports(len(SERVICES) + len(DOORS) + len(roles))
        self._ports = dict(zip((*SERVICES, *DOORS), ports, strict=False))
        # Where each tells its metrics and its health.
        self.operations = dict(zip(roles, ports[-len(roles) :], strict=True))
        self.url, self.portal_url = (
            f"http://127.0.0.1:{self._ports[name]}" for name in ("gateway", "portal")
        )
        upstreams = {
            f"UPSTREAM_{name.upper()}": f"http://127.0.0.1:{self._ports[name]}" for name in SERVICES
        }
        suffix = uuid4().hex[:8]
        common = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AMQP_URL": broker_url,
            "PROFILE": str(PROFILE),
            "PUBLIC_URL": self.portal_url,
            "JWKS_URL": f"{upstreams['UPSTREAM_DIRECTORY']}/.well-known/jwks.json",
            "SMTP_URL": smtp.url,
            "CLIENT_LIMIT_FACTOR": "100",
        }
        self.databases = {name: postgres.ensure_database(f"{name}_{suffix}") for name in SERVICES}
        self._environments = {
            name: {**common, "DATABASE_URL": url} for name, url in self.databases.items()
        }
        self._environments["gateway"] = {**common, **upstreams}
        self._environments["portal"] = {
            **common,
            "GATEWAY_URL": self.url,
            "PORTAL_SECRET": uuid4().hex * 2,
            "COOKIE_SECURE": "false",
        }
        self.town = MailedTown(self.url, patience=60)
        self.town.smtp, self.town.portal_url = smtp, self.portal_url

    def start(self):
        """Migrate, start everything, and wait for an answer through the gateway."""
        migrations = [self._run(name, "migrate") for name in SERVICES]
        assert [process.wait(60) for process in migrations] == [0] * len(SERVICES)
        for name in SERVICES:
            for role in ROLES:
                self.start_role(name, role)
        for name in DOORS:
            self.start_role(name, "serve")
        eventually(lambda: urllib3.request("GET", self.portal_url, retries=False), within=90)
        self.town.pages("/api/v1/associations")

    def start_role(self, name, role):
        """Start one, or start it again."""
        choices = ()
        if role == "serve":
            choices = ("--port", str(self._ports[name]), "--workers", "1")
        port = str(self.operations[name, role])
        self._processes[name, role] = self._run(name, role, *choices, OPERATIONS_PORT=port)

    def run(self, name, *arguments):
        """Run one of a service's commands to its end; return what it said."""
        module = f"services.{name}"
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self._environments[name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def log(self, name, role):
        """Return what a role has said so far."""
        return (self._folder / f"{name}-{role}.log").read_text(encoding="utf-8")

    def kill(self, name, role):
        """Kill -9 one."""
        process = self._processes[name, role]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def end(self):
        """Ask all to end; return what the roles of the services ended with."""
        for process in self._processes.values():
            process.terminate()
        codes = {key: process.wait(40) for key, process in self._processes.items()}
        return {key: code for key, code in codes.items() if key[0] in SERVICES}

    def close(self):
        """End whatever is left."""
        for process in self._processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)

    def _run(self, name, *arguments, **variables):
        module = f"services.{name}" if name in SERVICES else name
        with (self._folder / f"{name}-{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env={**self._environments[name], **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
