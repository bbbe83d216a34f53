"""The documents of the system are valid, current, and say what the gateway lets through."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

import embedded.contracts
import gateway.openapi
from gateway import routes

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    return embedded.contracts.openapi_documents(embedded.contracts.services())


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return json.loads(gateway.openapi.PATH.read_text(encoding="utf-8"))


def test_everything_written_is_current() -> None:
    assert embedded.contracts.write_all(check=True) == [], "run `make contracts`"


@pytest.mark.parametrize("service", embedded.contracts.SERVICES)
def test_a_services_document_is_openapi(documents: dict[str, Any], service: str) -> None:
    OpenAPIV31SpecValidator(documents[service]).validate()


def test_the_whole_document_is_openapi(whole: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(whole).validate()
    names = [
        operation["operationId"]
        for item in whole["paths"].values()
        for method, operation in item.items()
        if method in gateway.openapi.METHODS
    ]
    assert len(names) == len(set(names))


RESOURCES = (
    "associations people memberships offices sign-in-links sessions me programmes rounds"
    " applications assessments recommendations decisions awards meetings registrations minutes"
    " hearings responses duties deliveries"
)
# One is added here by hand, and so looked at: is it a noun?
TRANSITIONS = (
    "announcement answer approval calling cancellation capacity closure conclusion confirmation"
    " decision disposal end handover holding introductions mailing merger opening publication"
    " rejection renewal reopening resending retry ruling start stop submission withdrawal"
)


def test_every_resource_is_there_and_a_transition_is_a_noun_below_one(
    whole: dict[str, Any],
) -> None:
    roots = {path.split("/")[3] for path in whole["paths"] if path.startswith("/api/v1/")}
    below = {
        path.rpartition("}/")[2]
        for path, item in whole["paths"].items()
        if "post" in item and "}/" in path
    }

    assert set(RESOURCES.split()) <= roots
    assert below - {"conflicts"} == set(TRANSITIONS.split())


def test_the_gateway_lets_through_what_is_documented_and_nothing_else(
    documents: dict[str, Any],
) -> None:
    used = set()
    for service, document in documents.items():
        for path in document["paths"]:
            route = routes.find(path)
            assert route is not None, f"{service}: {path} has no route in the gateway"
            assert route.service == service, path
            used.add(route.prefix)
    assert used == {route.prefix for route in routes.ROUTES}


def test_only_what_anybody_may_read_is_kept_by_the_gateway(documents: dict[str, Any]) -> None:
    for document in documents.values():
        for path, item in document["paths"].items():
            route = routes.find(path)
            if route is not None and not route.public and "get" in item:
                assert {} not in item["get"]["security"], f"{path} could be marked public"


def test_every_problem_of_every_service_is_problem_json(documents: dict[str, Any]) -> None:
    for document in documents.values():
        for item in document["paths"].values():
            for method, operation in item.items():
                if method not in gateway.openapi.METHODS:
                    continue
                for status, answer in operation["responses"].items():
                    if status == "default" or status >= "400":
                        assert answer.get("$ref", "").endswith("/Problem") or list(
                            answer["content"]
                        ) == ["application/problem+json"]


def test_asyncapi_is_read_by_its_own_parser() -> None:
    node = shutil.which("node")
    assert node, "`make assets` brings Node.js"
    # Beside the packages, so that the script finds the parser.
    answer = subprocess.run(
        [node, TESTS / "contract" / "asyncapi.mjs", ROOT / "contracts" / "asyncapi.yaml"],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    found = json.loads(answer.stdout)
    document = yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert found["errors"] == []
    assert found["channels"] == len(document["channels"]) >= 40
    assert found["operations"] == len(document["operations"])
