"""The small search on another site's page: it alone of our pages is shown there, and opens ours."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.browser.inspection import PHONE, axe_violations, html_faults

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FRAMES = """<!doctype html><html lang="da"><title>Et bibliotek</title><h1>Biblioteket</h1>
<iframe title="Find" src="{url}/indlejr" width="320" height="400"></iframe>
<iframe title="Log ind" src="{url}/log-ind" width="320" height="400"></iframe></html>"""


@pytest.fixture
def library(site) -> Iterator[str]:
    """Another site, at another address, with two frames of ours."""
    page = FRAMES.format(url=site.url).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_it_is_shown_in_a_frame_and_opens_the_large_search(site, library):
    with site.browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(library)
        ours, other = page.frames[1:]
        ours.fill("#q", "lektiehjælp")

        assert other.locator("#email").count() == 0, "no other page of ours is shown in a frame"
        ours.locator("button[type=submit]").click()
        page.wait_for_url("**/find?*")

        assert page.url.startswith(site.url)
        assert page.input_value("#q") == "lektiehjælp"


def test_it_is_fit_for_everybody(site, tmp_path):
    with site.visitor() as context:
        page = context.new_page()
        page.set_viewport_size(PHONE)
        answer = page.goto("/indlejr")
        (tmp_path / "embedded.html").write_text(f"{answer.text()}<!-- {page.url} -->", "utf-8")

        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert html_faults(tmp_path) == []
