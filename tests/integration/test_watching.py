"""The watchers at work: Prometheus asks every process and the broker, and an alert becomes a mail.

Real processes of ours, RabbitMQ with its plugin, Debian's Prometheus and Alertmanager, and a mail
server. There is no Grafana: its questions are asked, its pages are not drawn.
"""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from embedded.actors import Actor
from embedded.story import read_associations
from tests.integration.test_whole_system import KAREN, announce, apply, register
from tests.support.eventually import eventually
from tests.support.processes import free_ports
from tests.support.servers import RabbitMQ
from tests.support.system import DOORS, PROFILE, SERVICES, System
from tests.support.watching import Alertmanager, Prometheus, TextFiles
from tools import dashboards, ops, watching

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
OVERLAY = yaml.safe_load((DEPLOY / "compose.observability.yaml").read_text(encoding="utf-8"))
OPERATOR = "vagt@vesthimmerland.example.org"
# Panels that are empty while all is well, and what would fill them.
MAY_BE_EMPTY = {
    "Attempts to publish that failed": "a broker that is away",
    "Numbers used twice": "a service that was put back and not reconciled",
}
pytestmark = [pytest.mark.alone, pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def broker():
    """A broker with the deployed plugins, all but the page for people."""
    plugins = (DEPLOY / "rabbitmq" / "enabled_plugins").read_text(encoding="utf-8")
    names = [each for each in re.findall(r"\w+", plugins) if each != "rabbitmq_management"]
    (port,) = free_ports(1)
    server = RabbitMQ(
        plugins=names,
        configuration=f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {port}\n",
    )
    server.metrics = f"127.0.0.1:{port}"
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def system(tmp_path_factory, postgres, broker, mail_server):
    made = System(tmp_path_factory.mktemp("system"), postgres, broker.url, mail_server)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def textfiles():
    exporter = TextFiles()
    try:
        yield exporter.tell(OVERLAY["services"]["textfiles"]["command"])
    finally:
        exporter.close()


@pytest.fixture(scope="module")
def alertmanager(mail_server):
    server = Alertmanager()
    told = watching.configuration(mail_server.url, to=OPERATOR, sender="samspil@example.org")
    try:
        yield server.mail(told)
    finally:
        server.close()


@pytest.fixture(scope="module")
def prometheus(system, broker, textfiles, alertmanager):
    """Give Prometheus, watching since before anything happened."""
    places = {
        f"{name if name in DOORS else f'{name}-{role}'}:9000": f"127.0.0.1:{port}"
        for (name, role), port in system.operations.items()
    }
    places |= {"rabbitmq:15692": broker.metrics, "textfiles:9100": textfiles.address}
    server = Prometheus()
    try:
        yield server.watch(places, alertmanager=alertmanager.address)
    finally:
        server.close()


@pytest.fixture(scope="module")
def story(system, prometheus):
    """A part of the story has been played: a round, applications, mails, roles that died."""
    coordinator = Actor(system.town, KAREN, "Karen Kontakt")
    applicants = read_associations(tomllib.loads(PROFILE.read_text(encoding="utf-8")))[:3]
    register(system, coordinator, applicants)
    round_ = announce(system, coordinator)
    for applicant in applicants:
        apply(system, applicant, round_)


def test_everything_that_is_named_answers(prometheus, system):
    def all_are_up():
        found = prometheus.ask("up")
        down = [each["metric"] for each in found if each["value"][1] != "1"]
        assert not down
        # Each role and door, the broker twice, and the text files.
        assert len(found) == len(system.operations) + 3

    eventually(all_are_up, within=60, every=0.5)
    roles = prometheus.ask('count by (component, role) (up{job="samspil"})')
    assert len(roles) == len(system.operations)


@pytest.mark.parametrize(
    "panel", dashboards.panels(), ids=lambda panel: panel.title.replace(" ", "-")
)
def test_a_panel_shows_something_of_a_system_that_runs(prometheus, story, panel):
    def is_answered():
        assert prometheus.ask(panel.question)

    if panel.title in MAY_BE_EMPTY:
        prometheus.ask(panel.question)
    else:
        eventually(is_answered, within=30, every=0.5)


def test_only_panels_that_there_are_may_be_empty():
    assert set(MAY_BE_EMPTY) <= {panel.title for panel in dashboards.panels()}


def test_an_alert_is_mailed_and_so_is_its_end(prometheus, story, system, mail_server):
    def mailed(subject):
        """Return the words of the mail about this one: the story had dead processes as well."""
        mails = [each.message for each in mail_server.to(OPERATOR)]
        (words,) = [
            text
            for each in mails
            if each["Subject"].startswith(subject)
            and "meetings schedule" in (text := each.get_body(("plain",)).get_content())
        ]
        return words

    eventually(lambda: require("ProcessDown" not in prometheus.firing()), within=30, every=0.5)
    system.kill("meetings", "schedule")

    told = eventually(lambda: mailed("critical: ProcessDown ("), within=60, every=0.5)
    assert "meetings schedule at 127.0.0.1:" in told
    assert "does not answer" in told
    assert "What to do: docs/operations/runbooks/process-down.md" in told

    system.start_role("meetings", "schedule")
    eventually(lambda: mailed("ended: ProcessDown ("), within=60, every=0.5)


def test_a_backup_ends_the_alert_that_there_is_none(
    prometheus, postgres, system, textfiles, tmp_path, monkeypatch
):
    monkeypatch.setenv("POSTGRES_BIN", str(postgres.program("pg_dump").parent))

    def missing():
        found = prometheus.ask('ALERTS{alertname="BackupOld", alertstate="firing"}')
        return {each["metric"]["service"] for each in found}

    eventually(lambda: require(missing() == set(SERVICES)), within=30, every=0.5)
    databases = [f"--database={name}={url}" for name, url in system.databases.items()]
    command = ["backup", *databases, "--to", str(tmp_path), "--metrics", str(textfiles.metrics)]
    answer = CliRunner().invoke(ops.group, command)
    assert answer.exit_code == 0, answer.output

    eventually(lambda: require(not missing()), within=30, every=0.5)


def require(holds):
    assert holds
