"""Every page, judged by axe, at 320 pixels, and by what stands on it."""

import pytest

from tests.browser.conftest import AXE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PUBLIC = [
    "/",
    "/foreninger",
    "/foreninger?q=lektihjælp",
    "/foreninger/opret",
    "/puljer",
    "/tildelinger",
    "/moeder",
    "/hoeringer",
    "/loefter",
    "/kontakt",
    "/tilgaengelighed",
    "/om",
    "/log-ind",
    "/log-ind/kode",
    "/log-ind/bekraeft?link=x&token=y",
    "/en-side-der-ikke-findes",
]
PEOPLE = {
    "visiting-friends@example.org": ["/min-side", "/ansoegninger/ny"],
    "karen.kontakt@vesthimmerland.example.org": [
        "/arbejdsliste",
        "/puljer/ny",
        "/moeder/ny",
        "/hoeringer/ny",
    ],
    "ruth.raadsformand@example.org": ["/raad"],
    "ulla.udvalgsformand@vesthimmerland.example.org": ["/udvalg"],
}


def violations(page):
    """What axe finds against WCAG 2.1 A and AA."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
        ".then(result => result.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160)).join(' | ')))"
    )
    return [f"{page.url}: {each}" for each in found]


def faults(page, path):
    """What is wrong with a page at the width of a small phone and at a desk."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(path)
    found = violations(page)
    if page.locator("h1").count() != 1:
        found.append(f"{path}: {page.locator('h1').count()} h1")
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 320:
        found.append(f"{path}: {width} px wide on a phone of 320")
    return found


def links_of(page, start, prefix):
    """The addresses on a page that lead to single things, so that those are looked at too."""
    page.goto(start)
    hrefs = page.eval_on_selector_all("main a", "links => links.map(a => a.getAttribute('href'))")
    return sorted({href for href in hrefs if href and href.startswith(prefix) and href != prefix})


def test_every_public_page(site):
    with site.visitor() as context:
        page = context.new_page()
        paths = list(PUBLIC)
        for start in ("/foreninger", "/puljer", "/moeder", "/hoeringer"):
            paths += [
                href for href in links_of(page, start, f"{start}/") if not href.endswith("/opret")
            ][:1]

        found = [fault for path in paths for fault in faults(page, path)]

    assert found == []
    assert len(paths) >= len(PUBLIC) + 4


@pytest.mark.parametrize("email", PEOPLE)
def test_every_page_of_a_role(site, email):
    with site.visitor() as context:
        page = context.new_page()
        site.sign_in(page, email)

        found = [fault for path in PEOPLE[email] for fault in faults(page, path)]

    assert found == []


@pytest.mark.parametrize(
    ("email", "start", "prefix"),
    [
        ("ruth.raadsformand@example.org", "/raad", "/raad/"),
        ("ulla.udvalgsformand@vesthimmerland.example.org", "/udvalg", "/udvalg/"),
    ],
)
def test_the_pages_of_those_who_deal_with_cases(decided, email, start, prefix):
    with decided.visitor() as context:
        page = context.new_page()
        decided.sign_in(page, email)
        paths = links_of(page, start, prefix)[:3]

        found = [fault for path in [start, *paths] for fault in faults(page, path)]

    assert paths
    assert found == []
