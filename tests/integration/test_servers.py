"""The private servers of the tests do what the other tests rely on."""

import os
import signal
import smtplib
import subprocess
import sys
import textwrap
from pathlib import Path

import pika
import psycopg
import pytest
from pika.adapters.utils.connection_workflow import AMQPConnectorStackTimeout

from embedded.postgres import AlreadyInUse, EmbeddedPostgres
from tests.support.eventually import eventually
from tests.support.proxy import TcpProxy
from tests.support.servers import Missing, Postgres, RabbitMQ, Smtp


@pytest.fixture
def own_postgres():
    server = Postgres(tcp=True).start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def own_rabbitmq():
    broker = RabbitMQ().start()
    yield broker
    broker.close()


def select_one(dsn):
    with psycopg.connect(dsn, connect_timeout=2) as connection:
        return connection.execute("SELECT 1").fetchone()


def publish(url, body, queue="letters"):
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True)
        channel.confirm_delivery()
        channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2))


def fetch(url, queue="letters"):
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        return connection.channel().basic_get(queue, auto_ack=True)[2]


def test_postgres_comes_back_with_its_data_after_a_kill(own_postgres):
    with psycopg.connect(own_postgres.dsn()) as connection:
        connection.execute("CREATE TABLE letter AS SELECT 'Nørrebro Skakklub' AS name")

    own_postgres.kill()
    own_postgres.start()

    with psycopg.connect(own_postgres.dsn()) as connection:
        assert connection.execute("SELECT name FROM letter").fetchone() == ("Nørrebro Skakklub",)


def test_postgres_starts_although_a_stranger_has_its_recorded_id(own_postgres):
    lock = own_postgres.data_dir / "postmaster.pid"
    own_postgres.kill()
    _, _, rest = lock.read_text().partition("\n")
    lock.write_text(f"{os.getpid()}\n{rest}")

    own_postgres.start()

    assert select_one(own_postgres.dsn()) == (1,)


def test_postgres_is_taken_over_when_the_process_that_started_it_was_killed(tmp_path):
    script = f"""
        import os, signal
        from embedded.postgres import EmbeddedPostgres
        server = EmbeddedPostgres({str(tmp_path / "data")!r}, settings={{"fsync": "off"}}).start()
        print(server.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    first = subprocess.run(command, capture_output=True, text=True, check=False)

    with EmbeddedPostgres(tmp_path / "data") as server:
        assert server.pid == int(first.stdout)
        assert select_one(server.dsn()) == (1,)

    assert server.pid is None


def test_postgres_refuses_a_second_process_in_its_folder(own_postgres):
    with pytest.raises(AlreadyInUse, match="another process"):
        EmbeddedPostgres(own_postgres.data_dir).start()


def test_postgres_over_tcp_asks_for_the_password(own_postgres):
    dsn = own_postgres.dsn(tcp=True)

    assert select_one(dsn) == (1,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        select_one(dsn.replace("postgres:", "postgres:wrong"))


def test_postgres_makes_and_copies_databases(own_postgres):
    own_postgres.ensure_database("grants")
    own_postgres.ensure_database("grants")
    own_postgres.ensure_database("copy", template="grants")

    assert select_one(own_postgres.dsn("copy")) == (1,)
    own_postgres.drop_database("copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        select_one(own_postgres.dsn("copy"))


def test_servers_are_gone_when_their_process_was_killed():
    script = """
        import os, signal
        from tests.support.servers import Postgres
        from tests.support.processes import ServerProcess
        server = Postgres().start()
        other = ServerProcess("sleeper", account="nobody")
        other.launch("/bin/sleep", "600")
        print(server.folder, server.socket_dir, other.folder, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    def nothing_is_left():
        assert not [folder for folder in killed.stdout.split() if Path(folder).exists()]

    eventually(nothing_is_left, within=10)


@pytest.mark.broker
def test_rabbitmq_keeps_confirmed_messages_through_a_restart(own_rabbitmq):
    publish(own_rabbitmq.url, b"kept", queue="kept")

    own_rabbitmq.restart()

    assert fetch(own_rabbitmq.url, queue="kept") == b"kept"


@pytest.mark.broker
def test_rabbitmq_comes_back_after_a_kill(own_rabbitmq):
    publish(own_rabbitmq.url, b"before")

    own_rabbitmq.kill()
    own_rabbitmq.start()

    publish(own_rabbitmq.url, b"after")


@pytest.mark.broker
def test_rabbitmq_blocks_publishers_while_its_alarm_is_raised(own_rabbitmq):
    blocked = []
    connection = pika.BlockingConnection(pika.URLParameters(own_rabbitmq.url))
    connection.add_on_connection_blocked_callback(lambda *_: blocked.append(True))
    own_rabbitmq.raise_alarm()
    # RabbitMQ says so when the connection publishes, not before.
    connection.channel().basic_publish("", "nowhere", b"")

    def is_blocked():
        connection.process_data_events(0)
        assert blocked

    eventually(is_blocked)
    own_rabbitmq.clear_alarm()
    connection.close()


@pytest.mark.broker
def test_rabbitmq_is_silent_while_paused(own_rabbitmq):
    own_rabbitmq.pause()
    parameters = pika.URLParameters(own_rabbitmq.url + "?socket_timeout=0.5&stack_timeout=0.5")
    with pytest.raises(AMQPConnectorStackTimeout):
        pika.BlockingConnection(parameters)

    own_rabbitmq.resume()

    publish(own_rabbitmq.url, b"again")


@pytest.mark.broker
def test_rabbitmq_has_virtual_hosts_for_tests_that_disturb(own_rabbitmq):
    address = own_rabbitmq.add_vhost("disturbed")

    publish(address, b"inside")

    assert fetch(address) == b"inside"
    own_rabbitmq.drop_vhost("disturbed")


def test_a_proxy_cuts_refuses_and_restores(own_postgres):
    port = psycopg.conninfo.conninfo_to_dict(own_postgres.dsn(tcp=True))["port"]
    with TcpProxy("127.0.0.1", int(port)) as proxy:
        dsn = own_postgres.dsn(tcp=True).replace(f":{port}/", f":{proxy.port}/")
        connection = psycopg.connect(dsn)

        proxy.cut()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        assert select_one(dsn) == (1,)

        proxy.refuse()
        with pytest.raises(psycopg.OperationalError):
            select_one(dsn)

        proxy.restore()
        assert select_one(dsn) == (1,)
        connection.close()


def test_a_proxy_that_swallows_lets_no_byte_through(own_postgres):
    port = psycopg.conninfo.conninfo_to_dict(own_postgres.dsn(tcp=True))["port"]
    with TcpProxy("127.0.0.1", int(port)) as proxy:
        proxy.blackhole()
        dsn = own_postgres.dsn(tcp=True).replace(f":{port}/", f":{proxy.port}/")

        with pytest.raises(psycopg.errors.ConnectionTimeout):
            select_one(dsn)


def send(smtp: Smtp, recipient="skak@example.org"):
    with smtplib.SMTP(smtp.host, smtp.port, timeout=5) as client:
        client.sendmail("kommune@example.org", [recipient], "Subject: Bevilling\r\n\r\nTillykke!")


def test_smtp_collects_what_it_is_sent(smtp):
    send(smtp)

    (mail,) = smtp.to("skak@example.org")
    assert mail.message["Subject"] == "Bevilling"
    assert mail.message.defects == []


@pytest.mark.parametrize(
    ("phase", "failure"),
    [
        ("MAIL", smtplib.SMTPSenderRefused),
        ("RCPT", smtplib.SMTPRecipientsRefused),
        ("DATA", smtplib.SMTPDataError),
    ],
)
def test_smtp_answers_as_scripted_and_then_takes_the_mail(smtp, phase, failure):
    smtp.reply(phase, "451 4.3.0 try later")

    with pytest.raises(failure):
        send(smtp)
    send(smtp)

    assert len(smtp.mails) == 1


@pytest.mark.parametrize(("reply", "taken"), [(Smtp.HANG_UP, 0), (Smtp.HANG_UP_AFTER_TAKING, 1)])
def test_smtp_hangs_up_in_the_middle(smtp, reply, taken):
    smtp.reply("DATA", reply)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp)

    assert len(smtp.mails) == taken


def test_smtp_refuses_while_stopped():
    smtp = Smtp().start()
    smtp.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp)

    smtp.start()
    send(smtp)

    assert len(smtp.mails) == 1
    smtp.close()


@pytest.mark.browser
def test_chromium_shows_a_page(browser):
    page = browser.new_page()

    page.set_content("<h1>Samspil</h1>")

    assert page.inner_text("h1") == "Samspil"
    page.close()


def test_the_tests_run_on_the_postgresql_that_is_named(monkeypatch, tmp_path):
    given = EmbeddedPostgres(tmp_path / "data").program("initdb").parent
    named = tmp_path / "programs"
    named.symlink_to(given)
    monkeypatch.setenv("POSTGRES_BIN", str(named))
    server = Postgres()
    try:
        used = server.program("postgres")
    finally:
        server.close()

    assert used == named / "postgres"


def test_a_named_postgresql_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))

    with pytest.raises(Missing, match="POSTGRES_BIN"):
        Postgres()
