"""One id leads from a browser's request to the mail that left."""

import json
import re
from typing import Any

import psycopg
import urllib3
from psycopg.rows import dict_row

from embedded.postgres import EmbeddedPostgres
from tests.journeys.conftest import Embedded
from tests.support.eventually import eventually

# As a load balancer in front of the portal makes them: with dashes.
CORRELATION_ID = "0197e5a0-1c2d-7000-8000-00000000c0de"
EMAIL = "karen.kontakt@vesthimmerland.example.org"


def test_a_correlation_id_leads_from_the_browser_to_the_mail(embedded: Embedded) -> None:
    embedded.demo_clock = "2024-02-01T08:00:00+00:00"
    embedded.start()

    ask_for_a_link(embedded.url)

    eventually(lambda: require(lines(embedded, event="mail sent")), within=30)
    # The same id on every line, in the order in which the request travels.
    for service, route in (
        ("portal", "/log-ind"),
        ("gateway", "/api/v1/sign-in-links"),
        ("directory", "/api/v1/sign-in-links"),
    ):
        (line,) = lines(embedded, event="request", service=service, method="POST")
        assert line["route"] == route
    (event,) = rows(embedded, "directory", "SELECT id, type FROM event_log")
    assert event["type"] == "directory.sign-in-link.requested.v1"
    (delivery,) = rows(embedded, "notifier", "SELECT * FROM delivery")
    assert delivery["event_id"] == event["id"]
    (sent,) = lines(embedded, event="mail sent")
    assert sent["delivery_id"] == str(delivery["id"])
    assert sent["causation_id"] == str(event["id"])


def ask_for_a_link(url: str) -> None:
    """Do as a browser does: open the page, fill in its form, send it."""
    with urllib3.PoolManager(retries=False, timeout=20) as http:
        page = http.request("GET", f"{url}/log-ind")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.data.decode())
        assert csrf
        answer = http.request_encode_body(
            "POST",
            f"{url}/log-ind",
            fields={"csrf": csrf[1], "email": EMAIL},
            encode_multipart=False,
            headers={
                "Cookie": page.headers["Set-Cookie"].partition(";")[0],
                "Origin": url,
                "X-Correlation-ID": CORRELATION_ID,
            },
        )
    assert answer.status == 303
    assert answer.headers["X-Correlation-ID"] == CORRELATION_ID


def lines(embedded: Embedded, **facts: str) -> list[dict[str, Any]]:
    """Return the log lines that bear the id and these facts."""
    log = (embedded.folder / "samspil.log").read_text(encoding="utf-8")
    found = [json.loads(line) for line in log.splitlines()]
    wanted = {"correlation_id": CORRELATION_ID, **facts}
    return [line for line in found if wanted.items() <= line.items()]


def rows(embedded: Embedded, database: str, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query that bear the id."""
    dsn = EmbeddedPostgres(embedded.folder / "postgres").dsn(database)
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        answer = connection.execute(
            f"{query} WHERE correlation_id = %s",
            [CORRELATION_ID],
        )
        return answer.fetchall()


def require(found: object) -> None:
    assert found
