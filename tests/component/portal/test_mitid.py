"""Signing in with MitID: the portal, a directory behind it, and a provider, all by real HTTP."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from werkzeug.serving import make_server

from portal.session import Session
from services.directory.app import service as directory
from tests.component.portal.conftest import portal_at, put_cookie, read_cookie
from tests.support.identity_provider import IdentityProvider

BUTTON = "Log ind med MitID"


@pytest.fixture(scope="module")
def standing_provider():
    made = IdentityProvider().start()
    yield made
    made.close()


@pytest.fixture
def provider(standing_provider):
    """The provider, vouching for Anna."""
    standing_provider.begin_again()
    standing_provider.claims = {"sub": "a", "email": "anna@example.org", "email_verified": True}
    return standing_provider


@pytest.fixture
def service():
    return directory


@pytest.fixture
def environment(provider):
    return provider.settings


@pytest.fixture
def visitor(client):
    """A browser at a portal whose gateway is the directory itself: the addresses are the same."""
    registration = {
        "name": "Nattergalen",
        "cvr": None,
        "purpose": "Vi synger.",
        "target_groups": ["everyone"],
        "area": "aars",
        "contact": {"name": "Anna Andersen", "email": "anna@example.org"},
    }
    made = client.put(f"/api/v1/associations/{uuid4()}", json=registration)
    assert made.status_code == 201, made.json
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield portal_at(f"http://127.0.0.1:{server.server_port}").test_client()
    server.shutdown()
    server.server_close()
    thread.join()


def leave(visitor):
    """Press the button; return where the browser is sent."""
    answer = visitor.get("/log-ind/mitid")
    assert answer.status_code == 303
    return answer.location


def test_a_person_signs_in_and_goes_where_they_were_going(visitor, provider):
    assert visitor.get("/min-side").location == "/log-ind"
    page = visitor.get("/log-ind")
    assert BUTTON in page.text
    assert 'href="/log-ind/mitid"' in page.text

    answer = visitor.get(provider.returning(leave(visitor)))

    assert (answer.status_code, answer.location) == (303, "/min-side")
    after = read_cookie(visitor)
    assert after.is_signed_in
    assert (after.flow, after.browser) == ("", "")


def test_coming_back_twice_changes_nothing(visitor, provider):
    path = provider.returning(leave(visitor))
    visitor.get(path)
    signed_in = read_cookie(visitor)

    assert visitor.get(path).location == "/min-side"
    assert read_cookie(visitor) == signed_in


def refusal(visitor, path):
    """Come back; return what is said where one ends up, which must be the sign-in page."""
    answer = visitor.get(path)
    assert (answer.status_code, answer.location) == (303, "/log-ind")
    assert not read_cookie(visitor).is_signed_in
    return visitor.get("/log-ind").text


def test_another_browser_cannot_finish_it(visitor, provider):
    path = provider.returning(leave(visitor))
    thief = visitor.application.test_client()
    put_cookie(thief, Session(flow=read_cookie(visitor).flow, browser="the-browser-of-a-thief"))

    assert "Vi kunne ikke logge dig ind med MitID." in refusal(thief, path)
    assert "Du blev ikke logget ind" in refusal(visitor.application.test_client(), path)
    assert visitor.get(path).location == "/min-side"


def test_who_is_not_known_is_told_what_to_do(visitor, provider):
    provider.claims["email"] = "nobody@example.org"

    said = refusal(visitor, provider.returning(leave(visitor)))

    assert "Vi kunne ikke logge dig ind med MitID." in said
    assert "få en mail med et link" in said
    assert BUTTON in said


def test_who_gives_up_at_mitid_can_try_again(visitor, provider):
    leave(visitor)

    assert "Du blev ikke logget ind" in refusal(visitor, "/log-ind/retur?error=access_denied")
    assert visitor.get(provider.returning(leave(visitor))).location == "/min-side"


def test_when_mitid_is_away_the_mail_still_comes(visitor, provider, send):
    path = provider.returning(leave(visitor))
    provider.configuration = {"issuer": "https://another.example.org"}

    assert "MitID svarer ikke lige nu." in refusal(visitor, path)
    assert "MitID svarer ikke lige nu." in refusal(visitor, "/log-ind/mitid")
    asked = send(visitor, "/log-ind", email="anna@example.org")
    assert asked.location.startswith("/log-ind/kode?link=")


def test_it_is_said_in_english_too(visitor, provider):
    put_cookie(visitor, Session(language="en"))
    provider.claims["email_verified"] = False

    said = refusal(visitor, provider.returning(leave(visitor)))

    assert "We could not sign you in with MitID." in said
    assert "Sign in with MitID" in said


def test_too_many_visits_are_told(visitor):
    for _ in range(60):
        leave(visitor)

    assert "mange forsøg på kort tid" in refusal(visitor, "/log-ind/mitid")


class TestWithoutAProvider:
    @pytest.fixture
    def environment(self):
        return {}

    def test_there_is_no_button(self, visitor):
        assert BUTTON not in visitor.get("/log-ind").text
        assert visitor.get("/log-ind/mitid").status_code == 404
