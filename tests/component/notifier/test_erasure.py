"""Forgetting a person in the messages that could not be handled (GDPR art. 17)."""

import pytest

from contracts.directory import PersonErased
from tests.support.erasing import KINDS, NAME, OTHER, PERSON, keep, kept


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_is_forgotten_in_what_waits(service, database, deliver, kind):
    keep(kind, service, database)
    assert NAME in kept(database)

    # What waits is in its way: forgetting does not wait for that.
    deliver(PersonErased(person_id=PERSON), sequence=4, expect="parked")

    assert NAME not in kept(database)
    assert "torben" not in kept(database)


def test_others_are_left_alone(service, database, deliver):
    body = keep("dead", service, database).decode()

    deliver(PersonErased(person_id=OTHER), expect="handled")

    assert body in kept(database)
