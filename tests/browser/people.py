"""People at the portal, in the words of a story: they open, press, write and read.

Their browsers run no JavaScript.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.browser.conftest import Site
from tests.support.eventually import eventually


class Person:
    """Somebody with a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def opens(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(path)

    def follows(self, text: str) -> None:
        """Follow the first link with this text."""
        self.page.locator("main a", has_text=text).first.click()

    def presses(self, text: str) -> None:
        """Press the first button with this text."""
        self.page.locator("main button", has_text=text).first.click()

    def writes(self, fields: dict[str, str]) -> None:
        """Fill in fields, each by its name."""
        for name, text in fields.items():
            self.page.fill(f"main [name='{name}']", text)

    def chooses(self, name: str, value: str) -> None:
        """Choose one of several, from a list or among buttons, or tick a box."""
        field = self.page.locator(f"main [name='{name}']").first
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            self.page.check(f"main [name='{name}'][value='{value}']")

    def reads(self, text: str) -> None:
        """Find a text on the page."""
        assert text in self.text, self.text

    def does_not_read(self, text: str) -> None:
        """Find a text nowhere on the page."""
        assert text not in self.text, self.text

    def is_told(self, text: str, *, at: str = "") -> None:
        """Be told in the summary of errors; with a way to the field it is about."""
        assert text in plain(self.page.inner_text("#fejl")), self.text
        if at:
            assert self.page.locator(f"#fejl a[href='#{at}']").count() == 1

    def waits_to_read(self, text: str) -> None:
        """Load the page again until the text is there."""

        def look() -> None:
            self.page.reload()
            self.reads(text)

        eventually(look, within=20)

    def finds_written(self, name: str) -> str:
        """What stands in a field."""
        return self.page.input_value(f"main [name='{name}']")

    @property
    def text(self) -> str:
        """What stands on the page."""
        return plain(self.page.inner_text("main"))


def plain(text: str) -> str:
    """Write a text with ordinary spaces, also where words are to stay together on a line."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@contextmanager
def person(site: Site, email: str = "") -> Iterator[Person]:
    """Let somebody sit down at the portal, signed in when they have an address."""
    with site.visitor(scripts=False) as context:
        page = context.new_page()
        if email:
            site.sign_in(page, email)
        yield Person(page)
