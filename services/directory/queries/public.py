"""The public vejviser as a whole: what is taken along as a booklet, as tables, or by the open API.

Nothing here that everybody may not read: no contact, no status but published.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.directory.model import Association, AssociationStatus, Offer, PublicationStatus
from services.directory.queries.vocabulary import vocabulary

_PUBLISHED = Association.status == AssociationStatus.PUBLISHED


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Published associations by name with their offers, the departments' offers, and the words."""

    words: Mapping[str, Any]
    associations: Sequence[Association]
    offers: Mapping[UUID | str, Sequence[Offer]] = field(default_factory=dict)

    def word(self, section: str, key: str, language: str = "da") -> str:
        """Return what a key is called; an unknown one stays a key."""
        for word in self.words.get(section, ()):
            if word["key"] == key:
                return str(word.get(language) or word.get("da") or word.get("name") or key)
        return key


def state(session: Session) -> tuple[Any, ...]:
    """Return what is another whenever the public vejviser is: counts and versions."""
    associations = session.execute(
        select(
            func.count(), func.sum(Association.version), func.max(Association.published_at)
        ).where(_PUBLISHED)
    ).one()
    offers = session.execute(
        select(func.count(), func.sum(Offer.version), func.max(Offer.published_at)).where(
            Offer.status == PublicationStatus.PUBLISHED
        )
    ).one()
    return (*associations, *offers)


def directory(
    session: Session, *, target_group: str | None = None, area: str | None = None
) -> Directory:
    """Return the public vejviser, or the part for a target group or in an area.

    An association belongs to a part with its whole record; an offer of it for other people, or
    elsewhere, is left out.
    """
    statement = select(Association).where(_PUBLISHED)
    offers = select(Offer).where(Offer.status == PublicationStatus.PUBLISHED)
    if target_group:
        statement = statement.where(Association.target_groups.contains([target_group]))
        offers = offers.where(Offer.target_groups.contains([target_group]))
    if area:
        statement = statement.where(Association.area == area)
        offers = offers.where(Offer.area == area)
    found = session.scalars(statement.order_by(Association.name, Association.id)).all()
    known = {each.id for each in found}
    by_provider: dict[UUID | str, list[Offer]] = defaultdict(list)
    for offer in session.scalars(offers.order_by(Offer.title, Offer.id)):
        provider = offer.association_id or offer.department or ""
        if offer.department or provider in known:
            by_provider[provider].append(offer)
    return Directory(words=vocabulary(session), associations=found, offers=dict(by_provider))
