"""Use cases of invitations: ask somebody, ask again, take it back; accept, decline.

An association gives a new role by inviting: nobody is made to speak for it without saying yes. What
it is told never depends on whether the address is known here, and neither does the time it takes:
that is looked up when the mail is due.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.events import new_id
from chassis.problems import FieldError, Invalid, Stale
from contracts.values import InvitationOutcome
from services.directory.commands.erasure import erase_person
from services.directory.commands.limits import count_attempt
from services.directory.commands.memberships import become_contact, leave
from services.directory.commands.people import know_person
from services.directory.model import (
    LIVING,
    Association,
    Import,
    ImportRow,
    Invitation,
    InvitationStatus,
    Membership,
    MembershipRole,
    Office,
    Person,
    SignInSession,
    digest,
    email_key,
)
from services.directory.model.invitations import GOOD_FOR
from services.directory.model.problems import (
    AlreadyInvited,
    AlreadyMember,
    IdTaken,
    LinkNotValid,
    WrongState,
)

_RANK = tuple(MembershipRole)


def invite(
    work: UnitOfWork,
    invitation_id: UUID,
    *,
    association_id: UUID,
    person: Mapping[str, str],
    role: MembershipRole,
    leads: bool,
    is_contact: bool,
    hands_over: bool,
    version: int | None = None,
) -> tuple[Invitation, bool]:
    """Ask somebody to take a role; return the invitation, and whether it is new.

    ``hands_over``: the caller, an administrator, leaves when it is accepted, and where they are the
    contact, that moves too. Raises :class:`AlreadyMember` where the person has that role or a
    higher one, :class:`AlreadyInvited`, :class:`WrongState`, TooMany.
    """
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, lock=True)
    known = work.find(Invitation, invitation_id)
    if known is None and version is not None:
        raise Stale
    if known is not None:
        work.get(Invitation, invitation_id, version=version)
        _require_the_same(known, association_id, person, role, hands_over=hands_over)
        return known, False
    if association.status not in LIVING:
        raise WrongState(f"It is {association.status.value}.", current=association.status.value)
    leaver = _leaver(work, association_id, role) if hands_over else None
    count_attempt(work, "invite-association", str(association_id))
    count_attempt(work, "invite-address", email_key(person["email"]))
    _require_news(work, association_id, email_key(person["email"]), role)
    invitation = work.add(
        Invitation(
            id=invitation_id,
            association_id=association_id,
            name=person["name"],
            email=person["email"],
            email_key=email_key(person["email"]),
            role=role,
            leads=leads,
            is_contact=is_contact or (leaver is not None and leaver.is_contact),
            leaver_membership_id=leaver.id if leaver is not None else None,
            invited_by=work.principal.id,
            status=InvitationStatus.OPEN,
            mail_count=0,
            mail_due=False,
            invited_at=work.now,
            mailed_at=work.now,
            expires_at=work.now + GOOD_FOR,
        )
    )
    invitation.ask_for_mail(at=work.now)
    return invitation, True


def mail_again(work: UnitOfWork, invitation_id: UUID) -> Invitation:
    """Mail an invitation's link once more, with another secret.

    Raises :class:`InvitationNotOpen`, :class:`MailedEnough`, TooMany.
    """
    _, invitation = _owned(work, invitation_id)
    invitation.ask_for_mail(at=work.now)
    count_attempt(work, "invite-address", invitation.email_key)
    return invitation


def send_mail(work: UnitOfWork, invitation_id: UUID) -> None:
    """Have an invitation's mail written, to whoever has the address: known here, or from now on."""
    invitation = work.get(Invitation, invitation_id)
    association = work.get(Association, invitation.association_id, lock=True)
    invitation = work.get(Invitation, invitation_id, lock=True)
    if not invitation.mail_due:
        return
    invitee = know_person(work, name=invitation.name, email=invitation.email)
    work.emit(invitation.send(person_id=invitee.id, association_name=association.name))


def withdraw(work: UnitOfWork, invitation_id: UUID) -> Invitation:
    """Take an invitation back; twice is the same as once. Raises :class:`InvitationNotOpen`."""
    association, invitation = _owned(work, invitation_id)
    if invitation.status is not InvitationStatus.WITHDRAWN:
        _end(work, association, invitation, InvitationOutcome.WITHDRAWN)
    return invitation


def withdraw_all(work: UnitOfWork, association: Association) -> None:
    """Take back whatever an association's people asked: they have nothing to say any more."""
    found = work.session.scalars(
        select(Invitation)
        .where(
            Invitation.association_id == association.id,
            Invitation.status == InvitationStatus.OPEN,
        )
        .order_by(Invitation.id)
        .with_for_update()
    )
    for invitation in found.all():
        _end(work, association, invitation, InvitationOutcome.WITHDRAWN)


def issue_link(work: UnitOfWork, invitation_id: UUID, *, token_hash: str) -> None:
    """Keep the hash of the secret that is in an invitation's last mail."""
    invitation = work.find(Invitation, invitation_id, lock=True)
    if invitation is not None and invitation.status is InvitationStatus.OPEN:
        invitation.token_hash = token_hash


def accept(work: UnitOfWork, *, token: str) -> Invitation:
    """Take the role, with the secret of the mail; pressing again changes nothing.

    Whoever handed over leaves in the same moment. Signing in is another matter, and takes a mail of
    its own. Raises :class:`LinkNotValid`.
    """
    association, invitation = _opened(work, token)
    if invitation.status is InvitationStatus.ACCEPTED:
        return invitation
    person_id = invitation.person_id
    if person_id is None:
        # A secret is made for a mail, and a mail for a person.
        raise LinkNotValid
    event = invitation.accept(person_id=person_id, at=work.now, association_name=association.name)
    membership = _take_role(work, invitation, person_id)
    if invitation.is_contact and not membership.is_contact:
        membership.is_contact = True
        work.session.flush()
        become_contact(work, association, membership)
    work.emit(membership.grant())
    leaver = (
        work.get(Membership, invitation.leaver_membership_id, lock=True)
        if invitation.leaver_membership_id is not None
        else None
    )
    if leaver is not None and leaver.ended_at is None and leaver.id != membership.id:
        work.session.flush()
        leave(work, leaver)
    work.emit(event)
    return invitation


def decline(work: UnitOfWork, *, token: str) -> Invitation:
    """Say no, with the secret of the mail; twice is the same as once.

    Raises :class:`LinkNotValid`.
    """
    association, invitation = _opened(work, token)
    if invitation.status is InvitationStatus.OPEN:
        _end(work, association, invitation, InvitationOutcome.DECLINED)
    return invitation


def expire(work: UnitOfWork, invitation_id: UUID) -> None:
    """End an invitation nobody answered in time."""
    invitation = work.get(Invitation, invitation_id)
    association = work.get(Association, invitation.association_id, lock=True)
    invitation = work.get(Invitation, invitation_id, lock=True)
    if invitation.status is InvitationStatus.OPEN and work.now >= invitation.expires_at:
        _end(work, association, invitation, InvitationOutcome.EXPIRED)


def drop(work: UnitOfWork, invitation_id: UUID) -> None:
    """Forget an invitation that ended long ago, and whoever is known here by nothing else.

    Nobody stays in the register of people for having been asked once (GDPR art. 5(1)(e)).
    """
    invitation = work.get(Invitation, invitation_id)
    person_id = invitation.person_id
    work.session.delete(invitation)
    work.session.flush()
    if person_id is not None and not _is_known_otherwise(work, person_id):
        erase_person(work, person_id)


def _owned(work: UnitOfWork, invitation_id: UUID) -> tuple[Association, Invitation]:
    invitation = work.get(Invitation, invitation_id)
    work.principal.permit(association=invitation.association_id, hide=True)
    # The association first, as everywhere; then the invitation as it is now.
    association = work.get(Association, invitation.association_id, lock=True)
    return association, work.get(Invitation, invitation_id, lock=True)


def _opened(work: UnitOfWork, token: str) -> tuple[Association, Invitation]:
    """Find what a secret opens, locked. Raises :class:`LinkNotValid`."""
    found = work.session.execute(
        select(Invitation.id, Invitation.association_id).where(
            Invitation.token_hash == digest(token)
        )
    ).one_or_none()
    if found is None:
        raise LinkNotValid
    association = work.get(Association, found.association_id, lock=True)
    invitation = work.get(Invitation, found.id, lock=True)
    is_answered = invitation.status in {InvitationStatus.ACCEPTED, InvitationStatus.DECLINED}
    if not (invitation.is_open(work.now) or is_answered) or association.status not in LIVING:
        raise LinkNotValid
    return association, invitation


def _end(
    work: UnitOfWork, association: Association, invitation: Invitation, outcome: InvitationOutcome
) -> None:
    work.emit(invitation.end(outcome, at=work.now, association_name=association.name))


def _leaver(work: UnitOfWork, association_id: UUID, role: MembershipRole) -> Membership:
    """Return the role the caller hands over. Raises :class:`Invalid`."""
    mine = work.session.scalar(
        select(Membership).where(
            Membership.association_id == association_id,
            Membership.person_id == work.principal.id,
            Membership.role == MembershipRole.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
    )
    if mine is None:
        text = "Only an administrator of the association hands over."
        raise Invalid(errors=[FieldError("/hands_over", text)])
    if role is not MembershipRole.ADMINISTRATOR:
        text = "Whoever takes over becomes administrator."
        raise Invalid(errors=[FieldError("/role", text)])
    return mine


def _require_news(work: UnitOfWork, association_id: UUID, key: str, role: MembershipRole) -> None:
    has = work.session.scalar(
        select(Membership.role)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.association_id == association_id,
            Membership.ended_at.is_(None),
            Person.email_key == key,
        )
    )
    if has is not None and _RANK.index(has) >= _RANK.index(role):
        raise AlreadyMember
    asked = work.session.scalar(
        select(Invitation.id).where(
            Invitation.association_id == association_id,
            Invitation.email_key == key,
            Invitation.status == InvitationStatus.OPEN,
        )
    )
    if asked is not None:
        raise AlreadyInvited


def _require_the_same(
    known: Invitation,
    association_id: UUID,
    person: Mapping[str, str],
    role: MembershipRole,
    *,
    hands_over: bool,
) -> None:
    stored = (known.association_id, known.email_key, known.role, known.hands_over)
    if stored != (association_id, email_key(person["email"]), role, hands_over):
        raise IdTaken


def _take_role(work: UnitOfWork, invitation: Invitation, person_id: UUID) -> Membership:
    """Give the role, or raise the one the person has."""
    membership = work.session.scalar(
        select(Membership)
        .where(
            Membership.association_id == invitation.association_id,
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
        )
        .with_for_update()
    )
    if membership is None:
        membership = work.add(
            Membership(
                id=new_id(),
                association_id=invitation.association_id,
                person_id=person_id,
                known_as=invitation.name,
                role=invitation.role,
                leads=invitation.leads,
                is_contact=False,
                granted_at=work.now,
            )
        )
        work.session.flush()
        return membership
    membership.role = max(membership.role, invitation.role, key=_RANK.index)
    membership.leads = membership.leads or invitation.leads
    return membership


def _is_known_otherwise(work: UnitOfWork, person_id: UUID) -> bool:
    """Whether somebody is here for another reason than this invitation."""
    reasons = (
        select(Membership.id).where(Membership.person_id == person_id),
        select(Office.id).where(Office.person_id == person_id),
        select(Invitation.id).where(Invitation.person_id == person_id),
        select(SignInSession.id).where(SignInSession.person_id == person_id),
        select(Association.id).where(Association.contact_person_id == person_id),
        select(ImportRow.id).where(ImportRow.person_id == person_id),
        select(Import.id).where(Import.uploaded_by == person_id),
    )
    return any(work.session.scalar(reason.limit(1)) is not None for reason in reasons)
