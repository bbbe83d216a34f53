"""Pages of finding an offer for a citizen: what is sent and shown, and what leaves no trace."""

from __future__ import annotations

import pytest

from tests.component.portal.town import key

FIND = "/find-til-borger"
NEED = {"q": "kaffe og selskab", "area": "aars", "weekday": "tu", "wheelchair": "1"}


def test_a_need_is_sent_as_it_was_described_and_answered_on_the_page(browse, send, gateway):
    answer = send(browse("caseworker"), FIND, data=NEED)

    assert answer.status_code == 200
    (sent,) = gateway.sent_to("POST", "/matches")
    assert sent["body"] == {
        "q": "kaffe og selskab",
        "target_group": None,
        "topic": None,
        "area": "aars",
        "weekday": "tu",
        "time_of_day": None,
        "wheelchair": True,
        "leave_out": [],
    }
    assert "Har plads" in answer.text
    assert "Ring først" in answer.text
    assert "Et andet sted" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_asked_is_in_no_address_and_in_no_cookie(browse, send, gateway):
    caseworker = browse("caseworker")

    answer = send(caseworker, FIND, data=NEED)

    assert "Location" not in answer.headers
    assert "kaffe" not in str(answer.headers)
    assert not any("kaffe" in each["path"] + each["query"] for each in gateway.sent)


def test_others_are_asked_for_without_those_that_were_shown(browse, send, gateway):
    first = send(browse("caseworker"), FIND, data=NEED).text
    shown = [key("songs"), key("songs-old")]
    assert all(f'name="leave_out[]" value="{each}"' in first for each in shown)

    send(browse("caseworker"), FIND, data={**NEED, "leave_out[]": [*shown, "no id"]})

    assert gateway.sent_to("POST", "/matches")[-1]["body"]["leave_out"] == shown


def test_a_cpr_number_is_refused_with_an_explanation_and_stays_with_who_wrote_it(
    browse, send, gateway
):
    cpr = "Looks like it contains a CPR number (six digits of a date and four more)."
    gateway.refuse("POST", "/matches", 422, "invalid", errors=[{"pointer": "/q", "detail": cpr}])

    answer = send(browse("caseworker"), FIND, data={"q": "Jens 010190-1234"})

    assert answer.status_code == 422
    assert 'id="q-error"' in answer.text
    assert "Skriv aldrig CPR-numre her" in answer.text
    assert 'value="Jens 010190-1234"' in answer.text


def test_no_need_is_not_asked_about(browse, send, gateway):
    answer = send(browse("caseworker"), FIND, data={"area": "aars"})

    assert answer.status_code == 422
    assert 'id="q-error"' in answer.text
    assert not gateway.sent_to("POST", "/matches")


@pytest.mark.parametrize(
    ("need", "body"),
    [
        ("topic:company", {"topic": "company", "area": "aars"}),
        ("target_group:older", {"target_group": "older", "area": "aars"}),
    ],
)
def test_what_could_not_be_met_is_sent_as_words_only(browse, send, gateway, need, body):
    form = {"id": key("new"), "need": need, "where": "aars"}

    answer = send(browse("caseworker"), f"{FIND}/udaekket", data=form)

    assert answer.status_code == 303
    assert answer.headers["Location"] == FIND
    (sent,) = gateway.sent_to("PUT", "/unmet-needs/")
    assert sent["body"] == body
    assert sent["path"].endswith(key("new"))


def test_the_card_holds_offers_and_whom_to_ask(browse, gateway):
    page = browse("caseworker").get(f"{FIND}/kort?tilbud={key('songs')}&tilbud=x")

    assert page.status_code == 200
    assert f"{FIND}/kort.pdf?tilbud={key('songs')}" in page.text
    found = browse("caseworker").get(f"{FIND}/kort.pdf?tilbud={key('songs')}")
    assert found.mimetype == "application/pdf"
    assert "sandbox" in found.headers["Content-Security-Policy"]


@pytest.mark.parametrize("offer", ["songs-draft", "unknown", ""])
def test_there_is_no_card_of_what_is_not_offered(browse, offer):
    asked = f"?tilbud={key(offer)}" if offer else ""

    assert browse("caseworker").get(f"{FIND}/kort{asked}").status_code == 404


def test_the_numbers_are_a_chart_and_tables(browse, gateway):
    page = browse("coordinator").get(f"{FIND}/tal?aar=2023").text

    assert gateway.sent_to("GET", "/unmet-need-figures")[-1]["query"] == "year=2023"
    assert "Andre, lagt sammen" in page
    # Each month in the chart and in the table beside it.
    chart, _, tables = page.partition("</figure>")
    for said in ("januar 2024", "vises ikke"):
        assert said in chart
        assert said in tables
    assert (chart.count("<svg") > 1, tables.count("<table")) == (True, 2)


@pytest.mark.parametrize("path", ["", "/kort", "/udaekket", "/tal"])
def test_it_is_for_those_who_help_citizens(browse, path):
    for who in ("council", "committee", "centre", "applicant"):
        assert browse(who).get(FIND + path).status_code == 403
    assert browse().get(FIND + path).status_code == 303
