"""Which association a row is about: surely, surely none, or to be asked."""

from uuid import UUID, uuid4

import pytest

from services.directory.commands.imports.matching import NEW, Known, Register
from services.directory.commands.imports.words import name_key

CHESS = UUID(int=1)


def register(*known):
    made = Register()
    made.add_all(known)
    return made


def known(name="Nørrebro Skakklub", *, id_=CHESS, cvr=None, postcode="9600", is_living=True):
    return Known(id=id_, cvr=cvr, key=name_key(name), postcode=postcode, is_living=is_living)


def find(found, name="Nørrebro Skakklub", *, cvr=None, postcode="9600"):
    return found.find(cvr=cvr, name=name, postcode=postcode)


@pytest.mark.parametrize(
    ("here", "row"),
    [
        (known(cvr="13748136"), {"cvr": "13748136", "postcode": "9670"}),
        (known(cvr="13748136"), {"cvr": "13748136", "name": "Nørrebro Skak"}),
        (known(), {"name": "NØRREBRO SKAKKLUB"}),
        (known(), {"cvr": "13748136"}),
        (known(postcode=None), {"postcode": None}),
        (known(cvr="13748136"), {}),
    ],
)
def test_one_number_or_one_name_at_one_place_is_one_association(here, row):
    assert find(register(here), **row).association_id == CHESS


@pytest.mark.parametrize(
    ("here", "row", "reason"),
    [
        (known("Sejlklubben Vest", cvr="13748136"), {"cvr": "13748136"}, "cvr-other-name"),
        (known(cvr="10000009"), {"cvr": "13748136"}, "other-cvr"),
        (known(postcode="9670"), {}, "other-postcode"),
        (known(postcode=None), {}, "other-postcode"),
        (known("Nørebro Skakklub"), {}, "similar"),
        (known("Nørebro Skakklub", postcode=None), {}, "similar"),
        (known(is_living=False), {}, "closed"),
        (known(cvr="13748136", is_living=False), {"cvr": "13748136"}, "closed"),
    ],
)
def test_what_is_nearly_one_is_asked(here, row, reason):
    match = find(register(here), **row)

    assert (match.association_id, match.reason) == (None, reason)
    assert match.candidates == [CHESS]


@pytest.mark.parametrize(
    ("here", "row"),
    [
        (known("Sejlklubben Vest"), {}),
        (known("Nørebro Skakklub", postcode="9670"), {}),
        (known("Nørebro Skakklub", cvr="10000009"), {"cvr": "13748136"}),
        (known(cvr="10000009", postcode="9670"), {"cvr": "13748136"}),
        (known("Spejderne 1. trop"), {"name": "Spejderne 2. trop"}),
    ],
)
def test_what_is_another_one_is_new(here, row):
    assert find(register(here), **row) == NEW


def test_two_of_one_name_at_one_place_are_asked_about():
    both = register(known(), known(id_=uuid4()))

    assert find(both).reason == "several"


def test_a_living_one_is_known_before_one_that_closed():
    both = register(known(id_=uuid4(), is_living=False), known())

    assert find(both).association_id == CHESS


def test_what_changed_is_known_by_its_new_name_only():
    found = register(known())

    found.add_all([known("Aars Skakforening")])

    assert find(found, "Aars Skakforening").association_id == CHESS
    assert find(found) == NEW
    assert not found.holds("13748136")
