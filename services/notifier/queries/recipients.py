"""Who is to be told: from a body, an association or a meeting to the people behind it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from chassis.handlers import RetryLater
from services.notifier.model import (
    Association,
    AssociationStatus,
    Membership,
    Office,
    Registration,
)

T = TypeVar("T")
COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True)
class Recipient:
    """A person to write to, and in which capacity.

    ``association_ids`` and ``associations`` are those they are written to for, and what these are
    called; ``by_office`` says that they are written to as the holder of an office, whose mail is
    never news that one may say no to.
    """

    person_id: UUID
    association_ids: tuple[UUID, ...] = ()
    associations: tuple[str, ...] = ()
    by_office: bool = False


def person(
    person_id: UUID, association_id: UUID | None = None, name: str = "", *, by_office: bool = False
) -> Recipient:
    """Return one person as a recipient, for an association where there is one."""
    return Recipient(
        person_id,
        (association_id,) if association_id else (),
        (name,) if name else (),
        by_office=by_office,
    )


def contacts(
    session: Session, association_ids: Collection[UUID], *, own_case: bool = False
) -> list[Recipient]:
    """Return the contact of each of these associations.

    Where an association was brought in from a list and its contact has not been told, only what
    concerns a case of its own (``own_case``: they began it) is for them. Raises
    :class:`RetryLater` where one is not known yet: its own event is on its way.
    """
    if not association_ids:
        return []
    found = _contacts(session, Association.id.in_(association_ids))
    missing = set(association_ids) - {id_ for each in found for id_ in each.association_ids}
    if missing:
        raise RetryLater(f"{len(missing)} associations or their contacts are not known yet")
    if own_case:
        return found
    quiet = set(
        session.scalars(
            select(Association.id).where(Association.id.in_(association_ids), Association.quiet)
        )
    )
    return [each for each in found if quiet.isdisjoint(each.association_ids)]


def everyone_published(session: Session) -> list[Recipient]:
    """Return the contact of every association in the public vejviser who knows that it is there."""
    told = and_(Association.status == AssociationStatus.PUBLISHED, Association.quiet.is_(False))
    return _contacts(session, told)


def office_holders(session: Session, body: str, *, at: datetime) -> list[Recipient]:
    """Return who holds an office in a body on the Danish day of a moment."""
    today = at.astimezone(COPENHAGEN).date()
    rows = session.scalars(
        select(Office.person_id)
        .where(
            Office.body == body,
            Office.ended.is_(False),
            Office.starts_on <= today,
            or_(Office.ends_on.is_(None), Office.ends_on >= today),
        )
        .distinct()
        .order_by(Office.person_id)
    )
    return [person(person_id, by_office=True) for person_id in rows]


def registered(session: Session, meeting_id: UUID, *statuses: str) -> list[Recipient]:
    """Return who has signed up for a meeting, with one of these statuses."""
    rows = session.scalars(
        select(Registration.person_id)
        .where(Registration.meeting_id == meeting_id, Registration.status.in_(statuses))
        .distinct()
        .order_by(Registration.person_id)
    )
    return [person(person_id, by_office=True) for person_id in rows]


def audience(session: Session, name: str, *, at: datetime) -> list[Recipient]:
    """Return whom a meeting is for: "associations", "council" or "all" of them."""
    council = office_holders(session, "council", at=at) if name in {"council", "all"} else []
    associations = everyone_published(session) if name in {"associations", "all"} else []
    return merge([*council, *associations])


def merge(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Make one recipient of everybody who is there twice: nobody gets two mails about one thing."""
    merged: dict[UUID, Recipient] = {}
    for each in recipients:
        known = merged.get(each.person_id)
        if known is None:
            merged[each.person_id] = each
            continue
        merged[each.person_id] = replace(
            known,
            association_ids=_together(known.association_ids, each.association_ids),
            associations=_together(known.associations, each.associations),
            by_office=known.by_office or each.by_office,
        )
    return list(merged.values())


def _contacts(session: Session, condition: object) -> list[Recipient]:
    """Find contacts: the newest membership that says so, else who registered the association."""
    newest = (
        select(Membership.person_id)
        .where(Membership.association_id == Association.id, Membership.is_contact)
        .order_by(Membership.granted_at.desc(), Membership.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    contact = func.coalesce(newest, Association.contact_person_id)
    rows = session.execute(
        select(Association.id, Association.name, contact.label("person_id"))
        .where(condition, contact.is_not(None))  # type: ignore[arg-type]
        .order_by(Association.id)
    )
    return [person(row.person_id, row.id, row.name) for row in rows]


def _together(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    """Each of them once, in their order."""
    return tuple(dict.fromkeys((*first, *second)))
