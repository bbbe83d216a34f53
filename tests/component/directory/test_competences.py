"""What associations lend: who writes it, who finds it, and where one asks (N7, N8, N14)."""

from uuid import UUID, uuid4

import pytest

from contracts.directory import CompetenceOffered, CompetenceWithdrawn


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def one(published):
    return published(public_email="klub@example.org")


@pytest.fixture
def editor(client, principal, one):
    return client.as_(principal(associations={UUID(one["id"]): "editor"}))


@pytest.fixture
def lent(editor, one):
    """Write what the association lends; return the answer."""

    def write(id_=None, *, by=None, **changes):
        body = {
            "association_id": one["id"],
            "kind": "speaker",
            "title": "Livet som pårørende",
            "description": "Om hverdagen med demens i familien.",
            "topics": ["company"],
            "terms": "En time, gratis",
            "is_public": True,
            **changes,
        }
        return (by or editor).put(f"/api/v1/competences/{id_ or uuid4()}", json=body)

    return write


def found(who, query=""):
    return [each["title"] for each in who.get(f"/api/v1/competences?{query}").json["items"]]


def test_an_association_writes_changes_and_takes_back_what_it_lends(client, editor, lent, outbox):
    id_ = uuid4()
    made, again, changed = lent(id_), lent(id_), lent(id_, title="Pårørende fortæller")

    gone = editor.delete(f"/api/v1/competences/{id_}")

    assert [each.status_code for each in (made, again, changed, gone)] == [201, 200, 200, 204]
    assert [each.title for each in outbox.of(CompetenceOffered)] == [
        "Livet som pårørende",
        "Pårørende fortæller",
    ]
    assert [each.competence_id for each in outbox.of(CompetenceWithdrawn)] == [id_]
    assert found(client.as_(None)) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Livet som pårørende", "Regnskab for begyndere"]),
        ("q=familie", ["Livet som pårørende"]),
        ("q=demens", ["Livet som pårørende"]),
        ("q=regnskaber", ["Regnskab for begyndere"]),
        ("q=skakklub", ["Livet som pårørende", "Regnskab for begyndere"]),
        ("topic=nature", ["Regnskab for begyndere"]),
        ("kind=expertise", ["Regnskab for begyndere"]),
        ("topic=nature&kind=speaker", []),
        ("q=%22'%26|!", []),
    ],
)
def test_it_is_found_by_word_topic_and_kind(client, lent, query, expected):
    lent()
    lent(
        title="Regnskab for begyndere",
        description="Vi hjælper nye kasserere.",
        kind="expertise",
        topics=["nature"],
    )

    assert found(client.as_(None), query) == expected


def test_what_is_not_public_is_for_staff_and_associations(client, principal, lent):
    pair = lent(is_public=False).json
    insiders = [
        principal("caseworker"),
        principal("council"),
        principal(associations={uuid4(): "member"}),
    ]
    outsiders = [None, principal()]

    for who in insiders:
        assert found(client.as_(who)) == ["Livet som pårørende"], who
    for who in outsiders:
        assert found(client.as_(who)) == [], who
        assert client.as_(who).get(f"/api/v1/competences/{pair['id']}").status_code == 404


def test_one_asks_at_the_associations_address_and_never_at_a_persons(client, lent):
    lent()

    answer = client.as_(None).get("/api/v1/competences")

    assert answer.json["items"][0]["contact_email"] == "klub@example.org"
    assert "skjalm" not in answer.text.lower()


def test_what_leaves_the_vejviser_lends_nothing(client, coordinator, lent, one):
    lent()
    closing = f"/api/v1/associations/{one['id']}/closure"

    client.as_(coordinator).post(closing, json={"reason": "Nedlagt"})

    assert found(client.as_(None)) == []
    assert found(client.as_(coordinator)) == []


def test_only_the_associations_editors_and_the_coordinator_write(
    client, coordinator, principal, lent, one
):
    id_ = uuid4()
    lent(id_)
    others = [
        principal(associations={uuid4(): "administrator"}),
        principal(associations={UUID(one["id"]): "member"}),
        principal("caseworker"),
        principal("centre"),
    ]

    for who in others:
        somebody = client.as_(who)
        assert lent(by=somebody).status_code == 403, who
        assert somebody.delete(f"/api/v1/competences/{id_}").status_code in {403, 404}, who
    assert lent(by=client.as_(coordinator)).status_code == 201
    assert lent(id_, association_id=str(uuid4())).status_code in {403, 404}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"topics": ["unknown"]}, "/topics/0"),
        ({"topics": []}, "/topics"),
        ({"title": ""}, "/title"),
        ({"kind": "lender"}, "/kind"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(lent, changes, pointer):
    refused = lent(**changes)

    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json["errors"]] == [pointer]


def test_a_registration_that_waits_lends_nothing_yet(client, principal, registration, lent):
    id_ = uuid4()
    body = registration(cvr=None, contact={"name": "Ny", "email": "ny@example.org"})
    client.as_(None).put(f"/api/v1/associations/{id_}", json=body)
    its_own = client.as_(principal(associations={id_: "editor"}))

    refused = lent(by=its_own, association_id=str(id_))

    assert (refused.status_code, slug(refused)) == (409, "association-not-published")
