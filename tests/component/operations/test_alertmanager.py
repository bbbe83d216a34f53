"""Who is mailed which alert: the Alertmanager's configuration, judged by its own amtool."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.watching import Alertmanager
from tools import watching

ROOT = Path(__file__).resolve().parents[3]
OPERATOR = "vagt@kommune.example.org"
SENDER = "samspil@kommune.example.org"


def amtool(folder, smtp_url, *command):
    Alertmanager.find()
    path = folder / "alertmanager"
    told = watching.configuration(smtp_url, to=OPERATOR, sender=SENDER)
    path.write_text(json.dumps(told))
    done = subprocess.run(
        ["amtool", *(str(path) if each == "FILE" else each for each in command)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("smtp_url", "server", "encrypted"),
    [
        ("smtp://mailpit:1025", "mailpit:1025", False),
        ("smtp://relay.example.org", "relay.example.org:25", False),
        ("smtp+starttls://u%40x:p%2Fq@relay.example.org", "relay.example.org:587", True),
        ("smtps://u:p@relay.example.org", "relay.example.org:465", False),
    ],
)
def test_alerts_go_through_the_mail_server_of_all_other_mail(tmp_path, smtp_url, server, encrypted):
    amtool(tmp_path, smtp_url, "check-config", "FILE")

    told = watching.configuration(smtp_url, to=OPERATOR, sender=SENDER)["global"]
    assert told["smtp_smarthost"] == server
    assert told["smtp_require_tls"] == encrypted
    assert told["smtp_from"] == SENDER


def test_what_is_escaped_in_an_address_is_not_in_the_password():
    told = watching.configuration(
        "smtp+starttls://u%40x:p%2Fq@relay.example.org", to=OPERATOR, sender=SENDER
    )["global"]

    assert (told["smtp_auth_username"], told["smtp_auth_password"]) == ("u@x", "p/q")


@pytest.mark.parametrize(
    ("severity", "receiver"),
    [("critical", "operators"), ("warning", "operators"), ("info", "nobody")],
)
def test_a_severity_reaches_whom_it_should(tmp_path, severity, receiver):
    command = ("config", "routes", "test", "--config.file", "FILE", f"severity={severity}")

    assert amtool(tmp_path, "smtp://relay.example.org", *command).split() == [receiver]


def test_only_a_warning_waits_for_working_hours():
    told = watching.configuration("smtp://relay.example.org", to=OPERATOR, sender=SENDER)

    waits = {
        route["matchers"][0]: route.get("active_time_intervals")
        for route in told["route"]["routes"]
    }
    assert waits == {'severity="critical"': None, 'severity="warning"': ["working-hours"]}


@pytest.mark.parametrize(
    ("smtp_url", "to", "named"),
    [
        ("smtp://relay.example.org", "", "ALERTS_TO"),
        ("http://relay.example.org", OPERATOR, "smtp_url"),
        ("smtps://relay.example.org:2465", OPERATOR, "smtps at port 465 only"),
        ("smtp://u:geheim@relay.example.org", OPERATOR, "no password in the clear"),
    ],
)
def test_a_setting_by_which_no_alert_would_arrive_is_named(smtp_url, to, named):
    with pytest.raises(watching.Unfit, match=named) as caught:
        watching.configuration(smtp_url, to=to, sender=SENDER)

    assert "geheim" not in str(caught.value)


def make(folder, **settings):
    return subprocess.run(
        [sys.executable, "-m", "tools.watching", str(folder)],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_both_files_are_made_among_the_secrets(tmp_path):
    (tmp_path / "smtp_url").write_text("smtp://mailpit:1025")

    assert make(tmp_path, ALERTS_TO=OPERATOR, PROFILE="naestved").returncode == 0
    password = (tmp_path / "grafana_password").read_text()
    assert make(tmp_path, ALERTS_TO=OPERATOR, MAIL_FROM=SENDER).returncode == 0

    told = json.loads((tmp_path / "alertmanager").read_text())
    assert told["global"]["smtp_from"] == SENDER
    assert (tmp_path / "grafana_password").read_text() == password
    assert len(password) >= 32


def test_nobody_to_mail_is_told_in_one_line(tmp_path):
    (tmp_path / "smtp_url").write_text("smtp://mailpit:1025")

    done = make(tmp_path)

    assert done.returncode == 1
    assert done.stderr.strip().startswith("ALERTS_TO: ")
    assert not (tmp_path / "alertmanager").exists()
