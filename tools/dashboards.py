"""Writes Grafana's dashboards, deploy/observability/grafana/*.json, from the description below.

    python -m tools.dashboards

Grafana's format repeats itself some fifty lines a panel; what one wants to say is a title, a
question and a unit. The files are committed, and a test sees that they are fresh.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent.parent / "deploy" / "observability" / "grafana"
WIDTH: Final = 24
HEIGHT: Final = 8
QUEUES: Final = 'queue=~"directory|grants|meetings|notifier"'
SOURCE: Final = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Panel:
    """A question in PromQL, its title, its unit in Grafana's words and the name of a line.

    ``limit`` draws a line where an alert goes off; ``single`` shows the latest number alone.
    """

    title: str
    question: str
    legend: str
    unit: str = "short"
    limit: float | None = None
    single: bool = False


@dataclass(frozen=True)
class Dashboard:
    """A page of panels; each row of them shares the width."""

    name: str
    title: str
    rows: Sequence[Sequence[Panel]]


DASHBOARDS: Final = (
    Dashboard(
        "overview",
        "Samspil: is it well",
        (
            (
                Panel(
                    "Alerts that fire",
                    'count(ALERTS{alertstate="firing", severity!="info"}) or vector(0)',
                    "alerts",
                    limit=1,
                    single=True,
                ),
                Panel(
                    "Processes that answer",
                    'sum by (component) (up{job="samspil"})',
                    "{{component}}",
                    single=True,
                ),
            ),
            (
                Panel("Requests", "samspil:requests:rate5m", "{{service}}", "reqps"),
                Panel(
                    "Share that fails",
                    "samspil:request_errors:ratio5m",
                    "{{service}}",
                    "percentunit",
                    0.05,
                ),
                Panel(
                    "Time of nineteen in twenty",
                    "samspil:request_seconds:p95",
                    "{{service}}",
                    "s",
                    1,
                ),
            ),
            (
                Panel(
                    "Slowest routes",
                    "topk(10, histogram_quantile(0.95, sum by (service, route, le)"
                    " (rate(samspil_request_seconds_bucket"
                    '{route!~"/health/.*|/metrics|own"}[5m]))))',
                    "{{service}} {{route}}",
                    "s",
                ),
                Panel(
                    "Public reads at the gateway's door",
                    "sum by (outcome) (rate(samspil_gateway_cache_total[5m]))",
                    "{{outcome}}",
                    "reqps",
                ),
                Panel(
                    "Since a loop last turned",
                    "time() - samspil_progress_timestamp_seconds",
                    "{{service}} {{loop}}",
                    "s",
                    180,
                ),
            ),
        ),
    ),
    Dashboard(
        "events",
        "Samspil: events on their way",
        (
            (
                Panel(
                    "Oldest event not published",
                    "samspil:outbox_oldest_seconds:max",
                    "{{service}}",
                    "s",
                    60,
                ),
                Panel(
                    "Events not published",
                    "max by (service) (samspil_outbox_pending)",
                    "{{service}}",
                ),
                Panel(
                    "Published",
                    "sum by (service) (rate(samspil_events_published_total[5m]))",
                    "{{service}}",
                    "cps",
                ),
                Panel(
                    "Attempts to publish that failed",
                    "sum by (service, reason) (rate(samspil_publish_failures_total[5m]))",
                    "{{service}} {{reason}}",
                    "cps",
                ),
            ),
            (
                Panel(
                    "Waiting in queues",
                    f"max by (queue) (rabbitmq_detailed_queue_messages_ready{{{QUEUES}}})",
                    "{{queue}}",
                    limit=1000,
                ),
                Panel(
                    "Taken and not yet settled",
                    f"max by (queue) (rabbitmq_detailed_queue_messages_unacked{{{QUEUES}}})",
                    "{{queue}}",
                ),
                Panel(
                    "Consumers",
                    f"max by (queue) (rabbitmq_detailed_queue_consumers{{{QUEUES}}})",
                    "{{queue}}",
                ),
            ),
            (
                Panel(
                    "Handled, retried, dead",
                    "sum by (outcome) (samspil:messages:rate5m)",
                    "{{outcome}}",
                    "cps",
                ),
                Panel(
                    "Handled, by service",
                    'samspil:messages:rate5m{outcome="handled"}',
                    "{{service}}",
                    "cps",
                ),
                Panel(
                    "Time of nineteen handlers in twenty",
                    "histogram_quantile(0.95, sum by (service, le)"
                    " (rate(samspil_handler_seconds_bucket[5m])))",
                    "{{service}}",
                    "s",
                ),
            ),
            (
                Panel(
                    "Kept for later",
                    "samspil:inbox_waiting:max",
                    "{{service}} {{status}}",
                ),
                Panel(
                    "Kept for how long",
                    "samspil:inbox_oldest_seconds:max",
                    "{{service}} {{status}}",
                    "s",
                    300,
                ),
                Panel(
                    "Consumers that stand still",
                    "max by (service) (samspil_consumer_brake)",
                    "{{service}}",
                    limit=1,
                ),
                Panel(
                    "Numbers used twice",
                    "sum by (service, publisher) (samspil_sequences_reused_total)",
                    "{{publisher}} at {{service}}",
                    limit=1,
                ),
            ),
        ),
    ),
    Dashboard(
        "cases",
        "Samspil: mails and deadlines",
        (
            (
                Panel(
                    "Mails that wait, are late or uncertain",
                    'samspil:cases:max{kind="delivery", state=~"queued|sending|late|uncertain"}',
                    "{{state}}",
                ),
                Panel(
                    "Mails of thirty days by what became of them",
                    'samspil:cases:max{kind="delivery", state=~"sent|failed|suppressed|uncertain"}',
                    "{{state}}",
                    single=True,
                ),
                Panel(
                    "Mails sent an hour",
                    'clamp_min(delta(samspil:cases:max{kind="delivery", state="sent"}[1h]), 0)',
                    "sent",
                ),
            ),
            (
                Panel(
                    "Rounds and hearings that close within three days",
                    'samspil:cases:max{state="closing-soon"}',
                    "{{kind}}",
                    single=True,
                ),
                Panel(
                    "Rounds and hearings that should have closed",
                    'samspil:cases:max{state="missed"}',
                    "{{kind}}",
                    limit=1,
                    single=True,
                ),
                Panel(
                    "Done by the scheduler",
                    "sum by (service, task, outcome) (increase(samspil_schedule_total[1h]))",
                    "{{service}} {{task}} {{outcome}}",
                ),
            ),
        ),
    ),
)


def files() -> dict[Path, str]:
    """Return what each file must hold."""
    return {
        FOLDER / f"{each.name}.json": json.dumps(_dashboard(each), indent=1) + "\n"
        for each in DASHBOARDS
    }


def panels() -> list[Panel]:
    """Return every panel of every dashboard."""
    return [panel for each in DASHBOARDS for row in each.rows for panel in row]


def _dashboard(dashboard: Dashboard) -> dict[str, Any]:
    panels = [
        _panel(panel, place=place, of=len(row), at=at)
        for at, row in enumerate(dashboard.rows)
        for place, panel in enumerate(row)
    ]
    return {
        "uid": f"samspil-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["samspil"],
        "timezone": "Europe/Copenhagen",
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "schemaVersion": 38,
        "templating": {
            "list": [
                {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}
            ]
        },
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }


def _panel(panel: Panel, *, place: int, of: int, at: int) -> dict[str, Any]:
    width = WIDTH // of
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    return {
        "title": panel.title,
        "type": "stat" if panel.single else "timeseries",
        "datasource": SOURCE,
        "gridPos": {"x": place * width, "y": at * HEIGHT, "w": width, "h": HEIGHT},
        "targets": [
            {
                "refId": "A",
                "datasource": SOURCE,
                "expr": panel.question,
                "legendFormat": panel.legend,
            }
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "off" if panel.limit is None else "line"}},
            },
            "overrides": [],
        },
    }


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(FOLDER.parents[2]))


if __name__ == "__main__":
    main()
