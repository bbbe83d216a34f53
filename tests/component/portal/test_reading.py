"""Documents, news, feeds, subscriptions: what reaches the API, and what one is told."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

import pytest

from portal import feeds
from tests.component.portal.town import key

POLICY = f"/dokumenter/{key('policy')}"
STATUTES = f"/dokumenter/{key('statutes')}"
ATOM = f"{{{feeds.NAMESPACE}}}"


def test_the_place_where_the_words_stand_is_shown(browse, gateway):
    page = browse().get("/dokumenter?q=frivillige&slags=policy")

    assert "de <mark>frivillige</mark>" in page.text
    (asked,) = gateway.sent_to("GET", "^/documents$")
    assert asked["query"] == "q=frivillige&kind=policy&limit=20"


def test_a_kind_that_is_none_is_left_out(browse, gateway):
    assert browse().get("/dokumenter?slags=sladder").status_code == 200

    (asked,) = gateway.sent_to("GET", "^/documents$")
    assert asked["query"] == "limit=20"


@pytest.mark.parametrize(
    ("path", "edition"),
    [(f"{POLICY}/fil", 2), (f"{POLICY}/udgaver/1", 1), (f"{POLICY}/udgaver/3", 3)],
)
def test_a_file_is_handed_on_to_be_saved(browse, gateway, path, edition):
    answer = browse().get(path)

    assert answer.data == b"%PDF-1.4"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    (asked,) = gateway.sent_to("GET", "/file$")
    assert key(f"policy-{edition}") in asked["path"]


def test_an_edition_that_is_not_there_is_not_found(browse):
    assert browse().get(f"{POLICY}/udgaver/9").status_code == 404
    assert browse().get(f"{STATUTES}/fil").status_code == 404


def test_a_file_goes_up_with_its_date_and_waits_to_be_published(browse, send, gateway):
    answer = send(
        browse("coordinator"),
        f"{STATUTES}/ny-udgave",
        data={
            "id": key("new"),
            "dated_on": "2024-02-20",
            "note": "Vedtaget",
            "file": (io.BytesIO(b"Vedtaegter"), "Vedtægter æøå.txt"),
        },
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, STATUTES)
    (sent,) = gateway.sent_to("PUT", "/editions/")
    assert sent["raw"] == b"Vedtaegter"
    assert sent["query"] == "dated_on=2024-02-20&note=Vedtaget"
    assert sent["headers"]["x-file-name"] == "Vedt%C3%A6gter%20%C3%A6%C3%B8%C3%A5.txt"
    assert sent["headers"]["content-type"] == "text/plain"


@pytest.mark.parametrize(("name", "content"), [("", b""), ("a.exe", b"MZ"), ("a.txt", b"")])
def test_a_file_that_cannot_be_taken_is_said_at_its_field(browse, send, gateway, name, content):
    answer = send(
        browse("coordinator"),
        f"{STATUTES}/ny-udgave",
        data={"dated_on": "2024-02-20", "note": "Vedtaget", "file": (io.BytesIO(content), name)},
    )

    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert "Vedtaget" in answer.text
    assert gateway.sent_to("PUT", "/editions/") == []


@pytest.mark.parametrize(
    ("status", "slug", "said"),
    [
        (415, "attachment-type", "Filen kan ikke modtages"),
        (422, "attachment-infected", "Der er virus i filen"),
        (503, "scanner-away", "Vi kan ikke undersøge filer for virus lige nu"),
    ],
)
def test_a_file_the_api_refuses_is_said_at_its_field_too(browse, send, gateway, status, slug, said):
    gateway.refuse("PUT", "/editions/", status, slug)

    answer = send(
        browse("coordinator"),
        f"{STATUTES}/ny-udgave",
        data={
            "dated_on": "2024-02-20",
            "note": "Vedtaget",
            "file": (io.BytesIO(b"<html>"), "a.txt"),
        },
    )

    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert said in answer.text
    assert "Vedtaget" in answer.text


def test_news_come_out_at_the_hour_that_was_chosen_by_the_danish_clock(browse, send, gateway):
    path = f"/nyheder/{key('news-draft')}/offentliggoer"
    send(
        browse("coordinator"), path, data={"publish_at": "2024-06-12", "publish_at-clock": "09:00"}
    )
    send(browse("coordinator"), path, data={"publish_at": "", "publish_at-clock": ""})

    bodies = [each["body"] for each in gateway.sent_to("POST", "/publication$")]
    assert bodies == [{"publish_at": "2024-06-12T07:00:00Z"}, {"publish_at": None}]


def test_news_that_happened_lead_to_what_happened(browse):
    page = browse().get(f"/nyheder/{key('news-announced')}").text

    assert f'href="/puljer/{key("round-open")}"' in page
    assert "https://example.org/fredag" in browse().get(f"/nyheder/{key('news-friday')}").text


@pytest.mark.parametrize(
    "path", ["/nyheder/feed.atom", "/nyheder/emner/grants/feed.atom", "/dokumenter/feed.atom"]
)
@pytest.mark.parametrize("language", ["da", "en"])
def test_a_feed_is_what_readers_of_feeds_expect(browse, path, language):
    """RFC 4287: what a feed and an entry must have, each once, with whole addresses."""
    answer = browse(language=language).get(path)
    feed = ET.fromstring(answer.data)

    assert answer.mimetype == "application/atom+xml"
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1
    links = {each.get("rel"): each.get("href") for each in feed.findall(f"{ATOM}link")}
    assert links["self"].endswith(path)
    assert all(link.startswith("http") for link in links.values())
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    ids = [entry.find(f"{ATOM}id").text for entry in entries]
    assert len(set(ids)) == len(ids)
    for entry in entries:
        for name in ("id", "title", "updated", "published", "summary"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1
        assert entry.find(f"{ATOM}updated").text.endswith("Z")
        assert entry.find(f"{ATOM}link").get("href").startswith("http")
        assert entry.find(f"{ATOM}category").get("term")


def test_a_feed_with_nothing_in_it_is_a_feed(browse, gateway):
    gateway.town["news-items"] = []

    feed = ET.fromstring(browse().get("/nyheder/feed.atom").data)

    assert feed.find(f"{ATOM}updated").text == "1970-01-01T00:00:00Z"
    assert browse().get("/nyheder/emner/sladder/feed.atom").status_code == 404


def test_feeds_are_found_from_the_front_page(browse):
    page = browse().get("/").text

    assert '<link rel="alternate" type="application/atom+xml"' in page
    assert "Frivillig fredag" in page
    assert "/nyheder/emner/council/feed.atom" in browse().get("/nyheder").text


def test_documents_and_news_are_named_to_search_engines(browse):
    sitemap = browse().get("/sitemap.xml").text

    assert POLICY in sitemap
    assert f"/nyheder/{key('news-friday')}" in sitemap
    assert STATUTES not in sitemap


def test_to_subscribe_is_answered_alike_and_says_to_look_in_the_mail(browse, send, gateway):
    answer = send(
        browse(),
        "/abonnement",
        data={"subjects[]": ["news:grants", "document:minutes"], "email": "borger@example.org"},
    )

    assert answer.status_code == 200
    assert "Se i din mail" in answer.text
    (sent,) = gateway.sent_to("POST", "^/subscriptions$")
    assert sent["body"] == {
        "email": "borger@example.org",
        "subjects": ["news:grants", "document:minutes"],
        "language": "da",
    }


def test_who_is_signed_in_need_not_type_their_address(browse):
    page = browse("applicant").get("/abonnement?om=document:minutes&om=sladder").text

    assert 'value="anna@example.org"' in page
    assert page.count(" checked") == 1


def test_too_many_attempts_are_said_plainly(browse, send, gateway):
    gateway.refuse("POST", "^/subscriptions$", 429, "too-many-requests")

    answer = send(
        browse(), "/abonnement", data={"subjects[]": ["news:grants"], "email": "a@example.org"}
    )

    assert answer.status_code == 422
    assert "for mange forsøg" in answer.text
    assert "a@example.org" in answer.text


def test_opening_the_link_confirms_nothing_and_a_press_does(browse, send, gateway):
    for _ in range(2):
        assert browse().get("/abonnement/bekraeft?noegle=good").status_code == 200
    assert gateway.sent_to("POST", "^/subscriptions") == []

    answer = send(browse(), "/abonnement/bekraeft", noegle="good")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/nyheder")
    (sent,) = gateway.sent_to("POST", "^/subscriptions/confirmation$")
    assert sent["body"] == {"token": "good"}


def test_a_link_that_is_used_says_what_to_do(browse, send, gateway):
    gateway.refuse("POST", "^/subscriptions/confirmation$", 404, "link-not-valid")

    answer = send(browse(), "/abonnement/bekraeft", noegle="used")

    assert answer.status_code == 404
    assert "Tilmeld dig igen" in answer.text
