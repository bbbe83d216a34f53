"""What the directory says of people's roles: invitations, new hands, vacancies, contact pairs."""

import hashlib
import secrets

from chassis.database import UnitOfWork
from contracts import directory
from contracts.notifier import InvitationLinkIssued
from contracts.values import Body, InvitationOutcome
from services.notifier.handlers.registry import handlers, tell
from services.notifier.model import About
from services.notifier.queries import Recipient, office_holders, person


@handlers.on(directory.InvitationSent)
def invite(event: directory.InvitationSent, work: UnitOfWork) -> None:
    """Mail the link of an invitation.

    Its secret is made here and stands in the mail alone; the directory is told its hash.
    """
    token = secrets.token_urlsafe(32)
    invitee = person(event.person_id, by_office=True)
    about = About("invitation", event.invitation_id)
    tell("invitation", [invitee], event, work, about=about, token=token)
    work.emit(
        InvitationLinkIssued(
            invitation_link_id=event.invitation_id,
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
        )
    )


@handlers.on(directory.InvitationAccepted)
def tell_of_acceptance(event: directory.InvitationAccepted, work: UnitOfWork) -> None:
    """Tell whoever invited that it was accepted; and, where they handed over, that they are out."""
    if event.invited_by_id is not None:
        inviter = person(event.invited_by_id, event.association_id, event.association_name)
        about = About("association", event.association_id)
        tell("invitation_accepted", [inviter], event, work, about=about)


@handlers.on(directory.InvitationEnded)
def tell_of_end(event: directory.InvitationEnded, work: UnitOfWork) -> None:
    """Tell whoever invited that it came to nothing, unless they took it back themselves."""
    if event.invited_by_id is not None and event.outcome is not InvitationOutcome.WITHDRAWN:
        inviter = person(event.invited_by_id, event.association_id, event.association_name)
        about = About("association", event.association_id)
        tell("invitation_ended", [inviter], event, work, about=about)


@handlers.on(directory.AssociationHandedOver)
def tell_of_handover(event: directory.AssociationHandedOver, work: UnitOfWork) -> None:
    """Tell the new administrator that the association is theirs, and the old ones that it was."""
    about = About("association", event.association_id)
    new = person(event.person_id, event.association_id, event.name)
    tell("association_taken_over", [new], event, work, about=about)
    former = [person(each) for each in event.former_person_ids]
    tell("association_handed_over", former, event, work, about=about)


@handlers.on(directory.VacancyAnnounced)
def tell_of_vacancy(event: directory.VacancyAnnounced, work: UnitOfWork) -> None:
    """Tell the heads of department, the deputy and who leaves that nobody follows (V17)."""
    recipients = [
        *office_holders(work.session, Body.DEPARTMENT_HEAD, at=work.now),
        *office_holders(work.session, Body.COORDINATOR, at=work.now),
    ]
    about = About("vacancy", event.vacancy_id)
    tell("contact_office_vacant", recipients, event, work, about=about)


@handlers.on(directory.ContactPairMade)
def tell_of_pair(event: directory.ContactPairMade, work: UnitOfWork) -> None:
    """Tell both contacts that they are each other's (N12)."""
    about = About("association", event.association_id)
    tell("contact_pair_made", _both(event), event, work, about=about)


@handlers.on(directory.ContactPairEnded)
def tell_of_end_of_pair(event: directory.ContactPairEnded, work: UnitOfWork) -> None:
    """Tell both contacts that it ends, and when."""
    about = About("association", event.association_id)
    tell("contact_pair_ended", _both(event), event, work, about=about)


def _both(event: directory.ContactPairMade | directory.ContactPairEnded) -> list[Recipient]:
    recipients = [person(event.staff_person_id, by_office=True)]
    if event.association_person_id is not None:
        its_own = person(event.association_person_id, event.association_id, event.association_name)
        recipients.append(its_own)
    return recipients
