"""Every route is guarded by a row of the table, and every row guards a route."""

import tomllib

import pytest

import contracts
import embedded.contracts
from chassis.auth import read_permissions
from chassis.service import Service

OPEN_TO_EVERYBODY = {
    # Signing in, and staying so: who one is is what is being found out.
    ("GET", "/api/v1/sign-in-methods"),
    ("POST", "/api/v1/sign-in-links"),
    ("POST", "/api/v1/sign-in-flows"),
    ("POST", "/api/v1/sessions"),
    ("POST", "/api/v1/sessions/<uuid:session_id>/renewal"),
    ("GET", "/.well-known/jwks.json"),
    # What anybody may know about the municipality.
    ("GET", "/api/v1/vocabulary"),
    # For the machine room; the gateway does not forward them.
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
}


# The Human Services Data Specification names its own addresses.
NAMED_BY_A_STANDARD = "/api/v1/hsds/"


def routes_of(service: Service) -> list[tuple[str, str, str | None]]:
    """List method, rule and scope of every route."""
    app = embedded.contracts.application(service)
    return [
        (method, rule.rule, getattr(app.view_functions[rule.endpoint], "__scope__", "missing"))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def plain(rule: str) -> str:
    """Return a rule with its variables unnamed: what they are called does not matter."""
    return "/".join("<>" if part.startswith("<") else part for part in rule.split("/"))


@pytest.mark.parametrize("name", embedded.contracts.SERVICES)
def test_every_route_names_a_row_of_its_own_service(
    services: dict[str, Service], name: str
) -> None:
    permissions = read_permissions(contracts.PERMISSIONS)
    open_ones = {(method, plain(rule)) for method, rule in OPEN_TO_EVERYBODY}

    for method, rule, scope in routes_of(services[name]):
        if scope is None:
            assert (method, plain(rule)) in open_ones, f"{method} {rule} is open to everybody"
        else:
            assert scope in permissions, f"{method} {rule}: {scope}"
            assert scope.split(".")[0] == name, f"{method} {rule} uses {scope}"


def test_every_row_guards_a_route_and_says_what_for(services: dict[str, Service]) -> None:
    used = {scope for service in services.values() for _, _, scope in routes_of(service) if scope}
    rows = tomllib.loads(contracts.PERMISSIONS.read_text(encoding="utf-8"))

    assert set(rows) == used
    assert all(row.get("text") for row in rows.values())


def test_the_address_of_a_resource_is_a_plural_noun_in_kebab_case(
    services: dict[str, Service],
) -> None:
    for service in services.values():
        for _, rule, _ in routes_of(service):
            if rule.startswith(NAMED_BY_A_STANDARD):
                continue
            for part in rule.split("/"):
                assert part.startswith("<") or part == part.lower(), rule
                assert "_" not in part or part.startswith("<"), rule
