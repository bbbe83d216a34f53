"""The manifests of an overlay, as the cluster would get them.

``python -m tests.kubernetes.rendering`` says in one line where nothing here renders them, and then
returns 1: ``make test`` leaves out the tests of this folder.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("small", "national")
PROCESSES = {"Deployment", "Job"}
# The fast one where PyYAML was built with it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MISSING = (
    "nothing renders deploy/kubernetes: install kustomize or kubectl (Debian 13 has both packages;"
    " docs/decisions/0035-rendered-by-kustomize-only.md)"
)

Manifest = dict[str, Any]


def renderer() -> list[str] | None:
    """Return the command that renders a folder, or None where there is none."""
    if program := shutil.which("kustomize"):
        return [program, "build"]
    if program := shutil.which("kubectl"):
        return [program, "kustomize"]
    return None


def render(command: list[str], folder: Path) -> list[Manifest]:
    """Render a folder with a kustomization."""
    done = subprocess.run(
        [*command, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.load_all(done.stdout, LOADER))


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    """Return those of some kinds."""
    return [each for each in manifests if each["kind"] in kinds]


def named(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """Return the one of this kind and name."""
    (found,) = (each for each in of_kind(manifests, kind) if each["metadata"]["name"] == name)
    return found


def label(manifest: Manifest, key: str) -> str:
    """Return what a label of ours says, or nothing."""
    return manifest["metadata"].get("labels", {}).get(f"samspil/{key}", "")


def pod(manifest: Manifest) -> dict[str, Any]:
    """Return the specification of a process's pods."""
    return manifest["spec"]["template"]["spec"]


def pod_labels(manifest: Manifest) -> dict[str, str]:
    """Return the labels of a process's pods."""
    return manifest["spec"]["template"]["metadata"]["labels"]


def is_selected(labels: dict[str, str], selector: dict[str, Any]) -> bool:
    """Whether a label selector takes a pod with these labels."""
    wanted = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        expression["operator"] == "Exists" and expression["key"] in labels
        for expression in selector.get("matchExpressions", [])
    )


def smallest_count(manifests: list[Manifest], deployment: Manifest) -> int:
    """Return how many pods there are when there is least to do."""
    name = deployment["metadata"]["name"]
    for scaler in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] == name:
            spec = scaler["spec"]
            return spec["minReplicas" if "minReplicas" in spec else "minReplicaCount"]
    return deployment["spec"]["replicas"]


if __name__ == "__main__":
    if renderer() is None:
        print(f"left out: {MISSING}", flush=True)
        sys.exit(1)
