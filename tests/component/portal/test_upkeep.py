"""Keeping records true in the portal: what reaches the API, and what one is told."""

from __future__ import annotations

import re

import pytest

from tests.component.portal.town import key

MINE = f"/foreninger/{key('nattergalen')}"
OTHER = key("gammelt")


@pytest.fixture
def description(app):
    words = app.extensions["samspil.municipality"]
    return {
        "purpose": "Vi synger sammen.",
        "target_groups[]": [words.words("target_groups")[0][0]],
        "area": words.words("areas")[0][0],
        "website": "eksempel.dk",
        "version": "3",
    }


def test_opening_the_links_of_the_mail_answers_nothing(browse, gateway):
    for path in ("/bekraeft?noegle=good", "/bekraeft/ret?noegle=good"):
        for _ in range(3):
            assert browse().get(path).status_code == 200
            assert browse().head(path).status_code == 200

    steps = {each["path"] for each in gateway.sent if each["method"] != "GET"}
    assert steps == {"/confirmation-links/opening"}


def test_a_press_confirms_and_the_secret_is_in_no_address_of_the_api(browse, send, gateway):
    answer = send(browse(), "/bekraeft", noegle="good")

    assert answer.status_code == 200
    assert "Tak for hjælpen" in answer.text
    (sent,) = gateway.sent_to("POST", "/confirmation-links/confirmation")
    assert sent["body"] == {"token": "good"}
    assert not [each for each in gateway.sent if "good" in each["path"]]


def test_a_correction_sends_the_public_description_and_nothing_else(
    browse, send, gateway, description
):
    answer = send(
        browse(), "/bekraeft/ret", data={**description, "noegle": "good", "name": "Kuppet"}
    )

    assert "Tak for hjælpen" in answer.text
    (sent,) = gateway.sent_to("POST", "/confirmation-links/description")
    assert sent["body"] == {
        "token": "good",
        "purpose": "Vi synger sammen.",
        "target_groups": description["target_groups[]"],
        "area": description["area"],
        "street": None,
        "postcode": None,
        "city": None,
        "website": "https://eksempel.dk",
        "phone": None,
        "public_email": None,
        "volunteers_wanted": False,
    }
    assert sent["headers"]["if-match"] == '"3"'


def test_the_form_of_the_mail_asks_for_no_name_and_no_number(browse):
    page = browse().get("/bekraeft/ret?noegle=good").text

    assert 'id="purpose"' in page
    assert 'id="name"' not in page
    assert 'id="cvr"' not in page


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/bekraeft"), ("get", "/bekraeft/ret"), ("post", "/bekraeft")]
)
@pytest.mark.parametrize("token", ["", "old", "x" * 300])
def test_a_link_that_does_not_work_says_what_to_do(browse, send, method, path, token):
    if method == "get":
        answer = browse().get(path, query_string={"noegle": token})
    else:
        answer = send(browse(), path, noegle=token or "none")

    assert answer.status_code == 404
    assert "Linket virker ikke" in answer.text
    assert 'href="/log-ind"' in answer.text


def test_the_address_of_a_merged_association_leads_to_the_other(browse, gateway):
    gateway.refuse(
        "GET", f"^/associations/{OTHER}", 404, "association-merged", merged_into=key("nattergalen")
    )

    answer = browse().get(f"/foreninger/{OTHER}")

    assert (answer.status_code, answer.location) == (301, MINE)


def test_only_who_says_so_confirms_by_saving(browse, send, gateway, description):
    form = {**description, "name": "Nattergalen", "cvr": ""}
    editor = browse("editor")

    send(editor, f"{MINE}/rediger", data=form)
    silent = gateway.sent_to("POST", "/confirmation$")
    send(editor, f"{MINE}/rediger", data={**form, "looked_through": "1"})

    assert silent == []
    assert len(gateway.sent_to("POST", f"/associations/{key('nattergalen')}/confirmation$")) == 1


@pytest.mark.parametrize(
    ("status", "slug", "reason", "told"),
    [
        (403, "not-delegated", "declined", "Foreningen har sagt nej"),
        (403, "not-delegated", "no-agreement", "gælder ikke i dag"),
        (409, "wrong-state", "", "som foreningen står"),
        (412, "stale", "", "bekræft igen"),
    ],
)
def test_a_confirmation_that_is_refused_says_why(browse, send, gateway, status, slug, reason, told):
    gateway.refuse("POST", "/confirmation$", status, slug, reason=reason)
    centre = browse("centre")

    answer = send(centre, f"{MINE}/bekraeft", version="3")

    assert (answer.status_code, answer.location) == (303, MINE)
    assert told in centre.get(MINE).text


def test_the_centre_is_told_what_it_may_not_change_and_loses_nothing(
    browse, send, gateway, description
):
    gateway.refuse("PATCH", "^/associations/", 403, "not-delegated", reason="identity")
    form = {**description, "name": "Ny Klub", "cvr": ""}

    answer = send(browse("centre"), f"{MINE}/rediger", data=form)

    assert answer.status_code == 422
    assert "kun foreningen selv og kommunen" in answer.text
    assert "Ny Klub" in answer.text


def test_an_old_record_is_marked_in_words_for_everybody(browse):
    page = browse().get(f"/foreninger/{OTHER}").text
    found = browse().get("/find").text

    assert "Sidst bekræftet 1. januar 2022 af Frivilligcentret på foreningens vegne." in page
    assert "Ikke bekræftet" in page
    assert "samspil-faded" in page
    assert found.count("samspil-faded") == 1
    assert "Ikke bekræftet" not in browse().get(MINE).text


@pytest.mark.parametrize(
    ("person", "outcome", "leads_to"),
    [
        ("centre", "closed", "/ringeliste"),
        ("coordinator", "closed", f"/foreninger/{OTHER}/luk"),
        ("coordinator", "confirmed", "/ringeliste"),
    ],
)
def test_a_call_is_kept_once_and_who_may_close_is_led_there(
    browse, send, gateway, person, outcome, leads_to
):
    caller = browse(person)
    form = {"id": key("new call"), "outcome": outcome, "note": "Talte med formanden."}

    answers = [send(caller, f"/ringeliste/{OTHER}", data=form) for _ in range(2)]

    assert {each.location for each in answers} == {leads_to}
    assert {each["path"] for each in gateway.sent_to("PUT", "^/calls/")} == {
        f"/calls/{key('new call')}"
    }


def test_a_call_needs_an_outcome(browse, send, gateway):
    answer = send(browse("centre"), f"/ringeliste/{OTHER}", data={"note": "Hm"})

    assert answer.status_code == 422
    assert "Vælg en mulighed" in answer.text
    assert gateway.sent_to("PUT", "^/calls/") == []


@pytest.mark.parametrize(
    "form",
    [
        {"into_id": key("nattergalen")},
        {"into_address": f"https://samspil.example.org/foreninger/{key('nattergalen')}/"},
    ],
)
def test_the_coordinator_chooses_which_one_goes_on(browse, send, gateway, form):
    data = {**form, "reason": "Det er den samme."}

    answer = send(browse("coordinator"), f"/foreninger/{key('boblen')}/laeg-sammen", data=data)

    assert answer.location == MINE
    (sent,) = gateway.sent_to("POST", "/merger$")
    assert sent["body"] == {"into_id": key("nattergalen"), "reason": "Det er den samme."}


def test_likely_duplicates_stand_side_by_side_before_the_approval(browse):
    page = browse("coordinator").get(f"/arbejdsliste/foreninger/{key('boblen')}").text

    assert "Måske er foreningen her allerede" in page
    assert "navnet ligner (92 %)" in page
    assert "Godkend alligevel" in page
    assert page.index("dubletter") < page.index('id="godkend"')


def test_an_association_decides_on_the_centre(browse, send, gateway):
    assert browse("editor").get(f"{MINE}/frivilligcenter").status_code == 403

    send(browse("applicant"), f"{MINE}/frivilligcenter", data={"choice": "no", "version": "3"})

    (sent,) = gateway.sent_to("PUT", "/delegation$")
    assert sent["body"] == {"centre_may_edit": False}


def test_the_figures_of_every_bar_stand_in_a_table_too(browse):
    page = browse("coordinator").get("/vejviserens-kvalitet").text

    (table,) = re.findall(r"Fuldstændighed efter felt</caption>(.*?)</table>", page, re.DOTALL)
    rows = [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]
    assert rows == [
        ["Felt", "Udfyldt", "Mangler", "Andel, der er udfyldt"],
        ["CVR-nummer", "3", "0", "100 %"],
        ["Hjemmeside", "2", "1", "66 %"],
        ["Telefon", "2", "1", "66 %"],
        ["E-mail, som alle kan se", "0", "3", "0 %"],
    ]
