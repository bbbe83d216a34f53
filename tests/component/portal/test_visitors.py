"""Who visits, and what the portal remembers of them: sign-in, the cookie, forged requests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.session import Cookies, Session
from portal.web import local_path
from tests.component.portal.conftest import SECRET, portal_at, put_cookie, read_cookie
from tests.component.portal.stand_in import PEOPLE
from tests.component.portal.town import key


@pytest.mark.parametrize("path", ["/", "/find", "/indlejr", "/tildelinger", "/om", "/findes-ikke"])
def test_somebody_who_only_reads_gets_no_cookie(browse, path):
    assert "Set-Cookie" not in browse().get(path).headers


def test_the_cookie_is_sealed_and_only_for_this_site(browse):
    header = browse().get("/log-ind").headers["Set-Cookie"]

    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "csrf" not in header


def test_behind_https_the_cookie_cannot_be_set_by_a_neighbour(gateway, clock):
    client = portal_at(gateway.url, cookie_secure=True).test_client()

    answer = client.get("/log-ind")

    assert answer.headers["Set-Cookie"].startswith("__Host-samspil=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("peer", "expected"), [("172.31.250.7", "198.51.100.9"), ("203.0.113.5", "203.0.113.5")]
)
def test_the_gateway_is_told_the_visitor_whom_only_a_trusted_proxy_may_name(
    gateway, clock, peer, expected
):
    client = portal_at(gateway.url, trusted_proxies="172.31.250.0/24").test_client()

    client.get(
        "/find",
        headers={"X-Forwarded-For": "198.51.100.9"},
        environ_overrides={"REMOTE_ADDR": peer},
    )

    assert {each["headers"]["x-forwarded-for"] for each in gateway.sent} == {expected}


@pytest.mark.parametrize("raw", ["", "x", "gAAAAA==", "🦊", "a" * 5000])
def test_a_forged_cookie_is_as_good_as_none(raw):
    assert Cookies(SECRET, secure=False).read(raw) == Session()


def test_a_cookie_of_another_portal_is_as_good_as_none(browse):
    client = browse("applicant")
    sealed = client.get_cookie("samspil").value

    assert read_cookie(client).is_signed_in
    assert Cookies("another secret, just as long as the first", secure=False).read(sealed) == (
        Session()
    )


# --- signing in ----------------------------------------------------------------------------------


def test_signing_in_by_link_takes_a_tap_and_leads_to_where_one_was_going(browse, send, gateway):
    client = browse()
    assert client.get("/ansoegninger/ny?runde=1").location == "/log-ind"

    asked = send(client, "/log-ind", email="anna@example.org")
    assert asked.location == f"/log-ind/kode?link={key('link')}"
    browser = gateway.sent_to("POST", "sign-in-links")[0]["body"]["browser"]
    assert len(browser) >= 16

    # A mail scanner that opens the link uses nothing up.
    client.get(f"/log-ind/bekraeft?link={key('link')}&token=secret")
    assert not gateway.sent_to("POST", "^/sessions")

    confirmed = send(client, "/log-ind/bekraeft", link=key("link"), token="secret")
    assert confirmed.location == "/ansoegninger/ny?runde=1"
    assert gateway.sent_to("POST", "^/sessions$")[0]["body"] == {
        "link_id": key("link"),
        "token": "secret",
        "browser": browser,
    }
    after = read_cookie(client)
    assert after.access_token == PEOPLE["applicant"]
    assert browser not in after.browser, "the secrets from before are dropped"


def test_signing_in_by_code(browse, send, gateway):
    client = browse()
    send(client, "/log-ind", email="anna@example.org")

    answer = send(client, "/log-ind/kode", link=key("link"), code="123 456")

    assert answer.location == "/min-side"
    assert gateway.sent_to("POST", "^/sessions$")[0]["body"]["code"] == "123456"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_a_code_that_cannot_be_is_not_tried(browse, send, gateway, code):
    answer = send(browse(), "/log-ind/kode", link=key("link"), code=code)

    assert answer.status_code == 422
    assert not gateway.sent_to("POST", "^/sessions")


@pytest.mark.parametrize("page", ["/log-ind/kode", "/log-ind/bekraeft"])
def test_a_failed_sign_in_says_the_same_whatever_the_reason(browse, send, gateway, page):
    gateway.refuse("POST", "^/sessions", 401, "sign-in-failed", detail="no such link")

    answer = send(browse(), page, link=key("link"), code="123456", token="x")

    assert answer.status_code == 422
    assert "Linket eller koden virker ikke længere." in answer.text
    assert "no such link" not in answer.text


def test_signing_out_ends_the_session_in_the_directory_too(browse, send, gateway):
    client = browse("applicant")

    answer = send(client, "/log-ud")

    assert answer.location == "/"
    assert gateway.sent_to("DELETE", f"^/sessions/{key('session')}$")
    assert not read_cookie(client).is_signed_in


def test_a_token_about_to_run_out_is_renewed_on_the_way(browse, gateway, clock):
    client = browse("applicant")
    clock.move(timedelta(minutes=14, seconds=30))

    assert client.get("/min-side").status_code == 200

    renewals = gateway.sent_to("POST", "/renewal$")
    assert renewals[0]["body"] == {"refresh_token": "refresh"}
    assert read_cookie(client).refresh_token == "refreshed"


def test_a_session_that_is_over_is_said_and_forgotten(browse, gateway, clock):
    gateway.refuse("POST", "/renewal$", 401, "session-over")
    client = browse("applicant")
    clock.move(timedelta(hours=9))

    assert client.get("/min-side").location == "/log-ind"
    assert "Du er logget ud" in client.get("/log-ind").text


def test_a_token_the_services_no_longer_take_leads_to_sign_in(browse, gateway):
    gateway.refuse("GET", "^/me$", 401, "unauthorized")

    answer = browse("applicant").get("/min-side")

    assert (answer.status_code, answer.location) == (303, "/log-ind")


def test_a_role_given_since_counts_at_once(browse, gateway):
    client = browse("member")

    client.get("/min-side")

    assert gateway.sent_to("POST", "/renewal$")


# --- forged requests -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.org"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example.org"},
    ],
)
def test_a_form_sent_from_elsewhere_is_refused(browse, gateway, headers):
    client = browse("applicant")

    answer = client.post("/log-ud", data={"csrf": read_cookie(client).csrf}, headers=headers)

    assert answer.status_code == 403
    assert "Formularen" in answer.text
    assert read_cookie(client).is_signed_in


@pytest.mark.parametrize("secret", ["", "wrong", "æøå"])
def test_a_form_without_the_visitors_secret_is_refused(browse, gateway, secret):
    client = browse("applicant")

    answer = client.post(
        "/log-ud", data={"csrf": secret}, headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert answer.status_code == 403
    assert not gateway.sent_to("DELETE", "^/sessions")


def test_a_mail_program_unsubscribes_without_a_cookie(browse, gateway):
    answer = browse().post(f"/afmeld/{key('mail')}", data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert gateway.sent_to("POST", f"^/unsubscriptions/{key('mail')}$")


def test_opening_the_unsubscribe_link_changes_nothing(browse, gateway):
    browse().get(f"/afmeld/{key('mail')}")

    assert not gateway.sent_to("POST", "unsubscriptions")


@pytest.mark.parametrize(
    "target",
    ["https://evil.example.org", "//evil.example.org", "/\\evil.example.org", "evil", "/a\nb", ""],
)
def test_no_link_of_ours_leads_out_of_the_site(browse, target):
    assert local_path(target) == ""
    assert browse().get("/sprog/en", query_string={"til": target}).location == "/"


def test_the_language_is_kept(browse):
    client = browse()
    client.get("/sprog/en?til=/om")

    assert '<html lang="en">' in client.get("/om").text
    assert client.get("/sprog/de").status_code == 303
    assert '<html lang="en">' in client.get("/om").text


@pytest.mark.parametrize("path", ["/", "/log-ind", "/findes-ikke", "/static/samspil.css"])
def test_every_answer_carries_the_headers_that_keep_it_safe(browse, path):
    with browse().get(path) as answer:
        headers = answer.headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_pages_are_not_kept_by_anyone_and_files_are(browse):
    assert browse("applicant").get("/min-side").headers["Cache-Control"] == "no-store"
    with browse().get("/static/samspil.css") as answer:
        assert "max-age" in answer.headers["Cache-Control"]


def test_the_services_learn_who_asks_and_what_belongs_together(browse, gateway):
    browse("applicant").get("/min-side", headers={"X-Correlation-ID": "abc123"})

    asked = gateway.sent_to("GET", "^/me$")[0]["headers"]
    assert asked["authorization"] == f"Bearer {PEOPLE['applicant']}"
    assert asked["x-correlation-id"] == "abc123"
    assert asked["traceparent"]


def test_a_visitor_of_the_sign_in_page_goes_where_they_came_from_within_the_site(browse, send):
    client = browse()
    put_cookie(client, Session(csrf="a", after_sign_in="//evil.example.org"))

    answer = send(client, "/log-ind/bekraeft", token="secret")

    assert answer.location == "/min-side"


def test_who_leads_an_applicant_meets_its_case_as_applicant_only(browse):
    torn = browse("torn")

    desk = torn.get("/raad").text
    round_ = torn.get(f"/udvalg/{key('round-recommended')}").text
    answer = torn.get(f"/raad/ansoegninger/{key('café')}")

    assert key("café") not in desk
    assert key("tur") not in round_
    assert answer.location == f"/ansoegninger/{key('café')}"
    assert "Du er inhabil i denne sag" in torn.get(answer.location).text
