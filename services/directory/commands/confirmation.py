"""Use cases of the yearly question: ask, remind, confirm, correct, give up, and tell who calls."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, select, update

from chassis.database import UnitOfWork
from contracts.directory import CallListGrown
from contracts.values import OnBehalf, StaleReason
from services.directory.commands.associations import require_words_here
from services.directory.commands.delegation import require_delegated
from services.directory.commands.history import recorded, speaks_for
from services.directory.commands.introduction import make_link
from services.directory.model import (
    Association,
    AssociationStatus,
    ChangeKind,
    ConfirmationLink,
    Membership,
    digest,
)
from services.directory.model.problems import LinkNotValid, LinkUsed, WrongState

CALL_LIST: Final = uuid5(NAMESPACE_URL, "samspil:call-list")
# The mails whose bounce says that the question itself did not arrive.
QUESTIONS: Final = frozenset({"confirmation_requested", "association_introduced"})


def confirm_association(
    work: UnitOfWork, association_id: UUID, *, version: int | None
) -> Association:
    """Confirm that a record is right, as one of its own people or on their behalf.

    Raises :class:`NotDelegated`, :class:`WrongState` unless it is published, Stale.
    """
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, version=version, lock=True)
    require_delegated(work, association)
    _require_published(association)
    with recorded(work, association, ChangeKind.CONFIRMED):
        work.emit(association.confirm(at=work.now, by=speaks_for(work, association_id)))
    _close_links(work, association_id)
    return association


def ask_for_confirmation(work: UnitOfWork, association_id: UUID) -> None:
    """Ask an association's contact whether its record is right, or remind them.

    Where mail is known not to arrive there is no use in asking: somebody must call.
    """
    association = work.get(Association, association_id, lock=True)
    if association.status is not AssociationStatus.PUBLISHED or association.stale_at is not None:
        return
    if association.contact_bounced_at is not None:
        mark_stale(work, association_id, reason=StaleReason.BOUNCED)
        return
    link = make_link(work, association)
    work.emit(association.ask(at=work.now, link_id=link.id, expires_at=link.expires_at))


def mark_stale(
    work: UnitOfWork, association_id: UUID, *, reason: StaleReason = StaleReason.UNANSWERED
) -> None:
    """Put an association on the call list, once."""
    association = work.get(Association, association_id, lock=True)
    if association.status is not AssociationStatus.PUBLISHED:
        return
    event = association.grow_stale(at=work.now, reason=reason)
    if event is not None:
        work.emit(event)


def note_bounce(work: UnitOfWork, person_id: UUID, *, template: str) -> None:
    """Note on every association of a contact that mail to them does not arrive.

    The first mail that bounces puts it on the call list at once, and so does the yearly question's;
    later ones do not, so that nobody is called again for every newsletter.
    """
    for association in _associations_of_contact(work, person_id):
        is_news = association.contact_bounced_at is None or template in QUESTIONS
        association.contact_bounced_at = work.occurred_at
        if is_news:
            mark_stale(work, association.id, reason=StaleReason.BOUNCED)


def clear_bounce(work: UnitOfWork, person_id: UUID) -> None:
    """Take that note away: a later mail to the contact was taken, so nobody needs to call for it.

    A mail may be refused for the sender's sake; nobody then corrects the address.
    """
    for association in _associations_of_contact(work, person_id, bounced_only=True):
        noted_at = association.contact_bounced_at
        if noted_at is not None and noted_at < work.occurred_at:
            association.contact_bounced_at = None
            if association.stale_reason is StaleReason.BOUNCED:
                association.begin_anew()


def issue_link(work: UnitOfWork, link_id: UUID, *, token_hash: str) -> None:
    """Keep the hash of the secret that is in a mail's buttons; from now on they work."""
    link = work.find(ConfirmationLink, link_id, lock=True)
    if link is not None:
        link.token_hash = token_hash


def confirm_by_link(work: UnitOfWork, *, token: str) -> Association:
    """Confirm with the secret of the yearly mail; pressing again changes nothing.

    Raises :class:`LinkNotValid`.
    """
    link, association = _opened(work, token)
    if link.used_at is None:
        with recorded(work, association, ChangeKind.CONFIRMED, by_link=True):
            event = association.confirm(at=work.now, by=OnBehalf.ASSOCIATION, by_link=True)
        work.emit(event)
        _close_links(work, association.id)
    return association


def describe_by_link(
    work: UnitOfWork, *, token: str, version: int | None, changes: dict[str, Any]
) -> Association:
    """Put a description right with the secret of the yearly mail, and confirm it, once.

    ``changes`` holds the public description only: never a name or a number, nobody's role, and not
    the contact. The contact is mailed what was changed. Raises :class:`LinkNotValid`,
    :class:`LinkUsed`, Stale.
    """
    link, association = _opened(work, token)
    if link.used_at is not None:
        raise LinkUsed
    work.get(Association, association.id, version=version)
    require_words_here(work, association, changes)
    with recorded(work, association, ChangeKind.CONFIRMED, by_link=True) as differences:
        changed = association.describe(changes)
    if changed is not None:
        work.emit(changed)
    work.emit(
        association.confirm(
            at=work.now, by=OnBehalf.ASSOCIATION, by_link=True, changed=sorted(differences)
        )
    )
    _close_links(work, association.id)
    return association


def tell_of_call_list(work: UnitOfWork) -> None:
    """Tell the centre and the coordinator, at most once a morning, that the call list grew."""
    on_list = (
        Association.status == AssociationStatus.PUBLISHED,
        Association.stale_at.is_not(None),
    )
    new = work.session.scalars(
        update(Association)
        .where(*on_list, Association.listed_at.is_(None))
        .values(listed_at=work.now)
        .returning(Association.id)
    ).all()
    count = work.session.scalar(select(func.count()).where(*on_list)) or 0
    if new:
        work.emit(CallListGrown(call_list_id=CALL_LIST, new_count=len(new), count=count))


def _opened(work: UnitOfWork, token: str) -> tuple[ConfirmationLink, Association]:
    # The association first, as everywhere: found without a lock, then looked at again.
    known = select(ConfirmationLink.id, ConfirmationLink.association_id).where(
        ConfirmationLink.token_hash == digest(token), ConfirmationLink.expires_at > work.now
    )
    found = work.session.execute(known).one_or_none()
    if found is None:
        raise LinkNotValid
    association = work.get(Association, found.association_id, lock=True)
    link = work.get(ConfirmationLink, found.id, lock=True)
    if association.status is not AssociationStatus.PUBLISHED:
        raise LinkNotValid
    return link, association


def _associations_of_contact(
    work: UnitOfWork, person_id: UUID, *, bounced_only: bool = False
) -> Sequence[Association]:
    """Return, locked, what somebody is the contact of; most mails find nothing to clear."""
    contacts = select(Membership.association_id).where(
        Membership.person_id == person_id,
        Membership.is_contact,
        Membership.ended_at.is_(None),
    )
    found = select(Association).where(Association.id.in_(contacts))
    if bounced_only:
        found = found.where(Association.contact_bounced_at.is_not(None))
    return work.session.scalars(found.order_by(Association.id).with_for_update()).all()


def _close_links(work: UnitOfWork, association_id: UUID) -> None:
    """Use up the buttons of every mail to an association: it is answered."""
    work.session.execute(
        update(ConfirmationLink)
        .where(
            ConfirmationLink.association_id == association_id, ConfirmationLink.used_at.is_(None)
        )
        .values(used_at=work.now)
    )


def _require_published(association: Association) -> None:
    if association.status is not AssociationStatus.PUBLISHED:
        raise WrongState(f"It is {association.status.value}.", current=association.status.value)
