"""Pages of what is drafted, published and withdrawn: the same for each kind of thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.component.portal.test_funding import written
from tests.component.portal.test_rooms import described
from tests.component.portal.town import key


@dataclass(frozen=True)
class Kind:
    """Where a kind is in the portal and in the API, one that is public, a draft, and a form."""

    at: str
    plural: str
    public: str
    draft: str
    draft_title: str
    called: str
    form: dict[str, Any]
    # News come out by a form, as they may at an hour.
    is_published_at_once: bool = True

    def page(self, name: str) -> str:
        """The page of one of them."""
        return f"{self.at}/{key(name)}"


KINDS = [
    Kind(
        "/stoettemuligheder",
        "funding-opportunities",
        "funding-asked",
        "funding-draft",
        "Kladden",
        "title",
        written(),
    ),
    Kind("/lokaler", "rooms", "room-meeting", "room-new", "Kladden", "name", described()),
    Kind(
        "/dokumenter",
        "documents",
        "policy",
        "statutes",
        "Vedtægter",
        "title",
        {"kind": "policy", "title": "", "summary": "Mit", "owner": "Mig", "language": "da"},
    ),
    Kind(
        "/nyheder",
        "news-items",
        "news-friday",
        "news-draft",
        "Kladden",
        "title",
        {"topic": "volunteering", "title": "", "summary": "Mit", "text": "", "link": ""},
        is_published_at_once=False,
    ),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.plural)
def kind(request):
    return request.param


def test_a_made_up_cursor_shows_the_first_page(browse, gateway, kind):
    gateway.refuse_once("GET", f"^/{kind.plural}$", 422, "invalid")

    assert browse().get(f"{kind.at}?side=x").status_code == 200
    assert len(gateway.sent_to("GET", f"^/{kind.plural}$")) == 2


def test_drafts_are_for_those_who_write_them(browse, gateway, kind):
    link = f'<a href="{kind.page(kind.draft)}">{kind.draft_title}</a>'

    assert link not in browse().get(kind.at).text
    assert "Ikke offentlige" not in browse("council").get(kind.at).text
    assert link in browse("caseworker").get(kind.at).text


def test_a_press_of_a_button_moves_it_on(browse, send, gateway, kind):
    staff, page = browse("coordinator"), kind.page(kind.public)
    steps = {"offentliggoer": "publication"} if kind.is_published_at_once else {}

    for step, made in {**steps, "traek-tilbage": "withdrawal"}.items():
        answer = send(staff, f"{page}/{step}")

        assert (answer.status_code, answer.location) == (303, page)
        sent = f"^/{kind.plural}/{key(kind.public)}/{made}$"
        assert len(gateway.sent_to("POST", sent)) == 1
        assert "alert-success" in staff.get(page).text


def test_a_move_that_is_refused_is_told_on_its_page(browse, send, gateway, kind):
    gateway.refuse("POST", "/withdrawal$", 409, "wrong-state")
    gateway.refuse("DELETE", f"^/{kind.plural}/", 409, "wrong-state")
    staff, page = browse("coordinator"), kind.page(kind.public)

    for step in ("traek-tilbage", "slet"):
        assert send(staff, f"{page}/{step}").location == page
        assert "alert-error" in staff.get(page).text


def test_a_draft_is_deleted_and_its_list_shown(browse, send, gateway, kind):
    answer = send(browse("coordinator"), f"{kind.page(kind.draft)}/slet")

    assert (answer.status_code, answer.location) == (303, kind.at)
    assert len(gateway.sent_to("DELETE", f"^/{kind.plural}/{key(kind.draft)}$")) == 1


def test_a_stale_save_shows_mine_beside_theirs(browse, send, gateway, kind):
    gateway.refuse("PUT", f"^/{kind.plural}/", 412, "stale")
    mine = {**kind.form, kind.called: "Mit navn", "version": "1"}

    answer = send(browse("coordinator"), f"{kind.page(kind.public)}/rediger", data=mine)

    assert answer.status_code == 422
    assert "Gemt af en anden" in answer.text
    assert 'value="Mit navn"' in answer.text
    assert 'name="version" value="2"' in answer.text
    (sent,) = gateway.sent_to("PUT", f"^/{kind.plural}/")
    assert sent["headers"]["if-match"] == '"1"'


@pytest.mark.parametrize("step", ["offentliggoer", "traek-tilbage", "slet"])
def test_nobody_else_moves_it_on(browse, send, gateway, kind, step):
    for person, status in (("", 303), ("council", 403), ("applicant", 403)):
        assert send(browse(person), f"{kind.page(kind.public)}/{step}").status_code == status
    assert not [each for each in gateway.sent if each["method"] != "GET"]
