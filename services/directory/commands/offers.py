"""Use cases of offers: write, publish, withdraw, delete a draft; and the note on an association."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from services.directory.commands import publication
from services.directory.commands.words import require_words
from services.directory.model import (
    Association,
    AssociationStatus,
    MunicipalNote,
    Offer,
    PublicationStatus,
)
from services.directory.model.problems import AssociationNotPublished, IdTaken


def put_offer(
    work: UnitOfWork,
    offer_id: UUID,
    *,
    association_id: UUID,
    version: int | None,
    **description: Any,
) -> tuple[Offer, bool]:
    """Write an association's offer, new or not; return it, and whether it is new.

    A new one is a draft. Raises :class:`Invalid`, :class:`IdTaken`, :class:`Stale`.
    """
    work.principal.permit(association=association_id)
    # It is there, and cannot close or merge meanwhile.
    work.get(Association, association_id, lock=True)
    return _put(work, offer_id, description, version, association_id=association_id)


def put_municipal_offer(
    work: UnitOfWork, offer_id: UUID, *, department: str, version: int | None, **description: Any
) -> tuple[Offer, bool]:
    """Write what a department of the municipality offers; return it, and whether it is new."""
    return _put(work, offer_id, description, version, department=department)


def publish_offer(
    work: UnitOfWork, offer_id: UUID, *, municipal: bool, version: int | None
) -> Offer:
    """Let everybody find an offer; publishing it twice is the same as once.

    Raises :class:`AssociationNotPublished`.
    """
    _permit(work, offer_id, municipal=municipal)
    offer = work.get(Offer, offer_id, version=version, lock=True)
    if offer.is_public:
        return offer
    if offer.association_id is not None:
        association = work.get(Association, offer.association_id)
        if association.status is not AssociationStatus.PUBLISHED:
            raise AssociationNotPublished(current=association.status.value)
    work.emit(offer.publish(at=work.now))
    return offer


def say_capacity(
    work: UnitOfWork, offer_id: UUID, *, municipal: bool, takes_new_users: bool
) -> Offer:
    """Say whether an offer takes new users now: the last word counts, whatever it was read as."""
    _permit(work, offer_id, municipal=municipal)
    offer = work.get(Offer, offer_id, lock=True)
    if offer.say_capacity(takes_new_users=takes_new_users, at=work.now):
        work.emit(offer.changed())
    return offer


def withdraw_offer(
    work: UnitOfWork, offer_id: UUID, *, municipal: bool, version: int | None
) -> Offer:
    """Take an offer out of what can be found; withdrawing it twice is the same as once."""
    _permit(work, offer_id, municipal=municipal)
    return publication.withdraw(work, Offer, offer_id, version=version)


def withdraw_offers_of(work: UnitOfWork, association_id: UUID) -> None:
    """Withdraw whatever an association offers: it closes."""
    found = work.session.scalars(
        select(Offer.id)
        .where(Offer.association_id == association_id, Offer.status == PublicationStatus.PUBLISHED)
        .order_by(Offer.id)
    )
    for offer_id in found.all():
        publication.withdraw(work, Offer, offer_id, version=None)


def delete_offer(work: UnitOfWork, offer_id: UUID, *, municipal: bool, version: int | None) -> None:
    """Delete an offer nobody has seen. Raises :class:`WrongState`."""
    _permit(work, offer_id, municipal=municipal)
    publication.delete_draft(work, Offer, offer_id, version=version)


def write_note(
    work: UnitOfWork, association_id: UUID, *, text: str, version: int | None
) -> tuple[MunicipalNote, bool]:
    """Write the municipality's note on an association; return it, and whether it is new."""
    work.get(Association, association_id, lock=True)
    note = work.find(MunicipalNote, association_id)
    if note is None:
        if version is not None:
            raise Stale
        note = work.add(MunicipalNote(association_id=association_id))
        work.emit(note.write(text, at=work.now))
        return note, True
    work.get(MunicipalNote, association_id, version=version)
    if note.text != text:
        work.emit(note.write(text, at=work.now))
    return note, False


def _put(
    work: UnitOfWork,
    offer_id: UUID,
    description: dict[str, Any],
    version: int | None,
    *,
    association_id: UUID | None = None,
    department: str | None = None,
) -> tuple[Offer, bool]:
    provider = {"association_id": association_id, "department": department}
    offer, new = publication.to_write(work, Offer, offer_id, version=version, **provider)
    if (offer.association_id, offer.department) != (association_id, department):
        raise IdTaken("An offer is not handed to another provider.")
    groups, topics = description["target_groups"], description["topics"]
    kept = [department] if department and not new else []
    require_words(
        work,
        {
            "target_groups": ("/target_groups", groups, offer.target_groups or ()),
            "topics": ("/topics", topics, offer.topics or ()),
            "areas": ("/area", description["area"], [offer.area]),
            "departments": ("/department", department, kept),
        },
    )
    if offer.describe(description, at=work.now):
        work.emit(offer.changed())
    return work.add(offer), new


def _permit(work: UnitOfWork, offer_id: UUID, *, municipal: bool) -> None:
    """See that an offer is of one of the two kinds, and the caller may change it."""
    provider = work.session.execute(
        select(Offer.association_id).where(Offer.id == offer_id)
    ).one_or_none()
    if provider is None or (provider.association_id is None) is not municipal:
        raise NotFound(kind="offer")
    if provider.association_id is not None:
        work.principal.permit(association=provider.association_id, hide=True)
        # The association first, as everywhere: closing it withdraws its offers in that order.
        work.get(Association, provider.association_id, lock=True)
