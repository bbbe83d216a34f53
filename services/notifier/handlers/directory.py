"""What the directory says: who is who, who registered, who wants to sign in."""

import hashlib
import secrets
from uuid import UUID

from sqlalchemy import update

from chassis import erasure
from chassis.clock import SOON
from chassis.database import UnitOfWork
from contracts import directory
from contracts.notifier import ConfirmationLinkIssued
from contracts.values import Body, OnBehalf
from services.notifier import commands
from services.notifier.handlers.registry import handlers, tell
from services.notifier.model import (
    About,
    Association,
    AssociationStatus,
    Membership,
    Office,
    Person,
)
from services.notifier.queries import contacts, office_holders, person

# Copies


@handlers.project(directory.PersonRegistered)
@handlers.project(directory.PersonChanged)
def keep_person(
    event: directory.PersonRegistered | directory.PersonChanged, work: UnitOfWork
) -> None:
    """Keep a person's name, address and language; the name also where it stands at an office."""
    person = work.find(Person, event.person_id)
    if person is None:
        person = work.add(Person(id=event.person_id, erased=False))
    if not person.erased:
        person.name, person.email, person.language = event.name, event.email, event.language
        work.session.execute(
            update(Office).where(Office.person_id == event.person_id).values(person_name=event.name)
        )


@handlers.project(directory.PersonErased)
def erase_person(event: directory.PersonErased, work: UnitOfWork) -> None:
    """Forget who a person is; the id stays, so that an old event does not bring them back."""
    commands.forget_person(work, event.person_id)


@handlers.project(directory.AssociationRegistered)
def keep_association(event: directory.AssociationRegistered, work: UnitOfWork) -> None:
    """Keep a registered association and who registered it."""
    association = _keep(work, event.association_id, event.name, AssociationStatus.REGISTERED)
    association.contact_person_id, association.quiet = event.contact_person_id, event.quiet


@handlers.project(directory.AssociationPublished)
@handlers.project(directory.AssociationReopened)
def publish_association(
    event: directory.AssociationPublished | directory.AssociationReopened, work: UnitOfWork
) -> None:
    """Keep that an association is in the vejviser, or again."""
    association = _keep(work, event.association_id, event.name, AssociationStatus.PUBLISHED)
    association.contact_person_id = event.contact_person_id
    if isinstance(event, directory.AssociationPublished):
        association.quiet = event.quiet


@handlers.project(directory.AssociationIntroduced)
def keep_introduction(event: directory.AssociationIntroduced, work: UnitOfWork) -> None:
    """Keep that the contact of an association from a list is told: mail may go there now."""
    _keep(work, event.association_id, event.name, None).quiet = False


@handlers.project(directory.AssociationChanged)
def rename_association(event: directory.AssociationChanged, work: UnitOfWork) -> None:
    """Keep an association's new name."""
    _keep(work, event.association_id, event.name, None)


@handlers.project(directory.AssociationRejected)
def reject_association(event: directory.AssociationRejected, work: UnitOfWork) -> None:
    """Keep that a registration was refused."""
    _keep(work, event.association_id, event.name, AssociationStatus.REJECTED)


@handlers.project(directory.AssociationClosed)
@handlers.project(directory.AssociationMerged)
def close_association(
    event: directory.AssociationClosed | directory.AssociationMerged, work: UnitOfWork
) -> None:
    """Keep that an association has left the vejviser."""
    _keep(work, event.association_id, event.name, AssociationStatus.CLOSED)


@handlers.project(directory.MembershipGranted)
def keep_membership(event: directory.MembershipGranted, work: UnitOfWork) -> None:
    """Keep who an association's mail goes to."""
    membership = work.find(Membership, event.membership_id)
    if membership is None:
        membership = work.add(Membership(id=event.membership_id, granted_at=work.occurred_at))
    if event.is_contact and not membership.is_contact:
        membership.granted_at = work.occurred_at
    membership.association_id = event.association_id
    membership.person_id = event.person_id
    membership.is_contact = event.is_contact


@handlers.project(directory.MembershipEnded)
def end_membership(event: directory.MembershipEnded, work: UnitOfWork) -> None:
    """Forget a membership that has ended."""
    membership = work.find(Membership, event.membership_id)
    if membership is not None:
        work.session.delete(membership)


@handlers.project(directory.OfficeGranted)
def keep_office(event: directory.OfficeGranted, work: UnitOfWork) -> None:
    """Keep who holds an office.

    What is known of the person wins: in a rebuild they may be renamed or forgotten before this.
    """
    office = work.find(Office, event.office_id)
    if office is None:
        office = work.add(Office(id=event.office_id))
    person = work.find(Person, event.person_id)
    office.person_id = event.person_id
    office.person_name = event.person_name if person is None else person.name
    office.body = event.body.value
    office.title, office.is_deputy = event.title, event.is_deputy
    office.starts_on, office.ends_on, office.ended = event.starts_on, event.ends_on, False


@handlers.project(directory.OfficeEnded)
def end_office(event: directory.OfficeEnded, work: UnitOfWork) -> None:
    """Keep that a person has left an office."""
    office = work.find(Office, event.office_id)
    if office is not None:
        office.ended = True


# Effects


@handlers.on(directory.AssociationRegistered)
def acknowledge_registration(event: directory.AssociationRegistered, work: UnitOfWork) -> None:
    """Tell who registered that it was received, and the coordinator that it waits (V21).

    Nobody is told of one that was brought in from a list: who did that knows.
    """
    if event.quiet:
        return
    about = About("association", event.association_id)
    contact = person(event.contact_person_id, event.association_id, event.name)
    tell("association_received", [contact], event, work, about=about)
    coordinators = office_holders(work.session, Body.COORDINATOR, at=work.now)
    tell("association_registered", coordinators, event, work, about=about)


@handlers.on(directory.AssociationPublished)
def welcome_association(event: directory.AssociationPublished, work: UnitOfWork) -> None:
    """Tell an association that it is in the vejviser, unless it came from a list."""
    if event.quiet:
        return
    contact = person(event.contact_person_id, event.association_id, event.name)
    about = About("association", event.association_id)
    tell("association_published", [contact], event, work, about=about)


@handlers.on(directory.AssociationIntroduced)
def introduce_association(event: directory.AssociationIntroduced, work: UnitOfWork) -> None:
    """Tell a contact whom a list named what is kept of them, and why (GDPR art. 14).

    And ask whether it is right, with the two buttons of the yearly question.
    """
    contact = person(event.contact_person_id, event.association_id, event.name)
    about = About("association", event.association_id)
    token = secrets.token_urlsafe(32)
    tell("association_introduced", [contact], event, work, about=about, token=token)
    if event.confirmation_link_id is not None:
        _tell_of_link(event.confirmation_link_id, token, work)


@handlers.on(directory.AssociationRejected)
def decline_association(event: directory.AssociationRejected, work: UnitOfWork) -> None:
    """Tell who registered an association that it was refused, and why."""
    contact = person(event.contact_person_id, event.association_id, event.name)
    about = About("association", event.association_id)
    tell("association_rejected", [contact], event, work, about=about)


@handlers.on(directory.AssociationConfirmationRequested)
def ask_for_confirmation(
    event: directory.AssociationConfirmationRequested, work: UnitOfWork
) -> None:
    """Ask an association's contact whether its record is still right, with two buttons.

    Their secret is made here and stands in the mail alone; the directory is told its hash.
    """
    token = secrets.token_urlsafe(32)
    recipients = contacts(work.session, [event.association_id])
    about = About("association", event.association_id)
    tell("confirmation_requested", recipients, event, work, about=about, token=token)
    _tell_of_link(event.confirmation_link_id, token, work)


@handlers.on(directory.AssociationConfirmed)
def tell_of_confirmation(event: directory.AssociationConfirmed, work: UnitOfWork) -> None:
    """Tell an association what was done to its record by others than the signed in of its own.

    What was put right with the button of a mail, which may have been passed on; and that it was
    confirmed on its behalf.
    """
    about = About("association", event.association_id)
    recipients = contacts(work.session, [event.association_id])
    if event.by_link and event.changed:
        tell("association_corrected", recipients, event, work, about=about)
    elif event.confirmed_by is not OnBehalf.ASSOCIATION:
        tell("association_confirmed", recipients, event, work, about=about)


@handlers.on(directory.AssociationMerged)
def tell_of_merger(event: directory.AssociationMerged, work: UnitOfWork) -> None:
    """Tell the contacts of both that one association goes on for the other."""
    about = About("association", event.into_id)
    recipients = contacts(work.session, [event.association_id, event.into_id])
    tell("association_merged", recipients, event, work, about=about)


@handlers.on(directory.AssociationReopened)
def welcome_back(event: directory.AssociationReopened, work: UnitOfWork) -> None:
    """Tell an association that it is in the vejviser again."""
    about = About("association", event.association_id)
    recipients = contacts(work.session, [event.association_id])
    tell("association_reopened", recipients, event, work, about=about)


@handlers.on(directory.AssociationPaperExpiring)
@handlers.on(directory.AssociationPaperExpired)
def remind_of_paper(
    event: directory.AssociationPaperExpiring | directory.AssociationPaperExpired, work: UnitOfWork
) -> None:
    """Remind an association's contact of a paper that soon holds no more, or does not any more."""
    about = About("association", event.association_id)
    recipients = contacts(work.session, [event.association_id])
    template = (
        "paper_expiring"
        if isinstance(event, directory.AssociationPaperExpiring)
        else "paper_expired"
    )
    tell(template, recipients, event, work, about=about)


@handlers.on(directory.CallListGrown)
def tell_who_calls(event: directory.CallListGrown, work: UnitOfWork) -> None:
    """Tell the volunteer centre and the coordinator that there is somebody to phone (N29)."""
    recipients = [
        *office_holders(work.session, Body.CENTRE, at=work.now),
        *office_holders(work.session, Body.COORDINATOR, at=work.now),
    ]
    about = About("call-list", event.call_list_id)
    tell("call_list_grown", recipients, event, work, about=about)


@handlers.on(directory.EditingAgreementMade)
def tell_of_agreement(event: directory.EditingAgreementMade, work: UnitOfWork) -> None:
    """Tell the volunteer centre what is agreed on its keeping the vejviser (N29)."""
    recipients = office_holders(work.session, Body.CENTRE, at=work.now)
    about = About("editing-agreement", event.editing_agreement_id)
    tell("editing_agreement_made", recipients, event, work, about=about)


@handlers.on(directory.SignInLinkRequested)
def send_sign_in_link(event: directory.SignInLinkRequested, work: UnitOfWork) -> None:
    """Mail the link to sign in."""
    about = About("sign-in-link", event.sign_in_link_id)
    tell("sign_in_link", [person(event.person_id, by_office=True)], event, work, about=about)


@handlers.on(directory.PersonErased)
def tell_what_is_kept(event: directory.PersonErased, work: UnitOfWork) -> None:
    """Wipe an erased person from mails and wishes, and answer what is kept (GDPR art. 17)."""
    commands.wipe_mails(work, event.person_id)
    commands.tell_what_is_kept(work, event.person_id)


@handlers.when_due(erasure.unapplied, every=SOON)
def forget_again(person_id: UUID, work: UnitOfWork) -> None:
    """Forget somebody whom a restore of this database brought back."""
    commands.forget_person(work, person_id)
    commands.wipe_mails(work, person_id)


def _tell_of_link(link_id: UUID, token: str, work: UnitOfWork) -> None:
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    work.emit(ConfirmationLinkIssued(confirmation_link_id=link_id, token_hash=token_hash))


def _keep(
    work: UnitOfWork, association_id: UUID, name: str, status: AssociationStatus | None
) -> Association:
    association = work.find(Association, association_id)
    if association is None:
        association = work.add(
            Association(id=association_id, status=AssociationStatus.REGISTERED, name=name)
        )
    association.name = name
    association.status = status or association.status
    return association
