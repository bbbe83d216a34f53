"""One wrong value in every form: said at the top and at the field, and nothing typed is lost.

``FORMS`` is checked against the portal's own routes, so a form that nobody tries here fails.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import pytest

from tests.component.portal.test_forms import errors_linked
from tests.component.portal.town import key

LONG = "Der skal også være plads til dem, der kommer langvejs fra. " * 900
DRAFT = f"/ansoegninger/{key('kladde')}"
NO_TEXT = {
    "applications.attach": "a file",
    "applications.choose_news": "a tick",
    "applications.delete": "a button",
    "applications.detach": "a button",
    "applications.submit": "a tick",
    "applications.withdraw": "a button",
    "competences.withdraw": "a button",
    "contact_pairs.answer": "a choice",
    "contact_pairs.end": "a button",
    "offices.end": "a button",
    "people.end_member": "a button",
    "people.change_role": "a choice",
    "people.settle_invitation": "a button",
    "people.answer_invitation": "a button",
    "committee.finalise": "a button",
    "coordinator.approve": "a button",
    "coordinator.settle": "a button",
    "council.begin": "a button",
    "council.vote": "a button",
    "documents.move_on": "a button",
    "funding.move_on": "a button",
    "hearings.move_on": "a button",
    "imports.answer": "radio buttons",
    "imports.drop": "a button",
    "imports.introduce": "a tick",
    "imports.map_words": "choices",
    "imports.move": "a button",
    "personal.erase_own": "a tick",
    "personal.erase_person": "a tick",
    "imports.upload": "a file",
    "matching.count": "choices",
    "meetings.move_on": "a button",
    "news.move_on": "a button",
    "offers.delete": "a button",
    "offers.publish": "a button",
    "offers.say_capacity": "a button",
    "offers.withdraw": "a button",
    "meetings.withdraw": "a button",
    "public.unsubscribe": "a button",
    "rooms.delete_picture": "a button",
    "rooms.move_on": "a button",
    "rounds.announce": "a button",
    "rounds.delete": "a button",
    "sign_in.again": "a button",
    "sign_in.sign_out": "a button",
    "sign_in.use_link": "a button",
    "subscriptions.confirm": "a button",
    "upkeep.answer": "a button",
    "upkeep.confirm": "a button",
    "upkeep.delegation": "a choice",
    "upkeep.reopen": "a button",
}


@dataclass(frozen=True)
class WrongForm:
    """A form, who sends it, its one wrong field, and what else was typed."""

    endpoint: str
    person: str
    path: str
    wrong: str
    typed: str
    also: dict[str, str] = field(default_factory=dict)


MEETING = {
    "kind": "dialogue",
    "audience": "all",
    "title": "Dialogmøde",
    "place": "Aars",
    "starts_at": "2024-06-12",
    "starts_at-clock": "17:00",
    "ends_at": "2024-06-12",
    "ends_at-clock": "19:00",
}
HEARING = {"title": "Plan", "question": "Hvad mangler?", "closes_at-clock": "12:00", "all": "1"}
ROUND = {"title": "Runden", "information": "Ring endelig.", "programme_id": key("programme")}
OFFER = {
    "title": "Fællessang",
    "description": "Vi synger for folk.",
    "price": "amount",
    "price_ore": "25",
    "contact_title": "Sangformidlingen",
    "times-0-rrule": "tu",
    "times-0-often": "weekly",
    "times-0-starts": "19:00",
    "times-0-ends": "21:00",
}
DOCUMENT = {
    "kind": "policy",
    "title": "Politikken",
    "owner": "Kultur og Fritid",
    "language": "da",
}
FUNDING = {
    "title": "Små midler",
    "provider": "Nordfonden",
    "summary": "Til madklubber.",
    "deadline_kind": "once",
    "deadlines-0": "2024-05-01",
    "link": "https://nordfonden.example.org",
}
ROOM = {
    "name": "Mødelokalet",
    "place": "Himmerlandsgade 59",
    "persons": "20",
    "price": "free",
    "contact_title": "Kontoret",
}
NEWS = {"topic": "grants", "title": "Nyt fra puljen", "text": "Kom og søg."}
ASSOCIATION = {"name": "Sangkoret", "purpose": "Vi synger for folk."}
ASSESSED = f"/raad/ansoegninger/{key('café')}"
WORKBENCH = f"/raad/indstilling/{key('round-closed')}"
ANSWERS = f"/hoeringer/{key('hearing-closed')}"
RESPONSE = key("response-closed")

FORMS = [
    WrongForm(
        "association.send_registration",
        "",
        "/foreninger/opret",
        "contact-email",
        "navn uden snabel",
        ASSOCIATION,
    ),
    WrongForm(
        "association.save",
        "applicant",
        f"/foreninger/{key('nattergalen')}/rediger",
        "cvr",
        "12345678",
        ASSOCIATION,
    ),
    WrongForm(
        "people.invite",
        "applicant",
        f"/foreninger/{key('nattergalen')}/medlemmer",
        "person-email",
        "navn uden snabel",
        {"person-name": "Bo Basun", "role": "editor"},
    ),
    WrongForm(
        "people.pass_on",
        "applicant",
        f"/foreninger/{key('nattergalen')}/stafet",
        "person-email",
        "navn uden snabel",
        {"person-name": "Bo Basun"},
    ),
    WrongForm(
        "competences.create",
        "editor",
        f"/foreninger/{key('nattergalen')}/oplaeg",
        "description",
        LONG,
        {"title": "Sang som medicin", "kind": "speaker", "terms": "En time"},
    ),
    WrongForm(
        "competences.change",
        "editor",
        f"/oplaeg/{key('competence-talk')}",
        "description",
        LONG,
        {"title": "Sang som medicin", "kind": "speaker", "terms": "En time"},
    ),
    WrongForm(
        "contact_pairs.create",
        "caseworker",
        f"/foreninger/{key('nattergalen')}/kontaktpar/nyt",
        "person-email",
        "navn uden snabel",
        {"team": "Hjemmeplejen", "person-name": "Hanne", "department": "social"},
    ),
    WrongForm(
        "contact_pairs.change",
        "caseworker",
        f"/foreninger/{key('nattergalen')}/kontaktpar/{key('pair-home-care')}",
        "person-email",
        "navn uden snabel",
        {"team": "Hjemmeplejen", "person-name": "Hanne", "department": "social"},
    ),
    WrongForm(
        "offices.appoint",
        "coordinator",
        "/arbejdsliste/hverv/nyt",
        "starts_on",
        "i går",
        {
            "person-name": "Bo Brobygger",
            "person-email": "bo@example.org",
            "title": "Brobygger",
            "questions": "Børn og unge.",
        },
    ),
    WrongForm(
        "offices.change",
        "coordinator",
        f"/arbejdsliste/hverv/{key('office-council')}",
        "starts_on",
        "i går",
        {"title": "Formand", "questions": "Rådets arbejde."},
    ),
    WrongForm(
        "people.hand_over",
        "coordinator",
        f"/foreninger/{key('nattergalen')}/overdrag",
        "proof_on",
        "i går",
        {
            "person-name": "Bo Basun",
            "person-email": "bo@example.org",
            "proof": "minutes",
            "proof_text": "Valgt under punkt 6.",
        },
    ),
    WrongForm(
        "offers.create",
        "applicant",
        f"/foreninger/{key('nattergalen')}/tilbud/nyt",
        "times-0-ends",
        "sent",
        OFFER,
    ),
    WrongForm(
        "offers.save",
        "applicant",
        f"/tilbud/{key('songs')}/rediger",
        "price_ore",
        "en tier",
        OFFER,
    ),
    WrongForm(
        "offers.create_municipal",
        "coordinator",
        "/kommunens-tilbud/nyt",
        "contact_email",
        "navn uden snabel",
        {**OFFER, "department": "social"},
    ),
    WrongForm(
        "offers.note",
        "coordinator",
        f"/foreninger/{key('nattergalen')}/kommunens-bemaerkning",
        "text",
        LONG,
    ),
    WrongForm("applications.create", "applicant", "/ansoegninger/ny", "title", LONG),
    WrongForm(
        "applications.save",
        "applicant",
        f"{DRAFT}/rediger?trin=aktivitet",
        "volunteers_count",
        "en masse",
        {"title": "Spisning", "activity": "Vi spiser sammen."},
    ),
    WrongForm(
        "applications.save",
        "applicant",
        f"{DRAFT}/rediger?trin=budget",
        "amount_ore",
        "en masse",
        {
            "budget-0-kind": "cost",
            "budget-0-text": "Kartofler",
            "budget-0-amount_ore": "1.200",
        },
    ),
    WrongForm(
        "council.assess",
        "council",
        ASSESSED,
        "amount_ore",
        "det halve",
        {"recommend": "partly", "comment": "Godt, men dyrt."},
    ),
    WrongForm("council.declare_conflict", "council", f"{ASSESSED}/inhabil", "ground", LONG),
    WrongForm(
        "council.save_lines",
        "council",
        f"{WORKBENCH}/beloeb",
        f"amount-{key('café')}",
        "det halve",
        {f"reason-{key('café')}": "Godt, men dyrt."},
    ),
    WrongForm("council.forward", "council", f"{WORKBENCH}/send", "comment", LONG),
    WrongForm(
        "committee.save",
        "committee",
        f"/udvalg/{key('round-recommended')}/{key('tur')}",
        "granted_ore",
        "det halve",
        {"reasons-facts": "Der er søgt om mere, end der er."},
    ),
    WrongForm(
        "meetings.create",
        "coordinator",
        "/moeder/ny",
        "capacity",
        "mange",
        {**MEETING, "agenda": "Velkomst"},
    ),
    WrongForm(
        "meetings.save",
        "coordinator",
        f"/moeder/{key('meeting-draft')}/rediger",
        "capacity",
        "mange",
        MEETING,
    ),
    WrongForm(
        "meetings.register",
        "applicant",
        f"/moeder/{key('meeting-called')}/tilmeld",
        "attendees",
        "elleve",
        {"note": "Vi kommer med bus."},
    ),
    WrongForm(
        "meetings.cancel",
        "coordinator",
        f"/moeder/{key('meeting-called')}/aflys",
        "reason",
        LONG,
    ),
    WrongForm(
        "meetings.save_minutes",
        "coordinator",
        f"/moeder/{key('meeting-held')}/referat",
        "attendance_count",
        "mange",
        {"text": "Vi talte sammen."},
    ),
    WrongForm("hearings.create", "coordinator", "/hoeringer/ny", "closes_at", "31.2.2024", HEARING),
    WrongForm(
        "hearings.save",
        "coordinator",
        f"/hoeringer/{key('hearing-draft')}/rediger",
        "closes_at",
        "31.2.2024",
        HEARING,
    ),
    WrongForm(
        "hearings.respond",
        "applicant",
        f"/hoeringer/{key('hearing-open')}/svar-for",
        "text",
        LONG,
        {"sender": key("nattergalen")},
    ),
    WrongForm(
        "hearings.answer",
        "coordinator",
        f"{ANSWERS}/svar/{RESPONSE}",
        f"text-{RESPONSE}",
        LONG,
        {f"outcome-{RESPONSE}": "partly"},
    ),
    WrongForm("hearings.conclude", "coordinator", f"{ANSWERS}/afslut", "conclusion", LONG),
    WrongForm(
        "imports.choose_header",
        "coordinator",
        f"/arbejdsliste/import/{key('import-read')}/overskrift",
        "header_row",
        "den øverste",
    ),
    WrongForm(
        "imports.map_columns",
        "coordinator",
        f"/arbejdsliste/import/{key('import-read')}/kolonner",
        "defaults-purpose",
        LONG,
        {"columns-0": "name", "defaults-form": "group", "existing": "fill"},
    ),
    WrongForm("documents.create", "coordinator", "/dokumenter/nyt", "summary", LONG, DOCUMENT),
    WrongForm(
        "documents.save",
        "coordinator",
        f"/dokumenter/{key('policy')}/rediger",
        "summary",
        LONG,
        DOCUMENT,
    ),
    WrongForm(
        "documents.upload",
        "coordinator",
        f"/dokumenter/{key('policy')}/ny-udgave",
        "dated_on",
        "i går",
        {"note": "Vedtaget af udvalget"},
    ),
    WrongForm("news.create", "coordinator", "/nyheder/ny", "summary", LONG, NEWS),
    WrongForm(
        "news.save",
        "coordinator",
        f"/nyheder/{key('news-friday')}/rediger",
        "summary",
        LONG,
        NEWS,
    ),
    WrongForm(
        "news.publish",
        "coordinator",
        f"/nyheder/{key('news-draft')}/offentliggoer",
        "publish_at",
        "i morgen",
        {"publish_at-clock": "09:00"},
    ),
    WrongForm(
        "funding.create",
        "centre",
        "/stoettemuligheder/ny",
        "amount_max_ore",
        "en masse",
        FUNDING,
    ),
    WrongForm(
        "funding.save",
        "coordinator",
        f"/stoettemuligheder/{key('funding-asked')}/rediger",
        "amount_max_ore",
        "en masse",
        FUNDING,
    ),
    WrongForm("rooms.create", "centre", "/lokaler/nyt", "square_metres", "mange", ROOM),
    WrongForm(
        "rooms.save",
        "coordinator",
        f"/lokaler/{key('room-meeting')}/rediger",
        "contact_email",
        "navn uden snabel",
        ROOM,
    ),
    WrongForm(
        "rooms.add_picture", "coordinator", f"/lokaler/{key('room-meeting')}/billeder", "alt", LONG
    ),
    WrongForm("rooms.miss", "", "/lokaler/mangler", "persons", "mange"),
    WrongForm("subscriptions.send", "", "/abonnement", "email", "navn uden snabel"),
    WrongForm("rounds.create", "coordinator", "/puljer/ny", "frame_ore", "mange penge", ROUND),
    WrongForm(
        "rounds.save",
        "coordinator",
        f"/puljer/{key('round-draft')}/rediger",
        "frame_ore",
        "mange penge",
        ROUND,
    ),
    WrongForm(
        "coordinator.reject",
        "coordinator",
        f"/arbejdsliste/foreninger/{key('boblen')}/afvis",
        "reason",
        LONG,
    ),
    WrongForm(
        "coordinator.close",
        "coordinator",
        f"/foreninger/{key('nattergalen')}/luk",
        "reason",
        LONG,
    ),
    WrongForm(
        "coordinator.rule",
        "coordinator",
        f"/ansoegninger/{key('café')}/inhabilitet/{key('per')}",
        "reason",
        LONG,
        {"ruling": "cleared"},
    ),
    WrongForm(
        "upkeep.save_correction",
        "",
        "/bekraeft/ret",
        "public_email",
        "navn uden snabel",
        {"noegle": "good", "purpose": "Vi synger for folk."},
    ),
    WrongForm(
        "upkeep.record_call",
        "centre",
        f"/ringeliste/{key('gammelt')}",
        "note",
        LONG,
        {"outcome": "no-answer"},
    ),
    WrongForm(
        "upkeep.agreement",
        "coordinator",
        "/vejviserens-kvalitet/aftale",
        "freshness_target",
        "halvdelen",
        {"starts_on": "2024-01-01"},
    ),
    WrongForm(
        "upkeep.merge",
        "coordinator",
        f"/foreninger/{key('boblen')}/laeg-sammen",
        "into_address",
        "den anden i Aars",
        {"reason": "Det er den samme."},
    ),
    WrongForm("matching.find", "caseworker", "/find-til-borger", "q", LONG, {"topic": "company"}),
    WrongForm(
        "papers.file",
        "applicant",
        f"/foreninger/{key('nattergalen')}/papirer/boerneattester",
        "dated_on",
        "i fjor",
        {"statement": "certificates-obtained", "truth": "1"},
    ),
    WrongForm("sign_in.send_link", "", "/log-ind", "email", "navn uden snabel"),
    WrongForm("sign_in.use_code", "", "/log-ind/kode", "code", "12 34"),
]


def test_every_form_is_tried(app):
    sent = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}

    assert sent - set(NO_TEXT) == {form.endpoint for form in FORMS}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.endpoint} {form.wrong}")
def test_a_wrong_value_is_said_at_its_field_and_nothing_typed_is_lost(browse, send, gateway, form):
    typed = {**form.also, form.wrong: form.typed}

    answer = send(browse(form.person), form.path, data={"id": key("new"), **typed})

    assert answer.status_code == 422
    assert "<title>Fejl:" in answer.text
    assert form.wrong in errors_linked(answer.text)
    assert f'id="{form.wrong}-error"' in answer.text
    shown = html.unescape(answer.text)
    assert [name for name, text in typed.items() if text.strip() not in shown] == []
    assert [each for each in gateway.sent if each["method"] in {"PUT", "PATCH"}] == []
