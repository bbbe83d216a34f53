"""One document for the whole API, merged from the services' own, and a page to read it on.

The merged document is committed as ``gateway/openapi.json``; ``make contracts`` writes it. The page
is plain HTML with one style sheet: no script, so nothing to trust.
"""

import copy
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import flask
from flask import Flask, Response, request

PATH: Final = Path(__file__).with_name("openapi.json")
METHODS: Final = ("get", "put", "post", "patch", "delete")
_SCHEMAS: Final = "#/components/schemas/"

Document = dict[str, Any]


def merge(documents: Mapping[str, Document]) -> Document:
    """Merge the OpenAPI documents of services, by name, into one.

    A schema that means something else in another service gets its service's name in front. Raises
    ``ValueError`` where two services answer for the same address.
    """
    renames = _renames(documents)
    merged: Document = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Samspil",
            "version": "v1",
            "description": "A municipality's cooperation with its associations. Errors are problem"
            " documents (RFC 9457). Things are created with PUT under an id that the caller makes;"
            " the same request again gives the same answer.",
            "license": {"name": "MPL-2.0", "identifier": "MPL-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [],
        "paths": {},
        "components": {"schemas": {}, "responses": {}, "securitySchemes": {}},
    }
    operations: set[str] = set()
    for service, original in sorted(documents.items()):
        document = _renamed(copy.deepcopy(original), renames[service])
        for path, item in document["paths"].items():
            if path in merged["paths"]:
                message = f"{service}: {path} is another service's"
                raise ValueError(message)
            for operation in _operations(item):
                if operation["operationId"] in operations:
                    operation["operationId"] = f"{service}_{operation['operationId']}"
                operations.add(operation["operationId"])
            merged["paths"][path] = item
        merged["tags"] += [tag for tag in document.get("tags", ()) if tag not in merged["tags"]]
        for kind in merged["components"]:
            found = document.get("components", {}).get(kind, {})
            names = renames[service] if kind == "schemas" else {}
            merged["components"][kind] |= {
                names.get(name, name): value for name, value in found.items()
            }
    merged["paths"] = dict(sorted(merged["paths"].items()))
    merged["components"]["schemas"] = dict(sorted(merged["components"]["schemas"].items()))
    return merged


def _renames(documents: Mapping[str, Document]) -> dict[str, dict[str, str]]:
    """Find the names of schemas that mean different things in different services."""
    meanings: dict[str, dict[str, Any]] = {}
    for service, document in documents.items():
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            meanings.setdefault(name, {})[service] = schema
    return {
        service: {
            name: service.capitalize() + name
            for name, by_service in meanings.items()
            if service in by_service
            and any(other != by_service[service] for other in by_service.values())
        }
        for service in documents
    }


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str) and value.startswith(_SCHEMAS):
                name = value.removeprefix(_SCHEMAS)
                node[key] = _SCHEMAS + names.get(name, name)
            else:
                _renamed(value, names)
    elif isinstance(node, list):
        for value in node:
            _renamed(value, names)
    return node


def _operations(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [item[method] for method in METHODS if method in item]


def add_routes(app: Flask) -> None:
    """Serve the document, the page and its style sheet."""

    @app.get("/api/v1/openapi.json")
    def document() -> Response:
        return _conditional(Response(_text(), mimetype="application/json"))

    @app.get("/api/v1/docs")
    def docs() -> Response:
        page = flask.render_template("docs.html", groups=_groups(), document=json.loads(_text()))
        response = Response(page, mimetype="text/html")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
            " frame-ancestors 'none'"
        )
        return _conditional(response)

    @app.get("/api/v1/docs/style.css")
    def style() -> Response:
        return _conditional(Response(flask.render_template("docs.css"), mimetype="text/css"))


@functools.cache
def _text() -> bytes:
    return PATH.read_bytes()


def _conditional(response: Response) -> Response:
    response.set_etag(hashlib.blake2b(response.get_data(), digest_size=8).hexdigest())
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@functools.cache
def _groups() -> dict[str, list[dict[str, Any]]]:
    """Order the operations by tag for the page."""
    document = json.loads(_text())
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
            groups.setdefault(operation["tags"][0], []).append(
                {
                    **operation,
                    "method": method.upper(),
                    "path": path,
                    "parameters": parameters,
                    "is_open": {} in operation.get("security", [{}]),
                    "body": _schema_name(operation.get("requestBody", {})),
                    "answers": {
                        status: (answer.get("description", ""), _schema_name(answer))
                        for status, answer in operation["responses"].items()
                        if "$ref" not in answer
                    },
                }
            )
    return dict(sorted(groups.items()))


def _schema_name(holder: Mapping[str, Any]) -> str:
    """Name the schema of a body, "" where it has none of ours."""
    for content in holder.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref", "")
        if reference.startswith(_SCHEMAS):
            return str(reference.removeprefix(_SCHEMAS))
    return ""
