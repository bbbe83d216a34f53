"""The forms of an import: what they send, and what they say when it is not taken."""

from __future__ import annotations

import csv
import io

import pytest

from tests.component.portal.town import key

IMPORTS = "/arbejdsliste/import"


def at(status, rest=""):
    return f"{IMPORTS}/{key(f'import-{status}')}{rest}"


def file(content=b"Navn\nSkak\n", name="Foreninger æøå.csv"):
    return {"id": key("new"), "file": (io.BytesIO(content), name)}


def test_a_file_is_passed_on_with_its_danish_name(browse, send, gateway):
    answer = send(browse("coordinator"), IMPORTS, data=file(), content_type="multipart/form-data")

    (sent,) = gateway.sent_to("PUT", "/imports/")
    assert answer.status_code == 303
    assert sent["raw"] == b"Navn\nSkak\n"
    assert sent["headers"]["x-file-name"] == "Foreninger%20%C3%A6%C3%B8%C3%A5.csv"


@pytest.mark.parametrize(
    ("name", "slug", "text"),
    [
        ("", "", "Vælg en fil."),
        ("liste.pdf", "", "Vælg en fil, der ender på .csv eller .xlsx."),
        ("liste.csv", "attachment-type", "Filen kan ikke modtages"),
        ("liste.csv", "attachment-too-large", "Filen er for stor"),
    ],
)
def test_a_file_that_is_not_taken_says_so_at_its_field(browse, send, gateway, name, slug, text):
    if slug:
        gateway.refuse("PUT", "/imports/", 415, slug)

    answer = send(
        browse("centre"), IMPORTS, data=file(name=name), content_type="multipart/form-data"
    )

    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert text in answer.text


def test_columns_defaults_and_choices_are_sent_and_said_words_stay(browse, send, gateway):
    sent = {
        "columns-0": "name",
        "columns-1": "area",
        "defaults-purpose": "Følger.",
        "defaults-target_groups[]": "older",
        "defaults-form": "group",
        "existing": "update",
        "publish": "1",
    }
    answer = send(browse("coordinator"), at("read", "/kolonner"), data=sent)

    (put,) = gateway.sent_to("PUT", "/mapping")
    assert answer.status_code == 303
    assert put["body"] == {
        "columns": ["name", "area"],
        "defaults": {
            "purpose": "Følger.",
            "target_groups": ["older"],
            "area": None,
            "form": "group",
        },
        "words": {"area": {"Midtby": "aars"}},
        "existing": "update",
        "publish": True,
    }


def test_the_centre_never_asks_to_publish(browse, send, gateway):
    sent = {"columns-0": "name", "defaults-form": "group", "existing": "fill", "publish": "1"}
    send(browse("centre"), at("read", "/kolonner"), data=sent)

    assert gateway.sent_to("PUT", "/mapping")[0]["body"]["publish"] is False


def test_what_the_service_refuses_of_a_column_is_said_there(browse, send, gateway):
    gateway.refuse(
        *("PUT", "/mapping", 422, "invalid"),
        errors=[{"pointer": "/columns/1", "detail": "Another column holds this already."}],
    )
    sent = {"columns-0": "name", "columns-1": "name", "defaults-form": "group", "existing": "fill"}

    answer = send(browse("coordinator"), at("read", "/kolonner"), data=sent)

    assert answer.status_code == 422
    assert 'id="columns-1-error"' in answer.text
    assert "En anden kolonne er allerede valgt" in answer.text


def test_what_words_mean_is_added_to_what_was_said_before(browse, send, gateway):
    sent = {"word-1-field": "area", "word-1-text": "Atlantis", "word-1-key": "-"}
    send(browse("coordinator"), at("checked", "/ord"), data=sent)

    words = gateway.sent_to("PUT", "/mapping")[0]["body"]["words"]
    assert words == {"area": {"Midtby": "aars", "Atlantis": ""}, "target_groups": {}}


def test_an_answer_names_the_association(browse, send, gateway):
    same = f"same:{key('nattergalen')}"
    answer = send(browse("centre"), at("done", "/afklar"), data={f"row-{key('row-5')}": same})

    (put,) = gateway.sent_to("PUT", f"/rows/{key('row-5')}/answer")
    assert answer.status_code == 303
    assert put["body"] == {"answer": "same", "association_id": key("nattergalen")}


def test_no_answer_at_all_is_pointed_out(browse, send):
    assert send(browse("centre"), at("done", "/afklar"), data={}).status_code == 422


def test_mails_go_after_a_tick_only_and_not_by_the_centre(browse, send, gateway):
    without = send(browse("coordinator"), at("done", "/mails"), data={})
    centre = send(browse("centre"), at("done", "/mails"), data={"sure": "1"})
    assert gateway.sent_to("POST", "/introductions") == []
    sure = send(browse("coordinator"), at("done", "/mails"), data={"sure": "1"})

    assert (without.status_code, centre.status_code, sure.status_code) == (422, 403, 303)
    assert len(gateway.sent_to("POST", "/introductions")) == 1


@pytest.mark.parametrize("step", ["start", "stop"])
def test_a_step_that_comes_too_late_is_explained(browse, send, gateway, step):
    gateway.refuse("POST", f"/{step}", 409, "import-state")
    browser = browse("coordinator")

    answer = send(browser, at("checked", f"/{step}"), data={})

    assert answer.status_code == 303
    assert "Importen er kommet længere" in browser.get(answer.location).text


def test_the_report_is_a_table_without_live_formulas(browse):
    answer = browse("coordinator").get(at("done", "/rapport.csv"))

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert rows[0][:4] == ["Række", "Forening", "Resultat", "Hvorfor"]
    assert rows[1][2] == "Ny"
    assert rows[1][6].endswith(f"/foreninger/{key('nattergalen')}")
    assert rows[2][4].startswith("Formål: =1+1 → Sang; Målgrupper: – → ")
    assert rows[3][5].startswith("CVR-nummer: CVR-nummeret kan ikke passe")
    assert [cell for row in rows for cell in row if cell[:1] in set("=+-@")] == []
