"""Use cases of offers: write, publish, withdraw, delete a draft; and the note on an association."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from services.directory.commands.words import require_words
from services.directory.model import (
    Association,
    AssociationStatus,
    MunicipalNote,
    Offer,
    OfferStatus,
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
    offer = _offer(work, offer_id, municipal=municipal, version=version)
    if offer.status is OfferStatus.PUBLISHED:
        return offer
    if offer.association_id is not None:
        association = work.get(Association, offer.association_id)
        if association.status is not AssociationStatus.PUBLISHED:
            raise AssociationNotPublished(current=association.status.value)
    work.emit(offer.publish(at=work.now))
    return offer


def withdraw_offer(
    work: UnitOfWork, offer_id: UUID, *, municipal: bool, version: int | None
) -> Offer:
    """Take an offer out of what can be found; withdrawing it twice is the same as once."""
    offer = _offer(work, offer_id, municipal=municipal, version=version)
    if offer.status is not OfferStatus.WITHDRAWN:
        work.emit(offer.withdraw(at=work.now))
    return offer


def withdraw_offers_of(work: UnitOfWork, association_id: UUID) -> None:
    """Withdraw whatever an association offers: it closes."""
    found = work.session.scalars(
        select(Offer)
        .where(Offer.association_id == association_id, Offer.status == OfferStatus.PUBLISHED)
        .order_by(Offer.id)
        .with_for_update()
    )
    for offer in found:
        work.emit(offer.withdraw(at=work.now))


def delete_draft(work: UnitOfWork, offer_id: UUID, *, municipal: bool, version: int | None) -> None:
    """Delete an offer nobody has seen. Raises :class:`WrongState`."""
    offer = _offer(work, offer_id, municipal=municipal, version=version)
    offer.require_draft()
    work.session.delete(offer)


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
    offer = work.find(Offer, offer_id, lock=True)
    if offer is not None and (offer.association_id, offer.department) != (
        association_id,
        department,
    ):
        raise IdTaken("An offer is not handed to another provider.")
    _require_words(work, description, department, offer)
    if offer is None:
        if version is not None:
            raise Stale
        drafted = Offer.drafted(
            offer_id,
            description,
            association_id=association_id,
            department=department,
            at=work.now,
        )
        return work.add(drafted), True
    work.get(Offer, offer_id, version=version)
    event = offer.describe(description, at=work.now)
    if event is not None:
        work.emit(event)
    return offer, False


def _require_words(
    work: UnitOfWork, description: dict[str, Any], department: str | None, offer: Offer | None
) -> None:
    groups, topics = description["target_groups"], description["topics"]
    require_words(
        work,
        {
            "target_groups": ("/target_groups", groups, offer.target_groups if offer else ()),
            "topics": ("/topics", topics, offer.topics if offer else ()),
            "areas": ("/area", description["area"], [offer.area] if offer else ()),
            "departments": (
                "/department",
                department,
                [department] if offer and department else (),
            ),
        },
    )


def _offer(work: UnitOfWork, offer_id: UUID, *, municipal: bool, version: int | None) -> Offer:
    """Return an offer of one of the two kinds, locked, that the caller may change."""
    provider = work.session.execute(
        select(Offer.association_id).where(Offer.id == offer_id)
    ).one_or_none()
    if provider is None or (provider.association_id is None) is not municipal:
        raise NotFound(kind="offer")
    if provider.association_id is not None:
        work.principal.permit(association=provider.association_id, hide=True)
        # The association first, as everywhere: closing it withdraws its offers in that order.
        work.get(Association, provider.association_id, lock=True)
    return work.get(Offer, offer_id, lock=True, version=version)
