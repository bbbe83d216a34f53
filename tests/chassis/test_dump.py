"""The generated dump functions say what marshmallow says."""

import enum
import types
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, post_dump
from marshmallow import fields as ma

import chassis.dump
from chassis import fields
from chassis.dump import Ready, dump_function


class Colour(enum.StrEnum):
    RED = "red"


class Part(Schema):
    name = fields.Line()
    amount_ore = fields.Ore()


class Everything(Schema):
    id = ma.UUID()
    name = fields.Line()
    text = ma.String(allow_none=True)
    count = ma.Integer()
    amount_ore = fields.Ore()
    wanted = ma.Boolean()
    at = fields.Instant()
    zoned = ma.AwareDateTime()
    on = ma.Date()
    colour = ma.Enum(Colour, by_value=True)
    share = ma.Float(allow_none=True)
    counts = ma.Dict(keys=ma.String(), values=ma.Integer())
    amounts = ma.Dict(keys=ma.String(), values=ma.Integer(as_string=True))
    labels = ma.Dict(values=ma.String())
    tags = ma.List(ma.String())
    ids = ma.List(ma.UUID())
    part = ma.Nested(Part, allow_none=True)
    parts = ma.List(ma.Nested(Part))
    many_parts = ma.Nested(Part, many=True)
    renamed = ma.String(attribute="name", data_key="re-named", dump_only=True)
    deep = ma.String(attribute="part.name", dump_only=True)
    defaulted = ma.String(dump_default="x")
    made = ma.Function(lambda obj: "made")
    secret = ma.String(load_only=True)


# As the services take them: a moment of the year 1 has no time in UTC two hours before.
instants = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - Hypothesis wants them so
    max_value=datetime(2199, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]),
)
parts = st.fixed_dictionaries({"name": st.text(), "amount_ore": st.integers(-(2**53), 2**53)})
counts = st.dictionaries(
    st.text(), st.integers(0, 2**53) | st.booleans() | st.just("7") | st.none(), max_size=3
)
values = st.fixed_dictionaries(
    {
        "id": st.uuids() | st.none(),
        # What a column of another type would give is coerced, as marshmallow does.
        "name": st.text() | st.integers(0, 9) | st.just(Colour.RED) | st.none(),
        "text": st.text() | st.none(),
        "count": st.integers(-(2**53), 2**53) | st.booleans() | st.just("7"),
        "amount_ore": st.integers(0, 2**53),
        "wanted": st.booleans() | st.none(),
        "at": instants | st.none(),
        "zoned": instants | st.none(),
        "on": st.dates() | st.none(),
        "colour": st.sampled_from(Colour) | st.none(),
        "share": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 9) | st.none(),
        "counts": counts | st.none(),
        "amounts": counts,
        "labels": st.dictionaries(st.text(), st.text(), max_size=3),
        "tags": st.lists(st.text()) | st.lists(st.text()).map(tuple) | st.none(),
        "ids": st.lists(st.uuids(), max_size=3),
        "part": parts | st.none(),
        "parts": st.lists(parts, max_size=3) | st.none(),
        "many_parts": st.lists(parts, max_size=3),
        "secret": st.just("secret"),
    },
    optional={"defaulted": st.text()},
)


def as_object(given: Any) -> Any:
    if isinstance(given, list):
        return [as_object(each) for each in given]
    if not isinstance(given, dict):
        return given
    nested = ("part", "parts", "many_parts")
    return types.SimpleNamespace(
        **{key: as_object(value) if key in nested else value for key, value in given.items()}
    )


def as_json(answer: Any) -> Any:
    return orjson.loads(orjson.dumps(answer, option=orjson.OPT_UTC_Z))


@given(values)
def test_it_says_what_marshmallow_says(given: dict[str, Any]) -> None:
    schema = Everything()
    dump = dump_function(schema)

    assert as_json(dump(given)) == as_json(schema.dump(given))
    assert as_json(dump(as_object(given))) == as_json(schema.dump(as_object(given)))


class Row(Schema):
    id = ma.UUID()
    name = fields.Line(allow_none=True)
    share = ma.Float()
    at = fields.Instant()
    colour = ma.Enum(Colour, by_value=True)
    tags = ma.List(ma.String())


rows = st.fixed_dictionaries(
    {
        "id": st.uuids() | st.just(str(uuid.UUID(int=1))),
        "name": st.text() | st.none() | st.just(7),
        "share": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 9),
        "at": instants,
        "colour": st.sampled_from(Colour),
        "tags": st.lists(st.text() | st.just(7), max_size=2) | st.none(),
    }
)
orderly = st.fixed_dictionaries(
    {
        "id": st.uuids(),
        "name": st.text() | st.none(),
        "share": st.floats(allow_nan=False, allow_infinity=False),
        "at": instants.map(lambda at: at.astimezone(UTC)),
        "colour": st.sampled_from(Colour),
        "tags": st.lists(st.text(), max_size=2),
    }
).map(lambda each: {name: each[name] for name in Row._declared_fields})


class Page(Schema):
    items = ma.List(ma.Nested(Row))


@given(st.lists(rows | orderly, max_size=3))
def test_a_list_says_what_marshmallow_says(given: list[dict[str, Any]]) -> None:
    listed = Row().dump(given, many=True)

    assert as_json(dump_function(Row(many=True))(given)) == as_json(listed)
    assert as_json(dump_function(Page())({"items": given})) == as_json({"items": listed})


@given(st.lists(orderly, max_size=3))
def test_a_ready_list_goes_through_as_it_is(given: list[dict[str, Any]]) -> None:
    ready = Ready(given)

    dumped = dump_function(Page())({"items": ready})

    assert dumped["items"] is ready
    assert as_json(dumped) == as_json(Page().dump({"items": given}))


@pytest.mark.parametrize(
    "change",
    [
        {"name": 7},
        {"secret": "x"},
        {"at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))},
    ],
    ids=["another class", "a field too many", "another time zone"],
)
def test_a_promise_that_is_broken_is_found_by_the_tests_and_costs_nobody_else(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {
        "id": uuid.UUID(int=1),
        "name": "a",
        "share": 0.5,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "colour": Colour.RED,
        "tags": ["b"],
    }
    dump = dump_function(Page())
    broken = Ready([whole | change])

    assert dump({"items": Ready([whole])})
    with pytest.raises(AssertionError, match="not ready"):
        dump({"items": broken})
    monkeypatch.setattr(chassis.dump, "in_doubt", False)
    assert dump({"items": broken})["items"] is broken


def test_what_is_missing_is_left_out() -> None:
    dump = dump_function(Everything())

    assert dump({"name": "Skak"}) == Everything().dump({"name": "Skak"})
    assert dump(types.SimpleNamespace(name="Skak")) == Everything().dump({"name": "Skak"})


def test_many_follows_the_schema_and_the_caller() -> None:
    assert dump_function(Part(many=True))([{"name": "a", "amount_ore": 1}]) == [
        {"name": "a", "amount_ore": 1}
    ]
    assert dump_function(Part())([{"name": "a", "amount_ore": 1}], many=True) == [
        {"name": "a", "amount_ore": 1}
    ]


def test_only_and_exclude_are_kept() -> None:
    given = {"name": "a", "amount_ore": 1}

    assert dump_function(Part(only=["name"]))(given) == {"name": "a"}
    assert dump_function(Part(exclude=["name"]))(given) == {"amount_ore": 1}


def test_a_schema_with_hooks_is_left_to_marshmallow() -> None:
    class Hooked(Part):
        @post_dump
        def shout(self, data: Any, **_: Any) -> Any:
            return {**data, "name": data["name"].upper()}

    class Around(Schema):
        part = ma.Nested(Hooked)

    assert dump_function(Hooked())({"name": "a", "amount_ore": 1})["name"] == "A"
    assert dump_function(Around())({"part": {"name": "a", "amount_ore": 1}})["part"]["name"] == "A"


def test_a_schema_within_itself_ends() -> None:
    class Branch(Schema):
        name = ma.String()
        branches = ma.List(ma.Nested(lambda: Branch()))  # noqa: PLW0108 - the name is not there yet

    tree = {"name": "a", "branches": [{"name": "b", "branches": []}]}

    assert dump_function(Branch())(tree) == tree


@pytest.mark.parametrize(
    "value", [uuid.uuid4(), date(2024, 3, 15), datetime(2024, 3, 15, tzinfo=UTC)]
)
def test_plain_values_go_through_untouched(value: Any) -> None:
    kind = {uuid.UUID: ma.UUID, date: ma.Date, datetime: fields.Instant}[type(value)]

    assert dump_function(Schema.from_dict({"value": kind()})())({"value": value})["value"] is value
