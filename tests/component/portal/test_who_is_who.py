"""Who is who, on every page: the contact person, the deputy, and an office that is vacant."""

from __future__ import annotations

import pytest

from tests.component.portal.conftest import portal_at
from tests.component.portal.stand_in import NOON
from tests.component.portal.town import key


@pytest.fixture
def app(gateway, clock):
    """A portal of its own: who the contact person is, it remembers for a minute."""
    clock.set(NOON)
    return portal_at(gateway.url)


@pytest.fixture
def vacant(gateway, app):
    """Let nobody be the contact person since 1 February."""
    office = gateway.town["contact-office"]
    office |= {"holder": None, "vacant_on": "2024-02-01", "is_vacant": True}
    return office


def footer(page):
    return page.partition("<footer>")[2]


def test_every_page_names_contact_and_deputy_with_their_dates(browse):
    page = footer(browse().get("/om").text)

    assert "Karen Kontakt" in page
    assert "siden 1. januar 2023" in page
    assert "Steen Stedfortræder" in page
    assert "fra 1. januar 2023 til 31. december 2025" in page


@pytest.mark.parametrize("path", ["/om", "/kontakt"])
def test_that_the_office_is_vacant_stands_in_plain_words(vacant, browse, path):
    page = browse().get(path).text

    assert "Hvervet er ledigt siden 1. februar 2024." in page
    assert "Steen Stedfortræder" in footer(page)
    assert "frivillighed@example.org" in footer(page)
    assert "Karen Kontakt" not in footer(page)


def test_that_it_soon_will_be_stands_there_too(gateway, browse):
    gateway.town["contact-office"]["vacant_on"] = "2024-03-20"

    page = browse().get("/kontakt").text

    assert "Fra 20. marts 2024 er hvervet ledigt" in page
    assert "Karen Kontakt" in page


def test_the_worklist_alarms(vacant, browse):
    page = browse("coordinator").get("/arbejdsliste").text

    assert "Der er ingen kontaktperson lige nu" in page
    assert "Politikken kræver" in page


def test_a_bridge_builder_stands_with_department_and_what_to_ask(browse):
    page = browse().get("/kontakt").text

    assert "Social- og Sundhedsforvaltningen" in page
    assert "Spørg om: Børn og unge." in page
    assert "Bo Brobygger" in page


def test_the_coordinator_appoints_and_the_person_stays_on_a_change(browse, send, gateway):
    coordinator = browse("coordinator")
    body = {
        "body": "bridge-builder",
        "title": "Brobygger",
        "department": "social",
        "questions": "Ældre.",
        "starts_on": "2024-03-01",
    }
    new = {"id": key("new office"), "person-name": "Bo B", "person-email": "bo@example.org"}

    send(coordinator, "/arbejdsliste/hverv/nyt", data={**body, **new})
    send(coordinator, f"/arbejdsliste/hverv/{key('office-council')}", data={**body, **new})

    made, changed = gateway.sent_to("PUT", "^/offices/")
    assert made["path"] == f"/offices/{key('new office')}"
    assert made["body"]["person"] == {"name": "Bo B", "email": "bo@example.org"}
    assert made["body"]["is_deputy"] is False
    assert changed["body"]["person"]["name"] != "Bo B"


@pytest.mark.parametrize("person", ["caseworker", "centre", "applicant"])
def test_offices_are_the_coordinators_to_give(browse, send, person):
    somebody = browse(person)

    refused = [
        somebody.get("/arbejdsliste/hverv"),
        somebody.get("/arbejdsliste/hverv/nyt"),
        send(somebody, f"/arbejdsliste/hverv/{key('office-council')}/afslut"),
    ]

    assert [each.status_code for each in refused] == [403] * 3


# --- contact pairs

MINE = f"/foreninger/{key('nattergalen')}"
PAIR = f"{MINE}/kontaktpar/{key('pair-home-care')}"


def test_the_page_of_an_association_names_both_contacts(browse):
    page = browse("member").get(MINE).text

    assert "Hanne Hjemmepleje" in page
    assert "alle kan se det" in page
    assert "kun foreningen og kommunen kan se det" in page
    assert "Ret foreningens del" not in page


def test_each_side_is_offered_its_own_part(browse):
    editor = browse("editor").get(MINE).text
    caseworker = browse("caseworker").get(MINE).text

    assert ("Ret foreningens del" in editor, "Ret kommunens del" in editor) == (True, False)
    assert "Afslut kontakten" not in editor
    assert ("Ret foreningens del" in caseworker, "Ret kommunens del" in caseworker) == (False, True)
    assert "Tilføj en fast kontakt" in caseworker


def test_the_association_chooses_one_of_its_people(browse, send, gateway):
    form = {"person_id": key("anna"), "is_shown": "1", "version": "3"}

    answers = [
        send(browse("editor"), f"{PAIR}/vores-del", data=form),
        send(browse("editor"), f"{PAIR}/vores-del", data={**form, "person_id": key("uffe")}),
    ]

    assert [each.status_code for each in answers] == [303, 422]
    (sent,) = gateway.sent_to("PUT", "/association-part$")
    assert sent["body"] == {"person_id": key("anna"), "is_shown": True}
    assert sent["headers"]["if-match"] == '"3"'


def test_pairs_are_the_staffs_to_make_and_each_sides_to_answer(browse, send, gateway):
    refused = [
        browse("applicant").get(f"{MINE}/kontaktpar/nyt"),
        browse("editor").get(PAIR),
        browse("member").get(f"{PAIR}/vores-del"),
        browse("caseworker").get(f"{PAIR}/vores-del"),
        send(browse("centre"), f"{MINE}/kontaktpar/nyt", data={"team": "x"}),
    ]
    elsewhere = browse("coordinator").get(
        f"/foreninger/{key('gammelt')}/kontaktpar/{key('pair-home-care')}"
    )

    assert [each.status_code for each in refused] == [403] * 5
    assert elsewhere.status_code == 404
    assert gateway.sent_to("PUT", ".") == []


def test_a_pair_is_made_once_and_ended_with_a_press(browse, send, gateway):
    caseworker = browse("caseworker")
    form = {
        "id": key("new pair"),
        "department": "social",
        "team": "Skolen",
        "person-name": "Lene",
        "person-email": "lene@example.org",
        "starts_on": "2024-03-01",
    }

    made = [send(caseworker, f"{MINE}/kontaktpar/nyt", data=form) for _ in range(2)]
    ended = send(caseworker, f"{PAIR}/afslut")

    assert {each.location for each in (*made, ended)} == {MINE}
    assert {each["path"] for each in gateway.sent_to("PUT", "^/contact-pairs/")} == {
        f"/contact-pairs/{key('new pair')}"
    }
    assert len(gateway.sent_to("POST", "/end$")) == 1
