"""How the vejviser is searched: words, choices, typing errors, and what is common."""

import pytest
from sqlalchemy import text

from services.directory.queries.search import CANDIDATES

PATH = "/api/v1/associations"


@pytest.fixture
def names(client):
    """Search; return the names found, the best first."""

    def search(**arguments):
        return [each["name"] for each in client.get(PATH, query_string=arguments).json["items"]]

    return search


@pytest.fixture
def words(database):
    """Return how many associations use each word."""

    def counted():
        with database.reading() as session:
            rows = session.execute(text("SELECT written, document_count FROM word"))
            return {row.written: row.document_count for row in rows if row.document_count}

    return counted


@pytest.mark.parametrize(
    "q",
    [
        "ældres naturklub",  # one word by its stem, the other by its beginning
        "vandringens",  # the stem of another form
        "aeldre",
        "natur i aars",  # the area's name, and a word without meaning
        "børn vandring",  # the target group's name
        "13748136",
        "NATURKLUBBEN!",
    ],
)
def test_every_word_may_match_in_its_own_way(published, names, q):
    published(
        name="Naturklubben",
        cvr="13748136",
        purpose="Vandringer for den ældre borger",
        area="aars",
        target_groups=["children"],
    )
    published(name="Skakbrættet", purpose="Brætspil om aftenen", area="ranum")

    assert names(q=q) == ["Naturklubben"]


def test_every_word_must_match(published, names):
    published(name="Naturklubben", purpose="Vandringer")

    assert names(q="natur skak") == []


def test_what_is_in_the_name_comes_first(published, names):
    published(name="Aftenkredsen", purpose="Vi spiller skak og synger, og der er kaffe.")
    published(name="Skakklubben", purpose="Vi mødes om aftenen.")

    assert names(q="skak") == ["Skakklubben", "Aftenkredsen"]


@pytest.mark.parametrize(
    ("q", "meant"),
    [("lektihjælp", "lektiehjælp"), ("Lektiehjelp", "lektiehjælp"), ("skka", "skak")],
)
def test_a_typing_error_is_corrected(client, published, q, meant):
    published(name="Lektiehjælp for alle", purpose="Vi spiller også skak.")

    answer = client.get(PATH, query_string={"q": q}).json

    assert (answer["did_you_mean"], answer["total"]) == (meant, 1)


def test_what_is_right_is_not_corrected(client, published):
    published(name="Naturklubben", purpose="Vandringer for ældre")

    assert client.get(PATH, query_string={"q": "ældres"}).json["did_you_mean"] is None


def test_words_count_while_an_association_is_public(client, coordinator, published, words):
    one = published(name="Skakklubben", purpose="Skak og skak igen")
    published(name="Brætspil", purpose="Skak")
    assert (words()["skak"], words()["skakklubben"]) == (2, 1)

    staff = client.as_(coordinator)
    staff.patch(f"{PATH}/{one['id']}", json={"purpose": "Dart"})
    assert (words()["skak"], words()["dart"]) == (1, 1)

    staff.post(f"{PATH}/{one['id']}/closure", json={"reason": "Nedlagt"})
    assert words() == {"brætspil": 1, "skak": 1}


def test_a_word_nearly_everybody_uses_ranks_a_sample_and_says_so(client, database):
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO association (id, version, name, form, purpose, target_groups, area,"
                " volunteers_wanted, status, contact_person_id, registered_at)"
                " SELECT gen_random_uuid(), 1, 'Forening ' || n, 'association', 'Fælles kaffe',"
                " '{older}', 'aars', false, 'published', gen_random_uuid(), now()"
                " FROM generate_series(1, :many) AS n"
            ),
            {"many": CANDIDATES + 50},
        )

    common = client.get(PATH, query_string={"q": "kaffe", "limit": 200}).json
    rare = client.get(PATH, query_string={"q": "kaffe 17"}).json
    seen, cursor = {each["id"] for each in common["items"]}, common["next"]
    while cursor:
        page = client.get(PATH, query_string={"q": "kaffe", "limit": 200, "cursor": cursor}).json
        assert not seen & {each["id"] for each in page["items"]}
        seen |= {each["id"] for each in page["items"]}
        cursor = page["next"]

    assert (common["ranked"], common["total"]) == ("sample", CANDIDATES + 50)
    assert rare["ranked"] == "exact"
    assert len(seen) == CANDIDATES
    assert client.get(PATH).json["total"] == CANDIDATES + 50


@pytest.mark.parametrize("q", ["'", "a:*&|!", "\\", "%_", "<->", "(", "og", "i", " ", "x" * 200])
def test_no_word_upsets_the_search(client, published, q):
    published()

    assert client.get(PATH, query_string={"q": q}).status_code == 200
