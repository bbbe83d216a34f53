"""Events, declared once: the dataclass, its envelope (CloudEvents 1.0) and its schema.

An event is a frozen dataclass in ``contracts/<publisher>.py``::

    @event("grants.application.submitted.v1")
    class ApplicationSubmitted(Event):
        application_id: UUID
        ...

The type is also the routing key and the file name of its schema and sample. The aggregate is the
second word of the type, and the field ``<aggregate>_id`` names the one the event is about: together
they are the envelope's ``subject``. Everything that is published of one subject carries a gapless
``sequence`` 1, 2, 3, ...: that is what makes order and "exactly once" checkable at the receiver
(see :mod:`chassis.inbox`).

The bytes of an envelope are the same in the event log, on the wire, in a dead letter and in a test.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, TypeVar, dataclass_transform
from uuid import UUID

import orjson
import uuid_utils.compat
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

MAX_BODY_BYTES = 256 * 1024
CONTENT_TYPE = "application/cloudevents+json"
_TYPE = re.compile(
    r"^(?P<service>[a-z]+)\.(?P<aggregate>[a-z][a-z-]*)\.(?P<fact>[a-z][a-z-]*)\.v(?P<major>[1-9]\d*)$"
)


class Undecodable(Exception):
    """These bytes are no envelope of ours."""


class UnknownType(Exception):
    """A well-formed envelope of a type this deployment does not know in any version."""


class UnknownVersion(Exception):
    """A type this deployment knows, in a major version it does not know."""


@dataclass(frozen=True)
class PersonalData:
    """Marks a field that holds personal data of a kind ("contact", "name", ...)."""

    kind: str


def personal(kind: str) -> PersonalData:
    """Mark an annotated field as personal data.

    ``Annotated[str, personal("contact")]``. It is redacted on erasure.
    """
    return PersonalData(kind)


class Event:
    """Base of every event.

    ``TYPE``, ``SERVICE``, ``AGGREGATE`` and ``MAJOR`` are set by :func:`event`. ``ERASES`` names
    the field with the person who must be forgotten wherever the event arrives.
    """

    TYPE: ClassVar[str]
    SERVICE: ClassVar[str]
    AGGREGATE: ClassVar[str]
    MAJOR: ClassVar[int]
    ERASES: ClassVar[str] = ""

    @property
    def subject(self) -> str:
        """The aggregate this is about: ``"application/0192..."``."""
        return f"{self.AGGREGATE}/{getattr(self, self.AGGREGATE.replace('-', '_') + '_id')}"


E = TypeVar("E", bound=Event)
_registry: dict[str, type[Event]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(type_: str) -> Callable[[type[E]], type[E]]:
    """Declare an event class under its type, ``service.aggregate.past-participle.vN``.

    Raises ``TypeError`` where the name is not of that form, is taken, or the ``<aggregate>_id``
    field is missing.
    """
    match = _TYPE.match(type_)
    if match is None:
        message = f"{type_!r} is not of the form service.aggregate.past-participle.vN"
        raise TypeError(message)

    def declare(cls: type[E]) -> type[E]:
        declared = dataclass(frozen=True, kw_only=True)(cls)
        declared.TYPE = type_
        declared.SERVICE = match["service"]
        declared.AGGREGATE = match["aggregate"]
        declared.MAJOR = int(match["major"])
        names = {field.name for field in dataclasses.fields(typing.cast("Any", declared))}
        if f"{declared.AGGREGATE.replace('-', '_')}_id" not in names:
            message = f"{type_} needs a field {declared.AGGREGATE.replace('-', '_')}_id"
            raise TypeError(message)
        if type_ in _registry and _registry[type_].__module__ != declared.__module__:
            message = f"{type_} is declared twice"
            raise TypeError(message)
        _registry[type_] = declared
        return declared

    return declare


def registered() -> Mapping[str, type[Event]]:
    """Every event type known to this process, by its type."""
    return types.MappingProxyType(_registry)


def new_id() -> UUID:
    """Make a UUIDv7: unique, and in order of time, which keeps indexes dense."""
    return uuid_utils.compat.uuid7()


def personal_fields(cls: type) -> dict[str, str]:
    """Map each field of an event class that holds personal data to its kind."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return {
        name: mark.kind
        for name, hint in hints.items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, PersonalData)
    }


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """A CloudEvents 1.0 envelope in structured JSON, with our extensions.

    ``sequence`` counts the events of one subject without gaps. ``correlationid`` follows one user
    action through every service; ``causationid`` is the event that led to this one; ``actor`` is
    who did it ("person:<id>" or "service:<name>").
    """

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    data: Mapping[str, Any]
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    actor: str = ""

    @property
    def service(self) -> str:
        """The publishing service's name."""
        return self.source.rsplit(":", 1)[-1]

    def open(self) -> Event:
        """Return the typed event inside.

        Raises :class:`UnknownType`, :class:`UnknownVersion`, or :class:`Undecodable` where the data
        do not fit the class.
        """
        cls = _registry.get(self.type)
        if cls is None:
            stem = self.type.rsplit(".v", 1)[0]
            known = any(name.rsplit(".v", 1)[0] == stem for name in _registry)
            raise (UnknownVersion if known else UnknownType)(self.type)
        try:
            return load(cls, self.data)
        except ValidationError as error:
            message = f"{self.type}: {error.messages}"
            raise Undecodable(message) from error


def source_of(service: str) -> str:
    """The CloudEvents source of a service."""
    return f"urn:samspil:{service}"


def encode(envelope: Envelope, data: Event | Mapping[str, Any] | None = None) -> bytes:
    """Write an envelope as bytes. Raises ``ValueError`` over 256 KiB."""
    document = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "datacontenttype": "application/json",
        "dataschema": f"urn:samspil:schema:{envelope.type}",
        "sequence": str(envelope.sequence),
        "correlationid": envelope.correlationid,
        "actor": envelope.actor,
        "data": envelope.data if data is None else data,
    }
    if envelope.causationid:
        document["causationid"] = envelope.causationid
    if envelope.traceparent:
        document["traceparent"] = envelope.traceparent
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    if len(body) > MAX_BODY_BYTES:
        message = f"{envelope.type} is {len(body)} bytes; at most {MAX_BODY_BYTES} are allowed"
        raise ValueError(message)
    return body


def decode(body: bytes) -> Envelope:
    """Read an envelope. Raises :class:`Undecodable` for anything that is not one.

    Oversized bodies are not even parsed.
    """
    if len(body) > MAX_BODY_BYTES:
        raise Undecodable(f"{len(body)} bytes; at most {MAX_BODY_BYTES} are allowed")
    try:
        document = orjson.loads(body)
        envelope = Envelope(
            id=UUID(document["id"]),
            source=document["source"],
            type=document["type"],
            subject=document["subject"],
            time=datetime.fromisoformat(document["time"]),
            sequence=int(document["sequence"]),
            data=document["data"],
            correlationid=str(document.get("correlationid", "")),
            causationid=document.get("causationid"),
            traceparent=document.get("traceparent"),
            actor=str(document.get("actor", "")),
        )
        wrong = _wrong_attribute(envelope, document["specversion"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Undecodable(f"{type(error).__name__}: {error}") from error
    if wrong:
        raise Undecodable(f"the attribute {wrong} has a wrong value")
    return envelope


def _wrong_attribute(envelope: Envelope, version: Any) -> str:
    """Name the first attribute that is not as we write it; empty where all are."""
    checks = {
        "specversion": version == "1.0",
        "source": isinstance(envelope.source, str),
        "type": bool(_TYPE.match(envelope.type)),
        "subject": isinstance(envelope.subject, str),
        "time": envelope.time.tzinfo is not None,
        "sequence": envelope.sequence >= 1,
        "data": isinstance(envelope.data, dict),
    }
    return next((name for name, holds in checks.items() if not holds), "")


def load(cls: type[E], data: Any) -> E:
    """Make an event of its data. Raises marshmallow's ``ValidationError`` where they do not fit.

    The schema decides. What is plainly right is built without it, several times faster; at whatever
    is not, the schema looks: both ways accept the same, and what is wrong is told in its words.
    """
    try:
        return typing.cast("E", _loader_of(cls)(data))
    except (TypeError, ValueError, KeyError, AttributeError):
        return typing.cast("E", schema_of(cls)().load(data))


_schemas: dict[type, type[Schema]] = {}
_loaders: dict[type, Callable[[Any], Any]] = {}


def schema_of(cls: type) -> type[Schema]:
    """Return the marshmallow schema of an event (or nested value) dataclass.

    Made once, then remembered.

    Loading gives an instance; unknown fields are ignored, as a newer publisher may send them.
    """
    if cls not in _schemas:
        hints = typing.get_type_hints(cls)
        attributes: dict[str, Any] = {
            field.name: _field_for(hints[field.name], field) for field in dataclasses.fields(cls)
        }

        def build(self: Schema, data: dict[str, Any], **_: Any) -> Any:  # noqa: ARG001 - marshmallow's hook signature
            return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})

        attributes["build"] = post_load(build)
        attributes["Meta"] = type("Meta", (), {"unknown": EXCLUDE})
        _schemas[cls] = type(f"{cls.__name__}Schema", (Schema,), attributes)
    return _schemas[cls]


_PLAIN: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    bool: fields.Boolean,
    UUID: fields.UUID,
    datetime: fields.AwareDateTime,
    date: fields.Date,
}


def _field_for(hint: Any, field: "dataclasses.Field[Any] | None" = None) -> "fields.Field[Any]":
    options: dict[str, Any] = {"required": True}
    if field is not None and field.default is not dataclasses.MISSING:
        options = {"load_default": field.default}
    elif field is not None and field.default_factory is not dataclasses.MISSING:
        options = {"load_default": field.default_factory}
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        inner = [argument for argument in typing.get_args(hint) if argument is not type(None)]
        options["allow_none"] = True
        hint = inner[0]
    if typing.get_origin(hint) is tuple:
        return fields.List(_field_for(typing.get_args(hint)[0]), **options)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return fields.Enum(hint, by_value=True, **options)
    if hint is int:
        options["strict"] = True
    if hint in _PLAIN:
        return _PLAIN[hint](**options)
    if dataclasses.is_dataclass(hint):
        return fields.Nested(schema_of(typing.cast("type", hint)), **options)
    message = f"an event field cannot be of type {hint!r}"
    raise TypeError(message)


def _loader_of(cls: type) -> Callable[[Any], Any]:
    """Return a function that builds a dataclass of plainly right data, and raises for any other."""
    if cls not in _loaders:
        hints = typing.get_type_hints(cls)
        converters = [
            (
                field.name,
                _converter_for(hints[field.name]),
                field.default is dataclasses.MISSING
                and field.default_factory is dataclasses.MISSING,
            )
            for field in dataclasses.fields(cls)
        ]

        def build(data: Any) -> Any:
            values = {
                name: convert(data[name])
                for name, convert, required in converters
                if required or name in data
            }
            return cls(**values)

        _loaders[cls] = build
    return _loaders[cls]


def _converter_for(hint: Any) -> Callable[[Any], Any]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        inner = [argument for argument in typing.get_args(hint) if argument is not type(None)]
        convert = _converter_for(inner[0])
        return lambda value: None if value is None else convert(value)
    if typing.get_origin(hint) is tuple:
        each = _converter_for(typing.get_args(hint)[0])
        return lambda value: tuple(map(each, _exactly(list, value)))
    if dataclasses.is_dataclass(hint):
        return _loader_of(typing.cast("type", hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return _PLAIN_CONVERTERS[hint]


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(kind)
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_exactly(str, value))
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


_PLAIN_CONVERTERS: dict[Any, Callable[[Any], Any]] = {
    str: lambda value: _exactly(str, value),
    int: lambda value: _exactly(int, value),
    bool: lambda value: _exactly(bool, value),
    UUID: lambda value: UUID(_exactly(str, value)),
    datetime: _moment,
    date: lambda value: date.fromisoformat(_exactly(str, value)),
}
