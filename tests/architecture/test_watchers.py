"""What watches the one-host stack: confined like the rest, and reached by this host only."""

import re
from pathlib import Path

import pytest
import yaml

from tests.architecture.test_observability import SCRAPED

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TEXT = (DEPLOY / "compose.observability.yaml").read_text(encoding="utf-8")
OVERLAY = yaml.safe_load(TEXT)
STACK = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
WATCHERS = OVERLAY["services"]
PROVISIONING = DEPLOY / "observability" / "grafana" / "provisioning"


@pytest.mark.parametrize("name", WATCHERS)
def test_a_watcher_is_confined(name):
    found = WATCHERS[name]

    assert found["read_only"]
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["mem_limit"]
    assert found["logging"]


def test_a_watcher_is_reached_from_this_host_only():
    published = {name: found["ports"] for name, found in WATCHERS.items() if found.get("ports")}

    assert set(published) == {"grafana", "alertmanager"}
    assert all(each.startswith("127.0.0.1:") for ports in published.values() for each in ports)


def test_who_reaches_everything_has_no_way_out():
    networks = {**STACK["networks"], **OVERLAY["networks"]}
    is_closed = {name for name, found in networks.items() if found.get("internal")}
    inner = {"inside", "services", "database", "broker"}

    assert set(WATCHERS["prometheus"]["networks"]) <= is_closed
    for name in set(WATCHERS) - {"prometheus"}:
        assert not inner & set(WATCHERS[name]["networks"]), name


def test_everything_that_is_asked_is_in_a_network_of_prometheus():
    services = {**STACK["services"], **WATCHERS}
    named = {
        target.partition(":")[0]
        for job in SCRAPED
        for found in (*job.get("static_configs", ()), *job.get("dns_sd_configs", ()))
        for target in found.get("targets", found.get("names", ()))
    }

    for name in named:
        shared = set(services[name]["networks"]) & set(WATCHERS["prometheus"]["networks"])
        assert shared, name


def test_what_is_mounted_is_there():
    mounted = [
        volume.partition(":")[0]
        for found in (*WATCHERS.values(), *STACK["services"].values())
        for volume in found.get("volumes", ())
        if volume.startswith("./")
    ]

    # Made by `make up`.
    missing = {each for each in mounted if not (DEPLOY / each).exists()} - {"./metrics"}
    assert not missing


def test_the_overlay_names_no_network_secret_or_volume_that_is_not_there():
    for kind in ("networks", "secrets"):
        known = {*STACK[kind], *OVERLAY[kind]}
        assert {each for found in WATCHERS.values() for each in found.get(kind, ())} <= known
    assert {
        volume.partition(":")[0]
        for found in WATCHERS.values()
        for volume in found.get("volumes", ())
        if not volume.startswith("./")
    } == set(OVERLAY["volumes"])


def test_the_broker_tells_its_numbers():
    plugins = (DEPLOY / "rabbitmq" / "enabled_plugins").read_text(encoding="utf-8")

    assert set(re.findall(r"\w+", plugins)) == {"rabbitmq_management", "rabbitmq_prometheus"}
    mounted = STACK["services"]["rabbitmq"]["volumes"]
    assert "./rabbitmq/enabled_plugins:/etc/rabbitmq/enabled_plugins:ro" in mounted


def test_grafana_is_shown_the_numbers_and_the_dashboards():
    (source,) = yaml.safe_load(
        (PROVISIONING / "datasources" / "prometheus.yaml").read_text(encoding="utf-8")
    )["datasources"]
    (provider,) = yaml.safe_load(
        (PROVISIONING / "dashboards" / "samspil.yaml").read_text(encoding="utf-8")
    )["providers"]
    grafana = WATCHERS["grafana"]
    places = dict(each.split(":")[:2] for each in grafana["volumes"])

    assert source["url"] == "http://prometheus:9090"
    assert source["type"] == "prometheus"
    assert provider["options"]["path"] == places["./observability/grafana"]
    assert places["./observability/grafana/provisioning"] == "/etc/grafana/provisioning"
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    folder = provider["options"]["path"]
    assert (DEPLOY / "observability" / "grafana" / home.removeprefix(f"{folder}/")).exists()


def test_alerts_are_sent_to_where_they_are_mailed_from():
    told = yaml.safe_load(
        (DEPLOY / "observability" / "prometheus" / "prometheus.yaml").read_text(encoding="utf-8")
    )

    (asked,) = told["alerting"]["alertmanagers"]
    assert asked["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert "--config.file=/run/secrets/alertmanager" in WATCHERS["alertmanager"]["command"]


def test_every_choice_of_the_overlay_is_in_the_example_with_its_default():
    chosen = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    example = (DEPLOY / "settings.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))

    del chosen["SECRETS"]
    assert {name: shown.get(name) for name in chosen} == chosen
    assert "ALERTS_TO" in shown


def test_nothing_is_used_that_an_older_compose_does_not_know():
    assert not {"name", "version", "include", "configs"} & set(OVERLAY)
    for name, found in WATCHERS.items():
        assert not {"develop", "env_file", "extends"} & set(found), name
