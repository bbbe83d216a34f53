"""Subscribing by mail: nothing before its owner says yes, each thing once, one click stops it."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts import directory
from contracts.values import DocumentKind, NewsTopic
from services.notifier.model.subscription import ASKED_AT_MOST, ASKED_BY_ONE
from tests.component.notifier.test_handlers import announced as round_announced
from tests.component.notifier.test_mails import words

SUBSCRIPTIONS = "/api/v1/subscriptions"
WANTED = ["document:minutes", "news:grants"]


def document(**changes):
    facts = {
        "document_id": uuid4(),
        "kind": DocumentKind.MINUTES,
        "title": "Referat fra rådets møde",
        "summary": "Rådet talte om puljen.",
        "owner": "Frivilligrådet",
        "edition_id": uuid4(),
        "edition_number": 1,
        "dated_on": date(2024, 1, 30),
        "note": "",
        "is_new": True,
    }
    return directory.DocumentPublished(**{**facts, **changes})


def news(**changes):
    facts = {
        "news_item_id": uuid4(),
        "topic": NewsTopic.GRANTS,
        "title": "I kan snart søge",
        "summary": "Fristen er den 15. marts.",
        "published_at": datetime(2024, 2, 1, 8, tzinfo=UTC),
        "is_new": True,
    }
    return directory.NewsItemPublished(**{**facts, **changes})


@pytest.fixture
def ask(client, office):
    """Ask for an address to be mailed about something."""

    def send(email="borger@example.org", subjects=WANTED, *, caller="192.0.2.1", **more):
        return client.post(
            SUBSCRIPTIONS,
            json={"email": email, "subjects": subjects, **more},
            headers={"X-Client-Address": caller},
        )

    return send


@pytest.fixture
def say_yes(client, office, smtp):
    """Follow the link of the newest mail, as whoever reads it."""

    def confirm():
        office.send()
        asked = [mail for mail in smtp.mails if "noegle=" in words(mail)]
        return client.post(f"{SUBSCRIPTIONS}/confirmation", json={"token": secret(asked[-1])})

    return confirm


def secret(mail):
    return re.search(r"noegle=([\w-]+)", words(mail)).group(1)


def subjects_of(mails):
    return [mail.message["Subject"] for mail in mails]


def test_nothing_is_mailed_before_the_address_says_yes(ask, say_yes, deliver, office, smtp):
    assert ask().status_code == 202
    deliver(document())
    office.send()
    assert subjects_of(smtp.mails) == ["Vil du have nyheder på mail?"]
    assert "Referater" in words(smtp.mails[0])
    assert smtp.mails[0].message["List-Unsubscribe"] is None

    assert say_yes().json == {"subjects": WANTED}
    deliver(document())
    deliver(document(kind=DocumentKind.POLICY))
    deliver(news())
    deliver(news(topic=NewsTopic.OTHER))
    office.send()

    assert sorted(subjects_of(smtp.mails)[1:]) == [
        "Nyhed: I kan snart søge",
        "Nyt dokument: Referat fra rådets møde",
    ]
    assert [mail.recipients for mail in smtp.mails] == [["borger@example.org"]] * 3


def test_a_later_edition_says_so_and_each_thing_is_mailed_once(ask, say_yes, deliver, office, smtp):
    ask()
    say_yes()
    later = document(edition_number=2, note="Punkt 4 er rettet")
    deliver(later, times=3)
    deliver(document(is_new=False))
    deliver(news(is_new=False))
    office.send()
    office.send()

    (mail,) = smtp.mails[1:]
    assert mail.message["Subject"] == "Ny udgave: Referat fra rådets møde"
    assert "Punkt 4 er rettet" in words(mail)
    assert f"/dokumenter/{later.document_id}" in words(mail)


def test_one_click_stops_it_and_the_address_is_forgotten(
    ask, say_yes, client, deliver, office, smtp, database
):
    ask()
    say_yes()
    deliver(news())
    office.send()
    link = smtp.mails[-1].message["List-Unsubscribe"].strip("<>")
    token = link.rpartition("/")[2]
    assert smtp.mails[-1].message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    deliver(news())

    # A mail program may press it more than once.
    answers = [client.post(f"/api/v1/unsubscriptions/{token}") for _ in range(2)]
    deliver(news())
    office.send()

    assert [answer.json for answer in answers] == [{"news": False}] * 2
    assert len(smtp.mails) == 2
    assert office.statuses[-1] == "suppressed"
    with database.reading() as session:
        assert "borger" not in str(session.execute(text("SELECT * FROM subscription")).all())


def test_to_ask_again_replaces_what_was_wanted_once_it_is_confirmed(
    ask, say_yes, clock, deliver, office, smtp
):
    ask()
    say_yes()
    clock.move(timedelta(hours=1))
    ask("BORGER@example.org", ["news:council"])
    deliver(news())
    office.send()
    told = subjects_of(smtp.mails)[1:]
    assert sorted(told) == ["Nyhed: I kan snart søge", "Vil du have nyheder på mail?"]

    assert say_yes().json == {"subjects": ["news:council"]}
    deliver(news())
    deliver(news(topic=NewsTopic.COUNCIL, title="Ny høring"))
    office.send()

    assert subjects_of(smtp.mails)[3:] == ["Nyhed: Ny høring"]


def test_known_and_unknown_addresses_are_answered_alike(ask, say_yes, clock):
    first = ask()
    say_yes()
    clock.move(timedelta(hours=1))
    known, unknown = ask(), ask("anden@example.org")

    assert first.json == known.json == unknown.json
    assert known.status_code == unknown.status_code == 202


def test_who_never_says_yes_is_left_in_peace_and_forgotten(
    ask, clock, office, smtp, schedule, database
):
    for _ in range(ASKED_AT_MOST + 2):
        ask()
        assert ask().status_code == 202
        office.send()
        clock.move(timedelta(minutes=6))

    assert len(smtp.mails) == ASKED_AT_MOST
    clock.move(timedelta(days=4))
    schedule()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM subscription")) == 0


def test_one_client_has_only_so_many_addresses_asked(ask):
    for number in range(ASKED_BY_ONE):
        assert ask(f"a{number}@example.org").status_code == 202

    refused = ask("en.mere@example.org")

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1200")
    assert ask("en.mere@example.org", caller="192.0.2.2").status_code == 202


def test_a_link_works_once_and_three_days(ask, say_yes, client, clock, office, smtp):
    ask()
    assert say_yes().status_code == 200
    again = client.post(f"{SUBSCRIPTIONS}/confirmation", json={"token": secret(smtp.mails[0])})
    clock.move(timedelta(hours=1))
    ask()
    office.send()
    clock.move(timedelta(days=3, minutes=1))
    late = client.post(f"{SUBSCRIPTIONS}/confirmation", json={"token": secret(smtp.mails[-1])})
    made_up = client.post(f"{SUBSCRIPTIONS}/confirmation", json={"token": "made-up"})

    for answer in (again, late, made_up):
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/link-not-valid")


def test_the_secret_is_not_kept_when_the_mail_has_left(ask, office, smtp, database):
    ask()
    office.send()
    with database.reading() as session:
        kept = str(session.execute(text("SELECT * FROM delivery")).all())
        kept += str(session.execute(text("SELECT * FROM subscription")).all())

    assert secret(smtp.mails[0]) not in kept


def test_whoever_is_erased_is_not_mailed_as_a_subscriber_either(
    ask, say_yes, deliver, office, smtp, database
):
    person = office.person("Canary", email="Borger@example.org")
    ask()
    say_yes()

    deliver(directory.PersonErased(person_id=person))
    deliver(news())
    office.send()

    assert len(smtp.mails) == 1
    with database.reading() as session:
        assert "orger@" not in str(session.execute(text("SELECT * FROM subscription")).all())


@pytest.fixture
def bo(office, publish):
    """An association and its contact, who writes their address with capitals."""
    return publish(contact=office.person("Bo Borger", email="Borger@Example.org"))


def test_a_contact_who_subscribes_is_told_of_a_round_once_as_the_contact(
    ask, say_yes, bo, deliver, office, smtp
):
    ask()
    say_yes()
    ask("anden@example.org")
    say_yes()
    announced = round_announced()
    told = news(round_id=announced.round_id)
    # Two publishers: their events come in any order.
    deliver(told, times=2)
    deliver(announced)
    deliver(news(title="Tilskuddene er fordelt"))
    office.send()

    got = sorted((mail.recipients[0].lower(), str(mail.message["Subject"])) for mail in smtp.mails)
    assert [each for each in got if "søge" in each[1] or "fordelt" in each[1]] == [
        ("anden@example.org", "Nyhed: I kan snart søge"),
        ("anden@example.org", "Nyhed: Tilskuddene er fordelt"),
        ("borger@example.org", "I kan snart søge tilskud: § 18-puljen 2024"),
        ("borger@example.org", "Nyhed: Tilskuddene er fordelt"),
    ]


def test_a_contact_who_said_no_to_news_gets_what_they_subscribe_to(
    ask, say_yes, bo, client, principal, deliver, office, smtp
):
    _, contact = bo
    ask()
    say_yes()
    answer = client.as_(principal(id=contact)).put(
        f"/api/v1/preferences/{contact}", json={"news": False}
    )
    assert answer.status_code == 200
    announced = round_announced()
    deliver(announced)
    deliver(news(round_id=announced.round_id))
    office.send()

    told = [each for each in subjects_of(smtp.mails) if "søge" in each]
    assert told == ["Nyhed: I kan snart søge"]


@pytest.fixture
def kept_of(client, principal):
    """Ask what is kept of a person, as themselves, signed in at an address, or as somebody else."""

    def read(person, *, signed_in_at="", as_=None):
        who = as_ or principal(id=person, email=signed_in_at)
        answer = client.as_(who).get(f"/api/v1/personal-data/notifier/{person}")
        assert answer.status_code == 200
        return {part["kind"]: part["rows"] for part in answer.json["parts"]}, answer.json

    return read


def test_what_an_address_subscribes_to_is_told_to_whoever_signed_in_there(
    ask, say_yes, clock, deliver, office, kept_of
):
    ask()
    say_yes()
    deliver(document())
    clock.move(timedelta(hours=1))
    ask(subjects=["news:council"])
    person = office.person("Bo Borger", email="borger@example.org")

    kept, answer = kept_of(person, signed_in_at="Borger@example.org")

    (subscription,) = kept["subscription"]
    assert (subscription["subjects"], subscription["wanted"]) == (WANTED, ["news:council"])
    assert set(subscription) == {
        *("id", "email", "language", "subjects", "wanted", "asked_at", "confirmed_at")
    }
    templates = sorted(row["template"] for row in kept["subscription-delivery"])
    assert templates == ["document_published", "subscription_asked", "subscription_asked"]
    assert "token" not in str(answer)
    assert answer["withheld"] == []


def test_an_address_that_somebody_merely_wrote_hands_out_nothing(
    ask, say_yes, deliver, office, kept_of, principal
):
    ask()
    say_yes()
    # They took a stranger's address as theirs; their token lives on from before.
    person = office.person("Kim Knap", email="kim@example.org")
    deliver(
        directory.PersonChanged(
            person_id=person, name="Kim Knap", email="borger@example.org", language="da"
        )
    )

    kept, answer = kept_of(person, signed_in_at="kim@example.org")
    _, of_old_token = kept_of(person)
    _, of_coordinator = kept_of(
        person, as_=principal("coordinator", email="borger@example.org", name="Karen")
    )

    assert "subscription" not in kept
    assert answer["withheld"] == []
    for each in (of_old_token, of_coordinator):
        assert each["withheld"] == ["subscription", "subscription-delivery"]
        assert "news:grants" not in str(each["parts"])


def test_a_subscription_that_ended_is_nobodys(ask, say_yes, client, deliver, office, smtp, kept_of):
    ask()
    say_yes()
    deliver(news())
    office.send()
    token = smtp.mails[-1].message["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    client.post(f"/api/v1/unsubscriptions/{token}")
    person = office.person("Bo Borger", email="borger@example.org")

    kept, _ = kept_of(person, signed_in_at="borger@example.org")

    assert not {"subscription", "subscription-delivery"} & set(kept)


def test_english_for_those_who_want_it(ask, say_yes, deliver, office, smtp):
    ask(language="en")
    say_yes()
    deliver(document())
    office.send()

    assert subjects_of(smtp.mails) == [
        "Would you like news by email?",
        "New document: Referat fra rådets møde",
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "no address", "subjects": WANTED}, "/email"),
        ({"email": "a@example.org", "subjects": []}, "/subjects"),
        ({"email": "a@example.org", "subjects": ["news:gossip"]}, "/subjects/0"),
        ({"email": "a@example.org", "subjects": WANTED, "language": "xx"}, "/language"),
        ({"email": "a@example.org", "subjects": WANTED, "confirmed_at": "x"}, "/confirmed_at"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(client, body, pointer):
    answer = client.post(SUBSCRIPTIONS, json=body)

    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json["errors"]}
