"""The published language: what was said can still be read, what is said fits its schema."""

import dataclasses
import json
import types
import typing
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from cloudevents.v1.http import from_json
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

import contracts
from chassis import telemetry
from chassis.events import (
    Envelope,
    Event,
    Undecodable,
    UnknownType,
    UnknownVersion,
    decode,
    encode,
    new_id,
    personal_fields,
    registered,
    schema_of,
    source_of,
)
from tests.support.judges import Judge
from tests.support.judges import cloud_events as read_judge

FOLDER = Path(contracts.__file__).parent
EVENTS = {
    type_: cls for type_, cls in registered().items() if cls.__module__.startswith("contracts.")
}
PLAIN: dict[Any, Any] = {
    str: st.text(st.characters(exclude_categories=["Cs"])),
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    UUID: st.uuids(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def instances(cls: Any) -> Any:
    """Build any value an event (or a value inside it) can have."""
    return st.builds(
        cls, **{name: _values(hint) for name, hint in typing.get_type_hints(cls).items()
                if name in {field.name for field in dataclasses.fields(cls)}}
    )  # fmt: skip


def _values(hint: Any) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return st.one_of(
            *(st.none() if each is type(None) else _values(each) for each in typing.get_args(hint))
        )
    if typing.get_origin(hint) is tuple:
        return st.lists(_values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return instances(hint) if dataclasses.is_dataclass(hint) else PLAIN[hint]


def in_envelope(event: Event) -> bytes:
    return encode(
        Envelope(
            id=new_id(),
            source=source_of(event.SERVICE),
            type=event.TYPE,
            subject=event.subject,
            time=datetime(2024, 3, 15, 22, 59, tzinfo=UTC),
            sequence=7,
            data={},
            correlationid="0af7651916cd43dd8448eb211c80319c",
            causationid=str(new_id()),
            traceparent=telemetry.child_traceparent(None),
            actor="person:0192f0a1-0000-7000-8000-000000000001",
        ),
        event,
    )


def stored(kind: str, type_: str) -> Any:
    return json.loads((FOLDER / kind / f"{type_}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("type_", EVENTS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_what_is_said_fits_the_stored_schema_and_comes_back_the_same(
    type_: str, data: st.DataObject
) -> None:
    event = data.draw(instances(EVENTS[type_]))

    body = in_envelope(event)

    jsonschema.validate(
        json.loads(body)["data"],
        stored("schemas", type_),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    assert decode(body).open() == event


@pytest.mark.parametrize("path", sorted((FOLDER / "samples").glob("*.json")), ids=lambda p: p.stem)
def test_what_was_said_can_still_be_read(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))

    event = schema_of(EVENTS[path.stem])().load(sample)

    assert isinstance(event, EVENTS[path.stem])
    jsonschema.validate(sample, stored("schemas", path.stem))


@pytest.mark.parametrize("type_", EVENTS)
def test_what_was_promised_is_still_said(type_: str) -> None:
    """Receivers rely on every field of the sample, which is written once and never again.

    The stored schema is written anew with the class: it cannot tell that a field is gone.
    """
    cls = EVENTS[type_]
    sample = stored("samples", type_)
    event = schema_of(cls)().load(sample)

    said = json.loads(in_envelope(event))["data"]

    assert set(sample) <= {field.name for field in dataclasses.fields(cls)}
    assert set(stored("schemas", type_)["required"]) <= set(said)
    assert {name: said[name] for name in sample} == sample
    jsonschema.validate(said, stored("schemas", type_))


@pytest.mark.parametrize("type_", EVENTS)
def test_a_newer_publishers_further_fields_are_ignored(type_: str) -> None:
    sample = stored("samples", type_)

    newer = schema_of(EVENTS[type_])().load({**sample, "from_the_future": {"a": [1]}})

    assert newer == schema_of(EVENTS[type_])().load(sample)
    jsonschema.validate({**sample, "from_the_future": 1}, stored("schemas", type_))


@pytest.mark.parametrize("type_", EVENTS)
def test_a_missing_field_is_noticed_unless_it_has_a_default(type_: str) -> None:
    sample = stored("samples", type_)
    optional = {
        field.name
        for field in dataclasses.fields(EVENTS[type_])
        if field.default is not dataclasses.MISSING
    }

    for name in sample:
        rest = {key: value for key, value in sample.items() if key != name}
        if name in optional:
            schema_of(EVENTS[type_])().load(rest)
        else:
            with pytest.raises(ValidationError):
                schema_of(EVENTS[type_])().load(rest)


@pytest.mark.parametrize("type_", EVENTS)
def test_the_envelope_is_a_cloud_event(type_: str, cloud_events: Judge) -> None:
    event = schema_of(EVENTS[type_])().load(stored("samples", type_))
    body = in_envelope(event)

    document = json.loads(body)

    cloud_events(body)
    parsed = from_json(body)
    assert parsed["type"] == type_
    assert parsed.get_data() == document["data"]
    assert decode(body).open() == event


@pytest.mark.parametrize(
    "changes",
    [{"causationId": "1"}, {"trace-parent": "1"}, {"id": ""}, {"time": "now"}],
)
def test_the_judge_sees_what_is_wrong(changes: dict[str, Any], cloud_events: Judge) -> None:
    type_ = next(iter(EVENTS))
    document = json.loads(in_envelope(schema_of(EVENTS[type_])().load(stored("samples", type_))))
    cloud_events(json.dumps(document).encode())

    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        cloud_events(json.dumps({**document, **changes}).encode())


def test_a_missing_judge_is_none_and_no_accident(tmp_path: Path) -> None:
    assert read_judge(tmp_path) is None


@pytest.mark.parametrize("type_", EVENTS)
def test_personal_data_are_marked_and_no_event_has_room_for_a_cpr_number(type_: str) -> None:
    cls = EVENTS[type_]
    names = {field.name for field in dataclasses.fields(cls)}
    tell_tale = {"email", "phone", "person_name", "contact_name", "signatory_name", "token"}
    if cls.AGGREGATE == "person":
        tell_tale.add("name")
    if "token" in names:
        tell_tale.add("code")

    assert names & tell_tale <= set(personal_fields(cls))
    assert not [name for name in names if "cpr" in name or "birth" in name]


def test_unknown_types_and_versions_are_told_apart() -> None:
    type_ = next(iter(EVENTS))
    body = json.loads(in_envelope(schema_of(EVENTS[type_])().load(stored("samples", type_))))

    with pytest.raises(UnknownVersion):
        decode(json.dumps({**body, "type": type_.rsplit(".v", 1)[0] + ".v99"}).encode()).open()
    with pytest.raises(UnknownType):
        decode(json.dumps({**body, "type": "moon.rocket.launched.v1"}).encode()).open()
    with pytest.raises(Undecodable):
        decode(json.dumps({**body, "data": {}}).encode()).open()


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_any_bytes_are_an_envelope_or_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(body)


ENVELOPE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize(
    "name", ["specversion", "id", "source", "type", "subject", "time", "sequence", "data"]
)
@given(value=ENVELOPE_JSON)
def test_a_wrong_attribute_is_undecodable_and_never_fails(name: str, value: Any) -> None:
    type_ = "directory.association.closed.v1"
    body = json.loads(in_envelope(schema_of(EVENTS[type_])().load(stored("samples", type_))))

    try:
        decode(json.dumps({**body, name: value}).encode()).open()
    except (Undecodable, UnknownType, UnknownVersion):
        return
    # What passes is of the right type still.
    assert isinstance(value, (type(body[name]), int))
