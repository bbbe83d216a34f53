"""What the reader has done: read straight from its tables."""

from sqlalchemy import text


def rows(database, query, **values):
    with database.reading() as session:
        return session.execute(text(query), values).all()


def lines(database):
    """Every effect that ran, as (item, number), in the order of running."""
    return [
        (row.item_id, row.number)
        for row in rows(database, "SELECT item_id, number FROM line ORDER BY id")
    ]


def copies(database):
    """Each item's copy with all the numbers it has had."""
    return {row.item_id: row.history for row in rows(database, "SELECT item_id, history FROM copy")}


def statuses(database):
    """Rows of the inbox by status."""
    found = rows(database, "SELECT status, count(*) AS amount FROM inbox GROUP BY status")
    return {row.status: row.amount for row in found}


def position(database, subject):
    """How far the reader has come with a subject of the shelf's."""
    found = rows(
        database,
        "SELECT sequence FROM inbox_stream WHERE source = 'urn:samspil:shelf' AND subject = :s",
        s=subject,
    )
    return found[0].sequence if found else 0


def published(database):
    """The receipts in the reader's event log, as (item, number)."""
    found = rows(
        database,
        "SELECT convert_from(body, 'UTF8')::json -> 'data' AS data FROM event_log"
        " ORDER BY position",
    )
    return [(row.data["item_id"], row.data["number"]) for row in found]
