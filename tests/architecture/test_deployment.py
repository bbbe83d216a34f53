"""What the files under deploy/ promise, read without a container engine."""

import base64
import dataclasses
import hashlib
import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import embedded.contracts
import gateway.app
import portal.settings
from chassis.service import Service

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE_TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = embedded.contracts.SERVICES
ROLES = ("serve", "consume", "relay", "schedule")
OURS = [*(f"{name}-{role}" for name in SERVICES for role in (*ROLES, "migrate")),
        "gateway", "portal"]  # fmt: skip
# Not what an installation sets: read by the image, or given by whoever releases.
OF_THE_IMAGE = {"HEALTH_PORT"}
OF_THE_RELEASE = {"SAMSPIL_VERSION", "SAMSPIL_REVISION", "SECRETS", "COOKIE_SECURE"}
OF_TESTS = {"MAILPIT_MESSAGES"}


def component_of(name: str) -> str:
    return name.partition("-")[0]


@pytest.mark.parametrize("name", OURS)
def test_every_role_runs_and_is_confined(name: str) -> None:
    found = COMPOSE["services"][name]

    assert f"/{component_of(name)}:" in found["image"]
    if component_of(name) in SERVICES:
        assert found["command"][0] == name.partition("-")[2]
    assert found["read_only"]
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["mem_limit"]
    assert found["logging"]


def test_every_queue_has_a_consumer() -> None:
    held = json.loads((DEPLOY / "rabbitmq" / "topology.json").read_text(encoding="utf-8"))
    queues = {row["name"] for row in held["queues"]} - {"samspil.unrouted"}

    assert queues == {name for each in SERVICES for name in (each, f"{each}.dead")}
    assert {f"{each}-consume" for each in SERVICES} <= set(COMPOSE["services"])


@pytest.mark.parametrize("name", OURS)
def test_every_setting_that_is_given_exists(name: str, services: dict[str, Service]) -> None:
    component = component_of(name)
    cls = {
        "gateway": gateway.app.GatewaySettings,
        "portal": portal.settings.PortalSettings,
        **{each: service.settings for each, service in services.items()},
    }[component]
    known = {field.metadata["name"] for field in dataclasses.fields(cls)}
    needed = {
        field.metadata["name"]
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING
    }

    given = {each.removesuffix("_FILE") for each in COMPOSE["services"][name]["environment"]}

    assert given - OF_THE_IMAGE <= known
    assert needed <= given


@pytest.mark.parametrize("name", OURS)
def test_a_secret_is_a_file_and_each_file_is_shown_to_its_own(
    name: str, services: dict[str, Service]
) -> None:
    found = COMPOSE["services"][name]
    files = {
        value.removeprefix("/run/secrets/")
        for key, value in found["environment"].items()
        if key.endswith("_FILE")
    }
    secret = {"DATABASE_URL", "AMQP_URL", "SMTP_URL", "PORTAL_SECRET", "OIDC_CLIENT_SECRET"}

    assert not secret & set(found["environment"])
    assert files == set(found.get("secrets", ()))
    others = [each for each in SERVICES if each != component_of(name)]
    assert not [each for each in files if each.startswith(tuple(others))]


def test_only_the_doors_are_published() -> None:
    published = {name for name, found in COMPOSE["services"].items() if found.get("ports")}

    assert published == {"portal", "gateway", "edge", "mailpit"}


def test_only_who_must_has_a_way_out() -> None:
    closed = {name for name, found in COMPOSE["networks"].items() if found.get("internal")}
    out = {
        name for name, found in COMPOSE["services"].items() if not set(found["networks"]) <= closed
    }

    doors = {"portal", "gateway", "edge", "mailpit"}
    assert out == {*doors, "notifier-consume", "directory-serve"}
    assert COMPOSE["services"]["portal"]["networks"] == ["portal-door", "inside"]


def test_every_choice_is_in_the_example_with_its_default() -> None:
    chosen = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE_TEXT))
    example = (DEPLOY / "settings.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))

    missing = set(chosen) - set(shown) - OF_THE_RELEASE - OF_TESTS
    assert not missing
    different = {each for each in set(chosen) & set(shown) if chosen[each] != shown[each]}
    assert not different
    # What the watchers choose: tests/architecture/test_watchers.py.
    overlay = (DEPLOY / "compose.observability.yaml").read_text(encoding="utf-8")
    of_watchers = {"ALERTS_TO", *re.findall(r"\$\{(\w+):-", overlay)}
    assert set(shown) - set(chosen) - of_watchers == {"COMPOSE_PROFILES"}


def test_nothing_is_used_that_an_older_compose_does_not_know() -> None:
    assert not {"name", "version", "include", "configs"} & set(COMPOSE)
    for name, found in COMPOSE["services"].items():
        assert not {"develop", "env_file", "extends"} & set(found), name
        waits_for = found.get("depends_on", ())
        conditions = waits_for.values() if isinstance(waits_for, dict) else ()
        assert all(set(each) == {"condition"} for each in conditions), name


def make_secrets(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/deployment_secrets.py"), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_secrets_are_made_once_in_a_closed_folder(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    assert make_secrets(folder) == "definitions changed"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert make_secrets(folder) == ""

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    own = set(COMPOSE["secrets"]) - {"tls_certificate", "tls_key"}
    assert set(before) == own | {"operator_amqp_url"}


def test_a_service_is_known_by_the_same_password_on_both_sides(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    held = json.loads((tmp_path / "rabbitmq_definitions").read_text())

    hashes = {row["name"]: base64.b64decode(row["password_hash"]) for row in held["users"]}
    assert set(hashes) == {*SERVICES, "operator"}
    for name, known in hashes.items():
        word = (tmp_path / f"{name}_amqp_url").read_text().split(":")[2].split("@")[0]
        assert known[4:] == hashlib.sha256(known[:4] + word.encode()).digest()
        assert word not in (tmp_path / "rabbitmq_definitions").read_text()
    for name in SERVICES:
        word = (tmp_path / f"{name}_database_password").read_text()
        assert (
            f"//{name}:{word}@postgres:5432/{name}"
            in (tmp_path / f"{name}_database_url").read_text()
        )


def test_a_new_topology_reaches_the_definitions_and_changes_no_password(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    path = tmp_path / "rabbitmq_definitions"
    made = path.read_text()
    inode = path.stat().st_ino
    path.chmod(0o600)
    path.write_text("{}")

    assert make_secrets(tmp_path) == "definitions changed"

    assert path.read_text() == made
    assert path.stat().st_ino == inode
