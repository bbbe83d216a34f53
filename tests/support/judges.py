"""What others wrote, against which Samspil is tested: kept beside the project, not in it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema

FOLDER = Path(__file__).parents[3] / "shared" / "conformance"
MISSING = (
    "the outside judges are missing: ../shared/conformance, seen from the project's root, must"
    " hold cloudevents/cloudevents.json"
)

Judge = Callable[[bytes], None]


def must_be_there() -> bool:
    """Whether their absence fails a test instead of skipping it: where CI is set."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def cloud_events(folder: Path = FOLDER) -> Judge | None:
    """Read the CloudEvents schema once; return what judges an envelope, or None where missing."""
    path = folder / "cloudevents" / "cloudevents.json"
    if not path.exists():
        return None
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(
        schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER
    )

    def judge(body: bytes) -> None:
        document = json.loads(body)
        validator.validate(document)
        # The schema does not look at the names of extensions: lower-case letters and digits only.
        wrong = [name for name in document if not is_attribute(name)]
        assert wrong == [], f"{document['type']}: no names of attributes"

    return judge


def is_attribute(name: str) -> bool:
    """Whether CloudEvents allows an attribute of this name."""
    return name.isascii() and name.isalnum() and name == name.lower() and len(name) <= 20


def hsds(folder: Path = FOLDER) -> dict[str, Judge] | None:
    """Read the HSDS 3.0 schemas; return what judges an object of each kind, or None if missing.

    ``page`` judges a list answer by the standard's OpenAPI document, without its items.
    """
    place = folder / "hsds-3.0"
    if not place.exists():
        return None

    def read(name: str) -> dict[str, Any]:
        return json.loads((place / f"{name}.json").read_text(encoding="utf-8"))

    def judge_of(schema: dict[str, Any]) -> Judge:
        kind = jsonschema.Draft202012Validator
        validator = kind(schema, format_checker=kind.FORMAT_CHECKER)
        return lambda body: validator.validate(json.loads(body))

    page = read("openapi")["components"]["schemas"]["Page"]
    everything = {**page, "required": [*page["properties"], "contents"]}
    return {
        "page": judge_of(everything),
        **{name: judge_of(read(name)) for name in ("organization", "service")},
    }
