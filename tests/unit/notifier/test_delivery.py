"""A delivery goes only where its state allows, and what nobody can know is on record."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from contracts.notifier import DeliveryFailed, DeliverySent
from services.notifier.model import (
    TEMPLATES,
    ClaimLost,
    Delivery,
    DeliveryNotResendable,
    DeliveryNotUncertain,
    next_delay,
)

NOW = datetime(2024, 4, 8, 12, tzinfo=UTC)
ME, OTHER = 7, 8


def make(template="decision_letter", **changes):
    values = {
        "id": uuid4(),
        "template": template,
        "person_id": uuid4(),
        "association_ids": [],
        "content": {"expires_at": (NOW + timedelta(minutes=15)).isoformat()},
        "status": "queued",
        "attempts": 0,
        "next_attempt_at": NOW,
        **changes,
    }
    return Delivery(**values)


def claimed(template="decision_letter", **changes):
    delivery = make(template, **changes)
    delivery.claim(ME)
    return delivery


def test_a_mail_that_is_taken_is_sent():
    delivery = claimed()
    delivery.transmit(ME)

    event = delivery.accept(ME, at=NOW)

    assert isinstance(event, DeliverySent)
    assert (delivery.status, delivery.sent_at, delivery.claimed_by) == ("sent", NOW, None)


def test_another_sender_neither_sends_nor_settles_it():
    delivery = claimed()

    for step in (
        lambda: delivery.transmit(OTHER),
        lambda: delivery.accept(OTHER, at=NOW),
        lambda: delivery.refuse(OTHER, reason="no"),
        lambda: delivery.postpone(OTHER, reason="no", at=NOW),
        lambda: delivery.suppress(OTHER, reason="no"),
        lambda: delivery.defer(OTHER, until=NOW),
        lambda: delivery.lose(OTHER, reason="no", resend=True, at=NOW),
    ):
        with pytest.raises(ClaimLost):
            step()


def test_it_is_tried_48_times_in_about_four_hours_then_it_has_failed():
    delivery, at = make(), NOW
    events = []
    while delivery.status == "queued":
        at = delivery.next_attempt_at
        delivery.claim(ME)
        events.append(delivery.postpone(ME, reason="451 later", at=at))

    assert delivery.attempts == 48
    assert timedelta(hours=3, minutes=30) < at - NOW < timedelta(hours=4)
    assert events[:-1] == [None] * 47
    assert isinstance(events[-1], DeliveryFailed)


def test_pauses_never_become_shorter():
    delays = [next_delay(attempt) for attempt in range(1, 49)]

    assert all(first <= second for first, second in pairwise(delays))


def test_a_sender_that_died_before_the_dot_leaves_it_free_at_once():
    delivery = claimed()

    assert delivery.free(resend=False, at=NOW) is None
    assert (delivery.status, delivery.next_attempt_at) == ("queued", NOW)


@pytest.mark.parametrize(("resend", "status"), [(False, "uncertain"), (True, "queued")])
def test_a_sender_that_died_after_it_leaves_it_uncertain(resend, status):
    delivery = claimed()
    delivery.transmitting_at = NOW

    delivery.free(resend=resend, at=NOW)

    assert delivery.status == status
    assert delivery.uncertain_at == NOW


def test_an_answer_that_comes_late_still_counts():
    delivery = claimed()
    delivery.lose(ME, reason="slow", resend=False, at=NOW)

    delivery.accept(ME, at=NOW)

    assert delivery.status == "sent"


def test_deferring_counts_no_try():
    delivery = claimed()

    delivery.defer(ME, until=NOW + timedelta(hours=1))

    assert (delivery.status, delivery.attempts) == ("queued", 0)


@pytest.mark.parametrize("status", ["sent", "sending", "suppressed"])
def test_only_a_lost_mail_is_sent_again(status):
    with pytest.raises(DeliveryNotResendable):
        make(status=status).resend(at=NOW)


def test_an_expired_link_is_not_sent_again():
    with pytest.raises(DeliveryNotResendable):
        make("sign_in_link", status="failed").resend(at=NOW + timedelta(hours=1))


@pytest.mark.parametrize("status", ["queued", "sending", "failed", "suppressed"])
def test_only_an_uncertain_mail_is_confirmed(status):
    with pytest.raises(DeliveryNotUncertain):
        make(status=status).confirm(at=NOW)


def test_a_secret_is_wiped_when_it_has_left():
    delivery = claimed("sign_in_link")

    delivery.accept(ME, at=NOW)

    assert delivery.content == {}


@pytest.mark.parametrize(
    ("template", "setting", "again"),
    [
        ("sign_in_link", "by-template", True),
        ("decision_letter", "by-template", False),
        ("sign_in_link", "hold", False),
        ("decision_letter", "resend", True),
    ],
)
def test_what_nobody_knows_goes_again_only_where_that_does_no_harm(template, setting, again):
    assert make(template).uncertain_policy(setting) is again


def test_letters_and_receipts_are_never_news():
    assert {name for name, kind in TEMPLATES.items() if kind.news} == {
        "round_announced",
        "meeting_invitation",
        "minutes_published",
        "document_published",
        "news_published",
    }
