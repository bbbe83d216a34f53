"""Every alert goes off when it should and keeps quiet when it should, by Prometheus' own promtool.

``make test`` installs promtool where it is missing (Debian's package prometheus).
"""

import subprocess
from dataclasses import dataclass

import pytest
import yaml

from tests.architecture.test_observability import ALERTS, RULES
from tests.support.servers import find_promtool
from tools import manifest


@dataclass(frozen=True)
class Case:
    """Series in promtool's notation, one value a minute, and the minute at which one looks.

    ``fires`` and ``quiet`` each map a series to its values.
    """

    at: int
    fires: dict[str, str]
    quiet: dict[str, str]


def series(name, **labels):
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{told}}}"


def one(name, at, fires, quiet, **labels):
    """A case of one series."""
    return Case(at, {series(name, **labels): fires}, {series(name, **labels): quiet})


UP = series("up", job="samspil", component="grants", role="relay", instance="10.0.0.7:9000")
OK, BAD = (
    series("samspil_request_seconds_count", service="grants", route="/x", status=status)
    for status in ("200", "500")
)
PROBES = series(
    "samspil_request_seconds_count", service="grants", route="/health/live", status="503"
)
QUICK, SLOW, ALL = (
    series("samspil_request_seconds_bucket", service="grants", route="/x", status="200", le=limit)
    for limit in ("1.0", "2.5", "+Inf")
)
REUSED = series("samspil_sequences_reused_total", service="meetings", publisher="grants")
MEMORY, DISK = (
    series(f"rabbitmq_alarms_{name}_watermark", instance="rabbitmq:15692")
    for name in ("memory_used", "free_disk_space")
)
EVERY_PROCESS = {
    series("up", job="samspil", component=component, role=role): "1x20"
    for component in ("directory", "grants", "meetings", "notifier")
    for role in ("serve", "consume", "relay", "schedule")
} | {
    series("up", job="samspil", component=component, role=component): "1x20"
    for component in ("gateway", "portal")
}

BACKUP_OF_GRANTS = series(manifest.TIMESTAMP, service="grants")
BACKED_UP = {
    series(manifest.TIMESTAMP, service=name): "60000x1700"
    for name in ("directory", "meetings", "notifier")
}

CASES = {
    "RoleMissing": Case(10, {UP: "1x20"}, EVERY_PROCESS),
    "ProcessDown": Case(5, {UP: "0x20"}, {UP: "1 1 1 0 1 1 1 1"}),
    # A gauge of the time, which stands still at zero or goes with it.
    "LoopStuck": one(
        "samspil_progress_timestamp_seconds", 10, "0x20", "0+60x20", service="grants", loop="relay"
    ),
    "RequestsFail": Case(
        20, {OK: "0+60x30", BAD: "0+6x30"}, {OK: "0+60x30", BAD: "0+1x30", PROBES: "0+60x30"}
    ),
    "RequestsSlow": Case(
        30,
        {OK: "0+60x40", QUICK: "0+30x40", SLOW: "0+60x40", ALL: "0+60x40"},
        {OK: "0+60x40", QUICK: "0+59x40", SLOW: "0+60x40", ALL: "0+60x40"},
    ),
    "OutboxBehind": one("samspil_outbox_oldest_seconds", 5, "90x20", "9x20", service="grants"),
    "PublishingFails": one(
        "samspil_publish_failures_total",
        *(15, "0+6x20", "3x20"),
        service="grants",
        reason="Unconfirmed",
    ),
    "LogWentBack": one(
        "samspil_publish_failures_total",
        *(5, "0+6x20", "6x20"),
        service="grants",
        reason="LogWentBack",
    ),
    # The first one makes the series: it has not grown, it was not there.
    "SequenceReused": Case(30, {REUSED: "_x28 1x10"}, {REUSED: "1x40"}),
    "DeadLetters": one(
        "samspil_inbox_waiting", 10, "1x20", "0x20", service="grants", status="dead"
    ),
    "MessagesFail": one(
        "samspil_inbox_waiting", 15, "20x20", "2x20", service="grants", status="failed"
    ),
    "EventsParked": one(
        "samspil_inbox_oldest_seconds", 5, "400x20", "100x20", service="grants", status="parked"
    ),
    "ConsumerStopped": one("samspil_consumer_brake", 5, "1x20", "0x20", service="grants"),
    "QueueGrows": one(
        "rabbitmq_detailed_queue_messages_ready", 15, "5000x20", "500x20", queue="notifier"
    ),
    "QueueWithoutConsumer": one(
        "rabbitmq_detailed_queue_consumers", 6, "0x20", "1x20", queue="notifier"
    ),
    # Both are always told; the one that is well must not hide the other.
    "BrokerAlarm": Case(5, {MEMORY: "0x20", DISK: "1x20"}, {MEMORY: "0x20", DISK: "0x20"}),
    "MailLate": one(
        "samspil_cases", 15, "3x20", "0x20", service="notifier", kind="delivery", state="late"
    ),
    "MailUncertain": one(
        "samspil_cases", 15, "1x20", "0x20", service="notifier", kind="delivery", state="uncertain"
    ),
    "MailFails": one(
        "samspil_cases",
        *(70, "0+1x80", "40x80"),
        service="notifier",
        kind="delivery",
        state="failed",
    ),
    "DeadlineNear": one(
        "samspil_cases", 5, "1x20", "0x20", service="grants", kind="round", state="closing-soon"
    ),
    "DeadlineMissed": one(
        "samspil_cases", 5, "1x20", "0x20", service="meetings", kind="hearing", state="missed"
    ),
    # Prometheus' time in these tests begins at zero: a dump of then is a day and four hours old.
    "BackupOld": Case(
        28 * 60,
        {**BACKED_UP, BACKUP_OF_GRANTS: "0x1700"},
        {**BACKED_UP, BACKUP_OF_GRANTS: "60000x1700"},
    ),
    "ScheduleFails": one(
        "samspil_schedule_total",
        *(20, "0+1x30", "2x30"),
        service="grants",
        task="close-round",
        outcome="failed",
    ),
}


def group(name, at, given, *, fires):
    """A test group of promtool's: these series, and whether the alert is firing then."""
    return {
        "name": f"{name} {'fires' if fires else 'is quiet'}",
        "interval": "1m",
        "input_series": [{"series": key, "values": values} for key, values in given.items()],
        "promql_expr_test": [
            {
                "expr": f'count by (alertname) (ALERTS{{alertname="{name}",alertstate="firing"}})',
                "eval_time": f"{at}m",
                "exp_samples": [],
            }
        ],
    }


def run(folder, document):
    path = folder / "alerts.yaml"
    path.write_text(yaml.safe_dump(document))
    return subprocess.run(
        [find_promtool(), "test", "rules", str(path)], capture_output=True, text=True, check=False
    )


def test_every_alert_has_a_case():
    assert set(CASES) == set(ALERTS)


@pytest.mark.parametrize("fires", [True, False], ids=["fires", "quiet"])
@pytest.mark.parametrize("name", CASES)
def test_an_alert_goes_off_when_it_should(tmp_path, name, fires):
    case = CASES[name]
    tested = group(name, case.at, case.fires if fires else case.quiet, fires=fires)
    if fires:
        (asked,) = tested["promql_expr_test"]
        # An absence is told by each role that is not there: all but the one that is.
        amount = len(EVERY_PROCESS) - 1 if name == "RoleMissing" else 1
        asked["exp_samples"] = [{"labels": f'{{alertname="{name}"}}', "value": amount}]

    told = run(tmp_path, {"rule_files": [str(RULES / "*.yaml")], "tests": [tested]})

    assert told.returncode == 0, told.stdout + told.stderr


def test_the_rules_are_well_formed():
    told = subprocess.run(
        [find_promtool(), "check", "rules", *map(str, RULES.glob("*.yaml"))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr


def test_the_scrape_configuration_is_well_formed():
    told = subprocess.run(
        [
            *(find_promtool(), "check", "config", "--syntax-only"),
            str(RULES.parent / "prometheus.yaml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
