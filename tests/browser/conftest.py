"""The portal in a real browser, on a whole instance of its own with the demo municipality."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.routing import MapAdapter

from portal.app import create_app
from portal.settings import PortalSettings
from tests.journeys.conftest import ROOT, Embedded
from tests.support.eventually import eventually

# What takes several minutes begins first, so that no worker is left alone with it at the end.
LONGEST = (
    "test_hostile_texts.py",
    "test_pages_of_the_story.py",
    "test_pages.py",
    "test_whole_story.py",
    "test_pages_a_year_later.py",
    "test_pictures.py",
)


def pytest_collection_modifyitems(items):
    """Put the longest files first; `make test` gives them out in this order."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if is_long(item) else len(LONGEST))


def is_long(item: pytest.Item) -> bool:
    """Whether a test is in one of the longest files."""
    return item.path.parent.name == "browser" and item.path.name in LONGEST


@dataclass
class Site:
    """A running portal, its mailbox, and browsers to look at it with."""

    url: str
    browser: Browser

    def visitor(self, *, width: int = 1280, scripts: bool = True) -> BrowserContext:
        """Open a browser of its own; ``bypass_csp`` only lets axe in."""
        return self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            bypass_csp=scripts,
            locale="da-DK",
        )

    def mails(self, email: str) -> list[dict]:
        """The mails somebody got."""
        http = urllib3.PoolManager(retries=False)
        return http.request("GET", f"{self.url}/mailbox.json?to={email}").json()["items"]

    def sign_in(self, page: Page, email: str) -> None:
        """Sign in as a person does: ask, read the mail, open the link, press the button."""
        seen = {mail["id"] for mail in self.mails(email)}
        page.goto("/log-ind")
        page.fill("#email", email)
        self._press(page)
        found: list[str] = []

        def has_come() -> None:
            links = [
                re.search(r"https?://\S+/log-ind/bekraeft\S+", mail["text"])
                for mail in self.mails(email)
                if mail["id"] not in seen
            ]
            found[:] = [link.group() for link in links if link]
            assert found

        eventually(has_come, within=60)
        page.goto(found[-1])
        self._press(page)
        assert "/log-ind" not in page.url, page.inner_text("main")

    def _press(self, page: Page) -> None:
        """Press the page's button, and wait for the answer: it brings a cookie that is needed."""
        with page.expect_navigation():
            page.click("main button[type=submit]")


def start_instance(folder: Path, **settings: str) -> Iterator[Embedded]:
    """Run an instance while it is asked for."""
    instance = Embedded(folder, **settings).start()
    yield instance
    instance.stop()


@pytest.fixture(scope="session")
def town(tmp_path_factory) -> Iterator[Embedded]:
    """Give the demo municipality at present dates, as `make run` shows it."""
    folder = tmp_path_factory.mktemp("town") / "instance"
    for instance in start_instance(folder):
        # It answers while the municipality is still being loaded.
        eventually((folder / "town-is-loaded").stat, within=60)
        yield instance


@pytest.fixture(scope="session")
def site(town, browser) -> Site:
    """Give the portal of the demo municipality."""
    return Site(town.url, browser)


@pytest.fixture(scope="session")
def routes() -> MapAdapter:
    """Give the addresses of the portal."""
    settings = PortalSettings(
        gateway_url="http://127.0.0.1:9",
        secret="only its routes are asked for" * 2,
        profile_path=str(ROOT / "profiles" / "vesthimmerland.toml"),
    )
    return create_app(settings).url_map.bind("localhost")
