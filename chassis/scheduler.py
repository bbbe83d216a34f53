"""The scheduler: dates become events.

It asks each due query of a service what is due now, each second or, of what keeps to the day, every
ten. Every due id is given to its task in a unit of work of its own. A task changes the state that
made the thing due, so it happens once; after three missed days it still happens once. One scheduler
per service is active, under an advisory lock; a stand-by takes over within seconds when it dies.

Declared with ``@handlers.when_due`` (see :mod:`chassis.handlers`); the types are in
:mod:`chassis.clock`.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from chassis import clock, telemetry
from chassis.auth import Principal
from chassis.clock import Due
from chassis.database import Database, lead
from chassis.problems import Stale

if TYPE_CHECKING:
    from chassis.service import Service

log = telemetry.logger(__name__)

TICK_SECONDS: Final = 1.0
COUNT_SECONDS: Final = 15.0
LONGEST_BACK_OFF_SECONDS: Final = 600.0


class Scheduler:
    """Runs a service's due tasks when their time has come."""

    def __init__(self, service: "Service", database: Database) -> None:
        self._name = service.name
        self._due = tuple(service.handlers.due)
        self._counted = dict(service.handlers.counted)
        self._counted_at = float("-inf")
        self._looked_at: dict[Due, datetime] = {}
        self._database = database
        self._principal = Principal.of_service(service.name)
        # Items that failed: how often, and until when (monotonic seconds) they are left alone.
        self._failed: dict[tuple[str, UUID], tuple[int, float]] = {}

    def run(self, stop: threading.Event) -> None:
        """Do what is due, until told to stop.

        Waits as a stand-by while another scheduler of the service is active.
        """
        while not stop.is_set():
            try:
                with self._database.dedicated("schedule") as connection:
                    while not stop.is_set():
                        if lead(connection, f"schedule {self._name}"):
                            self.look()
                            self._count()
                        telemetry.turned(self._name, "schedule")
                        clock.wait(TICK_SECONDS)
            except (psycopg.Error, SQLAlchemyError) as error:
                log.warning(
                    "scheduler lost its database", service=self._name, reason=type(error).__name__
                )
                telemetry.turned(self._name, "schedule")
                stop.wait(TICK_SECONDS)

    def tick(self) -> int:
        """Do everything that is due now, and what becomes due by it.

        Return how many things were done.
        """
        return self._tick(self._due)

    def look(self) -> None:
        """Do what is due of what it is time to look for; where the clock has jumped, that is all.

        What was done may have made other things due.
        """
        now = clock.now()
        found = [due for due in self._due if self._is_time_for(due, now)]
        self._looked_at.update(dict.fromkeys(found, now))
        if self._tick(found):
            self._looked_at.clear()

    def _is_time_for(self, due: Due, now: datetime) -> bool:
        looked_at = self._looked_at.get(due)
        # A clock that was put back is no reason to wait.
        return looked_at is None or not timedelta() <= now - looked_at < due.every

    def _tick(self, looked_for: Sequence[Due]) -> int:
        # A task that leaves its thing due is called again at the next tick, not for ever in this
        # one.
        done: set[tuple[str, UUID]] = set()
        while sum(self._run(due, done) for due in looked_for):
            pass
        return len(done)

    def count(self) -> None:
        """Tell in the metrics how many cases of each kind are in each state.

        Only the active scheduler does: two would count the same cases twice.
        """
        for kind, query in self._counted.items():
            with self._database.reading() as session:
                found = query(session, clock.now())
            for state, amount in found.items():
                telemetry.cases.labels(self._name, kind, state).set(amount)

    def _count(self) -> None:
        if time.monotonic() - self._counted_at >= COUNT_SECONDS:
            self._counted_at = time.monotonic()
            self.count()

    def _run(self, due: Due, done: set[tuple[str, UUID]]) -> int:
        with self._database.reading() as session:
            found = due.query(session, clock.now())
        finished = {
            (due.name, id_) for id_ in found if self._may_try(due, id_, done) and self._do(due, id_)
        }
        done |= finished
        return len(finished)

    def _may_try(self, due: Due, id_: UUID, done: set[tuple[str, UUID]]) -> bool:
        _, until = self._failed.get((due.name, id_), (0, 0.0))
        return (due.name, id_) not in done and time.monotonic() >= until

    def _do(self, due: Due, id_: UUID) -> bool:
        telemetry.turned(self._name, "schedule")
        key = (due.name, id_)
        facts: dict[str, Any] = {"service": self._name, "task": due.name, "id": str(id_)}
        with telemetry.tracing(correlation_id="", causation_id=None, traceparent=None, actor=""):
            try:
                with self._database.unit_of_work(self._principal) as work:
                    due.task(id_, work)
            except Stale:
                # Somebody else changed it meanwhile; whether it is still due is asked again.
                telemetry.schedule_runs.labels(self._name, due.name, "overtaken").inc()
                log.info("scheduled task overtaken", **facts)
                return False
            except Exception:
                failures = self._failed.get(key, (0, 0.0))[0] + 1
                delay = min(2.0 ** (failures - 1), LONGEST_BACK_OFF_SECONDS)
                self._failed[key] = (failures, time.monotonic() + delay)
                telemetry.schedule_runs.labels(self._name, due.name, "failed").inc()
                log.exception("scheduled task failed", **facts, failures=failures, again_in=delay)
                return False
            self._failed.pop(key, None)
            telemetry.schedule_runs.labels(self._name, due.name, "done").inc()
            log.info("scheduled task done", **facts)
            return True
