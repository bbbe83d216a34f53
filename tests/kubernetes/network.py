"""Who may speak to whom by the NetworkPolicies: read as the cluster's network would read them.

A pod that some policy selects for a direction may only do there what one of those allows; a word
gets through where both ends allow it. What lies in other namespaces or outside is told apart by the
labels that docs/operations/kubernetes.md asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.kubernetes.rendering import (
    PROCESSES,
    Manifest,
    is_selected,
    of_kind,
    pod_labels,
)

Ports = frozenset[int]
EVERY: Ports = frozenset(range(65536))


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod of ours, a pod of another namespace, or the world."""

    name: str
    labels: dict[str, str] = field(default_factory=dict, hash=False)
    namespace: dict[str, str] | None = field(default=None, hash=False)
    is_ours: bool = False
    is_world: bool = False


WORLD = End("world", is_world=True)
NAMES = End("names", {"k8s-app": "kube-dns"}, {"kubernetes.io/metadata.name": "kube-system"})
STRANGER = End("stranger", {}, {"kubernetes.io/metadata.name": "stranger"})
PEERS = [
    End(name, {}, {"samspil/peer": name})
    for name in ("ingress", "autoscaler", "operators", "monitoring")
]


def ends(manifests: list[Manifest]) -> list[End]:
    """Return every kind of pod that the manifests make."""
    processes = [
        End(each["metadata"]["name"], pod_labels(each), is_ours=True)
        for each in of_kind(manifests, *PROCESSES)
    ]
    # The labels that the operators give.
    databases = [
        End(name, {"cnpg.io/cluster": name}, is_ours=True)
        for name in (each["metadata"]["name"] for each in of_kind(manifests, "Cluster"))
    ]
    brokers = [
        End(name, {"app.kubernetes.io/name": name}, is_ours=True)
        for name in (each["metadata"]["name"] for each in of_kind(manifests, "RabbitmqCluster"))
    ]
    return [*processes, *databases, *brokers]


def pairs(manifests: list[Manifest]) -> dict[tuple[str, str], Ports]:
    """Return which end may reach which, at which ports."""
    ours = ends(manifests)
    policies = [each["spec"] for each in of_kind(manifests, "NetworkPolicy")]
    found = {}
    for source in [*ours, *PEERS, STRANGER, WORLD]:
        for target in [*ours, NAMES, WORLD]:
            if source.is_ours or target.is_ours:
                ports = _allowed(policies, "Egress", source, target) & _allowed(
                    policies, "Ingress", target, source
                )
                if ports:
                    found[source.name, target.name] = ports
    return found


def _allowed(policies: list[dict[str, Any]], direction: str, at: End, other: End) -> Ports:
    if not at.is_ours:
        return EVERY
    selecting = [
        each
        for each in policies
        if direction in each["policyTypes"] and is_selected(at.labels, each["podSelector"])
    ]
    if not selecting:
        return EVERY
    return frozenset(port for each in selecting for port in _ports(each, direction, other))


def _ports(policy: dict[str, Any], direction: str, other: End) -> Iterator[int]:
    peers = "to" if direction == "Egress" else "from"
    for rule in policy.get(direction.lower(), []):
        if peers not in rule or any(_is_meant(peer, other) for peer in rule[peers]):
            yield from (port["port"] for port in rule["ports"]) if "ports" in rule else EVERY


def _is_meant(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        # Ours are all-embracing: a pod of ours has an address as well. Whoever is elsewhere in the
        # cluster counts as the world.
        assert peer["ipBlock"] == {"cidr": "0.0.0.0/0"}, "read network.py before narrowing it"
        return end.is_world or end.is_ours
    if end.is_world:
        return False
    if "namespaceSelector" in peer:
        # Our own namespace bears none of the labels that are asked for.
        in_namespace = end.namespace is not None and is_selected(
            end.namespace, peer["namespaceSelector"]
        )
        return in_namespace and is_selected(end.labels, peer.get("podSelector", {}))
    return end.is_ours and is_selected(end.labels, peer["podSelector"])
