"""Forgetting a person: their name goes, meetings and hearings stay (GDPR art. 17, arkivloven)."""

from uuid import UUID

from sqlalchemy import func, select, update

from chassis.database import UnitOfWork
from chassis.erasure import forget_words, redact
from contracts.meetings import PersonRedacted
from contracts.values import Kept, KeptForm, KeptKind, KeptRule
from services.meetings.model import Person, Registration, Response


def forget_person(work: UnitOfWork, person_id: UUID) -> None:
    """Forget a person's name and what they wrote beside their registrations.

    In what they said in hearings, and in the answers to it, the name is taken out of the words: a
    response is filed and stays. Doing it again changes nothing.
    """
    person = work.find(Person, person_id)
    names = [person.name] if person is not None else []
    if person is not None:
        work.session.delete(person)
    work.session.execute(
        update(Registration)
        .where(Registration.person_id == person_id, Registration.note != "")
        .values(note="", version=Registration.version + 1)
    )
    for response in work.session.scalars(
        select(Response).where(Response.person_id == person_id).order_by(Response.id)
    ):
        if (text := forget_words(response.text, names)) != response.text:
            response.text = text
        if (answer := forget_words(response.answer, names)) != response.answer:
            response.answer = answer
    redact(work.session, person_id, words=names)


def tell_what_is_kept(work: UnitOfWork, person_id: UUID) -> None:
    """Answer the directory: this person is forgotten, and this is kept, under these rules."""
    work.session.flush()
    counts = {
        KeptKind.PARTICIPATION: select(func.count()).where(Registration.person_id == person_id),
        KeptKind.RESPONSE: select(func.count()).where(
            (Response.person_id == person_id) | (Response.answered_by == person_id)
        ),
    }
    kept = tuple(
        Kept(what=what, form=KeptForm.PSEUDONYM, rule=KeptRule.PUBLIC_RECORD, count=count)
        for what, statement in counts.items()
        if (count := work.session.scalar(statement) or 0)
    )
    work.emit(PersonRedacted(person_id=person_id, kept=kept))
