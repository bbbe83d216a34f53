"""What can be found: one row for each association and offer, as the search reads it.

Triggers on ``association`` and ``offer`` write it, in the transaction that changes them, so that it
is never behind and no command can forget it (ADR 48). Nothing else writes here.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Computed, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base

SEARCH: Final = "listing_search(name, body, beside, choices)"


class Listing(Base):
    """An association or an offer, with the words and choices it is found by.

    ``choices`` are tokens: ``#group:older``, ``#when:mo-evening``, ``#status:published``. They are
    lexemes of ``search`` too, so that words and choices together are one question to one index. No
    word that somebody can type begins with ``#``. ``beside`` is what it may be found by without
    being shown: the provider's name, the place, the CVR number.
    """

    __tablename__ = "listing"

    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    association_id: Mapped[UUID | None]
    department: Mapped[str | None]
    provider: Mapped[str | None]
    name: Mapped[str]
    body: Mapped[str]
    beside: Mapped[str]
    place: Mapped[str | None]
    postcode: Mapped[str | None]
    area: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text))
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True)

    __table_args__ = (
        Index("ix_listing_search", "search", postgresql_using="gin"),
        Index("ix_listing_name", "name", "id"),
        Index("ix_listing_association_id", "association_id"),
    )
