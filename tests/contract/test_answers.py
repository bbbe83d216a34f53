"""Every schema a service answers with is dumped fast, and says what marshmallow would say."""

import importlib
import inspect
import pkgutil
from datetime import UTC
from enum import Enum
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema
from marshmallow import fields as ma

import embedded.contracts
from chassis.dump import dump_function
from chassis.fields import Instant


def schemas_of(service: str) -> list[type[Schema]]:
    """List the schemas a service declares."""
    module = importlib.import_module(f"services.{service}.schemas")
    modules = [module]
    if hasattr(module, "__path__"):
        modules += [
            importlib.import_module(f"{module.__name__}.{each.name}")
            for each in pkgutil.iter_modules(module.__path__)
        ]
    found = {
        value
        for each in modules
        for value in vars(each).values()
        if inspect.isclass(value)
        and issubclass(value, Schema)
        and value.__module__ == each.__name__
    }
    return sorted(found, key=lambda each: each.__qualname__)


SCHEMAS = [schema for service in embedded.contracts.SERVICES for schema in schemas_of(service)]
PLAIN: list[tuple[type[ma.Field[Any]], Any]] = [
    (ma.UUID, st.uuids()),
    (Instant, st.datetimes(timezones=st.just(UTC))),
    (ma.DateTime, st.datetimes(timezones=st.just(UTC))),
    (ma.Date, st.dates()),
    (ma.Boolean, st.booleans()),
    (ma.Integer, st.integers(-(2**53), 2**53)),
    (ma.Float, st.floats(allow_nan=False, allow_infinity=False)),
    (ma.String, st.text()),
]


def values(field: Any) -> Any:
    """Build what a model could hold for a field."""
    if isinstance(field, ma.Nested):
        inner = objects(field.schema)
        made = st.lists(inner, max_size=2) if field.many or field.schema.many else inner
    elif isinstance(field, ma.List):
        made = st.lists(values(field.inner), max_size=2)
    elif isinstance(field, ma.Dict):
        inner = values(field.value_field) if field.value_field else st.text(max_size=5)
        made = st.dictionaries(st.text(max_size=5), inner, max_size=2)
    elif isinstance(field, ma.Enum):
        kind: type[Enum] = field.enum
        made = st.sampled_from(kind)
    else:
        made = next((strategy for kind, strategy in PLAIN if isinstance(field, kind)), st.none())
    return made | st.none() if field.allow_none else made


def objects(schema: Schema) -> Any:
    """Build objects to dump."""
    return st.fixed_dictionaries(
        {field.attribute or name: values(field) for name, field in schema.dump_fields.items()}
    ).map(lambda given: SimpleNamespace(**given))


def as_json(answer: Any) -> Any:
    return orjson.loads(orjson.dumps(answer, option=orjson.OPT_UTC_Z))


@pytest.mark.parametrize("cls", SCHEMAS, ids=lambda each: f"{each.__module__}.{each.__qualname__}")
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_fast_answer_is_the_same_answer(cls: type[Schema], data: st.DataObject) -> None:
    schema = cls()
    something = data.draw(objects(schema))

    assert as_json(dump_function(schema)(something)) == as_json(schema.dump(something))
