"""What a human does with messages that wait: list, look, try again, give up.

Behind ``python -m services.<name> dead`` and behind an operations page. A message that is given up
keeps its row and the reason; its subject moves on past it.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis import clock
from chassis.auth import Principal
from chassis.database import WORK_CHANNEL, Database
from chassis.problems import Conflict

ERROR_IN_A_LIST: Final = 120


class Ambiguous(Conflict):
    """Several publishers used the same id: it takes the source as well to say which is meant."""

    slug = "ambiguous-message"
    title = "Several publishers used this id: name the source as well"


def listed(database: Database, status: str) -> Sequence[Row[Any]]:
    """List the messages that wait in one status, oldest first."""
    with database.reading() as session:
        return session.execute(
            text(
                "SELECT * FROM inbox WHERE status = :status AND settled_at IS NULL"
                " ORDER BY received_at"
            ),
            {"status": status},
        ).all()


def first_words(error: str | None) -> str:
    """Return what fits in a list of an error, on one line."""
    return " ".join((error or "").split())[:ERROR_IN_A_LIST]


def find(database: Database, event_id: UUID, source: str | None = None) -> Row[Any] | None:
    """Return one row of the inbox, or None.

    ``source`` is needed only where two publishers used the same id. Raises :class:`Ambiguous`.
    """
    with database.reading() as session:
        return _one(session, event_id, source)


def retry(database: Database, event_ids: Sequence[UUID] | None) -> int:
    """Have dead and failed messages tried again at once, from the first attempt.

    None means all of them. Return how many.
    """
    with database.unit_of_work(Principal.of_service(database.service)) as work:
        rows = work.session.execute(
            text(
                "UPDATE inbox SET status = 'failed', attempts = 0, next_attempt_at = :now"
                " WHERE settled_at IS NULL AND status IN ('dead', 'failed')"
                " AND (:everything OR event_id = ANY(:ids)) RETURNING event_id"
            ),
            {"now": clock.now(), "everything": event_ids is None, "ids": list(event_ids or ())},
        ).all()
    return len(rows)


def drop(database: Database, event_id: UUID, reason: str, source: str | None = None) -> bool:
    """Give a message up for a reason; return whether there was one.

    What waits behind it is released by the consumer. What is dropped before its turn is passed when
    its turn comes. Raises :class:`Ambiguous` as :func:`find` does.
    """
    with database.unit_of_work(Principal.of_service(database.service)) as work:
        found = _one(work.session, event_id, source)
        if found is None or found.settled_at is not None:
            return False
        row = work.session.execute(
            text(
                "UPDATE inbox SET status = 'dropped', reason = :reason, settled_at = :now,"
                " next_attempt_at = NULL"
                " WHERE event_id = :id AND source = :source AND settled_at IS NULL"
                " RETURNING source, subject, sequence"
            ),
            {"id": event_id, "source": found.source, "reason": reason, "now": work.now},
        ).first()
        if row is None:
            return False
        work.session.execute(
            text(
                "UPDATE inbox_stream SET sequence = :sequence"
                " WHERE source = :source AND subject = :subject AND sequence = :sequence - 1"
            ),
            row._asdict(),
        )
    return True


def _one(session: Session, event_id: UUID, source: str | None) -> Row[Any] | None:
    rows = session.execute(
        text(
            "SELECT * FROM inbox WHERE event_id = :id"
            " AND (CAST(:source AS text) IS NULL OR source = :source)"
        ),
        {"id": event_id, "source": source},
    ).all()
    if len(rows) > 1:
        sources = ", ".join(sorted(row.source for row in rows))
        raise Ambiguous(f"{event_id} came from several publishers: {sources}")
    return rows[0] if rows else None


def resume(database: Database) -> None:
    """Tell consumers that stopped because too much died to go on."""
    with database.unit_of_work(Principal.of_service(database.service)) as work:
        work.session.execute(
            text("SELECT pg_notify(:channel, 'resume')"), {"channel": WORK_CHANNEL}
        )


def status(database: Database) -> dict[str, Any]:
    """Count what waits in the event log and in the inbox."""
    with database.reading() as session:
        pending, oldest = session.execute(
            text("SELECT count(*), min(occurred_at) FROM event_log WHERE published_at IS NULL")
        ).one()
        waiting = session.execute(
            text(
                "SELECT status, count(*) AS amount FROM inbox WHERE settled_at IS NULL"
                " GROUP BY status"
            )
        ).all()
    counts = {row.status: row.amount for row in waiting}
    return {
        "service": database.service,
        "outbox": {"pending": pending, "oldest": oldest},
        "inbox": {name: counts.get(name, 0) for name in ("parked", "failed", "dead")},
    }
