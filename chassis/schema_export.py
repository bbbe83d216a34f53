"""What is said about events elsewhere, derived from their classes: JSON Schema and AsyncAPI.

One source, many outputs: the dataclass becomes a marshmallow schema (:mod:`chassis.events`),
apispec turns that into JSON Schema, and the rest is put together from it. Nothing here writes
files.
"""

import dataclasses
import inspect
import itertools
import operator
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID, uuid5

import apispec
from apispec.ext.marshmallow import MarshmallowPlugin

from chassis.events import CONTENT_TYPE, Event, personal_fields, schema_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_COMPONENTS: Final = "#/components/schemas/"
_EXAMPLE_NAMESPACE: Final = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_EXAMPLES: Final[Mapping[Any, Any]] = {
    int: 12,
    bool: True,
    datetime: "2024-03-15T22:59:00Z",
    date: "2024-04-03",
}

_PREFACE: Final = (
    "Written by `make contracts` from the classes in `contracts/` and every service's handlers;"
    " do not edit. 🔒 marks personal data: it is redacted in every event log and inbox when the"
    " person is erased."
)

Document = dict[str, Any]


def json_schema(cls: type[Event]) -> Document:
    """Return the JSON Schema of an event's data. Personal data are marked ``x-personal-data``.

    Further fields are allowed: a newer publisher may send them.
    """
    spec = apispec.APISpec("events", "v1", "3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema("Event", schema=schema_of(cls))
    components = spec.to_dict()["components"]["schemas"]
    schema: Document = components.pop("Event")
    for name, kind in personal_fields(cls).items():
        schema["properties"][name]["x-personal-data"] = kind
    found = {
        "$schema": DIALECT,
        "$id": f"urn:samspil:schema:{cls.TYPE}",
        "title": cls.__name__,
        "description": inspect.getdoc(cls) or "",
        **schema,
    }
    if components:
        found["$defs"] = components
    return typing.cast("Document", _redirect(found, "#/$defs/"))


def _redirect(node: Any, place: str) -> Any:
    """Let references to components lead to another place."""
    if isinstance(node, dict):
        return {
            key: place + value.rsplit("/", 1)[-1]
            if key == "$ref" and isinstance(value, str)
            else _redirect(value, place)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_redirect(value, place) for value in node]
    return node


def example(cls: type, known: Mapping[str, Any] | None = None) -> Document:
    """Make an example of an event's data, always the same; ``known`` has values by field name."""
    hints = typing.get_type_hints(cls)
    return {
        field.name: _example_of(hints[field.name], field.name, known or {})
        for field in dataclasses.fields(cls)
    }


def _example_of(hint: Any, name: str, known: Mapping[str, Any]) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
    if typing.get_origin(hint) is tuple:
        return [_example_of(typing.get_args(hint)[0], name, known)]
    if hint is UUID:
        return str(uuid5(_EXAMPLE_NAMESPACE, f"samspil:example:{name.removesuffix('s')}"))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint)).value
    if dataclasses.is_dataclass(hint):
        return example(typing.cast("type", hint), known)
    if name in known:
        return known[name]
    return _EXAMPLES.get(hint, f"{name.replace('_', ' ')}")


def asyncapi(
    registry: Mapping[str, type[Event]], listeners: Mapping[str, Sequence[str]]
) -> Document:
    """Return the AsyncAPI 3 document of all events; ``listeners`` maps a type to its services."""
    from chassis.topology import EXCHANGE  # noqa: PLC0415 - keeps AMQP out of who only wants schemas

    channels: Document = {}
    operations: Document = {}
    messages: Document = {}
    schemas: Document = {"Envelope": _envelope()}
    for type_, cls in sorted(registry.items()):
        name = type_.replace(".", "_").replace("-", "_")
        schema = json_schema(cls)
        for nested, definition in schema.pop("$defs", {}).items():
            schemas[nested] = _redirect(definition, _COMPONENTS)
        schema.pop("$schema")
        schema.pop("$id")
        schemas[cls.__name__] = _redirect(schema, _COMPONENTS)
        messages[name] = {
            "name": type_,
            "title": cls.__name__,
            "summary": (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " "),
            "contentType": CONTENT_TYPE,
            "payload": {
                "allOf": [
                    {"$ref": f"{_COMPONENTS}Envelope"},
                    {
                        "type": "object",
                        "properties": {
                            "type": {"const": type_},
                            "source": {"const": f"urn:samspil:{cls.SERVICE}"},
                            "data": {"$ref": _COMPONENTS + cls.__name__},
                        },
                    },
                ]
            },
        }
        channels[name] = {
            "address": type_,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": {
                        "name": EXCHANGE,
                        "type": "topic",
                        "durable": True,
                        "autoDelete": False,
                    },
                    "bindingVersion": "0.3.0",
                }
            },
        }
        operations |= _operations(name, cls, listeners.get(type_, ()))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Samspil events",
            "version": "1.0.0",
            "description": "What the services tell each other: CloudEvents 1.0 in structured JSON"
            " over one topic exchange. The type is the routing key.",
            "license": {"name": "MPL-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _operations(name: str, cls: type[Event], services: Sequence[str]) -> Document:
    channel = {"$ref": f"#/channels/{name}"}
    message = [{"$ref": f"#/channels/{name}/messages/{name}"}]
    made: Document = {
        f"{cls.SERVICE}_sends_{name}": {
            "action": "send",
            "channel": channel,
            "messages": message,
            "tags": [{"name": cls.SERVICE}],
        }
    }
    for service in services:
        made[f"{service}_receives_{name}"] = {
            "action": "receive",
            "channel": channel,
            "messages": message,
            "tags": [{"name": service}],
        }
    return made


def _envelope() -> Document:
    text = {"type": "string"}
    return {
        "type": "object",
        "title": "Envelope",
        "description": "CloudEvents 1.0 with our extensions",
        "required": [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "sequence",
            "correlationid",
            "data",
        ],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid", "description": "UUIDv7"},
            "source": {**text, "description": "urn:samspil:<service>"},
            "type": text,
            "subject": {**text, "description": "<aggregate>/<id>"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {**text, "description": "urn:samspil:schema:<type>"},
            "sequence": {
                "type": "string",
                "pattern": "^[1-9][0-9]*$",
                "description": "Counts the events of one subject without gaps",
            },
            "correlationid": {**text, "description": "One user action, through every service"},
            "causationid": {**text, "description": "The event that led to this one"},
            "traceparent": {**text, "description": "W3C trace context"},
            "actor": {**text, "description": "person:<id>, service:<name> or anonymous"},
            "data": {"type": "object"},
        },
    }


def catalogue(registry: Mapping[str, type[Event]], listeners: Mapping[str, Sequence[str]]) -> str:
    """Return the catalogue of events as Markdown: meaning, fields, who says it and who listens."""
    lines = [
        "# Events",
        "",
        _PREFACE,
        "",
    ]
    of_service = operator.attrgetter("SERVICE")
    for service, classes in itertools.groupby(
        sorted(registry.values(), key=of_service), of_service
    ):
        lines += [f"## {service}", ""]
        for cls in sorted(classes, key=lambda each: each.TYPE):
            lines += _entry(cls.TYPE, cls, listeners.get(cls.TYPE, ()))
    return "\n".join(lines)


def _entry(type_: str, cls: type[Event], services: Sequence[str]) -> list[str]:
    schema = json_schema(cls)
    required = set(schema.get("required", ()))
    rows = [
        f"| `{name}` | {_type_name(field)} | {'yes' if name in required else 'no'} |"
        f" {'🔒 ' + field['x-personal-data'] if 'x-personal-data' in field else ''} |"
        for name, field in schema["properties"].items()
    ]
    return [
        f"### `{type_}`",
        "",
        (inspect.getdoc(cls) or "").replace("\n", " "),
        "",
        f"Heard by: {', '.join(services) or 'nobody yet'}.",
        "",
        "| field | type | required | personal data |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _type_name(field: Mapping[str, Any]) -> str:
    """Name the type of a field in a few characters."""
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in field:
        return " or ".join(_type_name(each) for each in field["anyOf"])
    if "allOf" in field:
        return " and ".join(_type_name(each) for each in field["allOf"])
    if "enum" in field:
        return " \\| ".join(str(each) for each in field["enum"])
    kinds = field.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    names = [str(field.get("format", kind)) if kind == "string" else str(kind) for kind in kinds]
    if "array" in names:
        names[names.index("array")] = f"list of {_type_name(field.get('items', {}))}"
    return " or ".join(names)
