"""Wrong input to every route: refused clearly, in one form, and never a 500."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

import embedded.contracts
from chassis.auth import OFFICES, Principal
from chassis.service import Service
from tests.contract.worlds import OWN, OWNER, WORLDS, World

ALMIGHTY = Principal(
    id=OWNER,
    name="Kirsten Mølgaard",
    roles=frozenset(OFFICES),
    associations={OWN: "administrator"},
)
NO_JSON = {
    "cut off": b'{"name": "Skak',
    "nothing": b"",
    "no object": b"[]",
    "null": b"null",
    "a word": b'"x"',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "half a surrogate pair": b'{"name": "\\ud800"}',
    "a NUL": b'{"name": "a\\u0000b"}',
    "no number": b'{"amount_ore": NaN, "capacity": Infinity}',
    "an endless number": b'{"amount_ore": ' + b"9" * 5_000 + b"}",
    "far too deep": b"[" * 50_000,
    "a form": b"name=Skak",
}


@pytest.fixture(params=embedded.contracts.SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


@pytest.fixture
def environment(service: Service) -> Mapping[str, str]:
    return embedded.contracts.placeholders(service)


def routes_that_read_json(app: Flask) -> Iterator[tuple[str, str]]:
    """List method and an address of each route whose document says that it reads JSON."""
    document = app.extensions["samspil.openapi"]()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            body = operation.get("requestBody", {})
            if "application/json" in body.get("content", {}):
                address = "/".join(
                    str(uuid4()) if step.startswith("{") else step for step in path.split("/")
                )
                yield method.upper(), address


@pytest.mark.parametrize("kind", NO_JSON)
def test_what_is_no_json_object_is_refused_everywhere(client: Any, kind: str) -> None:
    caller = client.as_(ALMIGHTY)
    content_type = "application/x-www-form-urlencoded" if kind == "a form" else "application/json"
    wrong = []
    count = 0
    for method, address in routes_that_read_json(client.application):
        count += 1
        answer = caller.open(address, method=method, data=NO_JSON[kind], content_type=content_type)
        is_problem = answer.content_type == "application/problem+json"
        refused = {400, 413, 415, 422}
        if kind == "nothing":
            # Where every field may be left out, it is what the address names that is missing.
            refused |= {403, 404}
        if answer.status_code not in refused or not is_problem:
            wrong.append(f"{method} {address}: {answer.status_code} {answer.content_type}")

    assert wrong == []
    assert count


def test_a_version_of_what_is_not_there_is_stale(
    service: Service, client: Any, deliver: Any, outbox: Any
) -> None:
    """Saving over what somebody else has deleted does not make it anew."""
    world = World(client, deliver, outbox)
    if service.name != "directory":
        world.populate()
    WORLDS[service.name](world)
    wrong = []
    for thing in world.things:
        # One's wishes are there before anybody has said any, as is what is part of another thing.
        part = ("preferences", "delegation", "/document?", "/association-part")
        if thing.method != "PUT" or any(name in f"{thing.path}?" for name in part):
            continue
        path = f"{thing.path.rpartition('/')[0]}/{uuid4()}"
        answer = client.as_(world.owner).put(path, json=thing.body, headers={"If-Match": '"3"'})
        if answer.status_code != 412:
            wrong.append(f"PUT {path}: {answer.status_code} {answer.text}")

    assert wrong == []
