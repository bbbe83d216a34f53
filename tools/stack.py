"""The one-host stack from a terminal: what `make up`, `upgrade`, `down`, `logs` and `images` do.

    python -m tools.stack up [--scale notifier-consume=4]...    start or bring up to date
    python -m tools.stack upgrade [--back]                      to other images, while it works
    python -m tools.stack down                                  stop; the data stay
    python -m tools.stack logs [SERVICE]...                     follow what the processes say
    python -m tools.stack images                                build the six images

Works with Compose 2 (`docker compose`) and docker-compose 1.29. Settings come from deploy/.env and
from the environment, which wins; COMPOSE_PROJECT_NAME names another stack beside this one. Standard
library only.
"""

import argparse
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from ipaddress import ip_address
from pathlib import Path

from tools.containers import READY_SECONDS, Containers, Missing, compose_command, service_of

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
SERVICES = ("directory", "grants", "meetings", "notifier")
DOORS = ("gateway", "portal")
COMPONENTS = (*SERVICES, *DOORS)
# What is laid over compose.yaml where the profile `watch` is on (ADR 45).
WATCHERS = ("--file", "compose.observability.yaml")
# A process has 30 seconds to finish what it holds, and then some to be noticed.
STOP_SECONDS = 35
DEFAULTS = {
    "COMPOSE_PROJECT_NAME": "samspil",
    "PUBLIC_URL": "http://127.0.0.1:8080",
    "PORTAL_PORT": "8080",
    "GATEWAY_PORT": "8081",
    "MAILPIT_PORT": "8025",
    "GRAFANA_PORT": "3000",
    "SAMSPIL_IMAGES": "samspil",
    "SAMSPIL_TAG": "latest",
    "SECRETS": "./secrets",
}


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
            stack.down()
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
        self._engine = Containers(found["COMPOSE_PROJECT_NAME"])
        self._compose = compose_command(self._engine.program)
        smtp = self._secrets / "smtp_url"
        is_trying_out = not smtp.exists() or "mailpit" in smtp.read_text(encoding="utf-8")
        wanted = [each for each in found.get("COMPOSE_PROFILES", "").split(",") if each]
        if is_trying_out and "mailpit" not in wanted:
            wanted.append("mailpit")
        self._profiles = wanted
        self._settings["COMPOSE_PROFILES"] = ",".join(wanted)
        self._files = ["--file", "compose.yaml"]
        if "watch" in wanted:
            self._files += WATCHERS

    def up(self, scale: list[str]) -> None:
        """Start everything, or bring it up to date, and wait until all of it is healthy."""
        self._prepare()
        scaled = [part for each in scale for part in ("--scale", each)]
        self._finish(scaled)
        print(f"Samspil is running: {self._settings['PUBLIC_URL']}")
        if "mailpit" in self._profiles:
            print(f"Mails are caught at http://127.0.0.1:{self._settings['MAILPIT_PORT']}")
        if "watch" in self._profiles:
            print(
                f"It is watched at http://127.0.0.1:{self._settings['GRAFANA_PORT']}: sign in as"
                f" admin with what is in {self._secrets}/grafana_password"
            )

    def upgrade(self, *, is_back: bool) -> None:
        """Bring a running stack to the images that the settings name, one role at a time.

        Whoever hears a new event is there before whoever says it: tables and queues first, then
        those that consume, then those that serve. On the way back to an earlier version it is the
        other way round, and the tables stay as they are: they have only gained.
        """
        if not self._engine.ids("postgres"):
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
        if self._engine.ids("edge"):
            self.compose("exec", "-T", "edge", "nginx", "-s", "reload")
        begun = time.monotonic()
        for step, name in steps:
            print(f"{time.monotonic() - begun:4.0f} s  {name}", flush=True)
            step(name)
        kept = {name: len(self._engine.ids(name)) for name in self._scalable()}
        self._finish(
            [part for name, count in kept.items() for part in ("--scale", f"{name}={count}")]
        )
        print(f"Samspil is running with {self._settings['SAMSPIL_TAG']}")

    def down(self) -> None:
        """Stop everything, also watchers that the settings no longer name; what it keeps stays."""
        self._files = ["--file", "compose.yaml", *WATCHERS]
        self.compose("down", "--remove-orphans")

    def _prepare(self) -> None:
        """See to what everything else needs: secrets, images, the database and the broker."""
        self._engine.require_engine()
        if "edge" in self._profiles and not (self._secrets / "tls_certificate").exists():
            raise Missing(
                f"the edge needs {self._secrets}/tls_certificate (with its chain) and tls_key"
            )
        # One that starts reads its definitions itself, and must not be spoken to before it has.
        is_running = bool(self._engine.ids("rabbitmq"))
        is_new = self._make_secrets()
        if "watch" in self._profiles:
            self._prepare_watching()
        self.build([each for each in COMPONENTS if not self._has_image(each)])
        # The broker first: what a new version publishes and hears must be there before it starts.
        self.compose("up", "--detach", "--no-build", "postgres", "rabbitmq")
        if is_new and is_running:
            self._load_definitions()

    def _finish(self, scaled: list[str]) -> None:
        """Start what is not there, take away what is too many, and wait until all are healthy."""
        restarts = self._engine.restarts()
        self._compose_up(restarts, "--remove-orphans", *scaled)
        self._engine.await_well(restarts)
        self._wait_for_portal()

    def _compose_up(self, restarts: dict[str, int], *arguments: str) -> None:
        """Let Compose start containers; where it cannot, say which does not stay up, and why."""
        try:
            self.compose("up", "--detach", "--no-build", *arguments)
        except SystemExit:
            self._engine.require_staying(restarts)
            raise

    def _migrate(self, service: str) -> None:
        """Bring a service's tables and queues to the new version; the old one works on them."""
        self.compose("run", "--rm", f"{service}-migrate")

    def _replace(self, role: str) -> None:
        """Replace one role of every service: what one has in hand is finished by the other."""
        restarts = self._engine.restarts()
        names = [f"{service}-{role}" for service in SERVICES]
        scaled = [part for name in names for part in ("--scale", f"{name}={self._count(name)}")]
        # Not without its dependencies: Compose 2.26 would take it for another service afterwards,
        # and replace it once more.
        self._compose_up(restarts, *scaled, *names)
        self._engine.await_well(restarts, *names)

    def _relieve(self, name: str) -> None:
        """Put new containers beside the old ones of a web application, then stop the old ones.

        Where it has a single port on this host, it can only be replaced, and is away meanwhile.
        """
        restarts = self._engine.restarts()
        port = self._settings.get(f"{name.upper()}_PORT", "-")
        if name in DOORS and "-" not in port:
            self._compose_up(restarts, name)
            self._engine.await_well(restarts, name)
            return
        image = self._image_id(name.removesuffix("-serve"))
        old = [each["Id"] for each in self._engine.inspected(name) if each["Image"] != image]
        if not old:
            return
        # Some successors may be there already, from an upgrade that was broken off.
        count = max(2 * len(old), self._count(name))
        self._compose_up(restarts, "--no-recreate", "--scale", f"{name}={count}", name)
        self._engine.await_well(restarts, name)
        for container in old:
            self._engine.said("stop", "--time", str(STOP_SECONDS), container)
            self._engine.said("rm", container)

    def _scalable(self) -> list[str]:
        """Return the services of ours that run, and may do so several times."""
        names = {service_of(each) for each in self._engine.inspected()}
        roles = {
            f"{service}-{role}"
            for service in SERVICES
            for role in ("serve", "consume", "relay", "schedule")
        }
        return sorted(names & {*roles, *DOORS})

    def _count(self, name: str) -> int:
        return max(len(self._engine.ids(name)), 1)

    def _image_id(self, component: str) -> str:
        return self._engine.said("image", "inspect", "--format", "{{.Id}}", self._image(component))

    def build(self, components: "tuple[str, ...] | list[str]") -> None:
        """Build the images of components."""
        self._engine.require_engine()
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
        command = [*self._compose, *self._files, *arguments]
        done = subprocess.run(command, cwd=DEPLOY, env=self._environment(), check=False)
        if done.returncode:
            sys.exit(done.returncode)

    def execute(self, service: str, *command: str, into: Path) -> None:
        """Run a command in a container that runs; keep what it writes in a file of our own alone.

        Raises :class:`Missing` with its last words where it fails.
        """
        into.touch(mode=0o600)
        with into.open("wb") as file:
            done = subprocess.run(
                [*self._compose, *self._files, "exec", "-T", service, *command],
                cwd=DEPLOY,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.PIPE,
                check=False,
            )
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip()
            raise Missing(f"{service}: {words or f'{command[0]} ended with {done.returncode}'}")

    def _environment(self) -> dict[str, str]:
        # docker-compose 1.29 builds by BuildKit only when told to.
        builder = {"DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1"}
        return {**builder, **self._settings}

    def _image(self, component: str) -> str:
        return f"{self._settings['SAMSPIL_IMAGES']}/{component}:{self._settings['SAMSPIL_TAG']}"

    def _has_image(self, component: str) -> bool:
        return self._engine.asked("image", "inspect", self._image(component)).returncode == 0

    def _make_secrets(self) -> bool:
        command = [sys.executable, str(ROOT / "tools/deployment_secrets.py"), str(self._secrets)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Missing(f"the secrets in {self._secrets} could not be made")
        return bool(done.stdout.strip())

    def _prepare_watching(self) -> None:
        """Make what the watchers need; the settings say who is mailed."""
        (DEPLOY / "metrics").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tools.watching", str(self._secrets)]
        done = subprocess.run(
            command, cwd=ROOT, env=self._settings, stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise Missing(done.stderr.strip())

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
        (portal, *_) = self._engine.ids("portal")
        # One of a range of ports, where there is one. Whatever address it listens on besides, this
        # machine reaches it by its own.
        door = self._engine.said("port", portal, "8000/tcp").splitlines()[0]
        address, _, port = door.rpartition(":")
        if ip_address(address.strip("[]")).is_unspecified:
            address = "127.0.0.1"
        url = f"http://{address}:{port}"
        end = time.monotonic() + READY_SECONDS
        while not answers(f"{url}/health/ready"):
            if time.monotonic() > end:
                raise Missing("the portal is not ready; `make logs` shows why")
            time.sleep(1)


def answers(url: str) -> bool:
    """Whether an address answers that all is well."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
