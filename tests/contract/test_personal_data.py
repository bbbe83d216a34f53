"""Whatever names a person is what that person can read, or is excused with a reason (art. 15)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import embedded.contracts
from chassis import clock
from chassis.auth import Principal
from chassis.personal import DEEDS, columns_naming_people
from chassis.service import Service
from portal import personal
from services.directory.queries.erasures import ANSWERING


@pytest.fixture(params=embedded.contracts.SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return embedded.contracts.services()[request.param]


def excused(service: Service) -> Mapping[str, str]:
    module = importlib.import_module(f"services.{service.name}.queries.personal")
    found: Mapping[str, str] = module.EXCUSED
    return found


def test_every_table_that_names_people_is_handed_out(service: Service) -> None:
    handed_out = {(held.table.name, name) for held in service.personal for name in held.by}
    named = set(columns_naming_people(service.metadata.tables.values()))

    missing = {each for each in named - handed_out if each[0] not in excused(service)}
    assert missing == set(), "list them in queries/personal.py, or excuse them there with a reason"
    assert named


def test_every_table_that_keeps_peoples_addresses_is_handed_out(service: Service) -> None:
    """Also where it knows no person: ``at`` says which rows are an address's."""
    kept = {table.name for table in service.metadata.tables.values() if "email" in table.columns}

    assert kept <= {held.table.name for held in service.personal}


def test_what_is_excused_exists(service: Service) -> None:
    assert set(excused(service)) <= set(service.metadata.tables)


def test_what_is_handed_out_are_columns(service: Service) -> None:
    for held in service.personal:
        columns = set(held.table.columns.keys())
        assert {*held.by, *held.only, *held.without} <= columns, held.kind
        shown = {column.name for column in held.columns()}
        assert not shown & {"token", "token_hash", "refresh_hash", "content_hash"}, held.kind


def test_every_kind_and_field_has_words_for_people(service: Service) -> None:
    """The portal's page is read by people: no name of a column stands in it."""
    kinds = {held.kind for held in service.personal} | {DEEDS}
    fields = {column.name for held in service.personal for column in held.columns()}

    assert kinds - set(personal.KIND) == set()
    shown = {name for name in fields if name != "id" and not name.endswith("_id")}
    assert shown - set(personal.FIELD) - personal.FOR_COMPUTERS == set()


def test_every_service_answers_an_erasure() -> None:
    assert set(ANSWERING) == set(embedded.contracts.SERVICES)


def test_the_coordinator_is_handed_it_on_request_and_what_is_private_is_not_in_it(
    service: Service, client: Any
) -> None:
    person = "0192f0a1-0000-7000-8000-0000000000aa"
    staff = client.as_(Principal(id=uuid4(), name="Karen", roles=frozenset({"coordinator"})))

    answer = staff.get(f"/api/v1/personal-data/{service.name}/{person}")

    assert answer.status_code == 200
    assert (answer.json["service"], answer.json["parts"]) == (service.name, [])
    private = {held.kind for held in service.personal if held.is_private}
    assert set(answer.json["withheld"]) == private


@pytest.mark.parametrize("role", ["person", "coordinator"])
def test_nobody_is_handed_it_who_signed_in_long_ago(
    service: Service, client: Any, role: str
) -> None:
    """Not even one's own: the browser may have been left open (RFC 9470 says how to ask)."""
    person = uuid4()
    long_ago = clock.now() - timedelta(minutes=16)
    who = Principal(id=person, roles=frozenset({role}), signed_in_at=long_ago)

    answer = client.as_(who).get(f"/api/v1/personal-data/{service.name}/{person}")

    assert (answer.status_code, answer.json["type"]) == (401, "/problems/sign-in-too-old")
    assert answer.json["max_age"] == 900
    assert "sign in again" in answer.json["detail"]
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer error="insufficient_user_authentication", max_age="900"'
    )


@pytest.fixture
def environment(service: Service) -> Mapping[str, str]:
    return embedded.contracts.placeholders(service)
