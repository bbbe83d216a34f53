"""The speaker bank in the portal: what is asked of the API, and who may write."""

from __future__ import annotations

from urllib.parse import parse_qs

from tests.component.portal.town import key

MINE = f"/foreninger/{key('nattergalen')}"
TALK = f"/oplaeg/{key('competence-talk')}"
FORM = {
    "kind": "speaker",
    "title": "Sang som medicin",
    "description": "En aften om sang.",
    "topics[]": ["culture"],
    "is_public": "1",
}


def test_a_search_asks_what_was_chosen_and_its_address_says_it(browse, gateway):
    page = browse().get("/oplaeg?q=sang&emne=culture&slags=speaker&side=abc").text

    (sent,) = gateway.sent_to("GET", "^/competences$")
    assert parse_qs(sent["query"]) == {
        "q": ["sang"],
        "topic": ["culture"],
        "kind": ["speaker"],
        "cursor": ["abc"],
        "limit": ["20"],
    }
    assert 'value="sang"' in page
    assert "kor@example.org" in page


def test_what_nobody_knows_is_not_asked_for(browse, gateway):
    assert browse().get("/oplaeg?emne=%3Cscript%3E&slags=other").status_code == 200

    (sent,) = gateway.sent_to("GET", "^/competences$")
    assert parse_qs(sent["query"]) == {"limit": ["20"]}


def test_what_an_association_lends_is_sent_once(browse, send, gateway):
    form = {**FORM, "id": key("new talk")}
    editor = browse("editor")

    answers = [send(editor, f"{MINE}/oplaeg", data=form) for _ in range(2)]

    assert {each.location for each in answers} == {MINE}
    sent = gateway.sent_to("PUT", "^/competences/")
    assert {each["path"] for each in sent} == {f"/competences/{key('new talk')}"}
    assert sent[0]["body"] == {
        "association_id": key("nattergalen"),
        "kind": "speaker",
        "title": "Sang som medicin",
        "description": "En aften om sang.",
        "topics": ["culture"],
        "terms": None,
        "is_public": True,
    }


def test_a_change_keeps_the_version_and_a_press_takes_it_back(browse, send, gateway):
    editor = browse("editor")

    send(editor, TALK, data={**FORM, "version": "2"})
    gone = send(editor, f"{TALK}/fjern")

    (sent,) = gateway.sent_to("PUT", "^/competences/")
    assert sent["headers"]["if-match"] == '"2"'
    assert gone.location == MINE
    assert len(gateway.sent_to("DELETE", "^/competences/")) == 1


def test_only_whose_it_is_writes(browse):
    refused = [
        browse("member").get(f"{MINE}/oplaeg"),
        browse("member").get(TALK),
        browse("caseworker").get(f"{MINE}/oplaeg"),
        browse("editor").get(f"/foreninger/{key('gammelt')}/oplaeg"),
    ]

    assert [each.status_code for each in refused] == [403] * 4
