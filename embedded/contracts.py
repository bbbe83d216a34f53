"""Writes down what the code says: event schemas, AsyncAPI, OpenAPI, the catalogues for readers.

Everything written here is committed, and a test fails when it is out of date. A sample of an event
is written once and then kept as it is: samples are what older publishers sent.
"""

import dataclasses
import importlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

import contracts
import gateway.app
import gateway.openapi
import portal.settings
from chassis import auth, broker, config, schema_export
from chassis.events import registered
from chassis.service import Service

ROOT: Final = Path(__file__).resolve().parent.parent
SERVICES: Final = ("directory", "grants", "meetings", "notifier")
SAMPLES: Final = ROOT / "contracts" / "samples"
_METHODS: Final = ("GET", "PUT", "POST", "PATCH", "DELETE")
# Settings that are read more closely than as some text.
PLACEHOLDERS: Final[Mapping[str, str]] = {"SMTP_URL": "smtp://127.0.0.1:1"}
# Made-up, and obviously so.
_EXAMPLES: Final[Mapping[str, Any]] = {
    "agenda": "Velkomst",
    "answer": "Det følger vi",
    "appeal": "Der kan ikke klages til en anden myndighed over beløbet",
    "audience": "associations",
    "conclusion": "Politikken vedtages med ændringer",
    "considerations": "Mange frivillige for få penge",
    "ends_at": "2024-03-16T00:59:00Z",
    "facts": "Foreningen har 40 medlemmer",
    "hearing_title": "Ny frivilligpolitik",
    "legal_basis": "Serviceloven § 18",
    "meeting_title": "Dialogmøde om frivillighed",
    "proof": "Dialogmøde den 3. april 2024",
    "question": "Hvad mangler i politikken?",
    "round_title": "§ 18-puljen 2024",
    "rules": "Serviceloven § 18 og kommunens kriterier",
    "amount_ore": 1_500_000,
    "applied_ore": 2_500_000,
    "allocated_ore": 72_630_700,
    "area": "aars",
    "association_name": "Nørrebro Skakklub",
    "body": "council",
    "case_number": "2024-0007",
    "code": "123456",
    "criteria": "Involverer frivillige",
    "cvr": "12345674",
    "decided_by": "Kultur- og Fritidsudvalget",
    "email": "kirsten@example.org",
    "focus_areas": "Ensomhed",
    "frame_ore": 72_630_700,
    "granted_ore": 1_500_000,
    "kind": "dialogue",
    "language": "da",
    "name": "Nørrebro Skakklub",
    "person_name": "Kirsten Mølgaard",
    "place": "Rådhuset, lokale 3",
    "programme": "section-18",
    "purpose": "Skak for alle",
    "rrule": "FREQ=WEEKLY;BYDAY=TU",
    "starts": "19:00",
    "ends": "21:00",
    "department": "social",
    "description": "En kop kaffe og en snak en gang om ugen",
    "languages": "da",
    "note": "Har aftale med kommunens jobcenter",
    "postcode": "9600",
    "price_ore": 0,
    "price_text": "Gratis",
    "topics": "visiting",
    "reason": "Ansøgningen falder uden for puljens formål",
    "role": "administrator",
    "target_groups": "older-people",
    "template": "application_receipt",
    "title": "§ 18-puljen 2024",
    "token": "made-up-token-of-no-use",
    "year": 2024,
}


_PREFACE: Final = (
    "Written by `make contracts` from `contracts/permissions.toml` and the routes of the services;"
    " do not edit. ● always; ○ in one's own association, or what is one's own; ◐ unless there is a"
    " conflict of interest (forvaltningsloven § 3). An editor may what a member may, an"
    " administrator what an editor may."
)
_SETTINGS_PREFACE: Final = (
    "Written by `make contracts` from the settings classes; do not edit. Settings come from the"
    " environment only. `NAME_FILE` may name a file that holds the value, as for secrets. Whatever"
    " is missing or wrong is named at start."
)
_OF_AGGREGATE: Final[Mapping[str, Mapping[str, Any]]] = {
    "person": {"name": "Kirsten Mølgaard"},
    "meeting": {"title": "Dialogmøde om frivillighed", "kind": "dialogue"},
    "hearing": {"title": "Ny frivilligpolitik"},
    "office": {"title": "Frivilligkonsulent"},
    "duty": {"title": "To dialogmøder om året"},
    "offer": {"title": "Besøgsven", "place": "Kulturcentret, Himmerlandsgade 59"},
}


def write_all(*, check: bool = False) -> list[str]:
    """Write every file anew; return those that were out of date, as paths from the root.

    With ``check`` nothing is written.
    """
    outdated = []
    for path, text in _files():
        present = path.read_text(encoding="utf-8") if path.exists() else None
        if present != text:
            outdated.append(str(path.relative_to(ROOT)))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return outdated


def services() -> dict[str, Service]:
    """Return every service of the system, by name."""
    return {name: importlib.import_module(f"services.{name}.app").service for name in SERVICES}


def listeners(of: Mapping[str, Service]) -> dict[str, list[str]]:
    """Map each event type to the services that handle it."""
    found: dict[str, list[str]] = {}
    for name, service in of.items():
        for type_ in service.handlers.types:
            found.setdefault(type_, []).append(name)
    return {type_: sorted(names) for type_, names in found.items()}


def application(service: Service) -> Any:
    """Make a service's web application without anything behind it: for its routes, not to serve."""
    environ = {
        "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        "AMQP_URL": "memory://",
        "PROFILE": str(ROOT / "profiles" / "vesthimmerland.toml"),
    }
    environ = {**placeholders(service), **environ}
    return service.create_app(config.load(service.settings, environ))


def placeholders(service: Service) -> dict[str, str]:
    """Return a value for every setting of a service that has no default."""
    return {
        field.metadata["name"]: PLACEHOLDERS.get(field.metadata["name"], "unused")
        for field in dataclasses.fields(service.settings)
        if field.default is dataclasses.MISSING
        and field.metadata["name"] not in {"DATABASE_URL", "AMQP_URL", "PROFILE"}
    }


def openapi_documents(of: Mapping[str, Service]) -> dict[str, dict[str, Any]]:
    """Return each service's OpenAPI document."""
    return {
        name: json.loads(json.dumps(application(service).extensions["samspil.openapi"]()))
        for name, service in of.items()
    }


def _files() -> Iterator[tuple[Path, str]]:
    found = services()
    heard = listeners(found)
    for type_, cls in registered().items():
        if cls.SERVICE not in SERVICES:
            continue
        schema = schema_export.json_schema(cls)
        yield ROOT / "contracts" / "schemas" / f"{type_}.json", _json(schema)
        sample = SAMPLES / f"{type_}.json"
        if not sample.exists():
            known = {**_EXAMPLES, **_OF_AGGREGATE.get(cls.AGGREGATE, {})}
            yield sample, _json(schema_export.example(cls, known))
    events = {type_: cls for type_, cls in registered().items() if cls.SERVICE in SERVICES}
    yield ROOT / "contracts" / "asyncapi.yaml", _yaml(schema_export.asyncapi(events, heard))
    yield ROOT / "docs" / "events.md", schema_export.catalogue(events, heard)
    documents = openapi_documents(found)
    yield gateway.openapi.PATH, _json(gateway.openapi.merge(documents))
    yield ROOT / "docs" / "permissions.md", permissions_table(documents)
    yield ROOT / "docs" / "operations" / "settings.md", settings_page(found)
    held = broker.definitions(found.values())
    yield ROOT / "deploy" / "rabbitmq" / "topology.json", _json(held)


def permissions_table(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of permissions and its routes as Markdown."""
    rows = tomllib.loads(contracts.PERMISSIONS.read_text(encoding="utf-8"))
    routes: dict[str, list[str]] = {}
    for document in documents.values():
        for path, item in document["paths"].items():
            for method in _METHODS:
                operation = item.get(method.lower())
                if operation is not None:
                    scope = operation.get("x-permission", "(open to everybody)")
                    routes.setdefault(scope, []).append(f"`{method} {path}`")
    lines = [
        "# Permissions",
        "",
        _PREFACE,
        "",
    ]
    marks = {"any": "●", "own": "○", "unconflicted": "◐"}
    for service in SERVICES:
        scopes = {name: row for name, row in rows.items() if name.startswith(f"{service}.")}
        lines += [
            f"## {service}",
            "",
            f"| what | {' | '.join(auth.ROLES)} | routes |",
            f"|---|{'---|' * len(auth.ROLES)}---|",
        ]
        for name, row in scopes.items():
            cells = [marks.get(row.get(role, ""), "") for role in auth.ROLES]
            lines.append(
                f"| **{name.split('.', 1)[1]}**<br>{row['text']} | {' | '.join(cells)}"
                f" | {'<br>'.join(sorted(routes.get(name, ())))} |"
            )
        lines.append("")
    lines += ["## Open to everybody", ""]
    lines += [f"- {route}" for route in sorted(routes.get("(open to everybody)", ()))]
    return "\n".join([*lines, ""])


def settings_page(of: Mapping[str, Service]) -> str:
    """Return every setting of every component as Markdown."""
    classes: dict[str, Any] = {
        **{name: service.settings for name, service in of.items()},
        "gateway": gateway.app.GatewaySettings,
        "portal": portal.settings.PortalSettings,
    }
    lines = ["# Settings", "", _SETTINGS_PREFACE, ""]
    for component, cls in classes.items():
        lines += [f"## {component}", "", "| variable | meaning | default |", "|---|---|---|"]
        for field in dataclasses.fields(cls):
            default = "must be set" if field.default is dataclasses.MISSING else field.default
            secret = " (a secret)" if field.metadata["secret"] else ""
            told = f"`{default}`" if default not in {"", "must be set"} else default
            lines.append(
                f"| `{field.metadata['name']}` | {field.metadata['text']}{secret} | {told} |"
            )
        lines.append("")
    return "\n".join(lines)


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _yaml(document: Any) -> str:
    head = (
        "# Written by `make contracts` from contracts/ and the services' handlers; do not edit.\n"
    )
    return head + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
