"""Forgetting a person (GDPR art. 17).

The directory forgets at once and says so (``directory.person.erased``); every other service forgets
when it hears it and answers with what it keeps and why (``<service>.person.redacted``). The answers
together are shown to the coordinator, and to the person by the receipt they were given. See
docs/decisions/0069.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from chassis.erasure import forget_words, redact
from contracts.values import Kept, KeptForm, KeptKind, KeptRule
from services.directory.commands import imports, papers
from services.directory.commands.history import forget_in_history, names_of
from services.directory.commands.memberships import leave
from services.directory.commands.sign_in import sign_out_everywhere
from services.directory.model import (
    AskedBy,
    Association,
    AssociationChange,
    AssociationStatus,
    Call,
    Competence,
    Erasure,
    ErasureAnswer,
    Invitation,
    Membership,
    MunicipalNote,
    Offer,
    Office,
    Person,
    Word,
    WordState,
    digest,
    email_key,
    new_secret,
    today,
)

DIRECTORY: Final = "directory"
# What an association and its offers say in words of their own; somebody's name may stand in it.
_WRITTEN: Final = ("purpose", "website", "closing_reason", "rejection_reason")


def erase_person(work: UnitOfWork, person_id: UUID) -> str | None:
    """Erase a person: end what they hold, then forget who they were (GDPR art. 17).

    Returns a receipt, a secret that is kept nowhere: with it they see what the services answer.
    None where they were erased before. Raises :class:`LastAdministrator`.
    """
    work.principal.permit(person=person_id)
    own = work.principal.id == person_id
    receipt = new_secret()
    asked_by = AskedBy.PERSON if own else AskedBy.COORDINATOR
    return receipt if _erase(work, person_id, asked_by=asked_by, receipt=receipt) else None


def erase_again(work: UnitOfWork, person_id: UUID) -> None:
    """Erase somebody whom a restore brought back: others remember that they were erased.

    Nobody is asked, so an association may be left without an administrator: the coordinator hands
    it over.
    """
    if work.find(Person, person_id) is None:
        # Whoever was registered after the backup was made is not here at all.
        redact(work.session, person_id)
        return
    _erase(work, person_id, asked_by=AskedBy.RESTORE, receipt=None)
    redact(work.session, person_id)


def note_answer(work: UnitOfWork, person_id: UUID, *, service: str, kept: Sequence[Kept]) -> None:
    """Keep that a service has forgotten a person, and what it keeps; a later answer counts."""
    values = {
        "person_id": person_id,
        "service": service,
        "answered_at": work.occurred_at,
        "kept": orjson.loads(orjson.dumps(kept)),
    }
    work.session.execute(
        insert(ErasureAnswer)
        .values(**values)
        .on_conflict_do_update(
            index_elements=[ErasureAnswer.person_id, ErasureAnswer.service], set_=values
        )
    )


def _erase(work: UnitOfWork, person_id: UUID, *, asked_by: AskedBy, receipt: str | None) -> bool:
    """Erase; return whether it is new."""
    # Associations are taken before people and roles, here as everywhere.
    work.session.execute(
        select(Association.id).where(_is_of(person_id)).order_by(Association.id).with_for_update()
    )
    person = work.get(Person, person_id, lock=True)
    if person.erased_at is not None:
        return False
    memberships = work.session.scalars(
        select(Membership).where(Membership.person_id == person_id, Membership.ended_at.is_(None))
    )
    for membership in memberships.all():
        leave(work, membership, is_forced=asked_by is AskedBy.RESTORE)
    offices = work.session.scalars(
        select(Office).where(Office.person_id == person_id, Office.ended_at.is_(None))
    )
    for office in offices.all():
        work.emit(office.end(on=today(work.now), at=work.now))
    sign_out_everywhere(work, person_id)
    names = names_of(work, person)
    subjects, numbers = _forget_in_words(work, person, names)
    forget_in_history(work, person_id, [*names, *numbers])
    papers.forget_names(work, person_id, names)
    work.session.execute(
        update(Membership).where(Membership.person_id == person_id).values(known_as=None)
    )
    imports.forget_person(work, person_id, email=person.email, names=names)
    named = or_(Invitation.person_id == person_id, Invitation.email_key == person.email_key)
    work.session.execute(delete(Invitation).where(named))
    work.emit(person.erase(at=work.now))
    work.add(
        Erasure(
            person_id=person_id,
            asked_at=work.now,
            asked_by=asked_by,
            receipt_hash=digest(receipt) if receipt else None,
        )
    )
    work.write_events()
    redact(work.session, person_id, words=[*names, *numbers], subjects=subjects)
    _forget_unused_words(work)
    note_answer(work, person_id, service=DIRECTORY, kept=_kept(work, person_id))
    return True


def _forget_unused_words(work: UnitOfWork) -> None:
    """Drop the words that the search no longer counts anywhere: a name may be among them."""
    # As the trigger that counts does, so that the two wait for each other here and nowhere else.
    work.session.execute(select(WordState.id).with_for_update())
    work.session.execute(delete(Word).where(Word.document_count <= 0))


def _forget_in_words(
    work: UnitOfWork, person: Person, names: Sequence[str]
) -> tuple[list[str], set[str]]:
    """Take a person out of what their associations say of themselves.

    An address of theirs that was the association's public one goes, and the telephone number
    beside it. Returns the subjects whose events may tell of them, and those numbers.
    """
    found = work.session.scalars(
        select(Association).where(_is_of(person.id)).order_by(Association.id).with_for_update()
    ).all()
    offers = work.session.scalars(
        select(Offer)
        .where(Offer.association_id.in_([each.id for each in found]))
        .order_by(Offer.id)
        .with_for_update()
    ).all()
    numbers = {
        number
        for address, number in [
            *((each.public_email, each.phone) for each in found),
            *((each.contact_email, each.contact_phone) for each in offers),
        ]
        if number and _is_theirs(address, person)
    }
    words = [*names, *numbers]
    for association in found:
        _forget_in_association(work, association, person, words)
        note = work.find(MunicipalNote, association.id)
        if note is not None and (text := forget_words(note.text, words)) != note.text:
            work.emit(note.write(text, at=work.now))
    for offer in offers:
        _forget_in_offer(work, offer, person, words)
    lent = select(Competence).where(Competence.association_id.in_([each.id for each in found]))
    for competence in work.session.scalars(lent.order_by(Competence.id).with_for_update()).all():
        for name, value in _changed(competence, ("title", "description", "terms"), words).items():
            setattr(competence, name, value)
    return [
        *(f"association/{each.id}" for each in found),
        *(f"offer/{each.id}" for each in offers),
    ], numbers


def _is_of(person_id: UUID) -> ColumnElement[bool]:
    """Whether an association is one the person has or had a role in, or is the contact of."""
    member_of = select(Membership.association_id).where(Membership.person_id == person_id)
    return or_(Association.id.in_(member_of), Association.contact_person_id == person_id)


def _forget_in_association(
    work: UnitOfWork, association: Association, person: Person, names: Sequence[str]
) -> None:
    changes = _changed(association, _WRITTEN, names)
    if _is_theirs(association.public_email, person):
        changes |= {"public_email": None, "phone": None}
    if not changes:
        return
    if association.status in {AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED}:
        event = association.describe(changes)
        if event is not None:
            work.emit(event)
        return
    for name, value in changes.items():
        setattr(association, name, value)


def _forget_in_offer(work: UnitOfWork, offer: Offer, person: Person, names: Sequence[str]) -> None:
    changes = _changed(offer, ("title", "description", "place", "contact_title"), names)
    if _is_theirs(offer.contact_email, person):
        changes |= {"contact_email": None, "contact_phone": None}
    if not changes:
        return
    for name, value in changes.items():
        setattr(offer, name, value)
    offer.changed_at = work.now
    told = {"title", "description", "place"} & set(changes)
    if told and offer.is_public:
        work.emit(offer.changed())


def _changed(thing: Any, fields: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    before = {name: getattr(thing, name) for name in fields}
    return {
        name: forget_words(value, names)
        for name, value in before.items()
        if forget_words(value, names) != value
    }


def _is_theirs(address: str | None, person: Person) -> bool:
    return address is not None and email_key(address) == person.email_key


def _kept(work: UnitOfWork, person_id: UUID) -> list[Kept]:
    """Say what the directory keeps of an erased person: what was done to records, and roles."""
    done = (select(func.count()).select_from(AssociationChange)).where(
        AssociationChange.actor_id == person_id
    )
    called = select(func.count()).select_from(Call).where(Call.person_id == person_id)
    roles = select(func.count()).select_from(Membership).where(Membership.person_id == person_id)
    offices = select(func.count()).select_from(Office).where(Office.person_id == person_id)
    counts = {
        KeptKind.RECORD_HISTORY: (work.session.scalar(done) or 0)
        + (work.session.scalar(called) or 0),
        KeptKind.ROLE: (work.session.scalar(roles) or 0) + (work.session.scalar(offices) or 0),
    }
    return [
        Kept(what=what, form=KeptForm.PSEUDONYM, rule=KeptRule.PUBLIC_RECORD, count=count)
        for what, count in counts.items()
        if count
    ]
