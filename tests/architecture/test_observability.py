"""Rules and dashboards ask for what there is, and every alert says what to do."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

import chassis.telemetry  # noqa: F401 - registers every metric of ours
import embedded.contracts
from tools import dashboards, manifest

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "observability" / "prometheus" / "rules"
GROUPS = [
    group
    for path in sorted(RULES.glob("*.yaml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
RECORDED = {rule["record"] for group in GROUPS for rule in group["rules"] if "record" in rule}
QUESTIONS = [rule["expr"] for group in GROUPS for rule in group["rules"]]
QUESTIONS += [panel.question for panel in dashboards.panels()]
# What Prometheus itself and RabbitMQ's own plugin tell (its /metrics and /metrics/detailed), and
# what an operator's tools write down.
OTHERS = {
    manifest.TIMESTAMP,
    manifest.SIZE,
    "ALERTS",
    "up",
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages_ready",
    "rabbitmq_detailed_queue_messages_unacked",
}
HEADINGS = ("## Symptom", "## Check", "## Act")
SCRAPED = yaml.safe_load((RULES.parent / "prometheus.yaml").read_text(encoding="utf-8"))[
    "scrape_configs"
]


def ours():
    """Every name that our own processes tell."""
    return {
        sample.name
        for family in REGISTRY.collect()
        if family.name.startswith("samspil_")
        for sample in family.samples
    } | {f"{family.name}{ending}" for family in REGISTRY.collect() for ending in endings(family)}


def endings(family):
    return {
        "counter": ("_total",),
        "histogram": ("_bucket", "_count", "_sum"),
        "gauge": ("",),
    }.get(family.type, ())


def asked(question):
    """Names of metrics in PromQL: words before a selector, a range or an end, of known forms."""
    without_labels = re.sub(r"\{[^}]*\}", "", question)
    without_groups = re.sub(r"\b(?:by|without)\s*\([^)]*\)", "", without_labels)
    return set(re.findall(r"\b(?:samspil[\w:]*|rabbitmq\w*|up|ALERTS)\b", without_groups))


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_asked_for_is_told_by_somebody(question):
    names = asked(question)

    assert names
    assert names <= ours() | RECORDED | OTHERS


def test_labels_that_are_asked_for_are_those_of_the_metric():
    labels = {
        f"{name}{ending}": {*metric._labelnames, "le"}
        for metric in set(REGISTRY._collector_to_names)
        if (name := getattr(metric, "_name", "")).startswith("samspil_")
        for ending in ("", "_total", "_bucket", "_count", "_sum")
    } | {manifest.TIMESTAMP: {"service"}, manifest.SIZE: {"service"}}
    for question in QUESTIONS:
        for name, selector in re.findall(r"\b(samspil_\w+)\{([^}]*)\}", question):
            wanted = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert wanted <= labels[name], question


def test_what_is_recorded_is_used():
    used = set().union(*map(asked, QUESTIONS))

    assert used >= RECORDED


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_and_where_to_read_what_to_do(name):
    rule = ALERTS[name]

    runbook = ROOT / rule["annotations"]["runbook"]
    text = runbook.read_text(encoding="utf-8")
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert [line for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)
    assert name in text
    # What was tried, and what was seen: the last line says so.
    assert text.rstrip().splitlines()[-1].startswith(("Followed", "Not followed"))


def test_no_runbook_is_left_without_its_alert():
    linked = {rule["annotations"]["runbook"] for rule in ALERTS.values()}
    there = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "docs" / "operations" / "runbooks").glob("*.md")
        if path.name != "README.md"
    }

    assert there == linked


@pytest.mark.parametrize("path", dashboards.files(), ids=lambda path: path.name)
def test_the_dashboards_are_fresh(path):
    """`python -m tools.dashboards` writes them."""
    assert path.read_text(encoding="utf-8") == dashboards.files()[path]


def test_no_dashboard_is_left_behind():
    assert set(dashboards.FOLDER.glob("*.json")) == set(dashboards.files())


@pytest.mark.parametrize("path", dashboards.files(), ids=lambda path: path.name)
def test_panels_do_not_overlap(path):
    panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
    covered = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(covered) == len(set(covered))
    assert max(x for x, _ in covered) < dashboards.WIDTH


def test_every_process_is_asked_and_missed():
    """Each role of each service and both doors are scraped, and missed when they are not there."""
    roles = ("serve", "consume", "relay", "schedule")
    names = {f"{name}-{role}" for name in embedded.contracts.services() for role in roles}
    (samspil,) = (job for job in SCRAPED if job["job_name"] == "samspil")
    (search,) = samspil["dns_sd_configs"]
    missed = re.findall(r'component="(\w+)", role="(\w+)"', ALERTS["RoleMissing"]["expr"])

    assert set(search["names"]) == names | {"gateway", "portal"}
    assert {f"{component}-{role}" for component, role in missed} == names | {
        *("gateway-gateway", "portal-portal")
    }
