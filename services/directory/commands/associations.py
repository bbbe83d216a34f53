"""Use cases of associations: register, review, describe. How they leave is in ``succession``."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.events import new_id
from services.directory.commands.delegation import require_delegated
from services.directory.commands.history import recorded
from services.directory.commands.introduction import introduce
from services.directory.commands.limits import count_attempt
from services.directory.commands.people import know_person
from services.directory.commands.words import require_words
from services.directory.model import (
    LIVING,
    Association,
    AssociationStatus,
    ChangeKind,
    Membership,
    MembershipRole,
    Person,
    Source,
    email_key,
)
from services.directory.model.problems import AlreadyRegistered, CvrTaken

REGISTRATION_FIELDS: Final = (
    "name",
    "cvr",
    "form",
    "purpose",
    "target_groups",
    "area",
    "website",
    "phone",
    "public_email",
    "volunteers_wanted",
    "street",
    "postcode",
    "city",
)


def register_association(
    work: UnitOfWork,
    association_id: UUID,
    *,
    contact: Mapping[str, str],
    language: str,
    client: str,
    limit_factor: int,
    **description: Any,
) -> tuple[Association, bool]:
    """Register an association with its contact; return it, and whether it is new.

    The same registration again changes nothing. Raises :class:`AlreadyRegistered` where the id has
    other content, :class:`CvrTaken`, :class:`TooMany`.
    """
    known = work.find(Association, association_id)
    if known is not None:
        if not _is_the_same(work, known, description, email=contact["email"]):
            raise AlreadyRegistered
        return known, False
    count_attempt(work, "register-client", client, factor=limit_factor)
    count_attempt(work, "register-address", email_key(contact["email"]))
    require_words_here(work, None, description)
    require_free_cvr(work, description["cvr"])
    association = enrol(
        work, Association(id=association_id, **description), contact=contact, language=language
    )
    return association, True


def enrol(
    work: UnitOfWork, association: Association, *, contact: Mapping[str, str], language: str
) -> Association:
    """Enter a new association with its contact, who becomes its first administrator."""
    person = know_person(work, name=contact["name"], email=contact["email"], language=language)
    association.contact_person_id = person.id
    work.add(association)
    with recorded(work, association, ChangeKind.REGISTERED):
        work.emit(association.register(at=work.now))
    work.session.flush()
    membership = work.add(
        Membership(
            id=new_id(),
            association_id=association.id,
            person_id=person.id,
            known_as=contact["name"],
            role=MembershipRole.ADMINISTRATOR,
            leads=True,
            is_contact=True,
            granted_at=work.now,
        )
    )
    work.emit(membership.grant())
    return association


def approve_association(work: UnitOfWork, association_id: UUID) -> Association:
    """Take an association into the vejviser; approving it twice is the same as once."""
    association = work.get(Association, association_id, lock=True)
    if association.status is not AssociationStatus.PUBLISHED:
        with recorded(work, association, ChangeKind.APPROVED):
            work.emit(association.approve(at=work.now))
        if association.source is Source.IMPORT and not association.quiet:
            # The coordinator had its contact told while it waited.
            introduce(work, association)
    return association


def reject_association(work: UnitOfWork, association_id: UUID, *, reason: str) -> Association:
    """Refuse a registration; refusing it twice for the same reason is the same as once."""
    association = work.get(Association, association_id, lock=True)
    already = association.status is AssociationStatus.REJECTED
    if not (already and association.rejection_reason == reason):
        with recorded(work, association, ChangeKind.REJECTED, note=reason):
            work.emit(association.reject(reason=reason))
    return association


def describe_association(
    work: UnitOfWork, association_id: UUID, *, version: int | None, changes: dict[str, Any]
) -> Association:
    """Change an association's description of itself.

    Raises :class:`CvrTaken`, :class:`NotDelegated`, Stale.
    """
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, version=version, lock=True)
    require_delegated(work, association, changes)
    require_words_here(work, association, changes)
    if changes.get("cvr") and changes["cvr"] != association.cvr:
        require_free_cvr(work, changes["cvr"])
    with recorded(work, association, ChangeKind.DESCRIBED):
        event = association.describe(changes)
    if event is not None:
        work.emit(event)
    return association


def require_free_cvr(work: UnitOfWork, cvr: str | None) -> None:
    """See that no living association has this number. Raises :class:`CvrTaken`."""
    if cvr is None:
        return
    # Two registrations of one number at once: the second waits here and then sees the first.
    work.session.execute(select(func.pg_advisory_xact_lock(int(cvr))))
    taken = work.session.scalar(
        select(Association.id).where(
            Association.cvr == cvr,
            Association.status.in_(LIVING),
        )
    )
    if taken is not None:
        raise CvrTaken


def require_words_here(
    work: UnitOfWork, known: Association | None, description: Mapping[str, Any]
) -> None:
    """See that words are in use here. What an association has already may go out of use.

    Raises :class:`Invalid`.
    """
    groups = known.target_groups if known is not None else ()
    require_words(
        work,
        {
            "target_groups": ("/target_groups", description.get("target_groups", ()), groups),
            "areas": ("/area", description.get("area"), [known.area] if known is not None else ()),
        },
    )


def _is_the_same(
    work: UnitOfWork, known: Association, description: Mapping[str, Any], *, email: str
) -> bool:
    if any(getattr(known, name) != description[name] for name in REGISTRATION_FIELDS):
        return False
    # Once its id and description have been public, a comparison of the address would tell
    # anybody who asks often enough who the contact is.
    if known.published_at is not None:
        return True
    return work.get(Person, known.contact_person_id).email_key == email_key(email)
