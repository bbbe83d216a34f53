"""The walls of the one-host stack stand in the cluster too: exactly these pairs, no other."""

import copy

import pytest

from tests.kubernetes.network import EVERY, pairs
from tests.kubernetes.rendering import named

SERVICES = ("directory", "grants", "meetings", "notifier")
ROLES = ("serve", "consume", "relay", "schedule", "migrate")
DOORS = ("gateway-serve", "portal-serve")
PROCESSES = [*DOORS, *(f"{service}-{role}" for service in SERVICES for role in ROLES)]
DATABASES = [f"{service}-database" for service in SERVICES]

ALLOWED = {
    # The only two that are reached from outside.
    ("ingress", "gateway-serve"): {8000},
    ("ingress", "portal-serve"): {8000},
    ("portal-serve", "gateway-serve"): {8000},
    **{("gateway-serve", f"{service}-serve"): {8000} for service in SERVICES},
    # The keys that tokens are signed with.
    **{(f"{service}-serve", "directory-serve"): {8000} for service in SERVICES},
    # To its own database, and to the broker.
    **{
        (f"{service}-{role}", f"{service}-database"): {5432}
        for service in SERVICES
        for role in ROLES
    },
    **{(f"{service}-{role}", "rabbitmq"): {5672} for service in SERVICES for role in ROLES},
    # Out of the cluster.
    ("directory-serve", "world"): {443},
    ("notifier-consume", "world"): {25, 465, 587},
    **{(server, "world"): {443, 6443} for server in (*DATABASES, "rabbitmq")},
    # The servers among themselves, and those that look after them.
    **{(database, database): {5432, 8000} for database in DATABASES},
    **{("operators", database): {5432, 8000} for database in DATABASES},
    ("rabbitmq", "rabbitmq"): {4369, 25672},
    ("operators", "rabbitmq"): {15672},
    ("autoscaler", "rabbitmq"): {15672},
    # Watching.
    **{("monitoring", process): {9000} for process in PROCESSES},
    **{("monitoring", database): {9187} for database in DATABASES},
    ("monitoring", "rabbitmq"): {15692},
    # Names.
    **{(pod, "names"): {53} for pod in (*PROCESSES, *DATABASES, "rabbitmq")},
}


def test_exactly_the_pairs_of_the_table_may_speak(manifests):
    assert {pair: set(ports) for pair, ports in pairs(manifests).items()} == ALLOWED


@pytest.fixture
def broken(rendered):
    """Give manifests to break."""
    return copy.deepcopy(rendered["small"])


def test_without_the_default_everything_is_open(broken):
    broken.remove(named(broken, "NetworkPolicy", "default-deny"))
    broken.remove(named(broken, "NetworkPolicy", "services-to-broker"))
    broken.remove(named(broken, "NetworkPolicy", "names"))
    broken.remove(named(broken, "NetworkPolicy", "notifier-to-database"))

    assert pairs(broken)["notifier-relay", "world"] == EVERY


def test_a_wall_that_is_opened_at_both_ends_is_seen(broken):
    for name, rules, peers in (
        ("notifier-to-database", "egress", "to"),
        ("directory-database", "ingress", "from"),
    ):
        policy = named(broken, "NetworkPolicy", name)
        policy["spec"][rules].append({peers: [{"podSelector": {}}], "ports": [{"port": 5432}]})

    assert pairs(broken)["notifier-consume", "directory-database"] == {5432}


def test_a_wall_that_is_opened_at_one_end_still_stands(broken):
    policy = named(broken, "NetworkPolicy", "notifier-to-database")
    policy["spec"]["egress"].append({"to": [{"podSelector": {}}]})

    assert ("notifier-consume", "directory-database") not in pairs(broken)


def test_a_door_for_strangers_is_seen(broken):
    policy = named(broken, "NetworkPolicy", "services")
    policy["spec"]["ingress"].append({"from": [{"namespaceSelector": {}}]})

    assert pairs(broken)["stranger", "grants-serve"] == EVERY
