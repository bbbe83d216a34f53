"""Funding opportunities in the portal: found, checked without a trace, written by staff."""

from __future__ import annotations

import pytest

from tests.component.portal.town import key

ASKED = f"/stoettemuligheder/{key('funding-asked')}"


def test_what_is_asked_reaches_the_api_and_what_is_no_choice_does_not(browse, gateway):
    browse().get("/stoettemuligheder?q=madklub&fra=state&som=group&maalgruppe=older")
    browse().get("/stoettemuligheder?fra=onkel&som=robot&maalgruppe=marsboere")

    first, second = (each["query"] for each in gateway.sent_to("GET", "^/funding-opportunities$"))
    assert first == "q=madklub&provider_kind=state&applicant=group&target_group=older&limit=20"
    assert second == "limit=20"


def test_a_round_leads_to_the_round_and_a_pool_to_its_page(browse):
    page = browse().get("/stoettemuligheder").text

    assert f'href="/puljer/{key("round-open")}"' in page
    assert f'href="{ASKED}"' in page
    for words in ("Frist 1. maj 2024", "hvert år", "Ingen frist", "726.307", "Op til"):
        assert words in page, words
    assert "Kladden" not in page
    assert "Kladden" in browse("centre").get("/stoettemuligheder").text


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("svar-0=ja&svar-1=nej", "Det ser ud til, at I kan søge"),
        ("svar-0=nej&svar-1=nej", "Fonden kræver det."),
        ("svar-0=ja&svar-1=ja", "Kun foreninger."),
    ],
)
def test_the_check_answers_and_keeps_nothing(browse, gateway, answers, said):
    page = browse().get(f"{ASKED}?{answers}")

    assert said in page.text
    assert page.text.count(" checked") == 2
    assert "Set-Cookie" not in page.headers
    assert {each["method"] for each in gateway.sent} == {"GET"}
    assert not [each for each in gateway.sent if "svar" in each["query"]]


@pytest.mark.parametrize("answers", ["", "svar-0=ja", "svar-0=maaske&svar-9=ja"])
def test_half_an_answer_is_none(browse, answers):
    page = browse().get(f"{ASKED}?{answers}").text

    assert "Det ser ud til" not in page
    assert "I kan nok ikke" not in page


def written(**changes):
    return {
        "provider_kind": "foundation",
        "provider": "Nordfonden",
        "title": "Små midler",
        "summary": "Til madklubber.",
        "applicants[]": ["association"],
        "amount_min_ore": "5.000",
        "amount_max_ore": "",
        "deadline_kind": "once",
        "deadlines-0": "2024-05-01",
        "link": "https://nordfonden.example.org",
        "questions-0-question": "Har I et CVR-nummer?",
        "questions-0-needed": "yes",
        "questions-0-reason": "Fonden kræver det.",
        **changes,
    }


def test_what_is_written_reaches_the_api(browse, send, gateway):
    answer = send(
        browse("centre"), "/stoettemuligheder/ny", data={"id": key("new-funding"), **written()}
    )

    assert answer.headers["Location"] == f"/stoettemuligheder/{key('new-funding')}"
    (sent,) = gateway.sent_to("PUT", "^/funding-opportunities/")
    assert sent["body"] == {
        "provider_kind": "foundation",
        "provider": "Nordfonden",
        "title": "Små midler",
        "summary": "Til madklubber.",
        "applicants": ["association"],
        "target_groups": [],
        "amount_min_ore": 500_000,
        "amount_max_ore": None,
        "deadline_kind": "once",
        "deadlines": ["2024-05-01"],
        "link": "https://nordfonden.example.org",
        "questions": [
            {"question": "Har I et CVR-nummer?", "needed": True, "reason": "Fonden kræver det."}
        ],
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"deadlines-0": ""}, "deadlines-0"),
        ({"questions-0-needed": ""}, "questions-0-needed"),
        ({"questions-0-reason": ""}, "questions-0-reason"),
        ({"applicants[]": []}, "applicants"),
    ],
)
def test_what_lacks_is_said_at_its_field(browse, send, gateway, changes, field):
    answer = send(browse("coordinator"), "/stoettemuligheder/ny", data=written(**changes))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert gateway.sent_to("PUT", "^/funding") == []


def test_a_pool_without_a_deadline_needs_none(browse, send, gateway):
    send(
        browse("coordinator"),
        "/stoettemuligheder/ny",
        data=written(**{"deadline_kind": "rolling", "deadlines-0": ""}),
    )

    (sent,) = gateway.sent_to("PUT", "^/funding-opportunities/")
    assert sent["body"]["deadlines"] == []


def test_the_deadlines_are_handed_on(browse):
    calendar = browse().get("/stoettemuligheder/frister.ics")

    assert calendar.data == b"BEGIN:VCALENDAR"
