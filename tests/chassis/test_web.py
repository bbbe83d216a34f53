"""The web application of a service: guards, problems, limits, ETags and its OpenAPI document."""

import io
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from marshmallow import Schema, fields
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, insert, select

from chassis import telemetry
from chassis.auth import Principal, TokenVerifier, public, require
from chassis.database import Database
from chassis.fields import Line, Ore
from chassis.problems import Conflict, NotFound
from chassis.testing import ISSUER, ServiceClient, TokenIssuer
from chassis.web import (
    Blueprint,
    Body,
    PageArguments,
    create_app,
    if_match,
    page_of,
    reading,
    unit_of_work,
)
from chassis.web import principal as caller
from tests.support.fuzz import fuzz

CLUB = UUID("0192f0a1-0000-7000-8000-00000000000a")
PERMISSIONS = {
    "clubs.club:read": {"anonymous": "any"},
    "clubs.club:change": {"editor": "own", "coordinator": "any"},
    "clubs.club:list": {"person": "own"},
}

metadata = MetaData()
club_table = Table(
    "club", metadata, Column("name", Text, primary_key=True), Column("members", BigInteger)
)


class ClubBody(Body):
    name = Line(required=True)
    amount_ore = Ore(load_default=0)
    members = fields.Integer(load_default=0)
    parts = fields.List(fields.Nested(Body.from_dict({"text": Line(required=True)})))


class ClubSchema(Schema):
    id = fields.UUID()
    version = fields.Integer()
    name = fields.String()


class ClubArguments(PageArguments):
    q = fields.String(load_default="")


class ClubClosed(Conflict):
    slug = "club-closed"
    title = "The club has closed"


clubs = Blueprint("clubs", __name__, url_prefix="/api/v1/clubs", description="Chess clubs")


@clubs.get("/<uuid:club_id>")
@require("clubs.club:read")
@clubs.response(200, ClubSchema)
@clubs.problems(NotFound)
def show(club_id: UUID) -> Any:
    """Show a club."""
    if club_id != CLUB:
        raise NotFound
    return SimpleNamespace(id=CLUB, version=3, name="Skak" if caller().is_anonymous else "Skak!")


@clubs.get("")
@require("clubs.club:read")
@clubs.arguments(ClubArguments, location="query")
@clubs.response(200, page_of(ClubSchema))
def index(arguments: Any) -> Any:
    """List clubs."""
    with reading() as work:
        found = work.session.execute(
            select(club_table.c.name).where(club_table.c.name == arguments["q"])
        )
        return {"items": [{"name": row.name} for row in found], "next": None}


@clubs.put("/<uuid:club_id>")
@require("clubs.club:change")
@clubs.arguments(ClubBody)
@clubs.response(200, ClubSchema)
@clubs.problems(ClubClosed)
def put(body: Any, club_id: UUID) -> Any:
    """Change a club."""
    version = if_match()
    with unit_of_work() as work:
        work.principal.permit(association=club_id)
        work.session.execute(insert(club_table).values(name=body["name"], members=body["members"]))
    return {"id": club_id, "version": (version or 0) + 1, "name": body["name"]}, 201


@clubs.get("/forgotten")
@require("clubs.club:list")
@clubs.response(200, ClubSchema)
def forgotten() -> Any:
    """Forget to settle the grant."""
    return {"name": "Skak"}


@clubs.get("/failing")
@public
@clubs.response(204)
def failing() -> Any:
    """Fail with somebody's data in the words."""
    raise ValueError("Karen Canary, karen.canary@example.org")


@pytest.fixture
def database(postgres: Any) -> Iterator[Database]:
    made = Database(postgres.ensure_database("test_web"), service="clubs")
    metadata.drop_all(made.engine)
    metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def app(database: Database, token_issuer: TokenIssuer) -> Flask:
    return create_app(
        name="clubs",
        title="Clubs",
        blueprints=[clubs],
        database=database,
        verifier=TokenVerifier(jwks_url=token_issuer.jwks_url, issuer=ISSUER),
        permissions=PERMISSIONS,
        ready=lambda: {"database": "ok", "broker": "away"},
    )


@pytest.fixture
def client(app: Flask, token_issuer: TokenIssuer) -> ServiceClient:
    made = ServiceClient(app, app.response_class, use_cookies=False)
    made.issuer = token_issuer
    return made


@pytest.fixture
def coordinator(client: ServiceClient) -> ServiceClient:
    return client.as_(Principal(id=CLUB, roles=frozenset({"coordinator"})))


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert response.json["type"] == f"/problems/{slug}"
    assert response.json["status"] == status
    assert response.json["title"]
    assert response.json["correlation_id"] == response.headers["X-Correlation-ID"]
    return response.json


URL = f"/api/v1/clubs/{CLUB}"


def test_errors_of_every_kind_are_problem_documents(client: ServiceClient) -> None:
    problem(client.get("/api/v1/nothing"), 404, "not-found")
    problem(client.get(URL.replace("00a", "00b")), 404, "not-found")
    problem(client.post(URL), 405, "method-not-allowed")
    problem(client.get("/api/v1/clubs?limit=0"), 422, "invalid")
    problem(client.get("/api/v1/clubs?stauts=all"), 422, "invalid")
    problem(client.get("/api/v1/clubs/failing"), 500, "internal")


def test_a_wrong_method_names_the_right_ones(client: ServiceClient) -> None:
    assert set(client.post(URL).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT"}


def test_an_unexpected_error_tells_nothing_but_its_number(client: ServiceClient) -> None:
    document = problem(client.get("/api/v1/clubs/failing"), 500, "internal")

    assert set(document) == {"type", "title", "status", "instance", "correlation_id"}
    assert "Karen" not in json.dumps(document)


def test_nobody_must_sign_in_and_the_wrong_person_may_not(client: ServiceClient) -> None:
    refused = client.put(URL, json={"name": "Skak"})
    problem(refused, 401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"

    somebody = client.as_(Principal(id=CLUB))
    problem(somebody.put(URL, json={"name": "Skak"}), 403, "forbidden")

    editor = client.as_(Principal(id=CLUB, associations={UUID(int=7): "editor"}))
    problem(editor.put(URL, json={"name": "Skak"}), 403, "forbidden")


@pytest.mark.parametrize("header", ["Bearer x", "Basic a2FyZW46a2FyZW4=", "Bearer", "bearer  ", ""])
def test_a_bad_authorization_is_refused_even_where_none_is_needed(
    client: ServiceClient, header: str
) -> None:
    problem(client.get(URL, headers={"Authorization": header}), 401, "unauthenticated")


def test_the_scheme_of_a_token_has_no_case(client: ServiceClient, token_issuer: Any) -> None:
    token = token_issuer.token(Principal(id=CLUB))

    answer = client.get(URL, headers={"Authorization": f"bearer {token}"})

    assert answer.json["name"] == "Skak!"


def test_a_grant_that_was_never_settled_answers_500(client: ServiceClient) -> None:
    somebody = client.as_(Principal(id=CLUB))

    problem(somebody.get("/api/v1/clubs/forgotten"), 500, "internal")


@pytest.mark.parametrize(
    ("body", "kind", "status", "slug"),
    [
        (b"{", "application/json", 400, "bad-request"),
        (b'{"name": "\xff"}', "application/json", 400, "bad-request"),
        (b'{"name": "\\ud800"}', "application/json", 400, "bad-request"),
        (b'{"amount_ore": NaN}', "application/json", 400, "bad-request"),
        (b"[" * 100_000, "application/json", 400, "bad-request"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (b"", "application/json", 422, "invalid"),
        (b'{"name": "Skak"}', "text/plain", 415, "unsupported-media"),
        (b"name=Skak", "application/x-www-form-urlencoded", 415, "unsupported-media"),
        (b'{"name": "Skak", "version": 9}', "application/json", 422, "invalid"),
        (b'{"name": "Skak", "amount_ore": 1.5}', "application/json", 422, "invalid"),
        (b'{"name": "a\\u0000b"}', "application/json", 422, "invalid"),
        (b'{"name": "Skak", "members": 9223372036854775808}', "application/json", 422, "invalid"),
        (b'"' + b"x" * (1024 * 1024) + b'"', "application/json", 413, "too-large"),
    ],
)
def test_a_bad_body_is_refused(
    coordinator: ServiceClient, body: bytes, kind: str, status: int, slug: str
) -> None:
    problem(coordinator.put(URL, data=body, content_type=kind), status, slug)


def test_refused_fields_are_named_by_json_pointer(coordinator: ServiceClient) -> None:
    answer = coordinator.put(URL, json={"parts": [{"text": "ok"}, {"text": ""}], "other/1": 1})

    pointers = {error["pointer"] for error in problem(answer, 422, "invalid")["errors"]}

    assert pointers == {"/name", "/parts/1/text", "/other~11"}


def test_what_the_database_refuses_is_no_500(coordinator: ServiceClient) -> None:
    assert coordinator.put(URL, json={"name": "Skak"}).status_code == 201
    document = problem(coordinator.put(URL, json={"name": "Skak"}), 409, "conflict")
    assert "Skak" not in json.dumps(document)

    problem(coordinator.put(URL, json={"name": "Go", "members": 2**63}), 422, "invalid")


@pytest.mark.parametrize("path", ["/api/v1/clubs?q=%00", "/api/v1/clubs?q=a%00b", "/api/v1/%00"])
def test_a_nul_in_the_address_is_refused(client: ServiceClient, path: str) -> None:
    problem(client.get(path), 400, "bad-request")


@pytest.mark.parametrize("query", ["q=%ff%fe", "q=%ed%a0%80", "%ff=1", "limit=١", "cursor=%F0%9F"])
def test_an_address_that_is_no_utf8_is_no_500(client: ServiceClient, query: str) -> None:
    assert client.get(f"/api/v1/clubs?{query}").status_code in {200, 422}


def test_an_etag_spares_the_answer(client: ServiceClient) -> None:
    first = client.get(URL)
    again = client.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    signed_in = client.as_(Principal(id=CLUB)).get(
        URL, headers={"If-None-Match": first.headers["ETag"]}
    )

    assert first.headers["ETag"].startswith('"3-')
    assert (again.status_code, again.data) == (304, b"")
    # Same version, but this caller sees more of it.
    assert signed_in.status_code == 200


@pytest.mark.parametrize(
    ("tag", "version"), [('"3"', 4), ('"3-1f00c2d4"', 4), ('W/"3"', 4), ("*", 1)]
)
def test_if_match_names_the_version(coordinator: ServiceClient, tag: str, version: int) -> None:
    answer = coordinator.put(URL, json={"name": "Skak"}, headers={"If-Match": tag})

    assert answer.json["version"] == version


@pytest.mark.parametrize("tag", ['"x"', '"²"', '"-1"', '""', '"' + "9" * 5000 + '"', '"1", "2"'])
def test_a_foreign_tag_is_stale(coordinator: ServiceClient, tag: str) -> None:
    answer = coordinator.put(
        URL,
        json={"name": "Skak"},
        headers={"If-Match": tag.encode("latin-1", "replace").decode("latin-1")},
    )

    problem(answer, 412, "stale")


def test_head_and_options_answer_as_get_would(client: ServiceClient) -> None:
    head = client.head(URL)
    options = client.options(URL)

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == client.get(URL).headers["ETag"]
    assert options.status_code == 200
    assert "PUT" in options.headers["Allow"]


def test_answers_are_neither_kept_nor_sniffed(client: ServiceClient) -> None:
    answer = client.get(URL)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc123", True), ("a-b", True), ("a b", False), ("é", False), ("x" * 65, False)],
)
def test_a_correlation_id_is_kept_when_it_is_one(
    client: ServiceClient, sent: str, kept: bool
) -> None:
    got = client.get(URL, headers={"X-Correlation-ID": sent}).headers["X-Correlation-ID"]

    assert (got == sent) is kept
    assert got.isascii()


def test_a_broker_that_is_away_degrades_and_does_not_stop(client: ServiceClient) -> None:
    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert client.get("/health/live").json["status"] == "live"
    assert b"samspil_request_seconds" in client.get("/metrics").data


def test_nothing_somebody_sent_gets_into_the_log(
    coordinator: ServiceClient, client: ServiceClient, capsys: Any
) -> None:
    stream = io.StringIO()
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    telemetry.configure_logging(level="DEBUG", stream=stream)
    try:
        canary = {"name": "Canary Canarysen"}
        coordinator.put(URL, json=canary)
        coordinator.put(URL, json=canary)
        coordinator.put(URL, json={"name": "010190-1234 canary@example.org"})
        client.get("/api/v1/clubs?q=canary@example.org")
        client.get("/api/v1/clubs/failing")
        client.get(URL, headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.Q2FuYXJ5.Q2FuYXJ5"})
        telemetry.logger("test").warning(
            "mail",
            recipient="canary@example.org",
            nested={"token": "canary", "to": ["+45 20304050"]},
        )
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {"request", "constraint violated", "unexpected error", "mail"} <= {
        line["event"] for line in lines
    }
    for secret in ("canary", "010190", "eyJhbG", "20304050"):
        assert secret not in stream.getvalue().lower()
    failure = next(line for line in lines if line["event"] == "unexpected error")
    assert "in failing" in failure["exception"]
    assert failure["exception"].endswith("ValueError")


def test_a_route_without_a_guard_stops_the_service(database: Database, token_issuer: Any) -> None:
    def nothing() -> dict[str, Any]:
        return {}

    def make(blueprint: Blueprint) -> None:
        create_app(
            name="clubs",
            title="Clubs",
            blueprints=[blueprint],
            database=database,
            verifier=TokenVerifier(jwks_url=token_issuer.jwks_url, issuer=ISSUER),
            permissions=PERMISSIONS,
            ready=dict,
        )

    open_door = Blueprint("open", "open", url_prefix="/open")
    open_door.route("/")(nothing)
    with pytest.raises(RuntimeError, match="neither @require nor @public"):
        make(open_door)

    misspelt = Blueprint("misspelt", "misspelt", url_prefix="/misspelt")
    misspelt.route("/")(require("clubs.club:raed")(nothing))
    with pytest.raises(RuntimeError, match="not in the table"):
        make(misspelt)


def test_the_document_is_openapi(client: ServiceClient) -> None:
    document = client.get("/openapi.json").json

    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_the_document_says_problems_are_problem_json(client: ServiceClient) -> None:
    document = client.get("/openapi.json").json

    problem_answers = 0
    for item in document["paths"].values():
        for method, operation in item.items():
            if method == "parameters":
                continue
            for status, response in operation["responses"].items():
                found = response
                if "$ref" in found:
                    assert found["$ref"] == "#/components/responses/Problem"
                    found = document["components"]["responses"]["Problem"]
                if status == "default" or status >= "400":
                    assert list(found["content"]) == ["application/problem+json"]
                    problem_answers += 1
    assert problem_answers > 20


def test_the_document_says_who_may(client: ServiceClient) -> None:
    paths = client.get("/openapi.json").json["paths"]["/api/v1/clubs/{club_id}"]

    assert paths["put"]["security"] == [{"bearer": []}]
    assert paths["put"]["x-permission"] == "clubs.club:change"
    assert {"401", "403", "404", "409", "412", "413", "415", "422", "default"} <= set(
        paths["put"]["responses"]
    )
    assert paths["get"]["security"] == [{}, {"bearer": []}]
    assert "If-Match" in [each["name"] for each in paths["put"]["parameters"]]


def test_the_service_does_what_its_document_says(app: Flask, token_issuer: Any) -> None:
    token = token_issuer.token(Principal(id=CLUB, roles=frozenset({"coordinator"})))

    fuzz(app, leave_out="failing|forgotten", callers=[{"Authorization": f"Bearer {token}"}])
