"""Holding an application to its own OpenAPI document, with requests that fit it and not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance


def fuzz(
    app: Any,
    *,
    callers: Sequence[Mapping[str, str]] = ({},),
    leave_out: str = "",
    document: str = "/openapi.json",
    examples: int = 20,
) -> int:
    """Send generated requests to every operation; judge the answers; return how many operations.

    Each of the ``callers``, who are told apart by their headers, sends the same ones: to think of a
    request takes longer than to answer it.

    Status, content type and body must be as documented, and no request may cause a 500. Requests
    that break the document are sent as well; those need only be refused in good order, since some
    rules (a date before another) are not in the document.
    """
    schema = schemathesis.openapi.from_wsgi(document, app)
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if leave_out and re.search(leave_out, operation.path):
            continue
        count += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
                continue
            _run(operation, mode, callers, examples)
    return count


def _can_be_wrong(operation: Any) -> bool:
    """Whether a request can break the document: free text in the address never does."""
    return bool(operation.body or operation.query) or any(
        set(each.definition["schema"]) - {"type", "minLength"} for each in operation.path_parameters
    )


def _run(
    operation: Any, mode: GenerationMode, callers: Sequence[Mapping[str, str]], examples: int
) -> None:
    @seed(20240315)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        for headers in callers:
            case.call_and_validate(
                headers=dict(headers), excluded_checks=[positive_data_acceptance]
            )

    send()
