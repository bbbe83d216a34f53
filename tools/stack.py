"""The one-host stack from a terminal: what `make up`, `upgrade`, `down`, `logs` and `images` do.

    python tools/stack.py up [--scale notifier-consume=4]...    start or bring up to date
    python tools/stack.py upgrade [--back]                      to other images, while it works
    python tools/stack.py down                                  stop; the data stay
    python tools/stack.py logs [SERVICE]...                     follow what the processes say
    python tools/stack.py images                                build the six images

Works with Compose 2 (`docker compose`) and docker-compose 1.29. Settings come from deploy/.env and
from the environment, which wins; COMPOSE_PROJECT_NAME names another stack beside this one. Standard
library only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from ipaddress import ip_address
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
SERVICES = ("directory", "grants", "meetings", "notifier")
DOORS = ("gateway", "portal")
COMPONENTS = (*SERVICES, *DOORS)
READY_SECONDS = 300
# Whoever ended so often since we began to wait will not get up by itself.
ENDINGS = 3
LINES = 15
HEALTH = "/opt/health.py"
# A process has 30 seconds to finish what it holds, and then some to be noticed.
STOP_SECONDS = 35
DEFAULTS = {
    "COMPOSE_PROJECT_NAME": "samspil",
    "PUBLIC_URL": "http://127.0.0.1:8080",
    "PORTAL_PORT": "8080",
    "GATEWAY_PORT": "8081",
    "MAILPIT_PORT": "8025",
    "SAMSPIL_IMAGES": "samspil",
    "SAMSPIL_TAG": "latest",
    "SECRETS": "./secrets",
}


class Missing(Exception):
    """Something that is needed is not here; the text says what and how to get it."""


def main() -> None:
    """Do what the command line asks; end with one line where it cannot be done."""
    parser = argparse.ArgumentParser(description="The one-host stack of Samspil")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("--scale", action="append", default=[], metavar="SERVICE=COUNT")
    upgrade = commands.add_parser("upgrade")
    upgrade.add_argument("--back", action="store_true", help="to an earlier version")
    commands.add_parser("down")
    commands.add_parser("images")
    commands.add_parser("logs").add_argument("services", nargs="*")
    asked = parser.parse_args()
    try:
        stack = Stack(settings())
        if asked.command == "up":
            stack.up(asked.scale)
        elif asked.command == "upgrade":
            stack.upgrade(is_back=asked.back)
        elif asked.command == "down":
            stack.compose("down", "--remove-orphans")
        elif asked.command == "images":
            stack.build(COMPONENTS)
        else:
            stack.compose("logs", "--follow", "--tail=100", *asked.services)
    except Missing as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def settings() -> dict[str, str]:
    """Return the settings: the environment's before those of deploy/.env before our own."""
    written = {}
    path = DEPLOY / ".env"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, is_set, value = line.partition("=")
            if is_set and not name.lstrip().startswith("#"):
                written[name.strip()] = value.strip().strip("\"'")
    found = {**DEFAULTS, **written, **os.environ}
    if found["PUBLIC_URL"].startswith("https://"):
        found.setdefault("COOKIE_SECURE", "true")
    return found


class Stack:
    """A stack of containers on this machine, as its settings have it."""

    def __init__(self, found: dict[str, str]) -> None:
        self._settings = found
        self._secrets = (DEPLOY / found["SECRETS"]).resolve()
        self._docker = docker()
        self._compose = compose_command(self._docker)
        smtp = self._secrets / "smtp_url"
        is_trying_out = not smtp.exists() or "mailpit" in smtp.read_text(encoding="utf-8")
        wanted = [each for each in found.get("COMPOSE_PROFILES", "").split(",") if each]
        if is_trying_out and "mailpit" not in wanted:
            wanted.append("mailpit")
        self._profiles = wanted
        self._settings["COMPOSE_PROFILES"] = ",".join(wanted)

    def up(self, scale: list[str]) -> None:
        """Start everything, or bring it up to date, and wait until all of it is healthy."""
        self._prepare()
        scaled = [part for each in scale for part in ("--scale", each)]
        self._finish(scaled)
        print(f"Samspil is running: {self._settings['PUBLIC_URL']}")
        if "mailpit" in self._profiles:
            print(f"Mails are caught at http://127.0.0.1:{self._settings['MAILPIT_PORT']}")

    def upgrade(self, *, is_back: bool) -> None:
        """Bring a running stack to the images that the settings name, one role at a time.

        Whoever hears a new event is there before whoever says it: tables and queues first, then
        those that consume, then those that serve. On the way back to an earlier version it is the
        other way round, and the tables stay as they are: they have only gained.
        """
        if not self._containers("postgres"):
            raise Missing("nothing runs that could be upgraded: `make up` starts it")
        self._prepare()
        steps = [
            *((self._migrate, name) for name in SERVICES),
            *((self._replace, role) for role in ("consume", "relay", "schedule")),
            *((self._relieve, f"{name}-serve") for name in SERVICES),
            *((self._relieve, door) for door in DOORS),
        ]
        if is_back:
            steps = steps[: len(SERVICES) - 1 : -1]
        for step, name in steps:
            print(f"{name} ...", flush=True)
            step(name)
        kept = {name: len(self._containers(name)) for name in self._scalable()}
        self._finish(
            [part for name, count in kept.items() for part in ("--scale", f"{name}={count}")]
        )
        print(f"Samspil is running with {self._settings['SAMSPIL_TAG']}")

    def _prepare(self) -> None:
        """See to what everything else needs: secrets, images, the database and the broker."""
        self._check_engine()
        if "edge" in self._profiles and not (self._secrets / "tls_certificate").exists():
            raise Missing(
                f"the edge needs {self._secrets}/tls_certificate (with its chain) and tls_key"
            )
        # One that starts reads its definitions itself, and must not be spoken to before it has.
        is_running = bool(self._containers("rabbitmq"))
        is_new = self._make_secrets()
        self.build([each for each in COMPONENTS if not self._has_image(each)])
        # The broker first: what a new version publishes and hears must be there before it starts.
        self.compose("up", "--detach", "--no-build", "postgres", "rabbitmq")
        if is_new and is_running:
            self._load_definitions()

    def _finish(self, scaled: list[str]) -> None:
        """Start what is not there, take away what is too many, and wait until all are healthy."""
        restarts = self._restarts()
        try:
            self.compose("up", "--detach", "--no-build", "--remove-orphans", *scaled)
        except SystemExit:
            self._tell_who_ends(restarts)
            raise
        self._await_well(restarts)
        self._wait_for_portal()

    def _migrate(self, service: str) -> None:
        """Bring a service's tables and queues to the new version; the old one works on them."""
        self.compose("run", "--rm", "--no-deps", f"{service}-migrate")

    def _replace(self, role: str) -> None:
        """Replace one role of every service: what one has in hand is finished by the other."""
        restarts = self._restarts()
        names = [f"{service}-{role}" for service in SERVICES]
        scaled = [part for name in names for part in ("--scale", f"{name}={self._count(name)}")]
        self.compose("up", "--detach", "--no-build", "--no-deps", *scaled, *names)
        self._await_well(restarts, *names)

    def _relieve(self, name: str) -> None:
        """Put new containers beside the old ones of a web application, then stop the old ones.

        Where it has a single port on this host, it can only be replaced, and is away meanwhile.
        """
        restarts = self._restarts()
        port = self._settings.get(f"{name.upper()}_PORT", "-")
        if name in DOORS and "-" not in port:
            self.compose("up", "--detach", "--no-build", "--no-deps", name)
            self._await_well(restarts, name)
            return
        image = self._image_id(name.removesuffix("-serve"))
        old = [each["Id"] for each in self._inspected(name) if each["Image"] != image]
        if not old:
            return
        # Some successors may be there already, from an upgrade that was broken off.
        count = max(2 * len(old), self._count(name))
        several = ("up", "--detach", "--no-build", "--no-deps", "--no-recreate", "--scale")
        self.compose(*several, f"{name}={count}", name)
        self._await_well(restarts, name)
        for container in old:
            self._said("stop", "--time", str(STOP_SECONDS), container)
            self._said("rm", container)

    def _await_well(self, restarts: dict[str, int], *names: str) -> None:
        """Wait until every container that should run says that it is well: of these, or of all."""
        end = time.monotonic() + READY_SECONDS
        well: set[str] = set()
        while True:
            waiting: set[str] = set()
            for each in self._inspected(*names):
                if each["Id"] not in well and should_run(each):
                    (well if self._is_well(each) else waiting).add(each["Id"])
            if not waiting:
                return
            self._tell_who_ends(restarts)
            if time.monotonic() > end:
                ill = {service_of(each) for each in self._inspected() if each["Id"] in waiting}
                raise Missing(f"not well: {', '.join(sorted(ill))}; `make logs` shows why")
            time.sleep(0.5)

    def _is_well(self, container: "dict[str, Any]") -> bool:
        state = container["State"]
        if state.get("Health", {}).get("Status", state["Status"]) in {"healthy", "running"}:
            return True
        question = (container["Config"].get("Healthcheck") or {}).get("Test", [])
        # The engine asks ours seldom. To the broker nobody must speak too early.
        if state["Status"] != "running" or HEALTH not in question:
            return False
        return self._asked("exec", container["Id"], *question[1:]).returncode == 0

    def _tell_who_ends(self, restarts: dict[str, int]) -> None:
        """Raise :class:`Missing`, with the last lines, where a container cannot stay up."""
        for each in self._inspected():
            name, state = service_of(each), each["State"]
            again = each["RestartCount"] - restarts.get(each["Id"], 0) >= ENDINGS
            failed = state["Status"] == "exited" and state["ExitCode"] and name.endswith("-migrate")
            if again or failed:
                done = self._asked("logs", "--tail", str(LINES), each["Id"])
                lines = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LINES:])
                how = "ends again and again" if again else f"ended with {state['ExitCode']}"
                raise Missing(f"{name} {how}. Its last lines:\n{lines}")

    def _restarts(self) -> dict[str, int]:
        return {each["Id"]: each["RestartCount"] for each in self._inspected()}

    def _scalable(self) -> list[str]:
        """Return the services of ours that run, and may do so several times."""
        names = {service_of(each) for each in self._inspected()}
        roles = {
            f"{service}-{role}"
            for service in SERVICES
            for role in ("serve", "consume", "relay", "schedule")
        }
        return sorted(names & {*roles, *DOORS})

    def _count(self, name: str) -> int:
        return max(len(self._containers(name)), 1)

    def _image_id(self, component: str) -> str:
        return self._said("image", "inspect", "--format", "{{.Id}}", self._image(component))

    def build(self, components: "tuple[str, ...] | list[str]") -> None:
        """Build the images of components."""
        self._check_engine()
        if not components:
            return
        assets = ROOT / "portal/static/vendor/dkfds/css/dkfds.min.css"
        if "portal" in components and not assets.exists():
            raise Missing("the portal's style sheets are missing: run `make images`")
        print(f"building {', '.join(components)}", flush=True)
        names = [
            each if each in {"gateway", "portal"} else f"{each}-migrate" for each in components
        ]
        self.compose("build", *names)

    def compose(self, *arguments: str) -> None:
        """Run Compose on the stack; end with its code where it fails."""
        command = [*self._compose, "--file", "compose.yaml", *arguments]
        done = subprocess.run(command, cwd=DEPLOY, env=self._environment(), check=False)
        if done.returncode:
            sys.exit(done.returncode)

    def _environment(self) -> dict[str, str]:
        # docker-compose 1.29 builds by BuildKit only when told to.
        builder = {"DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1"}
        return {**builder, **self._settings}

    def _check_engine(self) -> None:
        done = subprocess.run([self._docker, "info"], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            raise Missing(f"the container engine does not answer (docker info): {reason}")

    def _image(self, component: str) -> str:
        return f"{self._settings['SAMSPIL_IMAGES']}/{component}:{self._settings['SAMSPIL_TAG']}"

    def _has_image(self, component: str) -> bool:
        return self._asked("image", "inspect", self._image(component)).returncode == 0

    def _containers(self, service: str = "", *, stopped: bool = False) -> list[str]:
        """Return the ids of the containers of one service, or of the whole stack."""
        labels = [f"project={self._settings['COMPOSE_PROJECT_NAME']}", "oneoff=False"]
        labels += [f"service={service}"] if service else []
        chosen = [
            part for each in labels for part in ("--filter", f"label=com.docker.compose.{each}")
        ]
        every = ["--all"] if stopped else []
        return self._said("ps", "--quiet", "--no-trunc", *every, *chosen).split()

    def _inspected(self, *services: str) -> "list[dict[str, Any]]":
        """Return what the engine knows of the containers of some services, or of all."""
        found = [
            container
            for service in services or ("",)
            for container in self._containers(service, stopped=True)
        ]
        # One may go in between: what is left is told all the same.
        return json.loads(self._asked("inspect", *found).stdout or "[]") if found else []

    def _said(self, *arguments: str) -> str:
        """Return what docker says. Raises :class:`Missing` where it fails."""
        done = self._asked(*arguments)
        if done.returncode:
            raise Missing(f"docker {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _asked(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [self._docker, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _make_secrets(self) -> bool:
        command = [sys.executable, str(ROOT / "tools/deployment_secrets.py"), str(self._secrets)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Missing(f"the secrets in {self._secrets} could not be made")
        return bool(done.stdout.strip())

    def _load_definitions(self) -> None:
        """Tell a broker that runs already of what is new."""
        command = [*self._compose, "--file", "compose.yaml", "exec", "-T", "rabbitmq"]
        told = ["rabbitmqctl", "import_definitions", "/run/secrets/rabbitmq_definitions"]
        end = time.monotonic() + READY_SECONDS
        while True:
            done = subprocess.run(
                [*command, *told],
                cwd=DEPLOY,
                env=self._environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                return
            if time.monotonic() > end:
                raise Missing(f"the broker does not take its definitions: {done.stderr.strip()}")
            time.sleep(2)

    def _wait_for_portal(self) -> None:
        (portal, *_) = self._containers("portal")
        # One of a range of ports, where there is one. Whatever address it listens on besides, this
        # machine reaches it by its own.
        door = self._said("port", portal, "8000/tcp").splitlines()[0]
        address, _, port = door.rpartition(":")
        if ip_address(address.strip("[]")).is_unspecified:
            address = "127.0.0.1"
        url = f"http://{address}:{port}"
        end = time.monotonic() + READY_SECONDS
        while not answers(f"{url}/health/ready"):
            if time.monotonic() > end:
                raise Missing("the portal is not ready; `make logs` shows why")
            time.sleep(1)


def should_run(container: "dict[str, Any]") -> bool:
    """Whether a container is one that is started again when it ends."""
    return bool(container["HostConfig"]["RestartPolicy"]["Name"] not in {"", "no"})


def service_of(container: "dict[str, Any]") -> str:
    """Return the name of the service, as in the compose file, that a container is of."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def answers(url: str) -> bool:
    """Whether an address answers that all is well."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def docker() -> str:
    """Return the program that talks to the container engine."""
    if found := shutil.which("docker"):
        return found
    raise Missing("there is no docker on PATH: install Docker Engine and its Compose plugin")


def compose_command(program: str) -> list[str]:
    """Return how to call Compose here."""
    plugin = [program, "compose"]
    done = subprocess.run([*plugin, "version"], capture_output=True, check=False)
    if done.returncode == 0:
        return plugin
    if found := shutil.which("docker-compose"):
        return [found]
    raise Missing("there is no Compose here: install docker-compose-plugin or docker-compose")


if __name__ == "__main__":
    main()
