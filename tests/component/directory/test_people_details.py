"""Finding people, and what they may change about themselves."""

import pytest


@pytest.mark.parametrize("q", ["skjalm_skak", "100%", "skjalm_", "K_", "\\"])
def test_people_are_found_by_what_they_really_write(client, coordinator, published, q):
    published(contact={"name": "Skjalm 100% \\ K_", "email": "skjalm_skak@example.org"})
    published(
        name="Sorø Sangkor", contact={"name": "Solvejg 100", "email": "skjalmxskak@example.org"}
    )

    found = client.as_(coordinator).get("/api/v1/people", query_string={"q": q}).json["items"]

    assert [each["email"] for each in found] == ["skjalm_skak@example.org"]


@pytest.mark.parametrize(
    "body", [{"email": ""}, {"email": None}, {"name": None}, {"name": " "}, {"language": None}]
)
def test_nobody_loses_their_name_or_address_by_leaving_it_empty(
    client, published, principal, outbox, body
):
    one = published()
    me = client.as_(principal(id=one["contact"]["person_id"]))
    outbox.clear()

    answer = me.patch(f"/api/v1/people/{one['contact']['person_id']}", json=body)

    assert answer.status_code == 422
    assert outbox.events == []


def test_who_changes_nothing_tells_nobody(client, published, principal, outbox):
    one = published()
    me = client.as_(principal(id=one["contact"]["person_id"]))
    path = f"/api/v1/people/{one['contact']['person_id']}"
    outbox.clear()

    answers = [me.patch(path, json=body) for body in ({}, {"name": "Skjalm Skak"})]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert outbox.events == []
