"""Roles and invitations in the portal: what reaches the API, and what one is told."""

from __future__ import annotations

import pytest

from tests.component.portal.town import key

MINE = f"/foreninger/{key('nattergalen')}"
KARLA = {"person-name": "Karla Kasserer", "person-email": "karla@example.org"}


def test_opening_the_link_of_an_invitation_answers_nothing(browse, gateway):
    for _ in range(3):
        assert browse().get("/invitation?noegle=open").status_code == 200
        assert browse().head("/invitation?noegle=open").status_code == 200

    steps = {each["path"] for each in gateway.sent if each["method"] != "GET"}
    assert steps == {"/invitation-links/opening"}


@pytest.mark.parametrize(("answer", "step"), [("ja", "acceptance"), ("nej", "refusal")])
def test_a_press_answers_and_the_secret_is_in_no_address_of_the_api(
    browse, send, gateway, answer, step
):
    send(browse(), "/invitation", data={"noegle": "open", "svar": answer})

    (sent,) = gateway.sent_to("POST", f"/invitation-links/{step}")
    assert sent["body"] == {"token": "open"}
    assert "authorization" not in sent["headers"]
    assert not [each for each in gateway.sent if each["path"].endswith("open")]


@pytest.mark.parametrize("token", ["", "old", "x" * 300])
def test_a_link_that_does_not_work_says_what_to_do(browse, send, token):
    answers = [
        browse().get("/invitation", query_string={"noegle": token}),
        send(browse(), "/invitation", data={"noegle": token or "none", "svar": "ja"}),
    ]

    for answer in answers:
        assert answer.status_code == 404
        assert "Bed den, der inviterede dig" in answer.text


def test_an_invitation_sent_twice_is_one(browse, send, gateway):
    form = {**KARLA, "id": key("new invitation"), "role": "editor", "leads": "1"}
    applicant = browse("applicant")

    answers = [send(applicant, f"{MINE}/medlemmer", data=form) for _ in range(2)]

    assert {each.location for each in answers} == {f"{MINE}/medlemmer"}
    sent = gateway.sent_to("PUT", "^/invitations/")
    assert {each["path"] for each in sent} == {f"/invitations/{key('new invitation')}"}
    assert sent[0]["body"] == {
        "association_id": key("nattergalen"),
        "person": {"name": "Karla Kasserer", "email": "karla@example.org"},
        "role": "editor",
        "leads": True,
        "is_contact": False,
    }


def test_passing_it_on_asks_an_administrator_to_take_over(browse, send, gateway):
    send(browse("applicant"), f"{MINE}/stafet", data={**KARLA, "id": key("successor")})

    (sent,) = gateway.sent_to("PUT", "^/invitations/")
    assert (sent["body"]["role"], sent["body"]["hands_over"]) == ("administrator", True)


def test_only_whose_it_is_passes_on_hands_over_or_changes_roles(browse, send, gateway):
    role = f"{MINE}/medlemmer/{key('membership')}"

    refused = [
        browse("editor").get(f"{MINE}/stafet"),
        browse("coordinator").get(f"{MINE}/stafet"),
        browse("applicant").get(f"{MINE}/overdrag"),
        browse("caseworker").get(f"{MINE}/overdrag"),
        browse("editor").get(role),
        send(browse("editor"), role, data={"role": "administrator"}),
    ]

    assert [each.status_code for each in refused] == [403] * 6
    assert gateway.sent_to("PUT", ".") == []


def test_an_editor_sees_who_has_which_role_but_not_who_was_asked(browse, gateway):
    page = browse("editor").get(f"{MINE}/medlemmer").text

    assert "anna@example.org" in page
    assert "karla@example.org" not in page
    assert gateway.sent_to("GET", "^/invitations") == []


@pytest.mark.parametrize(
    ("slug", "status", "told"),
    [
        ("already-invited", 409, "allerede inviteret"),
        ("already-member", 409, "allerede en rolle"),
        ("too-many-requests", 429, "for mange forsøg"),
    ],
)
def test_a_refused_invitation_says_why_and_loses_nothing(browse, send, gateway, slug, status, told):
    gateway.refuse("PUT", "^/invitations/", status, slug)

    answer = send(browse("applicant"), f"{MINE}/medlemmer", data={**KARLA, "role": "editor"})

    assert answer.status_code == 422
    assert told in answer.text
    assert "Karla Kasserer" in answer.text


@pytest.mark.parametrize(
    ("step", "path", "told"),
    [("igen", "mailing", "sendt igen"), ("traek-tilbage", "withdrawal", "trukket tilbage")],
)
def test_an_invitation_is_mailed_again_or_taken_back(browse, send, gateway, step, path, told):
    applicant = browse("applicant")
    invitation = key("invitation-karla")

    send(applicant, f"{MINE}/invitationer/{invitation}/{step}")

    assert len(gateway.sent_to("POST", f"^/invitations/{invitation}/{path}$")) == 1
    assert told in applicant.get(f"{MINE}/medlemmer").text


def test_the_last_administrator_is_told_what_to_do_first(browse, send, gateway):
    gateway.refuse("DELETE", "^/memberships/", 409, "last-administrator")
    applicant = browse("applicant")

    send(applicant, f"{MINE}/medlemmer/{key('membership')}/afslut")

    assert "mindst én administrator" in applicant.get(f"{MINE}/medlemmer").text


def test_handing_over_says_who_loses_what_and_sends_the_proof(browse, send, gateway):
    coordinator = browse("coordinator")
    form = {
        **KARLA,
        "proof": "minutes",
        "proof_on": "2024-02-20",
        "proof_text": "Valgt under punkt 6.",
        "version": "3",
    }

    page = coordinator.get(f"{MINE}/overdrag").text
    answer = send(coordinator, f"{MINE}/overdrag", data=form)

    assert "Anna, Administrator" in page
    assert answer.location == f"{MINE}/medlemmer"
    (sent,) = gateway.sent_to("POST", "/handover$")
    assert sent["headers"]["if-match"] == '"3"'
    assert sent["body"] == {
        "person": {"name": "Karla Kasserer", "email": "karla@example.org"},
        "proof": "minutes",
        "proof_on": "2024-02-20",
        "proof_text": "Valgt under punkt 6.",
    }
