"""Pages of an association's papers: what they send, what they show, and to whom."""

from __future__ import annotations

import io

import pytest

from tests.component.portal.town import key

PAPERS = f"/foreninger/{key('nattergalen')}/papirer"
DRAFT = f"/ansoegninger/{key('kladde')}"


def file(content=b"%PDF-1.4 \x00", name="vedtægter æøå.pdf"):
    return {"id": key("new"), "dated_on": "2024-02-28", "file": (io.BytesIO(content), name)}


def test_a_document_arrives_whole_with_its_kind_and_day(browse, send, gateway):
    answer = send(browse("applicant"), f"{PAPERS}/vedtaegter", data=file())

    assert answer.status_code == 303
    (sent,) = gateway.sent_to("PUT", "/papers/")
    assert sent["path"].endswith(f"/papers/{key('new')}/document")
    assert sent["query"] == "kind=statutes&dated_on=2024-02-28"
    assert sent["raw"] == b"%PDF-1.4 \x00"
    assert sent["headers"]["x-file-name"] == "vedt%C3%A6gter%20%C3%A6%C3%B8%C3%A5.pdf"


@pytest.mark.parametrize(
    ("slug", "pointer", "detail", "field", "text"),
    [
        ("attachment-type", "", "", "file", "Filen kan ikke modtages"),
        ("attachment-too-large", "", "", "file", "Filen er for stor"),
        ("invalid", "/X-File-Name", "Looks like it contains a CPR number", "file", "CPR-nummer"),
        ("invalid", "/dated_on", "this holds no more", "dated_on", "ikke gælder mere"),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    browse, send, gateway, slug, pointer, detail, field, text
):
    errors = [{"pointer": pointer, "detail": detail}] if pointer else []
    gateway.refuse("PUT", "/papers/", 422, slug, errors=errors)

    answer = send(browse("applicant"), f"{PAPERS}/regnskab", data=file())

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert text in answer.text
    assert 'value="2024-02-28"' in answer.text


def test_a_file_that_is_none_is_not_sent(browse, send, gateway):
    answer = send(browse("applicant"), f"{PAPERS}/vedtaegter", data=file(name="virus.exe"))

    assert answer.status_code == 422
    assert not gateway.sent_to("PUT", "/papers/")


@pytest.mark.parametrize(
    ("slug", "sent", "body"),
    [
        ("nemkonto", {}, {"kind": "nemkonto"}),
        ("cvr", {}, {"kind": "cvr-registration"}),
        (
            "boerneattester",
            {"statement": "no-children-under-15"},
            {"kind": "child-protection", "statement": "no-children-under-15"},
        ),
    ],
)
def test_a_declaration_is_sent_as_it_is_made(browse, send, gateway, slug, sent, body):
    form = {"id": key("new"), "dated_on": "2024-02-28", "truth": "1", **sent}

    answer = send(browse("applicant"), f"{PAPERS}/{slug}", data=form)

    assert answer.status_code == 303
    (put,) = gateway.sent_to("PUT", "/papers/")
    assert put["body"] == {**body, "dated_on": "2024-02-28"}


def test_nothing_is_declared_without_standing_by_it(browse, send, gateway):
    answer = send(
        browse("applicant"), f"{PAPERS}/nemkonto", data={"id": key("x"), "dated_on": "2024-02-28"}
    )

    assert answer.status_code == 422
    assert 'id="truth-error"' in answer.text
    assert not gateway.sent_to("PUT", "/papers/")


def test_who_may_not_file_reads_only(browse):
    administrator = browse("applicant").get(PAPERS).text
    member, caseworker = (browse(who).get(PAPERS).text for who in ("member", "caseworker"))

    assert f"{PAPERS}/vedtaegter" in administrator
    assert "Kun en administrator i foreningen" in member
    for page in (member, caseworker):
        assert f"{PAPERS}/vedtaegter" not in page
        assert f"{PAPERS}/fil/{key('old')}" in page


def test_a_kind_that_is_not_needed_is_not_asked_for(browse):
    assert 'id="nemkonto"' not in browse("applicant").get(PAPERS).text


def test_a_paper_nobody_has_is_not_found(browse):
    assert browse("applicant").get(f"{PAPERS}/straffeattest").status_code == 404


def test_a_draft_says_what_is_known_and_asks_for_the_rest_only(browse):
    page = browse("applicant").get(f"{DRAFT}/rediger?trin=bilag").text

    assert "Vi har jeres vedtægter fra 3. marts 2023" in page
    assert f"{PAPERS}/fil/{key('new')}" in page
    assert "Afgiv erklæringen under foreningens papirer." in page


def test_the_council_reads_that_there_is_one_and_gets_no_way_to_it(browse):
    page = browse("council").get(f"/raad/ansoegninger/{key('café')}").text

    assert "Vi har foreningens vedtægter fra 3. marts 2023" in page
    assert "/papirer/fil/" not in page


def test_an_attachment_says_which_paper_it_is(browse, send, gateway):
    data = {"attachment_id": key("new"), "kind": "accounts", "file": (io.BytesIO(b"x"), "a.pdf")}

    assert send(browse("applicant"), f"{DRAFT}/bilag", data=data).status_code == 303
    assert gateway.sent_to("PUT", "/attachments/")[0]["query"] == "kind=accounts"


def test_the_overview_asks_for_what_was_chosen(browse, gateway):
    page = browse("caseworker").get("/arbejdsliste/papirer?status=missing&slags=statutes")

    assert page.status_code == 200
    (asked,) = gateway.sent_to("GET", "/paper-gaps")
    assert "kind=statutes" in asked["query"]
    assert "status=missing" in asked["query"]
    for who in ("council", "centre", "applicant"):
        assert browse(who).get("/arbejdsliste/papirer").status_code == 403
