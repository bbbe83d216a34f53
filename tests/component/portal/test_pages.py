"""Every page, for everyone who may see it: whole, nothing inline, every link leads somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException

from tests.component.portal.stand_in import PEOPLE
from tests.component.portal.town import key

ROOT = Path(__file__).resolve().parents[3]
PUBLIC = [
    "/",
    "/loefter",
    "/loefter?aar=2023",
    "/kontakt",
    "/oplaeg",
    "/oplaeg?q=sang&emne=culture&slags=speaker",
    "/tilgaengelighed",
    "/om",
    f"/afmeld/{key('mail')}",
    "/tag-med",
    "/find",
    "/find?q=natergal&frivillige=1",
    "/find?maalgruppe=older&omraade=aars&dag=tu&tid=evening&gratis=1&naer=9600&orden=distance",
    "/find?orden=distance",
    "/dokumenter",
    "/dokumenter?q=frivillige&slags=policy",
    f"/dokumenter/{key('policy')}",
    "/stoettemuligheder",
    "/stoettemuligheder?q=madklub&fra=state&som=group&maalgruppe=older",
    f"/stoettemuligheder/{key('funding-asked')}",
    f"/stoettemuligheder/{key('funding-asked')}?svar-0=ja&svar-1=nej",
    f"/stoettemuligheder/{key('funding-asked')}?svar-0=nej&svar-1=ja",
    f"/stoettemuligheder/{key('funding-yearly')}",
    f"/stoettemuligheder/{key('funding-rolling')}",
    f"/stoettemuligheder/{key('funding-over')}",
    "/lokaler",
    "/lokaler?personer=15&omraade=aars&udstyr=projector&adgang=step-free",
    f"/lokaler/{key('room-meeting')}",
    f"/lokaler/{key('room-house')}",
    "/lokaler/mangler?omraade=aars&personer=15",
    "/nyheder",
    "/nyheder?emne=grants",
    f"/nyheder/{key('news-friday')}",
    f"/nyheder/{key('news-announced')}",
    "/abonnement",
    "/abonnement?om=news:grants",
    "/abonnement/bekraeft?noegle=good",
    "/indlejr",
    f"/tilbud/{key('songs')}",
    f"/tilbud/{key('advice')}",
    f"/foreninger/{key('nattergalen')}",
    f"/foreninger/{key('gammelt')}",
    "/sletning?kvittering=good",
    "/bekraeft?noegle=good",
    "/bekraeft?noegle=used",
    "/bekraeft/ret?noegle=good",
    "/bekraeft/ret?noegle=used",
    *(f"/invitation?noegle={status}" for status in ("open", "accepted", "declined")),
    "/foreninger/opret",
    "/foreninger/opret/tak",
    "/puljer",
    *(
        f"/puljer/{key(f'round-{status}')}"
        for status in ("announced", "open", "closed", "recommended", "decided")
    ),
    "/tildelinger",
    f"/tildelinger/{key('round-decided')}",
    "/moeder",
    *(f"/moeder/{key(f'meeting-{status}')}" for status in ("called", "held", "cancelled")),
    "/hoeringer",
    *(f"/hoeringer/{key(f'hearing-{status}')}" for status in ("open", "closed", "concluded")),
]
SIGN_IN = ["/log-ind", "/log-ind/kode?link=1", "/log-ind/bekraeft?link=1&token=2"]
DRAFT = f"/ansoegninger/{key('kladde')}"
APPLICANT = [
    "/min-side",
    f"/foreninger/{key('nattergalen')}/rediger",
    f"/foreninger/{key('nattergalen')}/medlemmer",
    f"/foreninger/{key('nattergalen')}/tilbud/nyt",
    *(f"/tilbud/{key(name)}" for name in ("songs-draft", "songs-old")),
    *(f"/tilbud/{key(name)}/rediger" for name in ("songs", "songs-draft", "songs-old")),
    f"/foreninger/{key('nattergalen')}/aendringer",
    f"/foreninger/{key('nattergalen')}/frivilligcenter",
    f"/foreninger/{key('nattergalen')}/papirer",
    *(
        f"/foreninger/{key('nattergalen')}/papirer/{slug}"
        for slug in ("vedtaegter", "regnskab", "cvr", "nemkonto", "boerneattester")
    ),
    "/ansoegninger/ny",
    f"{DRAFT}/rediger",
    f"{DRAFT}/rediger?trin=budget",
    f"{DRAFT}/rediger?trin=bilag",
    f"{DRAFT}/indsend",
    f"/ansoegninger/{key('spisning')}",
    f"/ansoegninger/{key('spisning')}/kvittering",
    f"/ansoegninger/{key('spisning')}/traek-tilbage",
    f"/ansoegninger/{key('haven')}",
    f"/foreninger/{key('nattergalen')}/medlemmer/{key('membership')}",
    f"/foreninger/{key('nattergalen')}/stafet",
    f"/foreninger/{key('nattergalen')}/oplaeg",
    f"/oplaeg/{key('competence-talk')}",
    f"/foreninger/{key('nattergalen')}/kontaktpar/{key('pair-school')}/vores-del",
]
COUNCIL = [
    "/raad",
    f"/raad/ansoegninger/{key('café')}",
    f"/raad/ansoegninger/{key('café')}/inhabil",
    f"/raad/indstilling/{key('round-closed')}",
    f"/raad/indstilling/{key('round-closed')}/send",
    f"/raad/indstilling/{key('round-recommended')}",
]
COMMITTEE = [
    "/udvalg",
    f"/udvalg/{key('round-recommended')}",
    f"/udvalg/{key('round-recommended')}/{key('tur')}",
    f"/udvalg/{key('round-recommended')}/afslut",
    f"/udvalg/{key('round-decided')}",
]
IMPORTS = [
    "/arbejdsliste/import",
    *(
        f"/arbejdsliste/import/{key(f'import-{status}')}"
        for status in ("reading", "unreadable", "read", "checking", "checked", "running", "done")
    ),
    f"/arbejdsliste/import/{key('import-done')}/raekker?resultat=refused",
    f"/arbejdsliste/import/{key('import-done')}/afklar",
    f"/arbejdsliste/import/{key('import-done')}/slet",
]
OWN_DATA = ["/mine-oplysninger", "/mine-oplysninger/slet", "/log-ind/igen"]
PEOPLE_PAGES = [
    "/personer",
    "/personer?q=anna",
    f"/personer/{key('anna')}",
    f"/personer/{key('anna')}/slet",
    f"/sletninger/{key('erased')}",
    f"/sletninger/{key('being-erased')}",
]
CENTRE = [
    "/ringeliste",
    f"/ringeliste/{key('gammelt')}",
    "/vejviserens-kvalitet",
    f"/foreninger/{key('nattergalen')}",
]
COORDINATOR = [
    "/lokaler/nyt",
    "/lokaler/mangler/tal",
    f"/lokaler/{key('room-new')}",
    f"/lokaler/{key('room-off')}",
    f"/lokaler/{key('room-new')}/rediger",
    f"/lokaler/{key('room-house')}/rediger",
    f"/lokaler/{key('room-meeting')}/billeder",
    f"/lokaler/{key('room-house')}/billeder",
    "/stoettemuligheder/ny",
    f"/stoettemuligheder/{key('funding-draft')}",
    f"/stoettemuligheder/{key('funding-yearly')}/rediger",
    f"/stoettemuligheder/{key('funding-asked')}/rediger",
    "/dokumenter/nyt",
    f"/dokumenter/{key('statutes')}",
    f"/dokumenter/{key('form')}",
    f"/dokumenter/{key('policy')}/rediger",
    f"/dokumenter/{key('policy')}/ny-udgave",
    "/nyheder/ny",
    f"/nyheder/{key('news-draft')}",
    f"/nyheder/{key('news-later')}",
    f"/nyheder/{key('news-friday')}/rediger",
    "/kommunens-tilbud",
    "/kommunens-tilbud/nyt",
    f"/tilbud/{key('advice')}/rediger",
    f"/foreninger/{key('nattergalen')}/kommunens-bemaerkning",
    "/arbejdsliste",
    "/arbejdsliste/post",
    "/arbejdsliste/post?status=failed",
    f"/arbejdsliste/foreninger/{key('boblen')}",
    f"/ansoegninger/{key('café')}/inhabilitet/{key('per')}",
    f"/foreninger/{key('nattergalen')}/luk",
    *IMPORTS,
    f"/arbejdsliste/import/{key('import-done')}/mails",
    f"/foreninger/{key('nattergalen')}/laeg-sammen",
    f"/foreninger/{key('boblen')}/laeg-sammen?med={key('nattergalen')}",
    f"/foreninger/{key('lukket')}",
    f"/foreninger/{key('gammelt')}/aendringer",
    f"/foreninger/{key('gammelt')}/frivilligcenter",
    f"/foreninger/{key('nattergalen')}/medlemmer",
    f"/foreninger/{key('nattergalen')}/medlemmer/{key('membership')}",
    f"/foreninger/{key('nattergalen')}/overdrag",
    f"/foreninger/{key('nattergalen')}/kontaktpar/nyt",
    f"/foreninger/{key('nattergalen')}/kontaktpar/{key('pair-home-care')}",
    f"/foreninger/{key('nattergalen')}/kontaktpar/{key('pair-home-care')}/vores-del",
    "/arbejdsliste/hverv",
    "/arbejdsliste/hverv/nyt",
    f"/arbejdsliste/hverv/{key('office-bridge-builder')}",
    "/vejviserens-kvalitet/aftale",
    "/find-til-borger",
    f"/find-til-borger/kort?tilbud={key('songs')}&tilbud={key('advice')}",
    "/find-til-borger/udaekket",
    "/find-til-borger/tal",
    "/find-til-borger/tal?aar=2022",
    "/arbejdsliste/papirer",
    "/arbejdsliste/papirer?status=missing&slags=statutes",
    f"/foreninger/{key('nattergalen')}/papirer",
    *CENTRE[:3],
    "/puljer/ny",
    f"/puljer/{key('round-draft')}",
    f"/puljer/{key('round-draft')}/rediger",
    "/moeder/ny",
    *(f"/moeder/{key('meeting-draft')}{rest}" for rest in ("", "/rediger")),
    f"/moeder/{key('meeting-ended')}",
    f"/moeder/{key('meeting-called')}/aflys",
    f"/moeder/{key('meeting-held')}/referat",
    "/hoeringer/ny",
    *(f"/hoeringer/{key('hearing-draft')}{rest}" for rest in ("", "/rediger")),
    f"/hoeringer/{key('hearing-closed')}/svar",
    f"/udvalg/{key('round-recommended')}/{key('tur')}",
    f"/ansoegninger/{key('tur')}",
]
PAGES = [
    *(("", path) for path in [*PUBLIC, *SIGN_IN]),
    *((person, path) for person in ("applicant", "council", "coordinator") for path in PUBLIC),
    *(("applicant", path) for path in APPLICANT),
    *(("editor", path) for path in [*APPLICANT[3:10], *APPLICANT[11:16]]),
    *((person, path) for person in ("applicant", "coordinator") for path in OWN_DATA),
    *(("coordinator", path) for path in PEOPLE_PAGES),
    *(("council", path) for path in COUNCIL),
    *(("committee", path) for path in COMMITTEE),
    *(("coordinator", path) for path in COORDINATOR),
    *(("centre", path) for path in IMPORTS),
    *(("centre", path) for path in CENTRE),
    ("centre", f"/foreninger/{key('gammelt')}/aendringer"),
]
SPRITE = (ROOT / "portal/static/vendor/dkfds/img/all-svg-icons.svg").read_text(encoding="utf-8")
VOID = {"input", "img", "br", "meta", "link", "hr"}


class Page(HTMLParser):
    """What a page consists of, read as a browser that trusts nothing."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.unclosed: list[str] = []
        self.feed(html)
        self.close()
        self.unclosed += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(f"/{tag}")

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.tags if "id" in attrs]


@pytest.fixture(params=PAGES, ids=lambda page: f"{page[0] or 'nobody'} {page[1]}")
def shown(request, browse):
    """One page, fetched."""
    person, path = request.param
    return browse(person).get(path)


def test_a_page_is_whole(shown, app):
    assert shown.status_code == 200, shown.text[:2000]
    page = Page(shown.text)
    assert page.unclosed == []
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    assert page.all("html")[0]["lang"] == "da"
    assert sorted(page.ids) == sorted(set(page.ids)), "an id is used twice"
    _check_nothing_inline(page)
    _check_fields(page)
    _check_headings(page)
    _check_links(page, app)
    for name in re.findall(r"all-svg-icons\.svg#([\w-]+)", shown.text):
        assert f'id="{name}"' in SPRITE, name
    assert "None" not in re.sub(r"<[^>]*>", "", shown.text), "a missing value is shown"


def _check_nothing_inline(page):
    assert not page.all("style"), "nothing is inline"
    for attrs in page.all("script"):
        # What is said to search engines is no script, and a browser runs none of it.
        assert attrs.get("src") or attrs.get("type") == "application/ld+json", "nothing is inline"
    assert not [attrs for _, attrs in page.tags if "style" in attrs]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


def _check_fields(page):
    labelled = {attrs.get("for") for attrs in page.all("label")}
    for attrs in page.all("input", "select", "textarea"):
        if attrs.get("type") not in {"hidden", "submit"}:
            assert attrs.get("id") in labelled or attrs.get("aria-label"), attrs
    for name in ("aria-describedby", "aria-labelledby"):
        for _, attrs in page.tags:
            for target in (attrs.get(name) or "").split():
                assert target in page.ids, (name, target)
    assert labelled <= {*page.ids, None}, labelled - set(page.ids)
    assert all("alt" in attrs for attrs in page.all("img"))


def _check_headings(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    first = levels.index(1)
    for above, below in zip(levels[first:], levels[first + 1 :], strict=False):
        assert below <= above + 1, levels


def _check_links(page, app):
    routes = app.url_map.bind("localhost")
    addresses = [(attrs.get("href"), "GET") for attrs in page.all("a")]
    for form in page.all("form"):
        addresses.append((form.get("action"), (form.get("method") or "get").upper()))
    for address, method in addresses:
        parts = urlsplit(address or "")
        if parts.scheme or not parts.path:
            if parts.fragment and not parts.scheme:
                assert parts.fragment in page.ids, address
            continue
        try:
            routes.match(parts.path, method=method)
        except HTTPException as error:
            pytest.fail(f"{method} {address}: {error}")


@pytest.mark.parametrize("path", [*PUBLIC, *SIGN_IN])
def test_in_english_no_danish_is_left(browse, path):
    page = browse(language="en").get(path)

    assert page.status_code == 200
    assert '<html lang="en">' in page.text
    for word in ("Næste frist", "Åbner", "Søg støtte", "Kommunens løfter", "E-mailadresse"):
        assert word not in page.text


@pytest.mark.parametrize("person", ["", *PEOPLE])
@pytest.mark.parametrize(
    "path",
    [
        "/arbejdsliste",
        "/raad",
        "/udvalg",
        "/puljer/ny",
        "/moeder/ny",
        "/kommunens-tilbud",
        *CENTRE[:3],
        "/arbejdsliste/import",
    ],
)
def test_a_desk_is_for_its_office(browse, person, path):
    readers = {
        "/arbejdsliste": {"coordinator", "caseworker"},
        "/arbejdsliste/import": {"coordinator", "centre"},
        "/raad": {"council", "torn"},
        "/udvalg": {"committee", "coordinator", "caseworker", "torn"},
        "/puljer/ny": {"coordinator", "caseworker"},
        "/moeder/ny": {"coordinator"},
        "/kommunens-tilbud": {"coordinator", "caseworker", "centre"},
        CENTRE[0]: {"coordinator", "centre"},
        CENTRE[1]: {"coordinator", "centre"},
        CENTRE[2]: {"coordinator", "centre", "caseworker"},
    }[path]

    status = browse(person).get(path).status_code

    assert status == (200 if person in readers else 403 if person else 303)


@pytest.mark.parametrize(
    ("person", "path"),
    [("council", COUNCIL[1]), ("committee", COMMITTEE[2]), ("coordinator", COORDINATOR[-1])],
)
def test_who_judges_an_application_reads_it(browse, person, path):
    shown = browse(person).get(path).text

    for text in ("Vi spiser sammen.", "Budget", "Bilag"):
        assert text in shown
