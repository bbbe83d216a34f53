"""The one-host stack from a terminal: what `make up`, `down`, `logs` and `images` do.

    python tools/stack.py up [--scale notifier-consume=4]...    start or bring up to date
    python tools/stack.py down                                  stop; the data stay
    python tools/stack.py logs [SERVICE]...                     follow what the processes say
    python tools/stack.py images                                build the six images

Works with Compose 2 (`docker compose`) and docker-compose 1.29. Settings come from deploy/.env and
from the environment, which wins; COMPOSE_PROJECT_NAME names another stack beside this one. Standard
library only.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from ipaddress import ip_address
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPONENTS = ("directory", "grants", "meetings", "notifier", "gateway", "portal")
READY_SECONDS = 300
DEFAULTS = {
    "COMPOSE_PROJECT_NAME": "samspil",
    "PUBLIC_URL": "http://127.0.0.1:8080",
    "ADDRESS": "127.0.0.1",
    "PORTAL_PORT": "8080",
    "MAILPIT_PORT": "8025",
    "GRAFANA_PORT": "3000",
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
    commands.add_parser("down")
    commands.add_parser("images")
    commands.add_parser("logs").add_argument("services", nargs="*")
    asked = parser.parse_args()
    try:
        stack = Stack(settings())
        if asked.command == "up":
            stack.up(asked.scale)
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
        self._files = ["--file", "compose.yaml"]
        if "watch" in wanted:
            self._files += ["--file", "compose.observability.yaml"]

    def up(self, scale: list[str]) -> None:
        """Start everything, or bring it up to date, and wait until the portal is ready."""
        self._check_engine()
        if "edge" in self._profiles and not (self._secrets / "tls_certificate").exists():
            raise Missing(
                f"the edge needs {self._secrets}/tls_certificate (with its chain) and tls_key"
            )
        # One that starts reads its definitions itself, and must not be spoken to before it has.
        is_running = self._is_running("rabbitmq")
        is_new = self._make_secrets()
        if "watch" in self._profiles:
            self._prepare_watching()
        self.build([each for each in COMPONENTS if not self._has_image(each)])
        # The broker first: what a new version publishes and hears must be there before it starts.
        self.compose("up", "--detach", "--no-build", "postgres", "rabbitmq")
        if is_new and is_running:
            self._load_definitions()
        scaled = [part for each in scale for part in ("--scale", each)]
        self.compose("up", "--detach", "--no-build", "--remove-orphans", *scaled)
        self._wait_for_portal()
        print(f"Samspil is running: {self._settings['PUBLIC_URL']}")
        if "mailpit" in self._profiles:
            print(f"Mails are caught at http://127.0.0.1:{self._settings['MAILPIT_PORT']}")
        if "watch" in self._profiles:
            print(
                f"It is watched at http://127.0.0.1:{self._settings['GRAFANA_PORT']}: sign in as"
                f" admin with what is in {self._secrets}/grafana_password"
            )

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

    def _check_engine(self) -> None:
        done = subprocess.run([self._docker, "info"], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            raise Missing(f"the container engine does not answer (docker info): {reason}")

    def _has_image(self, component: str) -> bool:
        name = f"{self._settings['SAMSPIL_IMAGES']}/{component}:{self._settings['SAMSPIL_TAG']}"
        command = [self._docker, "image", "inspect", name]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _is_running(self, service: str) -> bool:
        project = self._settings["COMPOSE_PROJECT_NAME"]
        labels = (f"project={project}", f"service={service}")
        chosen = [
            part for each in labels for part in ("--filter", f"label=com.docker.compose.{each}")
        ]
        command = [self._docker, "ps", "--quiet", *chosen]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return bool(done.stdout.strip())

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
        port = self._settings["PORTAL_PORT"].partition("-")[0]
        address = self._settings["ADDRESS"]
        # Whatever it listens on besides, this machine reaches it by its own address.
        if ip_address(address).is_unspecified:
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
