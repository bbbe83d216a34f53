"""Sending forms: what reaches the API, and what a person is told when it is refused."""

from __future__ import annotations

import io
import re
import uuid

import pytest

from tests.component.portal.town import key

DRAFT = f"/ansoegninger/{key('kladde')}"
REGISTRATION = {
    "form": "association",
    "name": "Sangkoret",
    "cvr": "",
    "purpose": "Vi synger.",
    "target_groups[]": ["older"],
    "area": "aars",
    "contact-name": "Sanne",
    "contact-email": "sanne@example.org",
    "consent": "1",
}


@pytest.fixture
def known_groups(app):
    """The keys of the profile."""
    words = app.extensions["samspil.municipality"]
    return words.words("target_groups")[0][0], words.words("areas")[0][0]


@pytest.fixture
def registration(known_groups):
    group, area = known_groups
    return {**REGISTRATION, "target_groups[]": [group], "area": area, "id": str(uuid.uuid4())}


def errors_linked(html):
    """The fields that the summary of errors links to, each of which must exist."""
    summary = html[html.index('id="fejl"') :]
    summary = summary[: summary.index("</ul>")]
    names = re.findall(r'href="#([^"]+)"', summary)
    for name in names:
        assert f'id="{name}"' in html
    return names


def test_a_registration_reaches_the_directory_once_however_often_it_is_sent(
    browse, send, gateway, registration
):
    nobody = browse()

    for _ in range(2):
        answer = send(nobody, "/foreninger/opret", data=registration)
        assert (answer.status_code, answer.location) == (303, "/foreninger/opret/tak")

    sent = gateway.sent_to("PUT", "^/associations/")
    assert [each["path"] for each in sent] == [f"/associations/{registration['id']}"] * 2
    assert sent[0]["body"]["contact"] == {"name": "Sanne", "email": "sanne@example.org"}
    assert sent[0]["body"]["cvr"] is None


def test_an_empty_registration_is_told_what_is_missing_with_a_way_to_each_field(
    browse, send, gateway
):
    answer = send(browse(), "/foreninger/opret", data={"name": "Sang <b>koret"})

    assert answer.status_code == 422
    assert "<title>Fejl:" in answer.text
    assert 'value="Sang &lt;b&gt;koret"' in answer.text
    expected = {"purpose", "target_groups", "area", "form", "contact-name", "contact-email"}
    assert expected <= set(errors_linked(answer.text))
    assert not gateway.sent_to("PUT", "^/associations/")


@pytest.mark.parametrize("cvr", ["1234567", "12345678", "abc", "13748137"])
def test_a_cvr_number_that_cannot_be_is_refused_at_its_field(browse, send, registration, cvr):
    answer = send(browse(), "/foreninger/opret", data={**registration, "cvr": cvr})

    assert answer.status_code == 422
    assert errors_linked(answer.text) == ["cvr"]


def test_a_cvr_number_that_is_taken_is_said_at_its_field(browse, send, gateway, registration):
    gateway.refuse("PUT", "^/associations/", 409, "cvr-taken")

    answer = send(browse(), "/foreninger/opret", data={**registration, "cvr": "13748136"})

    assert errors_linked(answer.text) == ["cvr"]


def test_what_a_service_refuses_finds_its_field(browse, send, gateway, registration):
    gateway.refuse(
        "PUT",
        "^/associations/",
        422,
        "invalid",
        errors=[{"pointer": "/contact/email", "detail": "Not a valid email address."}],
    )

    answer = send(browse(), "/foreninger/opret", data=registration)

    assert errors_linked(answer.text) == ["contact-email"]
    assert "Skriv en e-mailadresse som navn@eksempel.dk." in answer.text


def test_a_change_by_somebody_else_is_shown_beside_mine_and_the_next_save_counts(
    browse, send, gateway, registration
):
    gateway.refuse("PATCH", "^/associations/", 412, "stale")
    path = f"/foreninger/{key('nattergalen')}/rediger"

    answer = send(browse("applicant"), path, data={**registration, "version": "2"})

    assert answer.status_code == 422
    assert 'id="forskelle"' in answer.text
    assert "Sangkoret" in answer.text
    assert "Nattergalen" in answer.text
    assert 'name="version" value="3"' in answer.text
    assert gateway.sent_to("PATCH", "")[0]["headers"]["if-match"] == '"2"'


def test_saving_the_budget_keeps_what_the_other_steps_hold(browse, send, gateway):
    answer = send(
        browse("applicant"),
        f"{DRAFT}/rediger",
        data={
            "trin": "budget",
            "version": "4",
            "next": "continue",
            "budget-0-kind": "cost",
            "budget-0-text": "Mad",
            "budget-0-amount_ore": "12.500,50",
            "budget-1-kind": "cost",
            "budget-1-text": "",
            "budget-1-amount_ore": "",
            "budget-2-kind": "income",
            "budget-2-text": "Egenbetaling",
            "budget-2-amount_ore": "500",
            "amount_ore": "12.000,50 kr.",
        },
    )

    assert answer.status_code == 303
    assert answer.location.endswith("trin=bilag")
    body = gateway.sent_to("PUT", "^/applications/")[0]["body"]
    assert body["budget"] == [
        {"kind": "cost", "text": "Mad", "amount_ore": 1250050},
        {"kind": "income", "text": "Egenbetaling", "amount_ore": 50000},
    ]
    assert body["amount_ore"] == 1200050
    assert body["activity"] == "Vi spiser sammen.\nHver tirsdag."


@pytest.mark.parametrize("typed", ["tusind", "-5", "1,2,3", "12.50", "999999999999"])
def test_an_amount_nobody_can_read_is_refused_and_kept_as_typed(browse, send, typed):
    answer = send(
        browse("applicant"), f"{DRAFT}/rediger", data={"trin": "budget", "amount_ore": typed}
    )

    assert answer.status_code == 422
    assert errors_linked(answer.text) == ["amount_ore"]
    assert f'value="{typed}"' in answer.text


def test_a_budget_line_refused_by_the_service_is_found_though_rows_were_left_empty(
    browse, send, gateway
):
    gateway.refuse(
        "PUT",
        "^/applications/",
        422,
        "invalid",
        errors=[{"pointer": "/budget/1/text", "detail": "Looks like a CPR number."}],
    )

    answer = send(
        browse("applicant"),
        f"{DRAFT}/rediger",
        data={
            "trin": "budget",
            "budget-0-kind": "cost",
            "budget-0-text": "Mad",
            "budget-0-amount_ore": "1",
            "budget-7-kind": "cost",
            "budget-7-text": "Løn til 010203-1234",
            "budget-7-amount_ore": "2",
        },
    )

    assert errors_linked(answer.text) == ["budget-1-text"]
    assert re.search(r'id="budget-1-text"[^>]*value="Løn til 010203-1234"', answer.text)


def test_an_application_is_handed_in_only_after_the_tick(browse, send, gateway):
    gateway.town["rounds"][2]["status"] = "open"
    applicant = browse("applicant")

    unticked = send(applicant, f"{DRAFT}/indsend")
    assert unticked.status_code == 422
    assert errors_linked(unticked.text) == ["truth"]
    assert not gateway.sent_to("POST", "submission")

    ticked = send(applicant, f"{DRAFT}/indsend", truth="1")
    assert ticked.status_code == 303
    assert len(gateway.sent_to("POST", "submission")) == 1


def test_what_an_application_lacks_is_said_with_a_way_to_the_step(browse, send, gateway):
    gateway.refuse(
        "POST",
        "submission$",
        422,
        "incomplete",
        errors=[
            {"pointer": "/activity", "detail": "Missing data for required field."},
            {"pointer": "/amount_ore", "detail": "The budget does not add up."},
        ],
    )

    answer = send(browse("applicant"), f"{DRAFT}/indsend", truth="1")

    assert answer.status_code == 422
    assert "/rediger?trin=aktivitet#activity" in answer.text
    assert "/rediger?trin=budget#amount_ore" in answer.text


def test_after_the_deadline_the_moment_is_said(browse, send, gateway):
    gateway.refuse("POST", "submission$", 409, "round-closed", closed_at="2024-03-15T22:59:00Z")

    answer = send(browse("applicant"), f"{DRAFT}/indsend", truth="1")

    assert "Runden lukkede 15. marts 2024 kl.\N{NO-BREAK SPACE}23.59" in answer.text


def test_an_attachment_arrives_whole_under_its_own_name(browse, send, gateway):
    answer = send(
        browse("applicant"),
        f"{DRAFT}/bilag",
        data={
            "attachment_id": key("new"),
            "file": (io.BytesIO(b"%PDF-1.4 \x00\xff"), "mappe/vedtægter æøå.pdf"),
        },
    )

    assert answer.status_code == 303
    sent = gateway.sent_to("PUT", "/attachments/")[0]
    assert sent["path"].endswith(key("new"))
    assert sent["raw"] == b"%PDF-1.4 \x00\xff"
    assert sent["headers"]["content-type"] == "application/pdf"
    assert sent["headers"]["x-file-name"] == "vedt%C3%A6gter%20%C3%A6%C3%B8%C3%A5.pdf"


@pytest.mark.parametrize(
    ("name", "content"), [("virus.exe", b"MZ"), ("tom.pdf", b""), ("", b""), ("ingen", b"x")]
)
def test_a_file_that_cannot_be_used_is_refused_at_its_field(browse, send, gateway, name, content):
    answer = send(
        browse("applicant"),
        f"{DRAFT}/bilag",
        data={"attachment_id": key("new"), "file": (io.BytesIO(content), name)},
    )

    assert answer.status_code == 422
    assert errors_linked(answer.text) == ["file"]
    assert not gateway.sent_to("PUT", "/attachments/")


def test_a_file_too_large_is_a_page_that_says_so(browse):
    answer = browse("applicant").post(
        f"{DRAFT}/bilag",
        data=b"x" * 12_000_000,
        content_type="multipart/form-data; boundary=x",
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    assert answer.status_code == 413
    assert "10 MB" in answer.text


def test_an_attachment_is_handed_on_to_be_saved_and_never_shown_in_our_pages(browse):
    answer = browse("applicant").get(f"{DRAFT}/bilag/{key('file-kladde')}")

    assert answer.data == b"%PDF-1.4"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_decision_above_the_frame_says_what_is_left(browse, send, gateway):
    gateway.refuse("PUT", "^/decisions/", 409, "frame-exceeded", remaining_ore=1234500)

    answer = send(
        browse("committee"),
        f"/udvalg/{key('round-recommended')}/{key('tur')}",
        id=key("decision-tur"),
        version="5",
        granted_ore="99.000.000",
    )

    assert answer.status_code == 422
    assert errors_linked(answer.text) == ["granted_ore"]
    assert "12.345" in answer.text


def test_letters_without_reasons_are_not_sent_and_the_cases_are_marked(browse, send, gateway):
    gateway.refuse(
        "POST",
        "/decision$",
        409,
        "reasons-missing",
        application_ids=[key("tur")],
    )

    answer = send(browse("committee"), f"/udvalg/{key('round-recommended')}/afslut")

    assert answer.status_code == 409
    assert "forvaltningsloven § 22" in answer.text


def test_only_lines_that_were_changed_are_saved_and_lower_ones_first(browse, send, gateway):
    lines = gateway.town["recommendations"][0]["lines"]
    lines.append({**lines[0], "application_id": key("spisning"), "amount_ore": 900000})
    lines.append({**lines[0], "application_id": key("haven")})
    reason = lines[0]["reason"]

    answer = send(
        browse("council"),
        f"/raad/indstilling/{key('round-closed')}/beloeb",
        data={
            f"amount-{key('café')}": "9.000",
            f"reason-{key('café')}": reason,
            f"amount-{key('spisning')}": "1.000",
            f"reason-{key('spisning')}": reason,
            f"amount-{key('haven')}": "6.000",
            f"reason-{key('haven')}": reason,
        },
    )

    assert answer.status_code == 303
    saved = gateway.sent_to("PUT", "/lines/")
    assert [each["path"].rsplit("/", 1)[-1] for each in saved] == [key("spisning"), key("café")]
    assert [each["body"]["amount_ore"] for each in saved] == [100000, 900000]


def test_a_meeting_time_is_danish_time(browse, send, gateway):
    answer = send(
        browse("coordinator"),
        "/moeder/ny",
        data={
            "id": key("new-meeting"),
            "kind": "dialogue",
            "audience": "all",
            "title": "Dialogmøde",
            "place": "Aars",
            "starts_at": "2024-06-12",
            "starts_at-clock": "17.00",
            "ends_at": "12.6.2024",
            "ends_at-clock": "19:30",
            "agenda": "Velkomst\r\n\r\nEventuelt",
        },
    )

    assert answer.status_code == 303
    body = gateway.sent_to("PUT", "^/meetings/")[0]["body"]
    assert (body["starts_at"], body["ends_at"]) == ("2024-06-12T15:00:00Z", "2024-06-12T17:30:00Z")
    assert body["agenda"] == ["Velkomst", "Eventuelt"]


def test_a_hearing_with_nobody_to_hear_is_refused(browse, send, gateway):
    answer = send(
        browse("coordinator"),
        "/hoeringer/ny",
        data={
            "id": key("new-hearing"),
            "title": "Plan",
            "question": "Hvad?",
            "closes_at": "2024-04-01",
            "closes_at-clock": "12.00",
        },
    )

    assert answer.status_code == 422
    assert not gateway.sent_to("PUT", "^/hearings/")


def test_a_refusal_nobody_foresaw_is_told_in_plain_danish(browse, send, gateway):
    gateway.refuse("POST", "/calling$", 409, "something-new")
    coordinator = browse("coordinator")

    answer = send(coordinator, f"/moeder/{key('meeting-draft')}/indkald")

    assert answer.status_code == 303
    shown = coordinator.get(answer.location).text
    assert "Det kan ikke lade sig gøre, som sagen står nu." in shown
    assert "something-new" not in shown


def test_a_ruling_on_a_conflict_needs_its_reason_and_reaches_the_api(browse, send, gateway):
    path = f"/ansoegninger/{key('café')}/inhabilitet/{key('per')}"
    coordinator = browse("coordinator")

    empty = send(coordinator, path, data={"ruling": "cleared", "reason": " "})
    sent = send(coordinator, path, data={"ruling": "cleared", "reason": "En forveksling."})
    nobody = coordinator.get(f"/ansoegninger/{key('café')}/inhabilitet/{uuid.uuid4()}")

    assert empty.status_code == 422
    assert errors_linked(empty.get_data(as_text=True)) == ["reason"]
    assert (sent.status_code, sent.location) == (303, f"/ansoegninger/{key('café')}")
    (asked,) = gateway.sent_to("POST", "/ruling$")
    assert asked["body"] == {"ruling": "cleared", "reason": "En forveksling."}
    assert nobody.status_code == 404


@pytest.mark.parametrize(
    ("step", "transition"), [("igen", "resending"), ("modtaget", "confirmation")]
)
def test_the_coordinator_settles_a_mail_of_which_nobody_knows_whether_it_arrived(
    browse, send, gateway, step, transition
):
    coordinator, mail = browse("coordinator"), key("delivery-uncertain")
    address = f"/arbejdsliste/post/{mail}/{step}"
    assert f'action="{address}"' in coordinator.get("/arbejdsliste/post?status=uncertain").text

    answer = send(coordinator, address, status="uncertain")

    assert (answer.status_code, answer.location) == (303, "/arbejdsliste/post?status=uncertain")
    assert gateway.sent_to("POST", f"^/deliveries/{mail}/{transition}$")


def test_a_mail_that_was_settled_meanwhile_is_said_to_be(browse, send, gateway):
    gateway.refuse("POST", "/confirmation$", 409, "delivery-not-uncertain")
    coordinator = browse("coordinator")

    answer = send(coordinator, f"/arbejdsliste/post/{key('delivery-uncertain')}/modtaget")

    assert "Det er allerede afklaret, om mailen nåede frem" in coordinator.get(answer.location).text


def test_a_caseworker_sees_what_became_of_a_mail_and_cannot_settle_it(browse, send):
    caseworker = browse("caseworker")

    page = caseworker.get("/arbejdsliste/post")
    answer = send(caseworker, f"/arbejdsliste/post/{key('delivery-uncertain')}/igen")

    assert "Send igen" not in page.text
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "said", "badge"),
    [
        ("2024-03-01T12:00:00Z", "2024-03-15T22:59:00Z", "Åbner 1. marts 2024", None),
        (
            "2024-03-01T10:00:00Z",
            "2024-03-15T22:59:00Z",
            "Skulle være åbnet 1. marts 2024",
            "Skal offentliggøres nu",
        ),
        (
            "2024-02-01T10:00:00Z",
            "2024-02-28T22:59:00Z",
            "Ansøgningsfristen var 28. februar 2024",
            "Fristen er passeret",
        ),
    ],
)
def test_the_worklist_says_that_a_draft_should_have_been_announced(
    browse, gateway, opens_at, closes_at, said, badge
):
    (draft,) = [row for row in gateway.town["rounds"] if row["status"] == "draft"]
    gateway.town["rounds"] = [{**draft, "opens_at": opens_at, "closes_at": closes_at}]

    page = browse("coordinator").get("/arbejdsliste").text

    assert said in page
    shown = [each for each in ("Skal offentliggøres nu", "Fristen er passeret") if each in page]
    assert shown == ([badge] if badge else [])
