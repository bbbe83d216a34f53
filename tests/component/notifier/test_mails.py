"""What leaves is a mail that any mail program reads: no defects, right words, right headers."""

import re
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from uuid import uuid4

import icalendar
import pytest

from contracts import directory, meetings
from tests.component.notifier.test_handlers import ENDS, MAY, announced, called, decided


def words(mail):
    return " ".join(mail.message.get_body(("plain",)).get_content().split())


def test_the_decision_letter_says_all_that_the_law_wants(office, publish, deliver, smtp):
    association, _ = publish()
    deliver(decided(association))
    office.send()

    letter = next(mail for mail in smtp.mails if "2024-0007" in mail.message["Subject"])

    for said in (
        "delvist imødekommet",
        "4.000,00 kr.",
        "12.500,00 kr.",
        "Lov om social service § 18",
        "Servicelovens § 18",
        "Mange søgte",
        "12 søgte",
        "Pengene bruges i 2024",
        "lørdag den 1. marts 2025",
        "mandag den 8. april 2024",
        "Afgørelsen kan ikke påklages.",
        "Kultur- og Fritidsudvalget",
        "99 66 70 01",
    ):
        assert said in words(letter)


def test_times_are_danish_also_in_summer_and_winter(office, publish, deliver, smtp):
    publish()
    deliver(announced())
    office.send()

    assert any("fredag den 15. marts 2024 kl. 23.59" in words(mail) for mail in smtp.mails)


def test_answers_go_to_the_contact_person_by_name(office, publish, appoint, smtp):
    appoint("coordinator", title="Stedfortræder", name="Steen Stedfortræder")
    appoint("coordinator", title="Frivilligkonsulent", name="Karen Kontakt")
    publish()
    office.send()

    (mail,) = smtp.mails
    (reply_to,) = mail.message["Reply-To"].addresses
    assert reply_to.display_name == "Karen Kontakt"
    assert reply_to.addr_spec == "frivillighed@vesthimmerland.example.org"
    assert "Karen Kontakt Frivilligkonsulent" in words(mail)


@pytest.mark.parametrize("granted_first", [True, False])
def test_the_contact_person_is_called_what_they_are_called_now(
    office, publish, appoint, deliver, smtp, granted_first
):
    person = office.person("Karen Kontakt")
    renamed = directory.PersonChanged(
        person_id=person, name="Karen Nygift", email="karen@example.org", language="da"
    )
    # An office and a person are two aggregates: their events come in any order.
    for step in [1, 2] if granted_first else [2, 1]:
        if step == 1:
            appoint("coordinator", person=person, title="Frivilligkonsulent", name="Karen Kontakt")
        else:
            deliver(renamed, times=2)
    publish()
    office.send()

    (mail,) = smtp.mails
    (reply_to,) = mail.message["Reply-To"].addresses
    assert reply_to.display_name == "Karen Nygift"
    assert "Karen Nygift Frivilligkonsulent" in words(mail)
    assert "Karen Kontakt" not in words(mail)


def test_an_english_reader_gets_english(office, publish, deliver, smtp):
    person = uuid4()
    deliver(
        directory.PersonRegistered(
            person_id=person, name="Mary", email="mary@example.org", language="en"
        )
    )
    publish(contact=person)
    deliver(announced())
    office.send()

    news = smtp.to("mary@example.org")[-1]
    assert news.message["Content-Language"] == "en"
    assert "Friday 15 March 2024 at 23:59" in words(news)
    assert "DKK 726,307.00" in words(news)


HOSTILE = (
    "Ole\r\nBcc: offer@example.org",
    "Ole\x00\nSubject: andet",
    "Ole\u2028X-Evil: 1",
    '"Ole", <x@example.org>',
    "\u202eelO",
    "Å" * 190,
    "=?utf-8?q?x?=",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_and_no_title_adds_a_header(office, deliver, smtp, name):
    storable = name.replace("\x00", "")
    person = office.person(storable, email="ole@example.org")
    deliver(
        directory.AssociationRejected(
            association_id=uuid4(), name=storable, contact_person_id=person, reason=storable
        )
    )
    office.send()

    (mail,) = smtp.mails
    message = BytesParser(policy=policy.SMTP).parsebytes(mail.content)
    assert mail.recipients == ["ole@example.org"]
    assert [message["Bcc"], message["X-Evil"]] == [None, None]
    assert len(message.get_all("Subject")) == len(message.get_all("To")) == 1
    assert [str(each.addr_spec) for each in message["To"].addresses] == ["ole@example.org"]
    assert not [defect for part in message.walk() for defect in part.defects]
    assert not [defect for value in message.values() for defect in value.defects]


def test_html_from_people_is_only_ever_text(office, deliver, smtp):
    person = office.person("<script>alert(1)</script>")
    deliver(
        directory.AssociationRejected(
            association_id=uuid4(),
            name="<img src=x onerror=alert(2)>",
            contact_person_id=person,
            reason='<a href="javascript:alert(3)">klik</a>\n\nR&D',
        )
    )
    office.send()

    (mail,) = smtp.mails
    html = mail.message.get_body(("html",)).get_content()
    assert not re.search(r"<script|<img|<[^>]*(onerror|javascript:)", html)
    assert "R&D" in mail.message.get_body(("plain",)).get_content()


def test_the_calendar_follows_a_meeting_from_invitation_to_cancellation(
    office, publish, deliver, smtp
):
    publish()
    meeting = called()
    deliver(meeting)
    common = {
        "meeting_id": meeting.meeting_id,
        "title": meeting.title,
        "starts_at": MAY + timedelta(days=1),
        "ends_at": ENDS + timedelta(days=1),
        "place": "Biblioteket, sal 1; stuen",
        "audience": "associations",
    }
    office.send()
    deliver(meetings.MeetingChanged(**common, agenda=("Nyt",), revision=1))
    office.send()
    deliver(meetings.MeetingCancelled(**common, reason="Sne", revision=2))
    office.send()

    found = []
    for mail in smtp.mails:
        for part in mail.message.walk():
            if part.get_content_type() == "text/calendar":
                calendar = icalendar.Calendar.from_ical(part.get_content())
                (event,) = calendar.walk("VEVENT")
                assert part.get_param("method") == str(calendar["METHOD"])
                found.append((str(calendar["METHOD"]), event["SEQUENCE"], str(event["STATUS"])))
                assert str(event["UID"]) == f"meeting-{meeting.meeting_id}@samspil"
                assert event["DTSTART"].dt == MAY + timedelta(days=bool(event["SEQUENCE"]))
                assert "ATTENDEE" not in event
                raw = part.get_content().replace("\r\n", "\n").split("\n")
                assert max(len(line.encode()) for line in raw) <= 75
    assert found == [
        ("PUBLISH", 0, "CONFIRMED"),
        ("PUBLISH", 1, "CONFIRMED"),
        ("CANCEL", 2, "CANCELLED"),
    ]


def test_only_news_can_be_unsubscribed_from(office, publish, deliver, smtp):
    association, _ = publish()
    deliver(decided(association))
    deliver(announced())
    office.send()

    news = {bool(mail.message["List-Unsubscribe"]): mail for mail in smtp.mails}
    with_link = [mail for mail in smtp.mails if mail.message["List-Unsubscribe"]]
    assert set(news) == {True, False}
    assert len(with_link) == 1
    assert "/afmeld/" in words(with_link[0])


def test_one_person_gets_so_many_mails_an_hour_and_the_rest_later(office, publish, clock, smtp):
    person = office.person()
    for number in range(5):
        publish(f"Forening {number}", contact=person)

    office.send(mails_per_hour=3)
    assert len(smtp.mails) == 3
    clock.move(timedelta(hours=1, minutes=1))
    office.send(mails_per_hour=3)

    assert len(smtp.mails) == 5
    assert {row.attempts for row in office.rows()} == {1}


def test_an_old_link_is_not_mailed_and_a_mailed_one_is_wiped(office, clock, smtp, database):
    person = office.person()
    office.sign_in_link(person, token="prompt-secret-token")
    office.send()
    office.sign_in_link(person, token="late-secret-token")
    clock.move(timedelta(minutes=16))
    office.send()

    assert len(smtp.mails) == 1
    assert sorted(office.statuses) == ["sent", "suppressed"]
    assert "secret-token" not in str([row.content for row in office.rows()])


@pytest.mark.parametrize(
    ("address", "envelope"),
    [("ole@blåbær.example.org", "ole@xn--blbr-roah.example.org"), ("åse@example.org", None)],
)
def test_addresses_beyond_ascii(office, smtp, address, envelope):
    office.letter(office.person("Åse", email=address))
    office.send()

    assert [mail.recipients for mail in smtp.mails] == ([[envelope]] if envelope else [])
    assert office.statuses == (["sent"] if envelope else ["failed"])
