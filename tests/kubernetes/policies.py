"""What every manifest must hold to: each policy yields a sentence for whatever does not.

What the code says (services, roles, settings, how long draining takes) is asked of the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.kubernetes import code
from tests.kubernetes.rendering import (
    PROCESSES,
    Manifest,
    is_selected,
    label,
    of_kind,
    pod,
    pod_labels,
    smallest_count,
)

UNITS = {"m": 0.001, "": 1, "Mi": 2**20, "Gi": 2**30}


def each_queue_has_consumers(manifests: list[Manifest]) -> Iterator[str]:
    """A queue is named by one ScaledObject, and that scales the consumers of its service."""
    scaled = {
        trigger["metadata"].get("queueName"): each["spec"]["scaleTargetRef"]["name"]
        for each in of_kind(manifests, "ScaledObject")
        for trigger in each["spec"]["triggers"]
        if trigger["type"] == "rabbitmq"
    }
    consumers = {
        each["metadata"]["name"]: label(each, "component")
        for each in of_kind(manifests, "Deployment")
        if pod(each)["containers"][0]["args"] == ["consume"]
    }
    for queue in code.queues():
        if consumers.get(scaled.get(queue, "")) != queue:
            yield f"queue {queue}: nothing consumes it by its depth"
    for queue in scaled.keys() - set(code.queues()):
        yield f"queue {queue}: no such queue"


def each_role_is_deployed(manifests: list[Manifest]) -> Iterator[str]:
    """Every role of every component runs, with a command that its code has."""
    found = {
        (label(each, "component"), label(each, "role"), each["kind"])
        for each in of_kind(manifests, *PROCESSES)
    }
    wanted = {
        (component, role, "Job" if role == "migrate" else "Deployment")
        for component in code.components()
        for role in code.roles(component)
    }
    for component, role, kind in sorted(wanted - found):
        yield f"{component}: no {kind} for {role}"
    for component, role, kind in sorted(found - wanted):
        yield f"{component}: the code has no {role} for this {kind}"
    for each in of_kind(manifests, *PROCESSES):
        arguments = pod(each)["containers"][0]["args"]
        if arguments[0] != label(each, "role"):
            yield f"{_name(each)} runs {arguments[0]}"
        elif wrong := code.refusal(label(each, "component"), arguments):
            yield f"{_name(each)}: {wrong}"


def each_container_is_confined(manifests: list[Manifest]) -> Iterator[str]:
    """Not root, nothing to write to but /tmp, no rights, no token, and measured room."""
    for each, container in _containers(manifests):
        outer, inner = pod(each)["securityContext"], container["securityContext"]
        rules = {
            "may be root": outer.get("runAsNonRoot") and outer.get("runAsUser") == 10001,
            "may make any call": outer.get("seccompProfile") == {"type": "RuntimeDefault"},
            "can write to its root": inner.get("readOnlyRootFilesystem") is True,
            "can gain rights": inner.get("allowPrivilegeEscalation") is False,
            "has rights": inner.get("capabilities") == {"drop": ["ALL"]},
            "holds a token": pod(each).get("automountServiceAccountToken") is False,
            "is of no version": re.fullmatch(
                r".*/(\w+):(?!latest$)[\w.-]+(@sha256:\w+)?", container["image"]
            ),
        }
        yield from (f"{_name(each)} {fault}" for fault, holds in rules.items() if not holds)
        if f"/{label(each, 'component')}:" not in container["image"]:
            yield f"{_name(each)} runs the image {container['image']}"
        yield from (f"{_name(each)} {fault}" for fault in _unmeasured(container["resources"]))


def _unmeasured(resources: dict[str, Any]) -> Iterator[str]:
    for what in ("cpu", "memory"):
        asked, limit = (resources.get(key, {}).get(what) for key in ("requests", "limits"))
        if asked is None or limit is None:
            yield f"has no request or no limit of {what}"
        elif quantity(asked) > quantity(limit):
            yield f"asks for more {what} than it may have"


def quantity(text: str) -> float:
    """Return what a quantity of Kubernetes is in cores or bytes."""
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", text).groups()
    return float(number) * UNITS[unit]


def each_process_is_probed(manifests: list[Manifest]) -> Iterator[str]:
    """Asked for its health where it tells it, and given the time it needs to end."""
    for each, container in _containers(manifests):
        if each["kind"] == "Job":
            continue
        port = "http" if label(each, "role") == "serve" else "operations"
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        if ports.get("operations") != int(_environment(container).get("OPERATIONS_PORT", 0)):
            yield f"{_name(each)}: the operations port is another"
        for probe, path in (("startup", "live"), ("liveness", "live"), ("readiness", "ready")):
            asked = container.get(f"{probe}Probe", {}).get("httpGet")
            if asked != {"path": f"/health/{path}", "port": port} or port not in ports:
                yield f"{_name(each)}: its {probe} is not asked at {port} for /health/{path}"
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if pod(each)["terminationGracePeriodSeconds"] < pause + code.drain_seconds():
            yield f"{_name(each)} is killed before it has drained"


def each_budget_leaves_room(manifests: list[Manifest]) -> Iterator[str]:
    """What there is several of stays while nodes are emptied, and no budget forbids emptying."""
    budgets = of_kind(manifests, "PodDisruptionBudget")
    for each in of_kind(manifests, "Deployment"):
        least = smallest_count(manifests, each)
        own = [
            budget["spec"]
            for budget in budgets
            if is_selected(pod_labels(each), budget["spec"]["selector"])
        ]
        if least > 1 and len(own) != 1:
            yield f"{_name(each)} has {len(own)} budgets"
        for budget in own:
            if budget.get("minAvailable", 0) >= least:
                yield f"{_name(each)}: {budget['minAvailable']} of {least} may never go"


def each_selector_finds_something(manifests: list[Manifest]) -> Iterator[str]:
    """Deployments, Services, budgets, autoscalers and doors point at what is there."""
    deployments = {each["metadata"]["name"]: each for each in of_kind(manifests, "Deployment")}
    for each in deployments.values():
        spread = [s["labelSelector"] for s in pod(each).get("topologySpreadConstraints", [])]
        if not spread:
            yield f"{_name(each)} is not spread"
        for selector in [each["spec"]["selector"], *spread]:
            if not is_selected(pod_labels(each), selector):
                yield f"{_name(each)} does not select its own pods"
        if (
            not {"samspil/component", "samspil/role"}
            <= each["spec"]["selector"]["matchLabels"].keys()
        ):
            yield f"{_name(each)} selects the pods of others too"
    yield from _scaled_or_guarded_in_vain(manifests, deployments)
    yield from _doors_that_lead_nowhere(manifests, deployments)


def _scaled_or_guarded_in_vain(
    manifests: list[Manifest], deployments: dict[str, Manifest]
) -> Iterator[str]:
    for scaler in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject"):
        target = deployments.get(scaler["spec"]["scaleTargetRef"]["name"])
        if target is None:
            yield f"{_name(scaler)} scales nothing"
        elif "replicas" in target["spec"]:
            yield f"{_name(target)} is given a number of pods by two"
    operated = {"app.kubernetes.io/name": "rabbitmq"}
    for budget in of_kind(manifests, "PodDisruptionBudget"):
        pods = [*(pod_labels(each) for each in deployments.values()), operated]
        if not any(is_selected(labels, budget["spec"]["selector"]) for labels in pods):
            yield f"{_name(budget)} guards nothing"


def _doors_that_lead_nowhere(
    manifests: list[Manifest], deployments: dict[str, Manifest]
) -> Iterator[str]:
    services = {each["metadata"]["name"]: each for each in of_kind(manifests, "Service")}
    for service in services.values():
        chosen = {"matchLabels": service["spec"]["selector"]}
        behind = [d for d in deployments.values() if is_selected(pod_labels(d), chosen)]
        wanted = {port["targetPort"] for port in service["spec"]["ports"]}
        if len(behind) != 1 or not wanted <= {
            port["name"] for port in pod(behind[0])["containers"][0]["ports"]
        }:
            yield f"{_name(service)} leads to {len(behind)} processes, or to no port of theirs"
    for ingress in of_kind(manifests, "Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                to = path["backend"]["service"]
                ports = services.get(to["name"], {"spec": {"ports": []}})["spec"]["ports"]
                if to["port"]["name"] not in {port["name"] for port in ports}:
                    yield f"{path['path']} leads to no port of {to['name']}"


def each_object_has_its_step(manifests: list[Manifest]) -> Iterator[str]:
    """Servers first, then the migrations, then what runs on them; all in one namespace."""
    (namespace,) = (each["metadata"]["name"] for each in of_kind(manifests, "Namespace"))
    for each in manifests:
        runs = each["kind"] in {"Deployment", "ScaledObject", "HorizontalPodAutoscaler", "Service"}
        wanted = {"Job": {"migrate"}}.get(each["kind"], {"run"} if runs else {"run", "servers"})
        if label(each, "stage") not in wanted:
            yield f"{_name(each)} is applied in no step, or in another than it should be"
        if each["kind"] not in {"Namespace", "PriorityClass"} and (
            each["metadata"].get("namespace") != namespace
        ):
            yield f"{_name(each)} is in another namespace"


def each_server_outlives_a_node(manifests: list[Manifest]) -> Iterator[str]:
    """A standby and continuous backup for each service; quorum queues that get their members."""
    stores = {each["metadata"]["name"] for each in of_kind(manifests, "ObjectStore")}
    copied = {each["spec"]["cluster"]["name"] for each in of_kind(manifests, "ScheduledBackup")}
    clusters = {each["metadata"]["name"]: each["spec"] for each in of_kind(manifests, "Cluster")}
    for service in code.queues():
        cluster = clusters.get(f"{service}-database", {"instances": 0})
        if cluster["instances"] < 2:
            yield f"{service}: its database has no standby"
        archived = [
            plugin["parameters"]
            for plugin in cluster.get("plugins", [])
            if plugin.get("isWALArchiver") and plugin["parameters"]["barmanObjectName"] in stores
        ]
        if not archived or archived[0]["serverName"] != service:
            yield f"{service}: the changes of its database are not archived under its name"
        if f"{service}-database" not in copied:
            yield f"{service}: its database is never copied"
    for broker in of_kind(manifests, "RabbitmqCluster"):
        lines = broker["spec"]["rabbitmq"]["additionalConfig"].splitlines()
        said = dict(line.split(" = ") for line in lines if not line.startswith("#"))
        membership = "quorum_queue.continuous_membership_reconciliation"
        size = broker["spec"]["replicas"]
        if size < 3 or size % 2 == 0:
            yield f"{size} nodes of the broker make no majority"
        if (said.get(f"{membership}.enabled"), said.get(f"{membership}.target_group_size")) != (
            "true",
            str(size),
        ):
            yield "a queue that was made early keeps too few members"


def _containers(manifests: list[Manifest]) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    for each in of_kind(manifests, *PROCESSES):
        for container in [*pod(each).get("initContainers", []), *pod(each)["containers"]]:
            yield each, container


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in container.get("env", [])}


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"
