"""What the manifests point at: settings, secrets and accounts, each of which must be somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any
from urllib.parse import urlsplit

from tests.kubernetes import code
from tests.kubernetes.rendering import (
    PROCESSES,
    ROOT,
    Manifest,
    label,
    of_kind,
    pod,
)

PAGE = ROOT / "docs" / "operations" / "kubernetes.md"
ROW = re.compile(r"^\| `([\w-]+)` \| ((?:`[\w.-]+`(?:, )?)+) \|", re.MULTILINE)
# An address with a password in it, a private key, or a setting of the broker that holds one.
SECRET = re.compile(r"://[^/\s]*:[^/\s]+@|BEGIN [A-Z ]*PRIVATE KEY|(?i:pass(word)?|token)\s*[=:]")


def documented_secrets() -> dict[str, set[str]]:
    """Return the secrets that an operator makes, and their keys, as the page lists them."""
    text = PAGE.read_text(encoding="utf-8")
    return {name: set(re.findall(r"`([\w.-]+)`", keys)) for name, keys in ROW.findall(text)}


def each_secret_is_documented(manifests: list[Manifest]) -> Iterator[str]:
    """A secret is asked for by a name and a key that the page tells; none is told in vain."""
    told = documented_secrets()
    asked = set(secret_references(manifests))
    for name, key in sorted(asked, key=str):
        if name not in told or (key is not None and key not in told[name]):
            yield f"secret {name} with {key} is not on the list"
    for name in sorted(told.keys() - {name for name, _ in asked}):
        yield f"secret {name} is on the list, and nobody asks for it"


def secret_references(manifests: list[Manifest]) -> Iterator[tuple[str, str | None]]:
    """Yield every secret that is named, with the key; None where the reader knows which."""
    for each in manifests:
        if each["kind"] == "TriggerAuthentication":
            yield from ((s["name"], s["key"]) for s in each["spec"]["secretTargetRef"])
        elif each["kind"] == "Cluster":
            initial = each["spec"]["bootstrap"]["initdb"]["secret"]["name"]
            yield from ((initial, "username"), (initial, "password"))
        elif each["kind"] == "ObjectStore":
            keys = each["spec"]["configuration"]["s3Credentials"].values()
            yield from ((key["name"], key["key"]) for key in keys)
        elif each["kind"] == "Ingress":
            for tls in each["spec"]["tls"]:
                yield from ((tls["secretName"], "tls.crt"), (tls["secretName"], "tls.key"))
        else:
            yield from _in_pods(each)


def _in_pods(node: Any) -> Iterator[tuple[str, str | None]]:
    """Yield the secrets of volumes and variables, wherever a pod is described."""
    if isinstance(node, dict):
        if name := node.get("secretName"):
            yield from ((name, item["key"]) for item in node.get("items", [{"key": None}]))
        for kind in ("secretKeyRef", "secretRef"):
            if kind in node:
                yield node[kind]["name"], node[kind].get("key")
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _in_pods(child)


def no_secret_is_in_plain_text(manifests: list[Manifest]) -> Iterator[str]:
    """No Secret object, no secret setting with a value, no password in an address."""
    for each in manifests:
        if each["kind"] == "Secret":
            yield f"Secret {each['metadata']['name']} is in the manifests"
        for text in _texts(each):
            if SECRET.search(text):
                yield f"{each['kind']} {each['metadata']['name']} holds a secret"
    for each in of_kind(manifests, *PROCESSES):
        component = label(each, "component")
        for name in _given(manifests, each):
            field = code.settings(component).get(name)
            if field is not None and field.metadata["secret"]:
                yield f"{each['metadata']['name']} is given {name} other than by file"


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from _texts(child)


def each_setting_is_given(manifests: list[Manifest]) -> Iterator[str]:
    """Every process has all that it must be given, and is given nothing that nobody reads."""
    shared = {key for each in of_kind(manifests, "ConfigMap") for key in each["data"]}
    known = {name for component in code.components() for name in code.settings(component)}
    yield from (f"nobody reads {name}" for name in sorted(shared - known))
    for each in of_kind(manifests, *PROCESSES):
        name, settings = each["metadata"]["name"], code.settings(label(each, "component"))
        given = _given(manifests, each)
        container = pod(each)["containers"][0]
        for variable in (variable["name"] for variable in container["env"]):
            if variable.removesuffix("_FILE") not in settings:
                yield f"{name}: nobody reads {variable}"
        for variable, field in settings.items():
            if variable not in given and f"{variable}_FILE" not in given:
                if field.default is MISSING:
                    yield f"{name} lacks {variable}"
            elif (path := given.get(f"{variable}_FILE")) and path not in set(_files(each)):
                yield f"{name}: no secret is at {path}"


def _given(manifests: list[Manifest], process: Manifest) -> dict[str, str]:
    """Return the variables of a process's container."""
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind(manifests, "ConfigMap")}
    container = pod(process)["containers"][0]
    given: dict[str, str] = {}
    for source in container.get("envFrom", []):
        given |= maps.get(source["configMapRef"]["name"], {})
    return given | {each["name"]: each.get("value", "") for each in container.get("env", [])}


def _files(process: Manifest) -> Iterator[str]:
    volumes = {each["name"]: each for each in pod(process)["volumes"]}
    for mount in pod(process)["containers"][0]["volumeMounts"]:
        for item in volumes[mount["name"]].get("secret", {}).get("items", []):
            yield f"{mount['mountPath']}/{item['path']}"


def each_reference_is_there(manifests: list[Manifest]) -> Iterator[str]:
    """ConfigMaps, accounts, priorities, volumes and the hosts of addresses exist."""
    names = {
        kind: {each["metadata"]["name"] for each in of_kind(manifests, kind)}
        for kind in ("ConfigMap", "ServiceAccount", "PriorityClass", "Service")
    }
    for each in of_kind(manifests, *PROCESSES):
        spec, name = pod(each), each["metadata"]["name"]
        container = spec["containers"][0]
        for source in container.get("envFrom", []):
            if source["configMapRef"]["name"] not in names["ConfigMap"]:
                yield f"{name}: no ConfigMap {source['configMapRef']['name']}"
        if spec["serviceAccountName"] not in names["ServiceAccount"]:
            yield f"{name}: no account {spec['serviceAccountName']}"
        if spec["priorityClassName"] not in names["PriorityClass"]:
            yield f"{name}: no priority {spec['priorityClassName']}"
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        if mounted != {volume["name"] for volume in spec["volumes"]}:
            yield f"{name}: volumes and mounts differ"
        for variable, value in _given(manifests, each).items():
            host = urlsplit(value).hostname if value.startswith("http://") else None
            if host is not None and host not in names["Service"]:
                yield f"{name}: {variable} leads to {host}, which is no Service"
