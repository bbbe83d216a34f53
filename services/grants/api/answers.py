"""What several routes begin and answer with, and who sees what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chassis import web
from chassis.database import UnitOfWork
from chassis.web import principal
from services.grants.model import associations_left


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """Open the unit of work of this request, for whoever the caller is by now."""
    with web.unit_of_work() as work:
        _take_back(work)
        yield work


@contextmanager
def reading() -> Iterator[UnitOfWork]:
    """Open a read-only unit, for whoever the caller is by now."""
    with web.reading() as work:
        _take_back(work)
        yield work


def written(view: Any, *, new: bool) -> tuple[Any, int]:
    """Answer a PUT with what is stored now: 201 the first time, 200 for a repeat or a change."""
    return view, 201 if new else 200


def sees_drafts() -> bool:
    """Whether the caller prepares rounds, and so sees drafts."""
    return principal().has("coordinator", "caseworker")


def _take_back(work: UnitOfWork) -> None:
    """Take from the caller the associations they have left: a token says for minutes what was."""
    mine = work.principal.associations
    if mine and (left := associations_left(work.session, work.principal.id)):
        work.principal.associations = {id_: mine[id_] for id_ in mine if id_ not in left}
