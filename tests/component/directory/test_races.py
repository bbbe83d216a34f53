"""Two at once: who waits for whom, and what must never come of it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text

from services.directory.commands.people import know_person
from services.directory.model import Membership, MembershipRole
from tests.support.eventually import eventually


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def until_it_waits(database):
    """Wait until a request waits for a lock that somebody holds, or is done in spite of it."""

    def look(request):
        with database.reading() as session:
            waiting = session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        assert waiting or request.done()

    return lambda request: eventually(lambda: look(request))


def test_of_two_administrators_who_leave_at_once_one_stays(
    client, coordinator, published, principal
):
    one = published()
    as_chair = principal(associations={one["id"]: "administrator"})
    karla = {"name": "Karla Kasserer", "email": "karla@example.org"}
    body = {"association_id": one["id"], "person": karla, "role": "administrator"}
    client.as_(coordinator).put(f"/api/v1/memberships/{uuid4()}", json=body)
    path = f"/api/v1/memberships?association_id={one['id']}"
    roles = client.as_(as_chair).get(path).json["items"]
    assert len(roles) == 2

    with ThreadPoolExecutor(2) as pool:
        leaving = lambda role: client.as_(as_chair).delete(f"/api/v1/memberships/{role['id']}")  # noqa: E731
        answers = list(pool.map(leaving, roles))

    assert sorted(answer.status_code for answer in answers) == [204, 409]
    left = client.as_(as_chair).get(path).json["items"]
    assert [(each["role"], each["is_contact"]) for each in left] == [("administrator", True)]


def test_nobody_is_given_a_role_while_they_are_erased(
    client, coordinator, published, arrange, until_it_waits
):
    """Without a name they could not be reached, and nobody would know who acts."""
    one = published()
    other = published(name="Sorø Sangkor", contact={"name": "Solvejg", "email": "s@example.org"})
    karla = {"name": "Karla Kasserer", "email": "karla@example.org"}
    body = {"association_id": one["id"], "person": karla, "role": "editor"}
    given = client.as_(coordinator).put(f"/api/v1/memberships/{uuid4()}", json=body).json
    person = f"/api/v1/people/{given['person_id']}"

    with ThreadPoolExecutor(1) as pool:
        with arrange() as work:
            known = know_person(work, **karla)
            erased = pool.submit(lambda: client.as_(coordinator).delete(person))
            until_it_waits(erased)
            membership = Membership(
                id=uuid4(),
                association_id=UUID(other["id"]),
                person_id=known.id,
                role=MembershipRole.EDITOR,
                leads=False,
                is_contact=False,
                granted_at=work.now,
            )
            work.add(membership)
        assert erased.result().status_code == 200

    left = client.as_(coordinator).get(f"/api/v1/memberships?person_id={given['person_id']}")
    assert left.json["items"] == []


def test_who_leaves_waits_for_the_association_before_anything_else(
    client, published, principal, arrange, until_it_waits
):
    """Whoever changes roles takes the association first, so that two never hold each other up."""
    one = published()
    chair = client.as_(principal(associations={one["id"]: "administrator"}))
    role = chair.get(f"/api/v1/memberships?association_id={one['id']}").json["items"][0]["id"]
    hold = text("SELECT id FROM association WHERE id = :id FOR UPDATE")
    peek = text("SELECT id FROM membership WHERE id = :id FOR UPDATE SKIP LOCKED")

    with ThreadPoolExecutor(1) as pool:
        with arrange() as work:
            work.session.execute(hold, {"id": one["id"]})
            leaving = pool.submit(lambda: chair.delete(f"/api/v1/memberships/{role}"))
            until_it_waits(leaving)
            free = work.session.execute(peek, {"id": role}).all()
        assert slug(leaving.result()) == "last-administrator"

    assert len(free) == 1


def test_known_and_unknown_addresses_cost_the_same_statements(client, published, database):
    published()
    said = []
    listener = lambda *arguments: said.append(arguments[2])  # noqa: E731
    event.listen(database.engine, "before_cursor_execute", listener)
    costs = []

    for email in ("skjalm@example.org", "nobody@example.org"):
        said.clear()
        body = {"email": email, "browser": "browser-of-skjalm-0123456789"}
        assert client.post("/api/v1/sign-in-links", json=body).status_code == 202
        costs.append([each for each in said if "SAVEPOINT" not in each])
    event.remove(database.engine, "before_cursor_execute", listener)

    assert costs[0] == costs[1]
    assert any("event_log" in statement for statement in costs[1])


def test_a_word_that_went_out_of_use_is_in_the_way_of_no_other_change(
    client, published, principal, arrange
):
    one = published(target_groups=["everyone"], area="aars")
    me = client.as_(principal(associations={one["id"]: "editor"}))
    path = f"/api/v1/associations/{one['id']}"
    with arrange() as work:
        work.session.execute(
            text('UPDATE vocabulary SET value = value || \'{"areas": [], "target_groups": []}\'')
        )

    phone = me.patch(path, json={"phone": "12 34 56 78", "area": "aars"})
    words = me.patch(path, json={"area": "farso", "target_groups": ["everyone", "older"]})

    assert phone.status_code == 200
    assert words.status_code == 422
    assert {each["pointer"] for each in words.json["errors"]} == {"/area", "/target_groups/1"}
