"""The mail server is away, slow, strange, or says no: no mail is lost, and none goes twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.service import Service
from contracts import directory
from contracts.notifier import DeliveryFailed, DeliverySent
from services.notifier.app import service as notifier
from services.notifier.commands import smtp as client
from services.notifier.model import ServerAddress
from tests.support.mailing import Conversation, Office, RoughServer
from tests.support.processes import free_ports
from tests.support.servers import Smtp


@pytest.fixture
def service() -> Service:
    return notifier


@pytest.fixture
def environment(mail_server: Smtp) -> Mapping[str, str]:
    return {"SMTP_URL": mail_server.url}


@pytest.fixture
def office(
    service: Service, database: Any, settings: Any, deliver: Any, clock: Any, smtp: Smtp
) -> Office:
    return Office(service, database, settings, deliver, clock)


def closed() -> str:
    (port,) = free_ports(1)
    return f"smtp://127.0.0.1:{port}"


# --- F21: nobody there --------------------------------------------------------------------------


@pytest.mark.parametrize("away", [closed, lambda: "smtp://mail.invalid:25"], ids=["refused", "dns"])
def test_a_mail_waits_for_a_server_that_is_away(office: Office, smtp: Smtp, away: Any) -> None:
    office.letter(office.person(email="kirsten@example.org"))

    office.send(smtp_url=away())

    (row,) = office.rows()
    assert (row.status, row.attempts, smtp.mails) == ("queued", 1, [])
    assert row.error

    office.send_later()

    assert office.statuses == ["sent"]
    assert len(smtp.to("kirsten@example.org")) == 1


def test_a_mail_is_given_up_after_some_hours(office: Office, outbox: Any) -> None:
    office.letter(office.person())
    away = closed()

    for _ in range(60):
        office.send_later(smtp_url=away)

    assert office.statuses == ["failed"]
    assert len(outbox.of(DeliveryFailed)) == 1
    assert outbox.of(DeliverySent) == []


def test_a_mail_is_not_tried_again_before_its_time(office: Office) -> None:
    office.letter(office.person())
    away = closed()

    for _ in range(5):
        office.send(smtp_url=away)

    assert [row.attempts for row in office.rows()] == [1]


# --- F22: not now -------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "reply", ["421 4.3.2 Closing", "450 4.2.1 Busy", "451 4.3.0 No", "452 4 Full"]
)
def test_a_temporary_refusal_is_tried_again(
    office: Office, smtp: Smtp, phase: str, reply: str
) -> None:
    office.letter(office.person(email="kirsten@example.org"))
    smtp.reply(phase, reply)

    office.send()
    assert office.statuses == ["queued"]
    office.send_later()

    assert office.statuses == ["sent"]
    assert len(smtp.to("kirsten@example.org")) == 1


@pytest.mark.parametrize("greeting", ["421 4.3.2 Later", "554 No service", "nonsense"])
def test_a_server_that_is_not_ready_is_tried_again(office: Office, greeting: str) -> None:
    office.letter(office.person())

    with RoughServer(lambda conversation: conversation.say(greeting)) as rough:
        office.send(smtp_url=rough.url)

    assert office.statuses == ["queued"]


def test_one_recipient_who_is_refused_for_now_holds_up_nobody(office: Office, smtp: Smtp) -> None:
    for number in range(3):
        office.letter(office.person(email=f"kirsten{number}@example.org"))
    smtp.reply("RCPT", "450 4.2.2 Mailbox full")

    office.send()

    assert sorted(office.statuses) == ["queued", "sent", "sent"]


# --- F23: never ---------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["RCPT", "DATA"])
def test_a_final_refusal_is_told_and_not_tried_again(
    office: Office, smtp: Smtp, outbox: Any, phase: str
) -> None:
    person = office.person(email="ukendt@example.org")
    office.letter(person)
    smtp.reply(phase, "550 5.1.1 <ukendt@example.org>: no such user")

    office.send()
    office.send_later()

    (row,) = office.rows()
    assert (row.status, row.attempts, smtp.mails) == ("failed", 1, [])
    (failed,) = outbox.of(DeliveryFailed)
    assert failed.person_id == person
    assert failed.reason.startswith("550")
    assert "ukendt@example.org" not in failed.reason + row.error


# --- F24: slow and insecure ---------------------------------------------------------------------


def test_a_greeting_of_a_byte_a_second_has_an_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.5)
    office.letter(office.person())

    with RoughServer(lambda conversation: conversation.dribble()) as rough:
        office.send(smtp_url=rough.url)

    assert office.statuses == ["queued"]


def hand_over(
    url: str,
    *,
    seconds: float,
    about_to_end: Any = lambda: None,
    content: bytes = b"Subject: x\r\n\r\nx\r\n",
) -> None:
    with client.Connection(ServerAddress.of(url), name="localhost") as connection:
        connection.start_clock(seconds)
        connection.send(
            sender="a@example.org",
            recipient="b@example.org",
            content=content,
            about_to_end=about_to_end,
        )


def dribble_before_the_message(conversation: Conversation) -> None:
    conversation.say("220 rough")
    while not conversation.hear().upper().startswith(b"MAIL"):
        conversation.say("250 OK")
    conversation.dribble()


def dribble_after_the_dot(conversation: Conversation) -> None:
    conversation.begin_mail()
    conversation.hear_mail()
    conversation.dribble()


def test_the_deadline_is_over_all_and_tells_what_is_known() -> None:
    with RoughServer(dribble_before_the_message) as rough, pytest.raises(client.Disturbed):
        hand_over(rough.url, seconds=0.5)
    with RoughServer(dribble_after_the_dot) as rough, pytest.raises(client.Unknown):
        hand_over(rough.url, seconds=0.5)


def test_nothing_goes_in_the_clear_where_encryption_is_required(office: Office, smtp: Smtp) -> None:
    office.letter(office.person())

    office.send(smtp_url=smtp.url.replace("smtp://", "smtp+starttls://"))

    (row,) = office.rows()
    assert (row.status, smtp.mails) == ("queued", [])
    assert "encryption" in row.error


def test_a_server_without_tls_is_refused_by_smtps(office: Office, smtp: Smtp) -> None:
    office.letter(office.person())

    def plain(conversation: Conversation) -> None:
        conversation.say("220 I speak no TLS")

    with RoughServer(plain) as rough:
        office.send(smtp_url=rough.url.replace("smtp://", "smtps://"))

    assert office.statuses == ["queued"]


# --- F25: broken before the dot -----------------------------------------------------------------


def hang_up_in_the_middle(conversation: Conversation) -> None:
    conversation.begin_mail()
    for _ in range(3):
        conversation.hear()
    conversation.hang_up()


def hang_up_at_data(conversation: Conversation) -> None:
    conversation.say("220 rough")
    while not conversation.hear().upper().startswith(b"DATA"):
        conversation.say("250 OK")
    conversation.hang_up()


def test_a_mail_cut_off_in_the_middle_was_surely_not_taken() -> None:
    # More than the sockets between them hold, so that it breaks before the dot for certain.
    long = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * 400_000

    with RoughServer(hang_up_in_the_middle) as rough, pytest.raises(client.Disturbed):
        hand_over(rough.url, seconds=30, content=long)


def test_a_mail_cut_off_before_its_dot_goes_again(office: Office, smtp: Smtp) -> None:
    office.letter(office.person(email="kirsten@example.org"))

    with RoughServer(hang_up_at_data) as rough:
        office.send(smtp_url=rough.url)
    assert office.statuses == ["queued"]
    office.send_later()

    assert office.statuses == ["sent"]
    assert len(smtp.to("kirsten@example.org")) == 1


def test_a_mail_that_is_stopped_before_the_dot_was_not_taken(smtp: Smtp) -> None:
    class Stopped(Exception):
        """Stops it."""

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        hand_over(smtp.url, seconds=5, about_to_end=stop)

    assert smtp.mails == []


# --- F26: broken after the dot ------------------------------------------------------------------


@pytest.mark.parametrize("how", [Smtp.HANG_UP, Smtp.HANG_UP_AFTER_TAKING])
def test_a_letter_nobody_can_know_of_is_held(office: Office, smtp: Smtp, how: str) -> None:
    office.letter(office.person(email="kirsten@example.org"))
    smtp.reply("DATA", how)

    office.send()
    office.send_later()

    assert office.statuses == ["uncertain"]
    assert len(smtp.to("kirsten@example.org")) == int(how == Smtp.HANG_UP_AFTER_TAKING)


def test_a_sign_in_link_goes_again_as_the_same_mail(office: Office, smtp: Smtp) -> None:
    office.sign_in_link(office.person(email="kirsten@example.org"))
    smtp.reply("DATA", Smtp.HANG_UP_AFTER_TAKING)

    office.send()
    office.clock.move(timedelta(minutes=10))
    office.send()

    assert office.statuses == ["sent"]
    first, second = smtp.to("kirsten@example.org")
    assert first.message["Message-ID"] == second.message["Message-ID"]


@pytest.mark.parametrize(("setting", "status"), [("hold", "uncertain"), ("resend", "sent")])
def test_the_operator_can_decide_for_all_mail(
    office: Office, smtp: Smtp, setting: str, status: str
) -> None:
    office.letter(office.person())
    smtp.reply("DATA", Smtp.HANG_UP_AFTER_TAKING)

    office.send(uncertain_mail=setting)
    office.send_later(uncertain_mail=setting)

    assert office.statuses == [status]
    assert len(smtp.mails) == (2 if setting == "resend" else 1)


# --- F27: one bad apple -------------------------------------------------------------------------


def test_one_poisonous_recipient_of_many_harms_nobody(
    office: Office, smtp: Smtp, outbox: Any
) -> None:
    people = [office.person(email=f"nr{number}@example.org") for number in range(60)]
    bad = [
        office.person("Ond\r\nBcc: alle@example.org", email="ond@example.org"),
        office.person(email="to@mange@example.org"),
        office.person(email="ny\r\nlinje@example.org"),
        office.person(email="slet ikke en adresse"),
    ]
    for person in [*bad, *people]:
        office.letter(person)

    office.send()

    reached = {address for mail in smtp.mails for address in mail.recipients}
    assert {f"nr{number}@example.org" for number in range(60)} <= reached
    assert "alle@example.org" not in reached
    assert len(smtp.mails) == len(outbox.of(DeliverySent))
    assert set(office.statuses) <= {"sent", "failed", "queued"}
    for mail in smtp.mails:
        assert mail.message["Bcc"] is None
        assert len(mail.message.get_all("To")) == 1


def test_an_event_that_cannot_be_kept_harms_no_other(office: Office, smtp: Smtp) -> None:
    # PostgreSQL keeps no NUL in a text: this message fails, and the database is not to blame.
    poison = directory.PersonRegistered(person_id=uuid4(), name="x\x00y", email="x@example.org")

    office.deliver(poison, expect="failed")
    office.letter(office.person())
    office.send()

    assert len(smtp.mails) == 1
