"""Every change is kept as a difference: by whom, on whose behalf, from what to what."""

from uuid import UUID, uuid4

import pytest


@pytest.fixture
def changes_of(client, coordinator):
    """Read the history of an association, oldest first, as somebody."""

    def read(one, who=coordinator):
        answer = client.as_(who).get(f"/api/v1/associations/{one['id']}/changes")
        assert answer.status_code == 200, answer.json
        return list(reversed(answer.json["items"]))

    return read


def differences(change):
    return {each["field"]: (each["before"], each["after"]) for each in change["differences"]}


def test_the_whole_life_of_a_record_is_told(client, published, coordinator, principal, changes_of):
    one = published()
    path = f"/api/v1/associations/{one['id']}"
    editor = principal(associations={UUID(one["id"]): "editor"})
    client.as_(editor).patch(path, json={"phone": "99 66 70 00", "target_groups": ["older"]})
    client.as_(editor).patch(path, json={"phone": "99 66 70 00"})
    client.as_(editor).post(f"{path}/confirmation")
    client.as_(principal("centre")).patch(path, json={"volunteers_wanted": True})
    client.as_(coordinator).post(f"{path}/closure", json={"reason": "Nedlagt"})
    client.as_(coordinator).post(f"{path}/reopening")

    told = changes_of(one)

    assert [(each["kind"], each["on_behalf"]) for each in told] == [
        ("registered", "association"),
        ("approved", "coordinator"),
        ("described", "association"),
        ("confirmed", "association"),
        ("described", "centre"),
        ("closed", "coordinator"),
        ("reopened", "coordinator"),
    ]
    assert differences(told[2]) == {
        "phone": (None, "99 66 70 00"),
        "target_groups": (["everyone"], ["older"]),
    }
    assert differences(told[4]) == {"volunteers_wanted": (False, True)}
    assert told[5]["note"] == "Nedlagt"
    assert all(differences(each) == {} for each in (told[0], told[1], told[3], told[5], told[6]))


def test_a_change_is_kept_with_its_command_or_not_at_all(client, published, principal, changes_of):
    one = published()
    path = f"/api/v1/associations/{one['id']}"
    editor = principal(associations={UUID(one["id"]): "editor"})

    client.as_(editor).patch(path, json={"phone": "1"}, headers={"If-Match": '"99"'})
    client.as_(editor).patch(path, json={"area": "atlantis"})

    assert [each["kind"] for each in changes_of(one)] == ["registered", "approved"]


def test_only_ones_own_history_is_read(client, published, principal):
    one, other = published(), published(name="Ranum Kor")
    member = client.as_(principal(associations={UUID(one["id"]): "member"}))

    own = member.get(f"/api/v1/associations/{one['id']}/changes")
    foreign = member.get(f"/api/v1/associations/{other['id']}/changes")
    missing = member.get(f"/api/v1/associations/{uuid4()}/changes")

    assert [each.status_code for each in (own, foreign, missing)] == [200, 404, 404]
    assert client.as_(principal()).get(own.request.path).status_code == 403
    assert client.as_(None).get(own.request.path).status_code == 401


def test_an_association_sees_its_own_people_and_of_others_the_role(
    client, published, principal, coordinator, changes_of
):
    one = published()
    path = f"/api/v1/associations/{one['id']}"
    contact = principal(
        id=UUID(one["contact"]["person_id"]), associations={UUID(one["id"]): "administrator"}
    )
    client.as_(contact).patch(path, json={"phone": "1"})
    client.as_(coordinator).patch(path, json={"phone": "2"})

    own = changes_of(one, contact)

    assert [each["actor"] for each in own] == [None, None, "Skjalm Skak", None]
    assert own[-1]["on_behalf"] == "coordinator"


def test_whoever_is_erased_is_gone_from_the_history_and_the_notes_of_calls(
    client, published, principal, coordinator, changes_of, database
):
    one = published(public_email="canary@example.org", phone="99 66 70 00")
    path = f"/api/v1/associations/{one['id']}"
    chair = {
        "association_id": one["id"],
        "person": {"name": "Canary Kanariefugl", "email": "canary@example.org"},
        "role": "editor",
    }
    staff = client.as_(coordinator)
    given = staff.put(f"/api/v1/memberships/{uuid4()}", json=chair).json
    staff.patch(path, json={"purpose": "Ring til Canary Kanariefugl, canary@example.org"})
    staff.patch(path, json={"purpose": "Skak for alle.", "public_email": None})
    staff.put(
        f"/api/v1/calls/{uuid4()}",
        json={
            "association_id": one["id"],
            "outcome": "no-answer",
            "note": "Talte med Canary Kanariefugl",
        },
    )

    erased = staff.delete(f"/api/v1/people/{given['person_id']}")

    assert erased.status_code == 200
    told = str(changes_of(one)) + str(staff.get("/api/v1/calls").json)
    assert "anary" not in told
    assert "(slettet)" in told
    assert "99 66 70 00" in str(staff.get(path).json)
