"""Nobody gets at what belongs to another association: not by its id, in a list, or by writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException

import contracts
import embedded.contracts
from chassis.auth import ASSOCIATION_ROLES, Principal, read_permissions
from chassis.service import Service
from contracts import directory
from tests.contract.worlds import OTHER, OWN, STRANGER, WORLDS, World, of_association

ROOT = Path(__file__).parents[2]
PERMISSIONS = read_permissions(contracts.PERMISSIONS)


@pytest.fixture(params=WORLDS)
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


@pytest.fixture
def environment(service: Service) -> Any:
    return embedded.contracts.placeholders(service)


@pytest.fixture
def world(service: Service, client: Any, deliver: Any, outbox: Any) -> World:
    made = World(client, deliver, outbox)
    if service.handlers.types.get(directory.PersonRegistered.TYPE):
        made.populate()
    WORLDS[service.name](made)
    assert made.things
    return made


def scope_of(world: World, method: str, path: str) -> str:
    app = world.client.application
    try:
        endpoint, _ = app.url_map.bind("").match(path.partition("?")[0], method=method)
    except HTTPException as error:
        raise AssertionError(f"{method} {path} is no route") from error
    return str(app.view_functions[endpoint].__scope__)


# What takes a whole round to arrange is tried where a whole round is arranged.
TRIED_ELSEWHERE = {
    "grants.decision:read": (
        "tests/component/grants/test_decisions.py",
        "test_an_applicant_reads_the_decision_when_the_letter_has_gone",
    ),
}


def test_all_that_may_be_somebodys_own_is_tried(world: World, service: Service) -> None:
    owned = {
        scope
        for scope, row in PERMISSIONS.items()
        if scope.partition(".")[0] == service.name and "own" in row.values()
    }
    tried = {scope_of(world, thing.method, thing.path) for thing in world.things}

    assert owned - tried - set(TRIED_ELSEWHERE) == set()
    for path, name in TRIED_ELSEWHERE.values():
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


STRANGERS: dict[str, Principal | None] = {
    "nobody": None,
    "somebody": Principal(id=STRANGER, name="Kirsten"),
    **{f"another's {role}": of_association(OTHER, role, STRANGER) for role in ASSOCIATION_ROLES},
}


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_is_kept_out(world: World, who: str) -> None:
    for thing in world.things:
        answer = world.ask(STRANGERS[who], thing)

        told = f"{who}: {thing.method} {thing.path} answered {answer.status_code}"
        if answer.status_code < 300:
            assert thing.lists, told
            assert thing.lists not in answer.text, told
        else:
            assert answer.status_code in {401, 403, 404}, told


def test_the_owner_is_let_in(world: World) -> None:
    for thing in world.things:
        if thing.is_last:
            continue
        answer = world.ask(world.owner, thing)

        told = f"{thing.method} {thing.path} answered {answer.status_code}: {answer.text}"
        assert answer.status_code < 300, told
        assert thing.lists in answer.text, told


@pytest.mark.parametrize("role", ASSOCIATION_ROLES)
def test_a_role_in_the_association_is_let_in_as_the_table_says(world: World, role: str) -> None:
    colleague = of_association(OWN, role)
    for thing in world.things:
        if thing.lists or thing.is_personal or thing.is_last:
            continue
        row = PERMISSIONS[scope_of(world, thing.method, thing.path)]
        conditions = {row[each] for each in colleague.held_roles() if each in row}
        answer = world.ask(colleague, thing)

        told = f"{role}: {thing.method} {thing.path} answered {answer.status_code}"
        if not conditions:
            assert answer.status_code == 403, told
        else:
            # The present state may forbid it (409); the guard does not.
            assert answer.status_code not in {401, 403, 404, 500}, told
