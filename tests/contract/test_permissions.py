"""Who may do what, tried out: every route by every role, generated from the table.

The table is ``contracts/permissions.toml``; the routes are what the services really have. A role
that has no place in a row is turned away before anything else happens: before the body is read and
before it is known whether the thing exists. A role that has one gets past the guard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

import contracts
import embedded.contracts
from chassis.auth import ASSOCIATION_ROLES, OFFICES, ROLES, Principal, read_permissions
from chassis.service import Service
from tests.support.fuzz import fuzz

OWN = UUID("0192f0a1-0000-7000-8000-00000000000a")
PERSON = UUID("0192f0a1-0000-7000-8000-000000000001")
PERMISSIONS = read_permissions(contracts.PERMISSIONS)


@pytest.fixture(params=embedded.contracts.SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


@pytest.fixture
def environment(service: Service) -> Mapping[str, str]:
    return embedded.contracts.placeholders(service)


def acting_as(role: str) -> Principal | None:
    """Make somebody who holds one role and no other."""
    if role == "anonymous":
        return None
    if role == "person":
        return Principal(id=PERSON, name="Kirsten Mølgaard")
    if role in ASSOCIATION_ROLES:
        return Principal(id=PERSON, name="Kirsten Mølgaard", associations={OWN: role})
    assert role in OFFICES
    return Principal(id=PERSON, name="Kirsten Mølgaard", roles=frozenset({role}))


def guarded_routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """List method, an address of something that is not there, and scope of each guarded route."""
    for rule in app.url_map.iter_rules():
        scope = getattr(app.view_functions[rule.endpoint], "__scope__", None)
        if scope is None:
            continue
        values: dict[str, Any] = {
            name: uuid4() if type(converter).__name__ == "UUIDConverter" else "unknown"
            for name, converter in rule._converters.items()
        }
        _, address = rule.build(values, append_unknown=False) or ("", "")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, address, scope


@pytest.mark.parametrize("role", ROLES)
def test_the_table_is_what_the_service_does(client: Any, role: str) -> None:
    somebody = acting_as(role)
    held = (somebody or Principal()).held_roles()
    caller = client.as_(somebody)
    wrong = []
    count = 0
    for method, address, scope in guarded_routes(client.application):
        count += 1
        body = {} if method == "GET" else {"json": {}}
        answer = caller.open(address, method=method, **body)
        conditions = {PERMISSIONS[scope][each] for each in held if each in PERMISSIONS[scope]}
        if not conditions:
            expected = {401 if role == "anonymous" else 403}
            fits = answer.status_code in expected
        elif "any" in conditions:
            # Past the guard; nothing is there, so anything but a refusal.
            fits = answer.status_code not in {401, 403, 500}
        else:
            fits = answer.status_code not in {401, 500}
        if not fits:
            wrong.append(f"{method} {address} ({scope}): {answer.status_code}")

    assert wrong == []
    assert count > 3


def test_a_token_of_another_issuer_opens_nothing(client: Any) -> None:
    for method, address, _ in guarded_routes(client.application):
        answer = client.open(address, method=method, headers={"Authorization": "Bearer a.b.c"})

        assert answer.status_code == 401, f"{method} {address}"


def test_a_field_nobody_may_set_is_refused_by_name(client: Any) -> None:
    """Mass assignment: every column of every table, sent as a field, is refused or harmless."""
    service_tables = embedded.contracts.services()[client.application.name].metadata.tables
    columns = {column.name for table in service_tables.values() for column in table.columns}
    document = client.application.extensions["samspil.openapi"]()
    names = {route[1]: route for route in guarded_routes(client.application)}
    assert names
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = (
                operation.get("requestBody", {}).get("content", {})
                if method != "parameters"
                else {}
            )
            if "application/json" not in content:
                continue
            reference = content["application/json"]["schema"].get("$ref", "")
            schema = document["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
            assert schema.get("additionalProperties") is False, f"{method} {path} takes any field"
            settable = set(schema.get("properties", {}))
            forbidden = {"version", "status", "created_at", "person_id", "is_erased"} & columns
            assert not (settable & forbidden) - {"status", "person_id"}, f"{method} {path}"


def test_the_service_does_what_its_document_says(client: Any, token_issuer: Any) -> None:
    roles = map(acting_as, ("administrator", "coordinator", "council"))
    tokens = [{"Authorization": f"Bearer {token_issuer.token(role)}"} for role in roles]

    operations = fuzz(client.application, callers=[{}, *tokens], examples=4)

    assert operations > 3
