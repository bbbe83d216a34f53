"""The page from which the vejviser is taken along."""

from __future__ import annotations

import pytest

from tests.component.portal.town import key


@pytest.mark.parametrize(
    ("chosen", "path", "query"),
    [
        ("pdf", "/exports/vejviser.pdf", ""),
        ("stor", "/exports/vejviser.pdf", "large_print=true"),
        ("xlsx", "/exports/vejviser.xlsx", ""),
        ("foreninger", "/exports/associations.csv", ""),
        ("tilbud", "/exports/offers.csv", ""),
    ],
)
def test_each_kind_asks_for_its_file(browse, gateway, chosen, path, query):
    answer = browse().get(f"/tag-med/hent?slags={chosen}")

    (asked,) = gateway.sent_to("GET", "/exports/")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (asked["path"], asked["query"]) == (path, query)


def test_a_part_is_asked_for_by_words_of_the_municipality_only(browse, gateway):
    browse().get("/tag-med/hent?slags=xlsx&maalgruppe=older&omraade=%3Cscript%3E")

    (asked,) = gateway.sent_to("GET", "/exports/")
    assert asked["query"] == "target_group=older"


def test_an_unknown_kind_goes_back_to_the_choice(browse):
    answer = browse().get("/tag-med/hent?slags=exe")

    assert (answer.status_code, answer.location) == (303, "/tag-med")


def test_the_terms_are_said(browse):
    page = browse().get("/tag-med").text

    assert 'rel="license"' in page
    assert "CC BY 4.0" in page
    assert "/api/v1/hsds" in page


@pytest.mark.parametrize(("kind", "path"), [("json", "/export"), ("csv", "/export.csv")])
def test_an_association_takes_its_own_data(browse, gateway, kind, path):
    answer = browse("applicant").get(f"/foreninger/{key('nattergalen')}/data.{kind}")

    (asked,) = gateway.sent_to("GET", path + "$")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="forening.{kind}"'
    assert asked["path"] == f"/associations/{key('nattergalen')}{path}"


def test_nobody_takes_an_associations_data_without_signing_in(browse):
    assert browse().get(f"/foreninger/{key('nattergalen')}/data.json").status_code == 303
