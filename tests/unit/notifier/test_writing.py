"""Every kind of mail can be written in both languages, and reads without defects."""

import re
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from uuid import uuid4

import icalendar
import lxml.html
import pytest

from chassis.config import read_profile
from services.notifier.commands import wording
from services.notifier.commands.calendar import Appointment, Method, calendar_of
from services.notifier.commands.writing import Undeliverable, Writer, envelope_address, one_line
from services.notifier.model import TEMPLATES, Delivery, Person
from tests.support import handed_out, hostile

HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "Content-Language", "Content-Type"),
    "MIME-Version",
}
PARTS = {
    *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"),
    "application/ics",
}
NOON = "2024-03-15T22:59:00+00:00"
ID = str(uuid4())
CONTENT = {
    **dict.fromkeys(("sign_in_link_id", "meeting_id", "round_id", "hearing_id"), ID),
    **dict.fromkeys(("document_id", "news_item_id"), ID),
    **dict.fromkeys(("opens_at", "closes_at", "starts_at", "ends_at", "expires_at"), NOON),
    **dict.fromkeys(("registered_at", "submitted_at", "registration_closes_at"), NOON),
    **dict.fromkeys(("council_on", "committee_on", "decided_on", "report_on"), "2024-04-08"),
    **dict.fromkeys(("frame_ore", "amount_ore", "total_ore", "applied_ore"), 1_250_000),
    "granted_ore": 400_000,
    "name": "Nørrebro Skakklub",
    "association_name": "Nørrebro Skakklub",
    "associations": ["Nørrebro Skakklub", "Aars Madklub"],
    "cvr": None,
    "purpose": "Skak for alle\n\nHver lørdag.",
    "target_groups": ["older", "lonely"],
    "area": "aars",
    "confirmed_by": "centre",
    "changed": ["phone", "target_groups"],
    "is_reminder": True,
    "into_name": "Aars Skak",
    "role": "administrator",
    "is_contact": True,
    "hands_over": True,
    "proof": "minutes",
    "proof_on": "2024-02-20",
    "vacant_on": "2024-03-01",
    "department": "social",
    "team": "Hjemmeplejen, team Aars",
    "is_vacant": False,
    "has_deputy": True,
    "new_count": 2,
    "count": 5,
    "freshness_target": 90,
    "association_id": ID,
    "kind": "cvr-registration",
    "expires_on": "2024-04-30",
    **dict.fromkeys(("starts_on", "ends_on"), "2024-01-01"),
    "title": "Skak på plejehjemmet",
    "round_title": "§ 18-puljen 2024",
    "meeting_title": "Dialogmøde",
    "hearing_title": "Lån af lokaler",
    "case_number": "2024-0007",
    "reason": "Første linje\nanden linje\n\nNyt afsnit",
    "question": "Hvad mener I?",
    "answer": "Tak.",
    "conclusion": "Vedtaget.",
    "outcome": "rejected",
    "reasons": {"rules": "§ 18", "considerations": "Mange søgte", "facts": ""},
    "legal_basis": "Serviceloven § 18",
    "conditions": ["Ét vilkår"],
    "appeal": "Ingen klageadgang.",
    "decided_by": "Kultur- og Fritidsudvalget",
    "criteria": ["Lokal forankring"],
    "focus_areas": [],
    "agenda": ["Velkomst"],
    "place": "Aars",
    "capacity": 40,
    "waiting_position": 2,
    "revision": 0,
    "ground": "leads",
    "took_part": True,
    "ruling": "cleared",
    "token": "T" * 43,
    "code": "123456",
    "year": 2024,
    "wanted": ["document:minutes", "news:grants"],
    "summary": "Rådet talte om puljen.",
    "owner": "Frivilligrådet",
    "edition_number": 2,
    "dated_on": "2024-01-30",
    "note": "Punkt 4 er rettet",
}


@pytest.fixture(scope="module")
def writer():
    return Writer(
        read_profile("profiles/vesthimmerland.toml"), public_url="https://samspil.example.org/"
    )


def delivery(template, **changes):
    content = dict(CONTENT)
    if template == "hearing_answer":
        content["outcome"] = "not-accepted"
    return Delivery(
        id=uuid4(),
        template=template,
        about_id=uuid4(),
        news=TEMPLATES[template].news,
        content={**content, **changes},
        created_at=datetime(2024, 3, 1, 12, tzinfo=UTC),
    )


def person(language="da"):
    return Person(id=uuid4(), name="Åse Ærlig", email="aase@example.org", language=language)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_mail_reads_without_defects(writer, template, language):
    mail = writer.write(
        delivery(template),
        person(language),
        contact=writer.contact("Karen Kontakt"),
        token="k" * 43,
    )

    message = BytesParser(policy=policy.SMTP).parsebytes(mail.content)
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()

    assert not [defect for part in message.walk() for defect in part.defects]
    assert not [defect for value in message.values() for defect in value.defects]
    assert max(len(line) for line in mail.content.split(b"\r\n")) <= 998
    assert b"\n" not in mail.content.replace(b"\r\n", b"")
    assert message["Content-Language"] == language
    assert "Karen Kontakt" in text
    for form in (text, html):
        assert not re.search(r"\bNone\b|\{[{%]|<Undefined|<bound|\bFalse\b|\bTrue\b", form)
    assert "\n\n\n" not in text
    assert "<script" not in html
    links = set(re.findall(r"https://samspil\S+", text))
    assert links <= set(re.findall(r'https://samspil[^"<\s]+', html.replace("&amp;", "&")))
    assert not any("//" in link.removeprefix("https://") for link in links)


# Ids, moments, and words of ours: what people do not write.
OURS = re.compile(
    r"\w+_(at|on|id)|cvr|target_groups|area|confirmed_by|changed|role|proof|department|kind|outcome"
    r"|ground|ruling|token|code|wanted"
)
HOSTILE = "\r\nBcc: xss@example.org\r\n\r\n" + " ".join([*hostile.PIECES, *hostile.LINES])
HOSTILE += "\u202e\x00\u2028\x0bX-Xss: 1"


def worse(value):
    """Write everything into a text, and into the texts within something."""
    if isinstance(value, dict):
        return {name: each if OURS.fullmatch(name) else worse(each) for name, each in value.items()}
    if isinstance(value, list):
        return [worse(each) for each in value]
    return f"{value} {HOSTILE}" if isinstance(value, str) else value


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_nothing_anybody_writes_is_more_than_text_in_a_mail(writer, template, language):
    one = delivery(template)
    one.content = worse(one.content)
    reader = person(language)
    reader.name = HOSTILE

    mail = writer.write(one, reader, contact=writer.contact(HOSTILE), token="k" * 43)

    message = BytesParser(policy=policy.SMTP).parsebytes(mail.content)
    assert set(message.keys()) <= HEADERS
    assert [address.addr_spec for address in message["To"].addresses] == ["aase@example.org"]
    assert len(message["Reply-To"].addresses) == 1
    assert len(" ".join(message["Subject"].split())) <= 200
    assert not [defect for part in message.walk() for defect in part.defects]
    assert {part.get_content_type() for part in message.walk()} <= PARTS
    assert hostile.PIECES[0] in message.get_body(("plain",)).get_content()
    page = lxml.html.document_fromstring(message.get_body(("html",)).get_content())
    assert hostile.squeezed(hostile.PIECES[0]) in hostile.squeezed(page.text_content())
    for element in page.iter():
        assert element.tag not in {"script", "svg", "math", "iframe", "object", "base", "form"}
        assert not [name for name in element.attrib if name.startswith(("on", "xss", "srcdoc"))]
        for name in ("href", "src"):
            assert not element.get(name, "").strip().startswith(("javascript:", "data:"))
    for part in message.walk():
        if part.get_content_type() in {"text/calendar", "application/ics"}:
            texts, faults = handed_out.read_calendar(part.get_payload(decode=True))
            assert faults == []
            assert hostile.PIECES[0] in " ".join(texts)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("granted", "Ansøgningen er imødekommet"),
        ("partly-granted", "delvist imødekommet"),
        ("rejected", "ikke imødekommet"),
    ],
)
def test_a_letter_says_its_outcome(writer, outcome, said):
    granted = 0 if outcome == "rejected" else 400_000
    mail = writer.write(
        delivery("decision_letter", outcome=outcome, granted_ore=granted),
        person(),
        contact=writer.contact(),
    )

    message = BytesParser(policy=policy.SMTP).parsebytes(mail.content)
    text = message.get_body(("plain",)).get_content()

    assert said in text
    assert ("VILKÅR" in text) is bool(granted)


def test_the_same_delivery_is_the_same_mail_when_it_goes_again(writer):
    one = delivery("decision_letter")
    first, second = (writer.write(one, person(), contact=writer.contact()) for _ in range(2))

    ids = [
        BytesParser(policy=policy.SMTP).parsebytes(mail.content)["Message-ID"]
        for mail in (first, second)
    ]
    assert ids == [f"<{one.id}@vesthimmerland.example.org>"] * 2


@pytest.mark.parametrize(
    ("ore", "danish", "english"),
    [
        (1_250_000, "12.500,00 kr.", "DKK 12,500.00"),
        (0, "0,00 kr.", "DKK 0.00"),
        (72_630_705, "726.307,05 kr.", "DKK 726,307.05"),
    ],
)
def test_money_is_written_to_the_ore(ore, danish, english):
    assert (wording.money(ore, "da"), wording.money(ore, "en")) == (danish, english)


def test_a_span_names_its_day_once():
    starts_at = datetime(2024, 5, 2, 15, tzinfo=UTC)

    assert wording.span(starts_at, starts_at + timedelta(hours=2), "da") == (
        "torsdag den 2. maj 2024 kl. 17.00 til 19.00"
    )


@pytest.mark.parametrize("text", ["a\r\nb", "a\x00b", "a\u2028b", "a\x0bb", "a\x85b", "  a\tb "])
def test_a_line_is_one_line(text):
    assert one_line(text) == "a b"


@pytest.mark.parametrize("address", ["", "a b@example.org", "a@b@example.org", "<a@example.org>"])
def test_what_is_no_address_is_not_written_to(address):
    with pytest.raises(Undeliverable):
        envelope_address(address)


def meet(starts_at, ends_at):
    return Appointment(
        meeting_id=uuid4(),
        title="Natmøde",
        starts_at=starts_at,
        ends_at=ends_at,
        place="Aars",
        text="",
        link="https://samspil.example.org/moeder/1",
        revision=3,
        stamped_at=starts_at,
        organiser=("Karen", "karen@example.org"),
    )


def test_both_hours_of_the_night_that_has_one_twice_stay_apart():
    # 27 October 2024: 02.30 comes at 00.30 UTC, and again at 01.30 UTC.
    for hour in (0, 1):
        starts_at = datetime(2024, 10, 27, hour, 30, tzinfo=UTC)
        written = calendar_of(meet(starts_at, starts_at + timedelta(minutes=20)), Method.PUBLISH)
        (event,) = icalendar.Calendar.from_ical(written).walk("VEVENT")

        assert event["DTSTART"].dt.astimezone(UTC) == starts_at
        assert event["SEQUENCE"] == 3
