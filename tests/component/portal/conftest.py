"""The portal in front of a stand-in for the gateway, and browsers for its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.session import Cookies, Session
from portal.settings import PortalSettings
from tests.component.portal.stand_in import EXPIRES, NOON, PEOPLE, Gateway
from tests.component.portal.town import key, town

ROOT = Path(__file__).resolve().parents[3]
SECRET = "the portal's secret in these tests, long enough"
CSRF = "a csrf secret"


@pytest.fixture(scope="session")
def _standing() -> Iterator[tuple[Gateway, Flask]]:
    """One stand-in and one portal for all tests: compiling the templates takes its time."""
    made = Gateway(town())
    yield made, portal_at(made.url)
    made.close()


@pytest.fixture
def gateway(_standing: tuple[Gateway, Flask]) -> Gateway:
    """The stand-in, as if nobody had been here."""
    _standing[0].begin_again(town())
    return _standing[0]


@pytest.fixture
def app(_standing: tuple[Gateway, Flask], gateway: Gateway, clock: Any) -> Flask:
    """The portal, at noon on a day in March."""
    clock.set(NOON)
    return _standing[1]


def portal_at(gateway_url: str, **settings: Any) -> Flask:
    """A portal for Vesthimmerland."""
    profile = str(ROOT / "profiles" / "vesthimmerland.toml")
    values = {"gateway_url": gateway_url, "secret": SECRET, "profile_path": profile, **settings}
    return create_app(PortalSettings(**values))


@pytest.fixture
def browse(app: Flask) -> Callable[..., FlaskClient]:
    """Open a browser, as one of the people or as nobody."""

    def open_browser(person: str = "", *, language: str = "") -> FlaskClient:
        client = app.test_client()
        session = Session(csrf=CSRF, language=language)
        if person:
            session.access_token = PEOPLE[person]
            session.refresh_token = "refresh"
            session.session_id = key("session")
            session.expires_at = EXPIRES.timestamp()
        if person or language:
            put_cookie(client, session)
        return client

    return open_browser


def put_cookie(client: FlaskClient, session: Session) -> None:
    """Give a browser a cookie as the portal seals it."""
    response = Flask("sealer").response_class()
    session.touch()
    Cookies(SECRET, secure=False).write(response, session)
    client.set_cookie("samspil", response.headers["Set-Cookie"].split(";")[0].split("=", 1)[1])


def read_cookie(client: FlaskClient) -> Session:
    """Read what the portal remembers of this browser."""
    found = client.get_cookie("samspil")
    return Cookies(SECRET, secure=False).read(found.value if found else None)


@pytest.fixture
def send() -> Callable[..., Any]:
    """Send a form as a browser does: from our own page, with the visitor's secret."""

    def post(client: FlaskClient, path: str, **values: Any) -> Any:
        session = read_cookie(client)
        if not session.csrf:
            session.csrf = CSRF
            put_cookie(client, session)
        data = {"csrf": read_cookie(client).csrf, **values.pop("data", {}), **values}
        return client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})

    return post
