"""What an operator does on one host: mends what does not start, backs up, restores."""

import os
import shlex
import subprocess
import sys
import time

import pytest

from tests.deploy.stack import ROLES, ROOT, SERVICES
from tests.deploy.work import PUBLISHED, RECEIVED, Applicants
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(1200)
NOTICED_SECONDS = 200


def test_up_says_in_time_which_container_does_not_stay_up_and_why(stack):
    started = time.monotonic()

    failed = stack.try_up(RATE_LIMIT="as many as you like")

    seconds = time.monotonic() - started
    print(f"\nnoticed after {seconds:.0f} s: {failed.stderr.splitlines()[-1]}")
    assert failed.returncode == 1
    assert "gateway ends again and again" in failed.stderr
    assert "RATE_LIMIT" in failed.stderr
    assert seconds < NOTICED_SECONDS
    stack.up(RATE_LIMIT="none")


def test_up_says_which_setting_a_new_version_cannot_migrate_with(stack):
    failed = stack.try_up(UNCERTAIN_MAIL="ask my neighbour")

    assert failed.returncode == 1
    assert "notifier-migrate ended with 1" in failed.stderr
    assert "UNCERTAIN_MAIL" in failed.stderr
    stack.up(UNCERTAIN_MAIL="by-template")


def test_a_service_is_backed_up_restored_and_reconciled(
    stack, coordinator, applicants, postgres, tmp_path
):
    ops = Operator(stack, postgres.program("pg_dump").parent)
    early, late = Applicants(stack, applicants[6]), Applicants(stack, applicants[7])
    early.register(5)
    early.approve(coordinator)
    eventually(lambda: early.require_each_once(RECEIVED, PUBLISHED), within=120, every=1)

    stack.back_up(tmp_path / "backups", tmp_path / "metrics")
    (dumps,) = (tmp_path / "backups").iterdir()
    assert {path.name for path in dumps.glob("*.dump")} == {f"{each}.dump" for each in SERVICES}
    late.register(5)
    late.approve(coordinator)
    eventually(lambda: late.require_each_once(RECEIVED, PUBLISHED), within=120, every=1)
    eventually(lambda: require_known(stack, early, late), within=60, every=1)
    roles = [f"grants-{role}" for role in ROLES]
    stack.compose("stop", *roles)
    ops("restore", "grants", dumps / "grants.dump", "--yes")
    with pytest.raises(AssertionError):
        require_known(stack, late)
    stack.compose("run", "--rm", "--no-deps", "grants-migrate")
    told = ops("reconcile", "grants", "--mend")
    stack.up()
    replays = [shlex.split(line)[2:] for line in told.splitlines() if " replay --to grants" in line]
    for module, *arguments in replays:
        replay(stack, module.removeprefix("services."), *arguments)

    assert replays
    eventually(lambda: require_known(stack, early, late), within=120, every=1)
    late.require_each_once(RECEIVED, PUBLISHED)


def require_known(stack, *many):
    """The grants service knows these associations as they are now: in the vejviser."""
    for each in many:
        ids = ", ".join(f"'{id_}'" for id_ in each.ids)
        known = f"SELECT count(*) FROM applicant WHERE published AND id IN ({ids})"
        assert stack.number("grants", known) == len(each)


def replay(stack, service, *arguments):
    """Send a service's events once more, with the operator's account."""
    account = f"{stack.secrets}/operator_amqp_url:/run/operator:ro"
    run = ("run", "--rm", "--no-deps", "--volume", account, "--env", "AMQP_URL_FILE=/run/operator")
    return stack.compose(*run, f"{service}-relay", *arguments)


class Operator:
    """Runs ``python -m tools.ops`` on this host, as docs/operations/one-host.md says."""

    def __init__(self, stack, programs):
        (name,) = stack.containers("postgres")
        networks = stack.inspect(name, ".NetworkSettings.Networks")
        address = networks[f"{stack.project}_database"]["IPAddress"]
        self._environment = {**os.environ, "POSTGRES_BIN": str(programs)}
        for service in SERVICES:
            url = (stack.secrets / f"{service}_database_url").read_text()
            named = f"{service.upper()}_DATABASE_URL"
            self._environment[named] = url.replace("@postgres:", f"@{address}:")

    def __call__(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-m", "tools.ops", *map(str, arguments)],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
