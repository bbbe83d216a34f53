"""Keeping what was done to a record, as a difference (V4).

Every command that changes what an association says of itself, or where it stands, does so inside
:func:`recorded`; so the account is written in the same transaction as the change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import inspect, or_, select

from chassis.database import UnitOfWork
from chassis.erasure import forget_words
from chassis.events import new_id
from contracts.values import OnBehalf
from services.directory.model import (
    Association,
    AssociationChange,
    Call,
    ChangeKind,
    Membership,
    Person,
)

# The steps of a record's life are told by the kind of a change; what nobody wrote is told nowhere.
_NOT_WRITTEN: Final = frozenset(
    {
        "id",
        "version",
        "status",
        "contact_person_id",
        "registered_at",
        "published_at",
        "closed_at",
        "closing_reason",
        "rejection_reason",
        "contact_bounced_at",
        "confirmed_at",
        "confirmed_by",
        "asked_at",
        "reminded_at",
        "stale_at",
        "stale_reason",
        "listed_at",
        "merged_into_id",
        "quiet",
    }
)


def speaks_for(work: UnitOfWork, association_id: UUID) -> OnBehalf:
    """Tell in whose name somebody acts: the association's own, or on its behalf.

    Who registers, or shows nothing but the secret of the yearly mail, speaks for the association.
    """
    if work.principal.own(association_id):
        return OnBehalf.ASSOCIATION
    if work.principal.has("coordinator"):
        return OnBehalf.COORDINATOR
    return OnBehalf.CENTRE if work.principal.has("centre") else OnBehalf.ASSOCIATION


@contextmanager
def recorded(
    work: UnitOfWork,
    association: Association,
    kind: ChangeKind,
    *,
    by_link: bool = False,
    note: str | None = None,
) -> Iterator[dict[str, list[Any]]]:
    """Keep what the block changes in an association; gives the differences, filled at its end.

    A description that says the same again is no change, and leaves no trace.
    """
    before = _written(association)
    differences: dict[str, list[Any]] = {}
    yield differences
    after = _written(association)
    differences |= {
        name: [before[name], value] for name, value in after.items() if value != before[name]
    }
    if kind is ChangeKind.DESCRIBED and not differences:
        return
    work.add(
        AssociationChange(
            id=new_id(),
            association_id=association.id,
            at=work.now,
            kind=kind,
            actor_id=None if by_link else work.principal.id,
            on_behalf=OnBehalf.ASSOCIATION if by_link else speaks_for(work, association.id),
            by_link=by_link,
            differences=differences,
            note=note,
        )
    )


def forget_in_history(work: UnitOfWork, person_id: UUID, names: list[str]) -> None:
    """Take an erased person's names and address out of what was written (GDPR art. 17).

    Looked at are the records the person had a role in or changed; who did what stays as an id.
    """
    theirs = select(Membership.association_id).where(Membership.person_id == person_id)
    changes = work.session.scalars(
        select(AssociationChange).where(
            or_(
                AssociationChange.association_id.in_(theirs),
                AssociationChange.actor_id == person_id,
            )
        )
    )
    for change in changes.all():
        change.differences = forget_words(change.differences, names)
        change.note = forget_words(change.note, names)
    calls = work.session.scalars(
        select(Call).where(or_(Call.association_id.in_(theirs), Call.person_id == person_id))
    )
    for call in calls.all():
        call.note = forget_words(call.note, names)


def names_of(work: UnitOfWork, person: Person) -> list[str]:
    """Return what somebody is called here, and their address: what is to be forgotten."""
    known = work.session.scalars(
        select(Membership.known_as).where(
            Membership.person_id == person.id, Membership.known_as.is_not(None)
        )
    )
    return [*{name for name in (person.name, person.email, *known) if name}]


def _written(association: Association) -> dict[str, Any]:
    columns = inspect(Association).column_attrs
    return {
        each.key: _plain(getattr(association, each.key))
        for each in columns
        if each.key not in _NOT_WRITTEN and each.columns[0].computed is None
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
