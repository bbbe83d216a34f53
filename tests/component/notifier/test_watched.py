"""What is watched of mails: how many are in each state, and which wait for long."""

from datetime import timedelta

from click.testing import CliRunner

from chassis.clock import now
from services.notifier.app import doubt_waiting
from services.notifier.queries import deliveries_by_state


def counted(database):
    with database.reading() as session:
        found = deliveries_by_state(session, now())
    return {state: amount for state, amount in found.items() if amount}


def test_every_state_is_told_also_those_that_no_mail_is_in(database, office):
    with database.reading() as session:
        found = deliveries_by_state(session, now())

    assert set(found) == {
        *("queued", "sending", "sent", "failed", "uncertain", "suppressed", "late")
    }
    assert set(found.values()) == {0}


def test_a_mail_that_waits_for_a_quarter_of_an_hour_is_late(database, office, publish, clock):
    publish()
    assert counted(database) == {"queued": 1}

    clock.move(timedelta(minutes=16))
    assert counted(database) == {"queued": 1, "late": 1}


def test_a_mail_of_last_year_is_not_counted(database, office, publish, clock):
    publish()
    clock.move(timedelta(days=365))

    assert counted(database) == {}


def test_after_a_restore_what_waits_is_held_back(
    database, office, publish, settings, profile_path, environment
):
    publish()
    variables = {
        "DATABASE_URL": settings.database_url,
        "AMQP_URL": "memory://",
        "PROFILE": str(profile_path),
        **environment,
    }

    told = CliRunner().invoke(doubt_waiting, env=variables)

    assert told.exit_code == 0, told.output
    assert told.output.startswith("1 mails are uncertain")
    assert counted(database) == {"uncertain": 1}
