"""The composed stack under a project name of its own, and what tests do with it from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path

import urllib3

from embedded.actors import Town
from tests.deploy import engine
from tests.support.eventually import eventually
from tests.support.processes import free_ports

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("directory", "grants", "meetings", "notifier")
COMPONENTS = (*SERVICES, "gateway", "portal")
ROLES = ("serve", "consume", "relay", "schedule")
PROJECT = "samspil-test"
TAG = "test"


class MailedTown(Town):
    """The town behind the stack's gateway, whose mails the catcher shows."""

    portal_url = ""
    mailpit_url = ""

    def mails(self, to=""):
        """Return the mails to somebody with their words; links lead to the gateway."""
        search = f"/api/v1/search?{urllib.parse.urlencode({'query': f'to:{to}', 'limit': 200})}"
        listed = self._mailpit(search if to else "/api/v1/messages?limit=200")["messages"]
        return [
            {
                "id": each["ID"],
                "received_at": each["Created"],
                "subject": each["Subject"],
                "text": self._mailpit(f"/api/v1/message/{each['ID']}")["Text"].replace(
                    self.portal_url, self.url
                ),
            }
            for each in listed
        ]

    def envelopes(self):
        """Return each mail's id, its one recipient and its subject, without its words."""
        listed = self._mailpit("/api/v1/messages?limit=100000")["messages"]
        return [(each["MessageID"], each["To"][0]["Address"], each["Subject"]) for each in listed]

    def _mailpit(self, path):
        return self.http.request("GET", self.mailpit_url + path).json()


class Stack:
    """The stack, brought up as an operator would: by ``tools/stack.py``, which ``make`` calls."""

    def __init__(self, folder):
        portal, gateway, mailpit = free_ports(3)
        self.portal_url = f"http://127.0.0.1:{portal}"
        self.ports = {"portal": portal, "gateway": gateway, "mailpit": mailpit}
        self.environment = {
            **engine.environment(),
            "COMPOSE_PROJECT_NAME": PROJECT,
            "SECRETS": str(folder / "secrets"),
            "SAMSPIL_TAG": TAG,
            "PUBLIC_URL": self.portal_url,
            "PORTAL_PORT": str(portal),
            "GATEWAY_PORT": str(gateway),
            "MAILPIT_PORT": str(mailpit),
            "INSIDE_SUBNET": "172.31.251.0/24",
            "WORKERS": "1",
            # Everybody signs in from this one machine.
            "CLIENT_LIMIT_FACTOR": "100000",
            "RATE_LIMIT": "none",
            "MAILS_PER_HOUR": "1000",
        }
        self.town = MailedTown(f"http://127.0.0.1:{gateway}", patience=120)
        self.town.portal_url = self.portal_url
        self.town.mailpit_url = f"http://127.0.0.1:{mailpit}"

    def build(self):
        """Build the six images."""
        self._tool("images")

    def up(self, *scale):
        """Bring the stack up, and wait until a page and an answer of each service come."""
        said = self._tool("up", *(part for each in scale for part in ("--scale", each)))
        eventually(self._answers, within=120, every=0.5)
        return said

    def remove(self):
        """Take everything away, also what it kept."""
        self.compose("--profile", "mailpit", "down", "--volumes", "--remove-orphans", check=False)

    def compose(self, *arguments, check=True):
        """Run Compose on the stack; return what it said."""
        plugin = self._run("docker", "compose", "version")
        program = ["docker-compose"] if plugin.returncode else ["docker", "compose"]
        done = self._run(*program, "--file", "compose.yaml", *arguments)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def docker(self, *arguments):
        """Run docker; return what it said."""
        done = self._run("docker", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def containers(self, service=""):
        """Return the names of the running containers, of one service or of all."""
        labels = [f"com.docker.compose.project={PROJECT}"]
        labels += [f"com.docker.compose.service={service}"] if service else []
        chosen = [part for label in labels for part in ("--filter", f"label={label}")]
        return sorted(self.docker("ps", "--format", "{{.Names}}", *chosen).split())

    def python(self, service, script):
        """Run a script in a service's container, as its own account; return the JSON it prints."""
        (name, *_) = self.containers(service)
        return json.loads(self.docker("exec", name, "python", "-c", script).splitlines()[-1])

    def kill(self, name):
        """Kill a container's first process from outside, as the kernel might."""
        pid = int(self.docker("inspect", "--format", "{{.State.Pid}}", name))
        os.kill(pid, signal.SIGKILL)

    def restarts(self, name):
        """Return how often the engine has started a container again."""
        return int(self.docker("inspect", "--format", "{{.RestartCount}}", name))

    def health(self, name):
        """Return what the engine says of a container's health."""
        return self.docker("inspect", "--format", "{{.State.Health.Status}}", name)

    def _answers(self):
        assert urllib3.request("GET", f"{self.portal_url}/foreninger", retries=False).status == 200
        ready = urllib3.request("GET", f"{self.town.url}/health/ready", retries=False).json()
        assert set(ready["checks"].values()) == {"ok"}, ready

    def _tool(self, *arguments):
        done = self._run(sys.executable, str(ROOT / "tools/stack.py"), *arguments)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def _run(self, *command):
        return subprocess.run(
            command,
            cwd=ROOT / "deploy",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
