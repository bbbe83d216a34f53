"""The containers of one stack as the engine knows them, and waiting until they are well.

Standard library only.
"""

import json
import shutil
import subprocess
import time
from typing import Any

READY_SECONDS = 300
# Whoever ended so often since we began to wait will not get up by itself.
ENDINGS = 3
LINES = 15
HEALTH = "/opt/health.py"


class Missing(Exception):
    """Something that is needed is not here; the text says what and how to get it."""


class Containers:
    """The containers of a Compose project."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._program = docker()

    @property
    def program(self) -> str:
        """The program that talks to the engine."""
        return self._program

    def require_engine(self) -> None:
        """Raise :class:`Missing` where the engine does not answer."""
        done = self.asked("info")
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            raise Missing(f"the container engine does not answer (docker info): {reason}")

    def await_well(self, restarts: dict[str, int], *names: str) -> None:
        """Wait until every container that should run says that it is well: of these, or of all.

        ``restarts`` is how it was before. Raises :class:`Missing` where one does not get well.
        """
        end = time.monotonic() + READY_SECONDS
        well: set[str] = set()
        while True:
            waiting: set[str] = set()
            for each in self.inspected(*names):
                if each["Id"] not in well and should_run(each):
                    (well if self._is_well(each) else waiting).add(each["Id"])
            if not waiting:
                return
            self.require_staying(restarts)
            if time.monotonic() > end:
                ill = {service_of(each) for each in self.inspected() if each["Id"] in waiting}
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
        return self.asked("exec", container["Id"], *question[1:]).returncode == 0

    def require_staying(self, restarts: dict[str, int]) -> None:
        """Raise :class:`Missing`, with the last lines, where a container cannot stay up."""
        for each in self.inspected():
            name, state = service_of(each), each["State"]
            again = each["RestartCount"] - restarts.get(each["Id"], 0) >= ENDINGS
            failed = state["Status"] == "exited" and state["ExitCode"] and name.endswith("-migrate")
            if again or failed:
                done = self.asked("logs", "--tail", str(LINES), each["Id"])
                lines = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LINES:])
                how = "ends again and again" if again else f"ended with {state['ExitCode']}"
                raise Missing(f"{name} {how}. Its last lines:\n{lines}")

    def restarts(self) -> dict[str, int]:
        """Return how often each container has been started again; see :meth:`await_well`."""
        return {each["Id"]: each["RestartCount"] for each in self.inspected()}

    def ids(self, service: str = "", *, stopped: bool = False) -> list[str]:
        """Return the ids of the containers of one service, or of the whole stack."""
        labels = [f"project={self._project}", "oneoff=False"]
        labels += [f"service={service}"] if service else []
        chosen = [
            part for each in labels for part in ("--filter", f"label=com.docker.compose.{each}")
        ]
        every = ["--all"] if stopped else []
        return self.said("ps", "--quiet", "--no-trunc", *every, *chosen).split()

    def inspected(self, *services: str) -> "list[dict[str, Any]]":
        """Return what the engine knows of the containers of some services, or of all."""
        found = [
            container
            for service in services or ("",)
            for container in self.ids(service, stopped=True)
        ]
        # One may go in between: what is left is told all the same.
        return json.loads(self.asked("inspect", *found).stdout or "[]") if found else []

    def said(self, *arguments: str) -> str:
        """Return what docker says. Raises :class:`Missing` where it fails."""
        done = self.asked(*arguments)
        if done.returncode:
            raise Missing(f"docker {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def asked(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run docker, however it ends."""
        command = [self._program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def should_run(container: "dict[str, Any]") -> bool:
    """Whether a container is one that is started again when it ends."""
    return bool(container["HostConfig"]["RestartPolicy"]["Name"] not in {"", "no"})


def service_of(container: "dict[str, Any]") -> str:
    """Return the name of the service, as in the compose file, that a container is of."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


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
