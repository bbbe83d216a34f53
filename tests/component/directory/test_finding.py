"""One search over all that is offered: words, choices and their counts, distance, suggestions."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.database import ask
from services.directory.queries.asked import RARE, Asked, Form, terms_of, words_of
from services.directory.queries.dictionary import dictionary_of
from services.directory.queries.listings import CANDIDATES, COUNTED, counting, counts, listing

PATH = "/api/v1/search"
EVENING = {
    "rrule": "FREQ=WEEKLY;BYDAY=MO",
    "starts_on": "2026-03-02",
    "starts": "19:00",
    "ends": "21:00",
}
MORNING = {**EVENING, "rrule": "FREQ=WEEKLY;BYDAY=FR", "starts": "09:00", "ends": "11:00"}


@pytest.fixture
def find(client):
    """Search; return the whole answer."""

    def search(**arguments):
        answer = client.get(PATH, query_string=arguments)
        assert answer.status_code == 200, answer.json
        return answer.json

    return search


@pytest.fixture
def names(find):
    """Search; return the names found, in order."""
    return lambda **arguments: [each["name"] for each in find(**arguments)["items"]]


@pytest.fixture
def town(published, offered, client, coordinator, described):
    """Three associations with offers, and an offer of the municipality."""
    friends = published(name="Besøgsvennerne", purpose="Selskab til ældre.", area="aars")
    cafe = published(name="Sprogcaféen", purpose="Dansk ved en kop kaffe.", area="farso")
    walkers = published(name="Vandrefalkene", purpose="Ture til fods.", area="logstor")
    offered(friends, title="En ven på besøg", times=[MORNING], needs_volunteers=True)
    offered(
        cafe,
        title="Øv dansk",
        description="Samtale i lektiecaféen.",
        topics=["language"],
        target_groups=["newcomers"],
        area="farso",
        postcode="9640",
        times=[EVENING, MORNING],
        wheelchair=True,
    )
    offered(
        walkers,
        title="Naturvandring",
        topics=["nature"],
        target_groups=["everyone"],
        area="logstor",
        postcode=None,
        times=[EVENING],
        price_ore=2500,
        takes_new_users=False,
    )
    path = f"/api/v1/municipal-offers/{uuid4()}"
    staff = client.as_(coordinator)
    body = described(
        title="Åben rådgivning",
        description="Kommunens rådgivere svarer.",
        department="social",
        topics=["counselling"],
        area="whole",
        postcode=None,
    )
    staff.put(path, json=body)
    staff.post(f"{path}/publication")


def test_associations_and_offers_are_found_together(town, find):
    found = find()

    assert found["total"] == 7
    assert found["facets"]["kinds"] == {"association": 3, "offer": 4}
    assert [each["name"] for each in found["items"]] == sorted(
        each["name"] for each in found["items"]
    )
    one = next(each for each in found["items"] if each["name"] == "En ven på besøg")
    assert (one["kind"], one["provider"], one["weekdays"]) == ("offer", "Besøgsvennerne", ["fr"])
    assert (one["free"], one["needs_volunteers"], one["wheelchair"]) == (True, True, False)
    assert (one["latitude"], one["is_exact"]) == (56.804, False)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("vandring", {"Naturvandring"}),  # the end of a compound
        ("vandringer", {"Naturvandring"}),  # and its other form
        ("café", {"Sprogcaféen", "Øv dansk"}),  # also where more follows
        ("cafe", {"Sprogcaféen", "Øv dansk"}),  # an accent that is missing
        ("natur", {"Naturvandring"}),  # the beginning, and the name of a topic
        ("ov dansk", {"Øv dansk"}),  # letters that a keyboard lacks
        ("oev", {"Øv dansk"}),
        ("aaben raadgivning", {"Åben rådgivning"}),
        ("besøgsvennerne", {"Besøgsvennerne", "En ven på besøg"}),  # the provider's name
        ("kulturcentret farsø", {"Øv dansk"}),  # the place and the area
        ("flygtninge", {"Øv dansk"}),  # the name of a target group
        ("refugees", {"Øv dansk"}),  # in English too
        ("radgivning", {"Åben rådgivning"}),
        ("raadgivnign", {"Åben rådgivning"}),  # a typing error
    ],
)
def test_words_are_understood(town, find, q, found):
    assert {each["name"] for each in find(q=q)["items"]} == found


def test_letters_at_the_end_of_a_word_are_not_yet_its_part(published, find):
    published(name="Vandring", purpose="Restaurant og afstand")

    assert find(q="ring")["total"] == find(q="tand")["total"] == 0


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({"kind": "association", "area": "farso"}, ["Sprogcaféen"]),
        ({"target_group": "newcomers"}, ["Øv dansk"]),
        ({"topic": "nature"}, ["Naturvandring"]),
        ({"weekday": "mo"}, ["Naturvandring", "Øv dansk"]),
        ({"time_of_day": "morning", "topic": "visiting"}, ["En ven på besøg"]),
        ({"weekday": "mo", "time_of_day": "morning"}, []),  # Friday's morning is not Monday's
        ({"weekday": "fr", "time_of_day": "morning", "area": "farso"}, ["Øv dansk"]),
        ({"free": True, "area": "logstor"}, []),
        ({"free": False, "kind": "offer"}, ["Naturvandring"]),
        ({"takes_new_users": False, "kind": "offer"}, ["Naturvandring"]),
        ({"needs_volunteers": True}, ["En ven på besøg"]),
        ({"wheelchair": True}, ["Øv dansk"]),
        ({"wheelchair": True, "q": "natur"}, []),
    ],
)
def test_every_choice_must_fit(town, names, choice, found):
    assert names(**choice) == found


def test_a_choice_is_counted_without_itself_and_with_the_others(town, find):
    facets = find(kind="offer", area="farso", weekday="mo", free=True)["facets"]

    # With every choice but the one of the facet itself.
    assert facets["areas"] == {"farso": 1}
    assert facets["weekdays"] == {"mo": 1, "fr": 1}
    assert facets["kinds"] == {"offer": 1}
    both = find(kind="offer", free=True)["facets"]
    assert both["areas"] == {"aars": 1, "farso": 1, "whole": 1}
    assert both["traits"]["free"] == 3
    timed = find(time_of_day="evening")["facets"]
    assert timed["weekdays"] == {"mo": 2}
    assert timed["times_of_day"] == {"morning": 3, "evening": 2}
    days = find(weekday="fr")["facets"]
    assert days["times_of_day"] == {"morning": 2}


@pytest.mark.parametrize(
    ("near", "first"),
    [("9670", "Naturvandring"), ("Farsø", "Øv dansk"), ("9600 aars", "En ven på besøg")],
)
def test_what_is_near_comes_first(town, find, near, first):
    found = find(kind="offer", near=near, sort="distance")["items"]

    assert found[0]["name"] == first
    assert found[0]["distance_km"] == 0.0
    told = [each["distance_km"] for each in found]
    # What is offered in the whole municipality is nowhere in particular.
    assert told[-1] is None
    assert told[:-1] == sorted(told[:-1])


def test_an_own_position_counts_before_the_postcodes(published, offered, find):
    association = published()
    offered(association, title="Ved havnen", latitude=56.967, longitude=9.247, postcode="9600")

    (item,) = find(q="havnen", near="9670")["items"]

    assert item["is_exact"]
    assert item["distance_km"] < 1


@pytest.mark.parametrize("near", [None, "Atlantis", "0000"])
def test_distance_needs_a_place_of_the_municipality(client, town, near):
    answer = client.get(PATH, query_string={"sort": "distance", "near": near})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/near"


def test_pages_follow_each_other_in_every_order(town, find):
    for arguments in (
        {"sort": "name"},
        {"q": "e", "limit": 1},
        {"sort": "distance", "near": "9600"},
    ):
        whole = [each["id"] for each in find(**{**arguments, "limit": 50})["items"]]
        seen, cursor = [], None
        while True:
            page = find(**{**arguments, "limit": 2}, **({"cursor": cursor} if cursor else {}))
            seen += [each["id"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == whole


def test_a_cursor_of_another_order_is_refused(client, town, find):
    by_name = find(limit=2)["next"]

    answer = client.get(PATH, query_string={"q": "kaffe", "cursor": by_name})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/cursor"


def test_what_is_not_published_is_found_by_nobody(client, coordinator, published, described, find):
    association = published()
    path = f"/api/v1/offers/{uuid4()}"
    client.as_(coordinator).put(
        path, json=described(association_id=association["id"], title="Dart")
    )

    assert find(q="dart")["total"] == 0
    assert client.as_(coordinator).get(PATH, query_string={"q": "dart"}).json["total"] == 0


def test_a_new_name_of_the_provider_is_found(client, coordinator, town, names, find):
    friends = next(each for each in find(q="besøgsvennerne")["items"] if each["kind"] != "offer")
    client.as_(coordinator).patch(
        f"/api/v1/associations/{friends['id']}", json={"name": "Kaffeklubben"}
    )

    assert names(q="kaffeklubben") == ["Kaffeklubben", "En ven på besøg"]
    assert find(q="kaffeklubben")["items"][1]["provider"] == "Kaffeklubben"
    assert names(q="besøgsvennerne") == []


def test_words_of_offers_are_suggested_and_corrected_while_they_are_public(
    client, coordinator, town, find
):
    def suggested(q):
        return client.get(f"{PATH}/suggestions", query_string={"q": q}).json["suggestions"]

    # Suggestions come of the words as a search last saw them.
    assert find(q="naturvandring")["total"] == 1
    assert suggested("natu") == ["naturvandring"]
    assert suggested("gratis lekt") == ["gratis lektiecaféen"]
    assert suggested("n") == suggested("") == suggested("qqq") == []
    assert find(q="naturvandrign")["did_you_mean"] == "naturvandring"

    walk = find(q="naturvandring")["items"][0]
    client.as_(coordinator).post(f"/api/v1/offers/{walk['id']}/withdrawal")

    # A moment later at the latest: the search has noticed that words are gone.
    assert find(q="naturvandring")["total"] == 0
    assert suggested("natu") == []


@pytest.fixture
def used_often(database):
    """Have some words of the town be used more often than a rare one is."""
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE word SET document_count = :many WHERE folded = ANY(:words)"),
            {"many": RARE + 1, "words": ["kaffe", "kop", "dansk"]},
        )


@pytest.mark.parametrize(
    "asked",
    [
        Asked(q="kaffe dansk besøg"),
        Asked(q="dansk samtale i lektiecaféen", area="farso", weekday="mo"),
        Asked(q="kop kaffe ved"),
        Asked(q="farsø samtale", takes_new_users=True),
        Asked(q="dansk 9640"),
        Asked(q="samtale kaffe"),
    ],
    ids=lambda asked: asked.q,
)
@pytest.mark.parametrize("sort", ["relevance", "name", "distance"])
def test_common_words_are_looked_for_in_what_rare_ones_find_and_the_same_is_found(
    town, used_often, database, asked, sort
):
    asked = replace(asked, sort=sort, near="9640")
    with database.reading() as session:
        dictionary = dictionary_of(session)
        words = words_of(terms_of(asked.q), dictionary)

        def found(words):
            listed = listing(asked, words, dictionary)
            counted, rows = ask(session, counting(asked, words), listed.statement)
            return counts(counted, asked), rows

        all_by_index = words._replace(form=Form(words.form.number, words.form.number))
        assert found(words) == found(all_by_index)


def test_the_index_is_asked_for_the_rare_words_and_for_those_nobody_has_counted(
    town, used_often, database
):
    with database.reading() as session:
        dictionary = dictionary_of(session)

    def indexed(*terms):
        form, parameters = words_of(terms, dictionary)
        assert form.number == len(terms)
        return [parameters[f"danish{place}"] for place in range(form.indexed)]

    assert indexed("kaffe", "svarer") == ["'svarer':*"]
    assert indexed("kaffe", "9640", "svarer", "kop") == ["'9640':*", "'svarer':*"]
    # What is the name of a choice is as common as that.
    assert indexed("farsø", "svarer") == ["'svarer':*"]
    # Without a rare one it is asked for all.
    assert indexed("kaffe", "kop") == ["'kaffe':*", "'kop':*"]
    assert indexed("kaffe", "9640") == ["'kaffe':*", "'9640':*"]
    assert indexed("kaffe") == ["'kaffe':*"]


def test_more_matches_than_are_counted_are_told_as_at_least(client, database, find):
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "SET LOCAL statement_timeout = 0;"
                " ALTER TABLE listing DISABLE TRIGGER count_words;"
                " INSERT INTO association (id, version, name, form, purpose, target_groups, area,"
                " volunteers_wanted, status, contact_person_id, registered_at)"
                " SELECT gen_random_uuid(), 1, 'Forening ' || n, 'association', 'Fælles kaffe',"
                " '{older}', 'aars', false, 'published', gen_random_uuid(), now()"
                f" FROM generate_series(1, {COUNTED + 5}) AS n;"
                " ALTER TABLE listing ENABLE TRIGGER count_words"
            )
        )

    found = find(q="kaffe", limit=1)

    assert (found["ranked"], found["counted"], found["total"]) == ("sample", "sample", COUNTED)
    assert find(sort="name", limit=1)["counted"] == "sample"
    assert find(q="forening 17", limit=1)["ranked"] == "exact"
    assert CANDIDATES < COUNTED


@pytest.mark.parametrize(
    "arguments",
    [
        {"weekday": "monday"},
        {"time_of_day": "noon"},
        {"kind": "person"},
        {"sort": "best"},
        {"q": "a\x00b"},
        {"area": "\x00"},
        {"cursor": "rubbish"},
        {"free": "perhaps"},
        {"misspelt": "1"},
    ],
)
def test_what_cannot_be_looked_for_is_refused(client, arguments):
    assert client.get(PATH, query_string=arguments).status_code in {400, 422}


@pytest.mark.parametrize(
    "value", ["'", "' | !'#status:draft", "\\", "x' & 'y", "#kind:offer", "🙂"]
)
def test_no_choice_upsets_the_search(client, town, value):
    for name in ("target_group", "topic", "area", "q"):
        answer = client.get(PATH, query_string={name: value})

        assert answer.status_code == 200
        if name != "q":
            assert answer.json["total"] == 0
