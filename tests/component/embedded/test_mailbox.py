"""The mailbox of the embedded run takes every mail, loses none, and shows them readably."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest

from embedded.mailbox import Mailbox

HOST = "127.0.0.1"
LINK = "http://127.0.0.1:8080/log-ind/bekraeft?link=" + "a" * 40 + "&token=" + "b" * 60


@pytest.fixture(scope="module")
def url(postgres: Any) -> str:
    return str(postgres.ensure_database(f"mailbox_{uuid4().hex}"))


@pytest.fixture
def mailbox(url: str) -> Iterator[Mailbox]:
    made = Mailbox(url)
    made.port = made.start(HOST, 0)  # type: ignore[attr-defined]
    yield made
    made.stop()


def letter(to: str, *, subject: str = "Kære Åse", message_id: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Frivillighed <frivillighed@example.org>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = message_id or f"<{uuid4()}@example.org>"
    message.set_content(f"Tryk på linket:\n{LINK}\n\n.\n.punktum\n", cte="quoted-printable")
    message.add_alternative(f'<p>Hej <a href="{LINK}">log ind</a></p>', subtype="html")
    message.add_attachment("BEGIN:VCALENDAR\r\n", subtype="calendar", filename="møde.ics")
    return message


def send(mailbox: Any, *messages: EmailMessage) -> None:
    with smtplib.SMTP(HOST, mailbox.port) as client:
        for message in messages:
            client.send_message(message)


def items(mailbox: Mailbox, query: str = "") -> list[Any]:
    answer = mailbox.create_app().test_client().get(f"/mailbox.json{query}")
    assert answer.status_code == 200
    found: list[Any] = answer.json["items"]
    return found


def to_somebody() -> str:
    return f"{uuid4().hex[:10]}@example.org"


def test_a_mail_is_shown_with_everything_in_it(mailbox: Mailbox) -> None:
    to = to_somebody()
    send(mailbox, letter(to, message_id=f"<{to}>"))

    (mail,) = items(mailbox, f"?to={to}")

    assert isinstance(mail["id"], int)
    assert mail["message_id"] == f"<{to}>"
    assert mail["to"] == [to]
    assert mail["subject"] == "Kære Åse"
    assert LINK in mail["text"]
    assert "\n.punktum" in mail["text"].replace("\r\n", "\n")
    assert "log ind" in mail["html"]
    (part,) = mail["attachments"]
    assert (part["name"], part["type"]) == ("møde.ics", "text/calendar")
    assert base64.b64decode(part["content"]).startswith(b"BEGIN:VCALENDAR")
    assert mail["copies"] == 1
    assert mail["received_at"]


def test_a_second_copy_is_counted(mailbox: Mailbox) -> None:
    to = to_somebody()
    message = letter(to)
    send(mailbox, message, message)

    assert [mail["copies"] for mail in items(mailbox, f"?to={to}")] == [2]


def test_a_recipient_is_found_whatever_the_case(mailbox: Mailbox) -> None:
    to = to_somebody()
    send(mailbox, letter(to.upper()))

    assert len(items(mailbox, f"?to={to}")) == 1
    assert items(mailbox, "?to=nobody@example.org") == []


def test_only_what_is_new_is_shown_on_demand(mailbox: Mailbox) -> None:
    to = to_somebody()
    send(mailbox, letter(to))
    (first,) = items(mailbox, f"?to={to}")
    send(mailbox, letter(to))

    assert len(items(mailbox, f"?to={to}&since={first['id']}")) == 1


def test_mails_outlive_the_process(url: str) -> None:
    to = to_somebody()
    first = Mailbox(url)
    first.port = first.start(HOST, 0)  # type: ignore[attr-defined]
    send(first, letter(to))
    first.stop()

    second = Mailbox(url)
    second.start(HOST, 0)
    found = items(second, f"?to={to}")
    second.stop()

    assert len(found) == 1


def test_a_mail_that_cannot_be_stored_is_not_acknowledged(mailbox: Any, url: str) -> None:
    # Without its table it cannot keep anything; the sender must hear of it and try again.
    with mailbox._engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE mail RENAME TO mislaid")
    try:
        with pytest.raises(smtplib.SMTPDataError):
            send(mailbox, letter(to_somebody()))
    finally:
        with mailbox._engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE mislaid RENAME TO mail")


def test_the_pages_are_readable_and_run_nothing(mailbox: Mailbox) -> None:
    to = to_somebody()
    hostile = letter(to, subject="<script>alert(1)</script>")
    send(mailbox, hostile)
    (mail,) = items(mailbox, f"?to={to}")
    client = mailbox.create_app().test_client()

    overview = client.get("/mailbox")
    one = client.get(f"/mailbox/{mail['id']}")
    body = client.get(f"/mailbox/{mail['id']}/html")
    part = client.get(f"/mailbox/{mail['id']}/attachments/0")

    assert overview.status_code == one.status_code == body.status_code == 200
    assert 'lang="da"' in overview.text
    assert to in overview.text
    for page in (overview, one):
        assert "<script" not in page.text
        assert "Content-Security-Policy" in page.headers
    assert "sandbox" in body.headers["Content-Security-Policy"]
    assert "allow-scripts" not in body.headers["Content-Security-Policy"]
    assert "attachment" in part.headers["Content-Disposition"]


@pytest.mark.parametrize("path", ["/mailbox/999999", "/mailbox/999999/html", "/mailbox/x"])
def test_a_mail_that_is_not_there_is_not_found(mailbox: Mailbox, path: str) -> None:
    assert mailbox.create_app().test_client().get(path).status_code == 404


def test_a_mail_without_a_name_or_words_is_kept_too(mailbox: Any) -> None:
    to = to_somebody()
    with smtplib.SMTP(HOST, mailbox.port) as client:
        client.sendmail("a@example.org", [to], b"\r\n")
        client.sendmail(
            "a@example.org",
            [to],
            b"Subject: \xff\xfe\r\nContent-Type: text/plain; charset=x-no\r\n\r\n\xff\r\n",
        )

    assert len(items(mailbox, f"?to={to}")) == 2
    assert mailbox.create_app().test_client().get("/mailbox").status_code == 200
