"""The table of docs/operations/scaling.md is what the manifests and its assumptions come to."""

import pytest

from tests.kubernetes import capacity
from tests.kubernetes.rendering import ROOT


def test_the_page_has_the_table_of_these_manifests(rendered):
    page = (ROOT / "docs" / "operations" / "scaling.md").read_text(encoding="utf-8")

    table = capacity.table(rendered["small"], rendered["national"])

    assert table in page, "print it: python -m tests.kubernetes.capacity"


def test_what_is_asked_for_is_added_up():
    process = {
        "kind": "Deployment",
        "metadata": {"name": "relay"},
        "spec": {
            "replicas": 2,
            "template": {
                "spec": {
                    "containers": [{"resources": {"requests": {"cpu": "250m", "memory": "512Mi"}}}]
                }
            },
        },
    }
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}}
    cluster = {
        "kind": "Cluster",
        "spec": {"instances": 3, "resources": resources, "storage": {"size": "10Gi"}},
    }
    broker = {
        "kind": "RabbitmqCluster",
        "spec": {"replicas": 3, "resources": resources, "persistence": {"storage": "5Gi"}},
    }

    found = capacity.room([process, cluster, broker])

    assert found.pods == 8
    assert found.cores == pytest.approx(6.5)
    assert found.memory == 7 * capacity.GIB
    assert found.disk == 45 * capacity.GIB


def test_the_worst_hour_is_the_sum_of_its_pages_and_writes():
    pages, writes, busy = capacity.worst_hour()

    assert pages * 3600 == pytest.approx(80 * 30 + 300 * 6)
    assert writes * 3600 == pytest.approx(80 * 10)
    assert busy == pytest.approx(pages * 0.012 + writes * 0.105)
