"""Forgetting a person: their address goes, that mail was sent stays (GDPR art. 17)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select, update

from chassis.database import UnitOfWork
from chassis.erasure import forget_words, redact
from contracts.notifier import PersonRedacted
from contracts.values import Kept, KeptForm, KeptKind, KeptRule
from services.notifier.commands.subscriptions import forget_address
from services.notifier.model import Association, Delivery, Membership, Office, Person, Preference


def forget_person(work: UnitOfWork, person_id: UUID) -> None:
    """Forget who a person is; the id stays, so that an old event does not bring them back.

    What mails to others of their associations said of them goes, too. Doing it again changes
    nothing.
    """
    person = work.find(Person, person_id)
    if person is None:
        person = work.add(Person(id=person_id, name="", email="", language="da"))
    held = work.session.scalars(select(Office).where(Office.person_id == person_id)).all()
    known = {person.name, person.email, *(office.person_name for office in held)}
    names = [name for name in known if name]
    forget_address(work, person.email)
    _take_out_of_mails(work, person_id, names)
    person.erase()
    for office in held:
        office.person_name = ""
    redact(work.session, person_id, words=names)


def wipe_mails(work: UnitOfWork, person_id: UUID) -> None:
    """Wipe what mails to an erased person say, send none any more, and drop their wishes."""
    found = work.session.scalars(
        select(Delivery).where(Delivery.person_id == person_id).with_for_update()
    )
    for delivery in found:
        delivery.forget_person()
    preference = work.find(Preference, person_id)
    if preference is not None:
        work.session.delete(preference)


def tell_what_is_kept(work: UnitOfWork, person_id: UUID) -> None:
    """Answer the directory: this person is forgotten; that they were written to is kept."""
    work.session.flush()
    count = work.session.scalar(select(func.count()).where(Delivery.person_id == person_id)) or 0
    kept = Kept(
        what=KeptKind.MAIL_LOG,
        form=KeptForm.PSEUDONYM,
        rule=KeptRule.PUBLIC_RECORD,
        count=count,
    )
    work.emit(PersonRedacted(person_id=person_id, kept=(kept,) if count else ()))


def _take_out_of_mails(work: UnitOfWork, person_id: UUID, names: Sequence[str]) -> None:
    """Take names out of what was written to others, about the associations the person was in."""
    if not names:
        return
    about = select(Membership.association_id).where(Membership.person_id == person_id)
    contact = select(Association.id).where(Association.contact_person_id == person_id)
    written_to = select(func.unnest(Delivery.association_ids)).where(
        Delivery.person_id == person_id
    )
    theirs = set(work.session.scalars(about.union(contact, written_to)))
    said = cast(Delivery.content, Text)
    mails = work.session.execute(
        select(Delivery.id, Delivery.content).where(
            Delivery.person_id != person_id,
            Delivery.association_ids.overlap(list(theirs)),
            or_(*(said.icontains(name, autoescape=True) for name in names)),
        )
    )
    for id_, content in mails.all():
        work.session.execute(
            update(Delivery)
            .where(Delivery.id == id_)
            .values(content=forget_words(content, names), version=Delivery.version + 1)
        )
