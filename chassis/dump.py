"""Answers at speed: a dump function generated once from a marshmallow schema's ``dump_fields``.

marshmallow stays the declared contract; only the walk over its fields is replaced. A field of a
plain type becomes an attribute read, guarded by an exact check of the value's class, and whatever
fails the check goes through the field's own serializer. So the JSON is that of ``Schema.dump``
always, which a property test holds for every schema, and about twenty times sooner in a list
(performance.md, section 1). Only :class:`Ready` lists go through unseen.

A schema with dump hooks or an accessor of its own is left to marshmallow.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from marshmallow import Schema, decorators, missing
from marshmallow import fields as ma

from chassis.fields import Email, Instant, Line, Ore, Text, Url

Dump = Callable[[Any], Any]

# orjson writes values of these classes as the field's own serializer would.
_PLAIN: Final[Mapping[type, str]] = {
    **dict.fromkeys((ma.String, ma.Url, ma.Email, Line, Text, Email, Url), "str"),
    **dict.fromkeys((ma.Integer, Ore), "int"),
    ma.Boolean: "bool",
    ma.Float: "float",
    ma.UUID: "UUID",
    ma.Date: "date",
}
_KINDS: Final[Mapping[str, type]] = {
    kind.__name__: kind for kind in (str, int, bool, float, UUID, date, datetime)
}
_UTC: Final = (UTC, ZoneInfo("UTC"), ZoneInfo("Etc/UTC"))
_SOURCE: Final = """
def dump(o, {bound}):
    try:
        if isinstance(o, dict):
            return {keys}
        if isinstance(o, tuple) or not hasattr(o, "__getitem__"):
            return {attributes}
    except (AttributeError, KeyError):
        pass
    return whole(o)
"""


class Ready(list[dict[str, Any]]):
    """Dictionaries that hold what a schema says, as it would be written: nobody looks at them.

    For a long page whose values come from the columns of one statement. Whoever makes one promises
    it, and the tests look: under them every such list is compared with what the schema says.
    """


in_doubt = False
"""Whether promises are looked into (:mod:`chassis.testing` does)."""


def dump_function(schema: Schema) -> Callable[..., Any]:
    """Return a replacement for ``schema.dump``: ``dump(obj, many=None)``, ready for orjson."""
    one = _dump_one(schema, ())
    if one is None:
        return schema.dump

    def dump(obj: Any, *, many: bool | None = None) -> Any:
        if schema.many if many is None else many:
            return [one(each) for each in obj]
        return one(obj)

    return dump


def _dump_one(schema: Schema, within: tuple[type[Schema], ...]) -> Dump | None:
    """Generate the function for one object; None where marshmallow itself must do it."""
    hooked = schema._hooks[decorators.PRE_DUMP] or schema._hooks[decorators.POST_DUMP]  # noqa: SLF001
    own_accessor = type(schema).get_attribute is not Schema.get_attribute
    if hooked or own_accessor or type(schema) in within:
        return None
    return _Generator(schema, (*within, type(schema))).function()


class _Generator:
    """Writes the source of one dump function and gathers what that source calls."""

    def __init__(self, schema: Schema, within: tuple[type[Schema], ...]) -> None:
        self.schema = schema
        self.within = within
        self.names: dict[str, Any] = {**_KINDS, "utc": _UTC}

    def function(self) -> Dump:
        keys, attributes = self._display("o[{!r}]"), self._display("o.{}")
        # What may be missing or odd in an object is marshmallow's to judge.
        whole = type(self.schema).dump
        self.names["whole"] = lambda obj: whole(self.schema, obj, many=False)
        # As defaults of arguments they are local names, which are the quickest to read.
        bound = ", ".join(f"{name}={name}" for name in self.names)
        source = _SOURCE.format(keys=keys, attributes=attributes, bound=bound)
        exec(source, self.names)  # noqa: S102 - made at import from our own schemas, as dataclasses do it
        made: Dump = self.names["dump"]
        return made

    def _display(self, read: str) -> str:
        return (
            "{"
            + ", ".join(
                f"{(name if field.data_key is None else field.data_key)!r}: "
                f"{self._value(place, name, field, read)}"
                for place, (name, field) in enumerate(self.schema.dump_fields.items())
            )
            + "}"
        )

    def _value(self, place: int, name: str, field: ma.Field[Any], read: str) -> str:
        """Write the expression for the value of a field."""
        attribute = field.attribute or name
        if not _is_bare(field) or not attribute.isidentifier():
            self.names[f"field{place}"] = _full(field, name, self.schema)
            return f"field{place}(o)"
        self.names[f"slow{place}"] = field._serialize  # noqa: SLF001 - what Field.serialize calls
        value = read.format(attribute)
        slow = f"slow{place}(v, {attribute!r}, o)"
        if check := _check(field):
            return f"(v if (v := {value}).__class__ is {check} or v is None else {slow})"
        if nested := self._nested(place, field):
            return f"(None if (v := {value}) is None else {nested}(v))"
        if shape := self._shape(place, field, attribute):
            condition, then = shape
            return f"({then} if (v := {value}).__class__ {condition} else {slow})"
        return f"slow{place}({value}, {attribute!r}, o)"

    def _shape(self, place: int, field: ma.Field[Any], attribute: str) -> tuple[str, str] | None:
        """Write of which class a value must be, and what becomes of it then."""
        if type(field) is ma.Enum and _by_value(field):
            self.names[f"kind{place}"] = field.enum
            return f"is kind{place}", "v._value_"
        if type(field) is ma.Dict and (entries := _check_entries(field)):
            return f"is dict and {entries}", "v"
        if type(field) is ma.List and (each := self._item(place, field.inner, attribute)):
            every = f"[{each} for v in v]"
            if isinstance(field.inner, ma.Nested):
                self.names |= {"Ready": Ready, "passes": _passes}
                return "in (list, tuple, Ready)", f"(v if passes(v, nested{place}) else {every})"
            return "in (list, tuple)", every
        return None

    def _item(self, place: int, inner: ma.Field[Any], attribute: str) -> str | None:
        if check := _check(inner):
            self.names[f"item{place}"] = inner._serialize  # noqa: SLF001
            return f"v if v.__class__ is {check} else item{place}(v, {attribute!r}, o)"
        if nested := self._nested(place, inner):
            return f"None if v is None else {nested}(v)"
        return None

    def _nested(self, place: int, field: ma.Field[Any]) -> str | None:
        if type(field) is not ma.Nested or field.many or field.schema.many:
            return None
        one = _dump_one(field.schema, self.within)
        if one is None:
            return None
        self.names[f"nested{place}"] = one
        return f"nested{place}"


def _passes(items: Any, one: Dump) -> bool:
    """Whether a list goes through as it is."""
    if items.__class__ is not Ready:
        return False
    if in_doubt and orjson.dumps(items) != orjson.dumps([one(each) for each in items]):
        raise AssertionError("not ready: the schema says it otherwise")
    return True


def _is_bare(field: ma.Field[Any]) -> bool:
    """Whether a field says what its attribute holds, and nothing where there is no attribute."""
    return field._CHECK_ATTRIBUTE and field.dump_default is missing  # noqa: SLF001


def _by_value(field: ma.Enum[Any]) -> bool:
    """Whether an enumeration is written as the value of its member, whatever that is."""
    return field.by_value is True and type(field.field) is ma.Raw


def _check(field: ma.Field[Any]) -> str | None:
    """Write the check under which a value goes through as it is; None where there is no such."""
    if type(field) is Instant:
        return "datetime and v.tzinfo in utc"
    kind = _PLAIN.get(type(field))
    own_form = getattr(field, "format", "iso") != "iso" or getattr(field, "as_string", False)
    if kind is None or own_form:
        return None
    return kind


def _check_entries(field: ma.Dict) -> str | None:
    """Write the check under which a dictionary goes through as it is."""
    if type(field.key_field) is not ma.String or field.value_field is None:
        return None
    check = _check(field.value_field)
    if check is None or " " in check:
        return None
    return f"all([k.__class__ is str and e.__class__ is {check} for k, e in v.items()])"


def _full(field: ma.Field[Any], name: str, schema: Schema) -> Dump:
    """Return marshmallow's own way for one field; raises ``KeyError`` where it leaves it out."""

    def serialize(obj: Any) -> Any:
        value = field.serialize(name, obj, accessor=schema.get_attribute)
        if value is missing:
            raise KeyError(name)
        return value

    return serialize
