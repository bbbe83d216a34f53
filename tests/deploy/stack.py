"""A composed stack under a project name of its own, and what tests do with it from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.deploy import engine
from tests.deploy.town import MailedTown
from tests.support.eventually import eventually
from tests.support.processes import Watchdog, free_ports

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("directory", "grants", "meetings", "notifier")
COMPONENTS = (*SERVICES, "gateway", "portal")
ROLES = ("serve", "consume", "relay", "schedule")
TAG = "test"
# A page that is made of what a service holds.
PAGE = "/find"
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


class Stack:
    """The stack, brought up as an operator would: by ``tools.stack``, which ``make`` calls.

    ``root`` is the tree it is brought up from, ``compose`` the environment in which Docker and
    Compose are called; settings are those of ``deploy/.env``.
    """

    def __init__(
        self, folder, *, project="samspil-test", place=251, root=ROOT, compose=None, **settings
    ):
        portal, gateway, mailpit = free_ports(3)
        self.project = project
        self.root = root
        self.secrets = folder / "secrets"
        self.portal_url = f"http://127.0.0.1:{portal}"
        self.ports = {"portal": portal, "gateway": gateway, "mailpit": mailpit}
        settings = {
            "COMPOSE_PROJECT_NAME": project,
            "SECRETS": str(self.secrets),
            "SAMSPIL_TAG": TAG,
            "PUBLIC_URL": self.portal_url,
            "PORTAL_PORT": str(portal),
            "GATEWAY_PORT": str(gateway),
            "MAILPIT_PORT": str(mailpit),
            "MAILPIT_MESSAGES": "100000",
            "INSIDE_SUBNET": f"10.231.{place}.0/24",
            "WORKERS": "1",
            # Everybody signs in from this one machine.
            "CLIENT_LIMIT_FACTOR": "1000",
            "RATE_LIMIT": "none",
            "MAILS_PER_HOUR": "100000",
            **settings,
        }
        self._settings = settings.keys()
        self.environment = {**(compose or engine.environment()), **settings}
        self.town = MailedTown(f"http://127.0.0.1:{gateway}", patience=120)
        self.town.portal_url = self.environment["PUBLIC_URL"]
        self.town.mailpit_url = f"http://127.0.0.1:{mailpit}"
        self.started_in = 0.0

    def __enter__(self):
        """Take away what an earlier run left; should this process be killed, do it again then."""
        chosen = f"--filter label=com.docker.compose.project={self.project}"
        self._watchdog = Watchdog(
            f"docker ps -aq {chosen} | xargs -r docker rm -f -v\n"
            f"docker volume ls -q {chosen} | xargs -r docker volume rm\n"
            f"docker network ls -q {chosen} | xargs -r docker network rm\n"
        )
        self.remove()
        return self

    def __exit__(self, *_):
        self.remove()
        self._watchdog.dismiss()

    def build(self):
        """Build the six images, by the usual Compose: another would build all anew."""
        usual = engine.environment()
        ours = {name: self.environment[name] for name in self._settings}
        kept, self.environment = self.environment, {**usual, **ours}
        try:
            self.tool("images")
        finally:
            self.environment = kept

    def up(self, *scale, **settings):
        """Bring the stack up, and wait until a page and an answer of each service come."""
        started = time.monotonic()
        self.environment.update(settings)
        said = self.tool("up", *(part for each in scale for part in ("--scale", each)))
        eventually(self._answers, within=120, every=0.5)
        self.started_in = time.monotonic() - started
        return said

    def try_up(self, **settings):
        """Bring the stack up with settings that do not do; return how that ended."""
        usual, self.environment = self.environment, {**self.environment, **settings}
        try:
            return self._make("up")
        finally:
            self.environment = usual

    def back_up(self, place, notes):
        """Dump the databases, as ``make backup`` does."""
        command = ("-m", "tools.stack_backup", "--to", str(place), "--metrics", str(notes))
        done = self.run(sys.executable, *command, folder=self.root)
        assert done.returncode == 0, done.stdout + done.stderr

    def remove(self):
        """Take everything away, also what it kept."""
        profiles = ("--profile", "mailpit", "--profile", "edge")
        self.compose(*profiles, "down", "--volumes", "--remove-orphans", check=False)

    def tool(self, *arguments):
        """Run a command of the stack's; return what it said."""
        done = self._make(*arguments)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def _make(self, *arguments):
        return self.run(sys.executable, "-m", "tools.stack", *arguments, folder=self.root)

    def compose(self, *arguments, check=True):
        """Run Compose on the stack; return what it said."""
        done = self.run(*self._program(), "--file", "compose.yaml", *arguments)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def compose_version(self):
        """Return which Compose the stack is brought up by."""
        return self.run(*self._program(), "version").stdout.splitlines()[0]

    def _program(self):
        plugin = self.run("docker", "compose", "version")
        return ["docker-compose"] if plugin.returncode else ["docker", "compose"]

    def docker(self, *arguments):
        """Run docker; return what it said."""
        done = self.run("docker", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def run(self, *command, folder=None):
        """Run a command where the stack's settings and Docker are found."""
        return subprocess.run(
            command,
            cwd=folder or self.root / "deploy",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def containers(self, service=""):
        """Return the names of the running containers, of one service or of all."""
        labels = [f"com.docker.compose.project={self.project}"]
        labels += [f"com.docker.compose.service={service}"] if service else []
        chosen = [part for label in labels for part in ("--filter", f"label={label}")]
        return sorted(self.docker("ps", "--format", "{{.Names}}", *chosen).split())

    def inspect(self, name, what):
        """Return a part of what the engine knows of a container."""
        return json.loads(self.docker("inspect", "--format", f"{{{{json {what}}}}}", name))

    def python(self, service, script):
        """Run a script in a service's container, as its own account; return the JSON it prints."""
        (name, *_) = self.containers(service)
        return json.loads(self.docker("exec", name, "python", "-c", script).splitlines()[-1])

    def rows(self, database, query):
        """Ask a database, as its superuser; return the rows as lists of words."""
        (name,) = self.containers("postgres")
        psql = ("psql", "-U", "postgres", "-d", database, "-AtF", "\t", "-c", query)
        return [line.split("\t") for line in self.docker("exec", name, *psql).splitlines()]

    def number(self, database, query):
        """Ask a database for one number."""
        ((found,),) = self.rows(database, query)
        return int(found)

    def kill(self, name):
        """Kill a container's first process from outside, as the kernel might."""
        os.kill(self.inspect(name, ".State.Pid"), signal.SIGKILL)

    def restarts(self, name):
        """Return how often the engine has started a container again."""
        return self.inspect(name, ".RestartCount")

    def memory(self):
        """Return what each container takes now, in MiB, and what the engine counts besides."""
        said = self.docker(
            "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *self.containers()
        )
        found = {}
        for line in said.splitlines():
            name, used = re.match(r"(\S+) (\S+)", line).groups()
            amount, unit = re.match(r"([\d.]+)(\w+)", used).groups()
            found[self.service(name)] = float(amount) * UNITS[unit] / UNITS["MiB"]
        return found

    def megabytes(self, component):
        """Return the size of a component's image."""
        name = f"samspil/{component}:{self.environment['SAMSPIL_TAG']}"
        return int(self.docker("image", "inspect", "--format", "{{.Size}}", name)) / 1e6

    def service(self, name):
        """Return the service that a container belongs to."""
        return self.docker(
            "inspect", "--format", '{{index .Config.Labels "com.docker.compose.service"}}', name
        )

    def _answers(self):
        pages = (f"{self.portal_url}{PAGE}", f"{self.town.url}/api/v1/rounds")
        for url in (*pages, f"{self.town.url}/api/v1/meetings"):
            answer = self.town.http.request("GET", url)
            assert answer.status == 200, (url, answer.status)
