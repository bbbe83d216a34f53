"""The OpenAPI 3.1 document of a service, made to say what the service really does.

flask-smorest writes the document from the routes and their schemas. What it cannot know is added
here: every error is ``application/problem+json``, which role a route asks for, and the headers of
optimistic locking.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any, Final

import apispec
from apispec.ext.marshmallow.common import resolve_schema_instance
from flask import Flask

from chassis.auth import Permissions
from chassis.web.rendering import PROBLEM_TYPE

_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_PROBLEM: Final = {"$ref": "#/components/responses/Problem"}
_VARIABLE: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": 'The version read before, as in `"3"`. Where it is no longer the present one'
    " the answer is 412.",
}


def schema_name(schema: Any) -> str:
    """Name a schema in the document; one with other fields, or none required, gets another name."""
    made = resolve_schema_instance(schema)
    name = type(made).__name__.removesuffix("Schema")
    if made.only is not None:
        name += "Only" + "".join(sorted(each.title() for each in made.only))
    if made.exclude:
        name += "Without" + "".join(sorted(each.title() for each in made.exclude))
    return f"{name}Change" if made.partial else name


def complete(spec: apispec.APISpec, app: Flask, permissions: Permissions) -> dict[str, Any]:
    """Return the finished document. ``spec`` needs a component schema named ``Problem``."""
    document: dict[str, Any] = spec.to_dict()
    views = _views(app)
    used: set[str] = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method not in _METHODS:
                continue
            endpoint, view = views[path, method]
            if method == "put":
                _describe_creation(operation["responses"])
            _describe_errors(operation, takes_parameters="{" in path)
            _describe_guard(operation, getattr(view, "__scope__", None), permissions)
            if "if_match" in inspect.unwrap(view).__code__.co_names:
                operation.setdefault("parameters", []).append(_IF_MATCH)
                operation["responses"].setdefault("412", _PROBLEM)
            name = endpoint.replace(".", "_")
            operation["responses"] = dict(sorted(operation["responses"].items()))
            operation["operationId"] = name if name not in used else f"{name}_{method}"
            used.add(operation["operationId"])
    components = document.setdefault("components", {})
    components["responses"] = {
        "Problem": {
            "description": "A problem (RFC 9457); `type` ends in a slug that is part of the API",
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    components.setdefault("securitySchemes", {})["bearer"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of a session",
    }
    components.pop("parameters", None)
    components.pop("headers", None)
    document["jsonSchemaDialect"] = "https://json-schema.org/draft/2020-12/schema"
    return document


def _views(app: Flask) -> Mapping[tuple[str, str], tuple[str, Any]]:
    return {
        (_VARIABLE.sub(r"{\1}", rule.rule), method.lower()): (
            rule.endpoint,
            app.view_functions[rule.endpoint],
        )
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _describe_creation(responses: dict[str, Any]) -> None:
    """Say that a PUT creates the first time (201) and repeats or changes after that (200)."""
    for told, other, words in (("200", "201", "Created"), ("201", "200", "Already there")):
        if told in responses and other not in responses:
            responses[other] = {**responses[told], "description": words}


def _describe_errors(operation: dict[str, Any], *, takes_parameters: bool) -> None:
    responses = operation.setdefault("responses", {})
    expected = {"400", "500", "503", "429"}
    if takes_parameters:
        expected.add("404")
    if operation.get("parameters"):
        expected.add("422")
    if "requestBody" in operation:
        expected |= {"413", "415", "422"}
    for status in expected:
        responses.setdefault(status, _PROBLEM)
    responses["default"] = _PROBLEM
    for status, response in list(responses.items()):
        ours = PROBLEM_TYPE in response.get("content", {})
        if status == "default" or (int(status) >= 400 and not ours):
            responses[status] = _PROBLEM


def _describe_guard(operation: dict[str, Any], scope: str | None, permissions: Permissions) -> None:
    """Say who may: the bearer token is optional where anybody may, and a bad one is refused."""
    open_to_all = scope is None or "anonymous" in permissions[scope]
    operation["security"] = [{}, {"bearer": []}] if open_to_all else [{"bearer": []}]
    operation["responses"].setdefault("401", _PROBLEM)
    if scope is not None:
        operation["responses"].setdefault("403", _PROBLEM)
        operation["x-permission"] = scope
