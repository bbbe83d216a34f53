"""Prometheus, its Alertmanager and the exporter of text files: Debian's, run privately.

Their configurations are the deployed ones: only addresses are others here, and waiting times are
cut to seconds (a rate still looks back as far as its rule says).
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import urllib3
import yaml

from tests.support.eventually import eventually
from tests.support.processes import ServerProcess, free_ports
from tests.support.servers import Missing

DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "observability" / "prometheus"


class _Watcher(ServerProcess):
    """A watcher at a port of its own."""

    PROGRAMS: tuple[str, ...] = ()
    PACKAGE = ""
    READY = "/-/ready"

    def __init__(self) -> None:
        """Choose a port and make the folder."""
        self._program = self.find()
        super().__init__(self.PROGRAMS[-1], account="prometheus")
        (self.port,) = free_ports(1)
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)}
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    @classmethod
    def find(cls) -> str:
        """Return the program. Raises :class:`Missing` where it is not on this machine."""
        for name in cls.PROGRAMS:
            if found := shutil.which(name):
                return found
        raise Missing(f"{cls.PROGRAMS[-1]} is missing: apt-get install {cls.PACKAGE}")

    def start(self, *arguments: str) -> Self:
        """Start it and wait until it answers."""
        self.launch(self._program, f"--web.listen-address={self.address}", *arguments)
        eventually(self._require_answer, within=30, every=0.1)
        return self

    def close(self) -> None:
        """End it and remove its folder."""
        self.kill()
        self.forget()

    def get(self, path: str, fields: Mapping[str, str] | None = None) -> Any:
        """Ask its API."""
        answer = self._http.request("GET", self.url + path, fields=fields)
        told = answer.json()
        assert answer.status == 200, told
        return told

    def _require_answer(self) -> None:
        assert self.is_running, self.log.read_text()
        assert self._http.request("GET", self.url + self.READY).status == 200


class Prometheus(_Watcher):
    """Asks and judges by the deployed rules."""

    PROGRAMS = ("prometheus",)
    PACKAGE = "prometheus"

    def watch(self, places: Mapping[str, str], *, alertmanager: str) -> Self:
        """Start on the deployed configuration.

        ``places`` gives the address at which each name of it is found here; a name that is missing
        is nobody's address, as that of a role that is not there.
        """
        for path in DEPLOYED.glob("rules/*.yaml"):
            self.write(f"rules/{path.name}", quick_rules(path.read_text(encoding="utf-8")))
        told = yaml.safe_load((DEPLOYED / "prometheus.yaml").read_text(encoding="utf-8"))
        told["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        places = {**places, "alertmanager:9093": alertmanager}
        (alerting,) = told["alerting"]["alertmanagers"]
        for holder in (alerting, *told["scrape_configs"]):
            _move(holder, places)
        path = self.write("prometheus.yaml", yaml.safe_dump(told))
        return self.start(
            f"--config.file={path}", f"--storage.tsdb.path={self.folder}/data", "--log.level=warn"
        )

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Return the series that answer a question now, each with its ``metric`` and ``value``."""
        found: list[dict[str, Any]] = self.get("/api/v1/query", {"query": question})["data"][
            "result"
        ]
        return found

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        return {each["metric"]["alertname"] for each in self.ask('ALERTS{alertstate="firing"}')}


class Alertmanager(_Watcher):
    """Mails as ``tools.watching`` has it."""

    PROGRAMS = ("alertmanager", "prometheus-alertmanager")
    PACKAGE = "prometheus-alertmanager"

    def mail(self, configuration: Mapping[str, Any]) -> Self:
        """Start on a configuration, its pauses cut to a second."""
        told = copy.deepcopy(dict(configuration))
        told["route"] |= {"group_wait": "1s", "group_interval": "1s"}
        path = self.write("alertmanager", json.dumps(told))
        return self.start(
            f"--config.file={path}",
            f"--storage.path={self.folder}/data",
            "--cluster.listen-address=",
        )


class TextFiles(_Watcher):
    """Tells what jobs wrote down in ``metrics``, by the arguments of the deployed exporter."""

    PROGRAMS = ("node_exporter", "prometheus-node-exporter")
    PACKAGE = "prometheus-node-exporter"
    READY = "/metrics"

    @property
    def metrics(self) -> Path:
        """The folder of the files."""
        return self.folder / "metrics"

    def tell(self, arguments: list[str]) -> Self:
        """Start it."""
        self.metrics.mkdir(mode=0o755)
        return self.start(*(each.replace("=/metrics", f"={self.metrics}") for each in arguments))


WATCHERS = (Prometheus, Alertmanager, TextFiles)


def quick_rules(text: str) -> str:
    """Cut the time for which something must be wrong before an alert fires to a second."""
    told = yaml.safe_load(text)
    for group in told["groups"]:
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "1s"
    return yaml.safe_dump(told)


def _move(holder: dict[str, Any], places: Mapping[str, str]) -> None:
    """Give a job the addresses that are here.

    What would be looked up by its name bears that name as if it had been.
    """
    statics = [
        {**each, "targets": [places[target] for target in each["targets"] if target in places]}
        for each in holder.pop("static_configs", [])
    ]
    for search in holder.pop("dns_sd_configs", []):
        statics += [
            {
                "targets": [places[f"{name}:{search['port']}"]],
                "labels": {"__meta_dns_name": name},
            }
            for name in search["names"]
            if f"{name}:{search['port']}" in places
        ]
    holder["static_configs"] = statics
