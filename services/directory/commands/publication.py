"""What is done alike with whatever is drafted, published and withdrawn."""

from typing import Any, TypeVar
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.problems import Stale
from services.directory.model import PublicationStatus, Publishable

P = TypeVar("P", bound=Publishable)


def to_write(
    work: UnitOfWork, kind: type[P], id_: UUID, *, version: int | None, **fixed: Any
) -> tuple[P, bool]:
    """Return what is to be written, locked, and whether it is new.

    A new one is a draft with what is ``fixed`` about it, for the caller to describe and add. Raises
    :class:`Stale`.
    """
    if work.find(kind, id_, lock=True) is not None:
        return work.get(kind, id_, version=version), False
    if version is not None:
        raise Stale
    drafted = {"id": id_, "status": PublicationStatus.DRAFT, "created_at": work.now}
    return kind(**{**drafted, **fixed}), True


def withdraw(work: UnitOfWork, kind: type[P], id_: UUID, *, version: int | None) -> P:
    """Take a thing from everybody; withdrawing it twice is the same as once.

    Raises :class:`NotFound`, :class:`Stale`, :class:`WrongState`.
    """
    found = work.get(kind, id_, version=version, lock=True)
    if found.status != PublicationStatus.WITHDRAWN:
        event = found.withdraw(at=work.now)
        if event is not None:
            work.emit(event)
    return found


def delete_draft(
    work: UnitOfWork, kind: type[Publishable], id_: UUID, *, version: int | None
) -> None:
    """Delete a thing nobody has seen. Raises as :func:`withdraw` does."""
    found = work.get(kind, id_, version=version, lock=True)
    found.require_draft()
    work.session.delete(found)
