"""When the gateway is away, slow or wrong, a person is told so, and the portal stands."""

from __future__ import annotations

import pytest

from tests.component.portal.conftest import portal_at
from tests.component.portal.town import key

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def lonely():
    """A portal without a gateway."""
    return portal_at(NOBODY).test_client()


@pytest.mark.parametrize("path", ["/", "/om", "/tilgaengelighed", "/log-ind", "/foreninger/opret"])
def test_pages_that_can_do_without_the_gateway_stand_without_it(lonely, path):
    answer = lonely.get(path)

    assert answer.status_code == 200
    assert "Karen Kontakt" in answer.text


@pytest.mark.parametrize("path", ["/find", "/puljer", f"/moeder/{key('meeting-called')}"])
def test_a_page_that_cannot_says_so_and_whom_to_call(lonely, path):
    answer = lonely.get(path)

    assert answer.status_code == 503
    assert "99 66 70 01" in answer.text
    assert answer.text.count("<h1") == 1


def test_the_portal_says_that_it_lives_and_what_it_misses(lonely, browse):
    assert lonely.get("/health/live").json == {"status": "live", "service": "portal"}
    assert lonely.get("/health/ready").json["checks"] == {"gateway": "unreachable"}
    assert browse().get("/health/ready").json["status"] == "ready"


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("5e1fc0de", True),
        ("0197e5a0-1c2d-7000-8000-00000000c0de", True),
        ("x" * 65, False),
        ("æøå", False),
        ("a b", False),
    ],
)
def test_the_portal_takes_the_same_correlation_ids_as_the_services(lonely, sent, is_kept):
    answer = lonely.get("/om", headers={"X-Correlation-ID": sent})

    assert (answer.headers["X-Correlation-ID"] == sent) is is_kept
    assert lonely.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    ("status", "shown"), [(500, 500), (502, 503), (503, 503), (404, 404), (403, 403), (429, 429)]
)
def test_each_failure_of_the_gateway_has_its_page(browse, gateway, status, shown):
    gateway.refuse("GET", "^/search", status, "some-slug", detail="SELECT * FROM secret")

    answer = browse().get("/find")

    assert answer.status_code == shown
    assert "SELECT" not in answer.text
    assert answer.headers["X-Correlation-ID"] in answer.text or shown in {403, 404, 429}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/findes-ikke", 404),
        ("/foreninger/ikke-et-id", 404),
        (f"/foreninger/{key('nobody')}", 404),
        ("/log-ud", 404),
    ],
)
def test_what_is_not_there_is_a_page_of_ours(browse, path, status):
    answer = browse().get(path)

    assert answer.status_code in {status, 405}
    assert "<h1" in answer.text
    assert "Karen Kontakt" in answer.text


def test_a_part_that_is_away_leaves_the_rest_of_my_page(browse, gateway):
    gateway.refuse("GET", "^/(meetings|hearings|responses|registrations)", 503, "away")

    answer = browse("applicant").get("/min-side")

    assert answer.status_code == 200
    assert "Nattergalen" in answer.text


def test_an_application_one_may_not_see_does_not_exist(browse, gateway):
    gateway.refuse("GET", "^/applications/", 404, "not-found")

    assert browse("council").get(f"/raad/ansoegninger/{key('café')}").status_code == 404
