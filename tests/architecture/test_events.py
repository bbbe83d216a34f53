"""Events are declared once, written down, said only by their owner, and heard by who exists."""

import ast
import importlib
import types
from pathlib import Path

import pytest

import contracts
from chassis.events import Event, personal_fields, registered
from chassis.service import Service
from contracts.directory import PersonErased

ROOT = Path(__file__).parents[2]
FOLDER = Path(contracts.__file__).parent
EVENTS = {
    type_: cls for type_, cls in registered().items() if cls.__module__.startswith("contracts.")
}
PERSONAL_COLUMNS = ("email", "phone", "person_name", "contact_name", "signatory_name")


@pytest.mark.parametrize("type_", EVENTS)
def test_every_event_has_schema_sample_and_a_place_in_the_catalogue(type_: str) -> None:
    assert (FOLDER / "schemas" / f"{type_}.json").exists()
    assert (FOLDER / "samples" / f"{type_}.json").exists()
    assert f"### `{type_}`" in (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["schemas", "samples"])
def test_nothing_is_written_down_that_is_not_an_event(kind: str) -> None:
    assert {path.stem for path in (FOLDER / kind).glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("type_", EVENTS)
def test_an_event_stands_in_the_module_of_its_publisher(type_: str) -> None:
    assert EVENTS[type_].__module__ == f"contracts.{type_.partition('.')[0]}"
    assert EVENTS[type_].__doc__


def made_in(folder: Path) -> dict[type[Event], Path]:
    """Find the events that code makes: every call of a class that comes from the contracts."""
    found: dict[type[Event], Path] = {}
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = imported(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = names.get(ast.unparse(node.func))
                if called is not None:
                    found[called] = path
    return found


def imported(tree: ast.AST) -> dict[str, type[Event]]:
    """Map what code calls an event (``RoundOpened``, ``grants.RoundOpened``) to its class."""
    names: dict[str, type[Event]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("contracts"):
            continue
        for alias in node.names:
            value = getattr(importlib.import_module(node.module or ""), alias.name, None)
            name = alias.asname or alias.name
            members = vars(value) if isinstance(value, types.ModuleType) else {}
            named = {name: value, **{f"{name}.{key}": each for key, each in members.items()}}
            names |= {key: each for key, each in named.items() if is_event(each)}
    return names


def is_event(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Event) and value is not Event


def test_an_event_is_said_by_its_publisher_only_and_really_is(services: dict[str, Service]) -> None:
    said = set()
    for name in services:
        for cls, path in made_in(ROOT / "services" / name).items():
            assert name == cls.SERVICE, f"{path} makes {cls.TYPE}"
            said.add(cls)

    never = {cls.TYPE for cls in EVENTS.values()} - {cls.TYPE for cls in said}
    assert never == set(), "declared and never said"


def test_what_is_heard_exists_and_is_somebody_elses(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for type_ in service.handlers.types:
            assert type_ in EVENTS, f"{name} listens to {type_}"
            assert name != EVENTS[type_].SERVICE, f"{name} listens to itself: {type_}"


def test_who_holds_personal_data_forgets_them_on_erasure(services: dict[str, Service]) -> None:
    for name, service in services.items():
        if name == PersonErased.SERVICE:
            continue
        columns = {
            f"{table.name}.{column.name}"
            for table in service.metadata.tables.values()
            for column in table.columns
            if column.name.endswith(PERSONAL_COLUMNS)
        }
        heard = {type_ for type_ in service.handlers.types if personal_fields(EVENTS[type_])}
        if columns or heard:
            assert PersonErased.TYPE in service.handlers.types, (
                f"{name} holds {sorted(columns)} and hears {sorted(heard)}"
            )


def test_every_service_hears_whom_to_forget(services: dict[str, Service]) -> None:
    """The inbox then blanks the messages it keeps, by itself, whatever handlers do."""
    erasing = {type_ for type_, cls in EVENTS.items() if cls.ERASES}
    assert erasing == {PersonErased.TYPE}
    deaf = {name for name, service in services.items() if not erasing & set(service.handlers.types)}

    assert deaf == {PersonErased.SERVICE}
    publisher = "".join(path.read_text() for path in (ROOT / "services/directory").rglob("*.py"))
    assert "redact(work.session" in publisher


def test_a_projection_reads_no_clock() -> None:
    """In a rebuild the same event must be kept the same, however much later (P7)."""
    read = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in (ROOT / "services").rglob("*.py")
        for node in projections_in(path)
        if "work.now" in ast.unparse(node) or "clock.now" in ast.unparse(node)
    ]

    assert read == [], "use work.occurred_at"


def projections_in(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("handlers.project(" in ast.unparse(each) for each in node.decorator_list)
    ]
