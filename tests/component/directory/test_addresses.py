"""Completing addresses: by the register where it answers, else by the municipality's own places."""

import threading
import time

import pytest
from flask import Response, jsonify

from chassis.config import Misconfigured, load
from services.directory.app import DirectorySettings
from tests.support.address_register import FOUND, HOUSE, TOKEN, AddressRegister

PATH = "/api/v1/address-suggestions"


@pytest.fixture
def register():
    """A register of our own: what it remembers of a failure belongs to one test."""
    made = AddressRegister().start()
    yield made
    made.close()


@pytest.fixture
def environment(register):
    return register.settings


def ask(client, q="Himmerlandsgade 5"):
    answer = client.get(PATH, query_string={"q": q})
    assert answer.status_code == 200, answer.json
    return answer.json


def test_the_register_completes_what_is_typed(client, register):
    answer = ask(client)

    assert answer["source"] == "register"
    assert answer["suggestions"][0] == {
        "text": "Himmerlandsgade 59, 9600 Aars",
        "street": "Himmerlandsgade 59",
        "postcode": "9600",
        "city": "Aars",
        "register_id": HOUSE["id"],
    }
    assert register.asked == [{"tekst": "Himmerlandsgade 5", "maksimum": "8", "token": TOKEN}]


def test_a_village_a_street_and_a_bare_name_are_suggested_as_far_as_they_go(client):
    shown = ask(client)["suggestions"]

    assert [
        (each["text"], each["postcode"], each["register_id"] is None) for each in shown[1:]
    ] == [
        ("Byvej 1, 9640 Farsø", "9640", False),
        ("Himmerlandsgade, 9600 Aars", "9600", True),
        ("Himmerlandsgade", "", True),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: (jsonify(status="fejl", beskrivelse="nede"), 200),
        lambda: (jsonify(status="ok", fund="ingen"), 200),
        lambda: Response("<h1>503</h1>", 503),
        lambda: Response("[" * 100_000, 200),
        lambda: Response(b"x" * 300_000, 200),
        lambda: Response("", 302, {"Location": "http://127.0.0.1:1/"}),
    ],
    ids=["says it failed", "no list", "is down", "nested for ever", "too large", "leads elsewhere"],
)
def test_whatever_else_it_says_our_own_places_serve(client, register, answer):
    register.answer = answer

    answer = ask(client, "Himmerlandsgade 59, aar")

    assert answer["source"] == "municipality"
    assert answer["suggestions"][0]["text"] == "Himmerlandsgade 59, 9600 Aars"


def test_what_is_no_address_is_passed_over(client, register):
    hostile = [
        {"type": "husnummer", "titel": "<script>alert(1)</script>, 9600 Aars"},
        {"type": "husnummer", "titel": ["9600"]},
        {"type": "husnummer", "titel": "x" * 5000},
        {"type": "husnummer", "titel": "Byvej\x00 1, 9600 Aars"},
        {"type": "opskrift", "titel": "Byvej 1, 9600 Aars"},
        "Byvej 1",
        None,
        {**HOUSE, "id": {"$ne": 1}},
    ]
    register.answer = lambda: jsonify(status="ok", fund=hostile)

    (only,) = ask(client)["suggestions"]

    assert (only["street"], only["register_id"]) == ("Himmerlandsgade 59", None)


def test_a_slow_register_is_not_waited_for_and_then_left_alone(client, register):
    go_on = threading.Event()
    register.answer = lambda: go_on.wait(5) and jsonify(status="ok", fund=list(FOUND))
    started = time.monotonic()

    first = ask(client, "9600")
    second = ask(client, "9600")
    took = time.monotonic() - started
    go_on.set()

    assert (first["source"], second["source"]) == ("municipality", "municipality")
    assert len(register.asked) == 1
    assert took < 3


def test_a_register_off_the_network_costs_nobody_anything(client, register):
    register.close()

    assert ask(client, "9600")["suggestions"][0]["city"] == "Aars"
    register._server = AddressRegister().start()._server


def test_a_long_text_is_cut_as_its_makers_do(client, register):
    ask(client, "Himmerlandsgade " * 8)

    assert len(register.asked[0]["tekst"]) == 73


@pytest.mark.parametrize("q", ["", "a", "x" * 201])
def test_what_is_too_short_or_too_long_is_refused(client, q):
    assert client.get(PATH, query_string={"q": q}).status_code == 422


class TestOff:
    """Where no register is configured."""

    @pytest.fixture
    def environment(self):
        return {}

    @pytest.mark.parametrize(
        ("typed", "first"),
        [
            ("9600", "9600 Aars"),
            ("aar", "9600 Aars"),
            ("Himmerlandsgade 59, 96", "Himmerlandsgade 59, 9600 Aars"),
            ("Himmerlandsgade 59 9600", "Himmerlandsgade 59, 9600 Aars"),
            ("Byvej 1, noerager", "Byvej 1, 9610 Nørager"),
            ("Byvej 1, 9610 Nør", "Byvej 1, 9610 Nørager"),
        ],
    )
    def test_postcodes_and_places_are_completed(self, client, typed, first):
        answer = ask(client, typed)

        assert answer["source"] == "municipality"
        assert answer["suggestions"][0]["text"] == first

    @pytest.mark.parametrize("typed", ["Himmerlandsgade 59", "8000", "Byvej 1,", "%_"])
    def test_what_is_not_known_is_not_made_up(self, client, typed):
        assert ask(client, typed)["suggestions"] == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ADDRESS_REGISTER_URL": "http://adressevaelger.dk"}, "https"),
        ({"ADDRESS_REGISTER_URL": "https://adressevaelger.dk"}, "ADDRESS_REGISTER_TOKEN"),
        ({"ADDRESS_REGISTER_URL": "adressevaelger.dk"}, "ADDRESS_REGISTER_URL"),
    ],
)
def test_half_a_register_stops_the_start(monkeypatch, service_environment, settings, said):
    for name, value in {**service_environment, **settings}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match=said):
        load(DirectorySettings)


@pytest.fixture
def service_environment(profile_path):
    return {
        "DATABASE_URL": "postgresql+psycopg://a:b@127.0.0.1/c",
        "AMQP_URL": "memory://",
        "PROFILE": str(profile_path),
    }
