"""Use cases of contact pairs: link a team and an association, name contacts, end it (N12).

The municipality makes the pair, for its leaders go first; each side names its own contact, says
whether everybody may see it, and may end it.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.problems import FieldError, Invalid, Stale
from services.directory.commands.people import know_person
from services.directory.commands.words import require_words
from services.directory.model import (
    Association,
    AssociationStatus,
    ContactPair,
    Membership,
    today,
)
from services.directory.model.problems import IdTaken, WrongState


def put_pair(
    work: UnitOfWork,
    pair_id: UUID,
    *,
    association_id: UUID,
    department: str,
    team: str,
    person: Mapping[str, str],
    starts_on: date,
    is_shown: bool,
    version: int | None,
) -> tuple[ContactPair, bool]:
    """Link a team and an association, or change the municipality's part; return it, and if new.

    Raises :class:`WrongState` unless the association is in the vejviser, :class:`IdTaken`, Stale.
    """
    association = work.get(Association, association_id, lock=True)
    pair = work.find(ContactPair, pair_id)
    kept = [pair.department] if pair is not None else []
    require_words(work, {"departments": ("/department", department, kept)})
    staff = know_person(work, name=person["name"], email=person["email"])
    if pair is None:
        if version is not None:
            raise Stale
        if association.status is not AssociationStatus.PUBLISHED:
            raise WrongState(f"It is {association.status.value}.", current=association.status.value)
        pair = work.add(
            ContactPair(
                id=pair_id,
                association_id=association_id,
                department=department,
                team=team,
                staff_person_id=staff.id,
                shown_by_municipality=is_shown,
                shown_by_association=False,
                starts_on=starts_on,
                made_at=work.now,
            )
        )
        work.session.flush()
        work.emit(pair.make(association_name=association.name))
        return pair, True
    work.get(ContactPair, pair_id, version=version)
    if pair.association_id != association_id:
        raise IdTaken
    if pair.ends_on is not None and starts_on > pair.ends_on:
        raise Invalid(errors=[FieldError("/starts_on", "Must not be after its last day.")])
    told = (pair.department, pair.team, pair.staff_person_id, pair.starts_on)
    pair.department, pair.team, pair.starts_on = department, team, starts_on
    pair.staff_person_id, pair.shown_by_municipality = staff.id, is_shown
    if (department, team, staff.id, starts_on) != told:
        work.emit(pair.make(association_name=association.name))
    return pair, False


def answer_pair(
    work: UnitOfWork, pair_id: UUID, *, person_id: UUID | None, is_shown: bool, version: int | None
) -> ContactPair:
    """Let an association name its contact, one of its people, and say if everybody may see it.

    Raises :class:`Invalid`, Stale.
    """
    association, pair = _owned(work, pair_id, version)
    if person_id is not None and not _is_one_of_its_own(work, pair.association_id, person_id):
        raise Invalid(errors=[FieldError("/person_id", "Is not one of the association's people.")])
    before = pair.association_person_id
    pair.association_person_id, pair.shown_by_association = person_id, is_shown
    if person_id != before and person_id is not None:
        work.emit(pair.make(association_name=association.name))
    return pair


def end_pair(work: UnitOfWork, pair_id: UUID, *, ends_on: date | None) -> ContactPair:
    """End a contact pair today or on a later day; one that has ended stays as it is."""
    association, pair = _owned(work, pair_id, None)
    day = today(work.now)
    last = max(ends_on or day, day)
    if pair.ends_on is None or day <= pair.ends_on != last:
        work.emit(pair.end(on=last, association_name=association.name))
    return pair


def _owned(work: UnitOfWork, pair_id: UUID, version: int | None) -> tuple[Association, ContactPair]:
    pair = work.get(ContactPair, pair_id)
    work.principal.permit(association=pair.association_id, hide=True)
    # The association first, as everywhere; then the pair as it is now.
    association = work.get(Association, pair.association_id, lock=True)
    return association, work.get(ContactPair, pair_id, version=version, lock=True)


def _is_one_of_its_own(work: UnitOfWork, association_id: UUID, person_id: UUID) -> bool:
    found = work.session.scalar(
        select(Membership.id).where(
            Membership.association_id == association_id,
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
        )
    )
    return found is not None
