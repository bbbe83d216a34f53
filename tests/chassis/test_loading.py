"""Events are built quickly where their data are right, and by the schema in every other case."""

from datetime import UTC, date, datetime
from enum import Enum
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from chassis import events
from chassis.events import Event, event, load, schema_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@events.dataclass(frozen=True)
class Part:
    name: str
    weight: int = 0


@event("loading.thing.made.v1")
class ThingMade(Event):
    thing_id: UUID
    name: str
    count: int
    is_new: bool
    at: datetime
    on: date
    colour: Colour
    part: Part
    note: str | None
    parts: tuple[Part, ...] = ()
    numbers: tuple[int, ...] = ()
    until: date | None = None


things = st.builds(
    ThingMade,
    thing_id=st.uuids(),
    name=st.text(st.characters(codec="utf-8")),
    count=st.integers(-(2**53), 2**53),
    is_new=st.booleans(),
    at=st.datetimes(timezones=st.just(UTC)),
    on=st.dates(),
    colour=st.sampled_from(Colour),
    part=st.builds(Part, name=st.text(max_size=5), weight=st.integers(0, 9)),
    note=st.none() | st.text(max_size=5),
    parts=st.lists(st.builds(Part, name=st.text(max_size=5)), max_size=3).map(tuple),
    numbers=st.lists(st.integers(0, 9), max_size=3).map(tuple),
    until=st.none() | st.dates(),
)


@given(thing=things)
def test_what_is_written_is_read_back_by_both_ways(thing):
    data = orjson.loads(orjson.dumps(thing))

    assert load(ThingMade, data) == schema_of(ThingMade)().load(data) == thing


RIGHT = {
    "thing_id": str(uuid4()),
    "name": "Skak",
    "count": 3,
    "is_new": True,
    "at": "2024-03-15T22:59:00Z",
    "on": "2024-03-15",
    "colour": "red",
    "part": {"name": "dronning"},
    "note": None,
}

ODD = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
    | st.sampled_from(["2024-03-15", "2024-03-15T22:59:00", str(uuid4()), "red", "true", "7"])
)


@given(name=st.sampled_from(sorted(RIGHT)), value=ODD)
def test_whatever_is_sent_both_ways_decide_alike(name, value):
    data = {**RIGHT, name: value}

    assert _outcome(lambda: load(ThingMade, data)) == _outcome(
        lambda: schema_of(ThingMade)().load(data)
    )


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_what_is_missing_is_named(name):
    data = {key: value for key, value in RIGHT.items() if key != name}

    with pytest.raises(ValidationError) as caught:
        load(ThingMade, data)
    assert name in caught.value.messages


def test_what_is_unknown_is_ignored():
    assert load(ThingMade, {**RIGHT, "weight": 3}) == load(ThingMade, RIGHT)


def _outcome(make):
    try:
        return make()
    except ValidationError as error:
        return error.messages
