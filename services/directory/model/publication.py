"""The life of whatever is drafted, published and withdrawn; the same rules for every kind.

Offers, rooms, funding opportunities, documents and news derive from the classes here. A kind adds
what it is, when it may be published, and the events that tell of it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from chassis.events import Event
from services.directory.model.mapping import one_of
from services.directory.model.problems import WrongState


class PublicationStatus(StrEnum):
    """Where a thing stands: being written, there for everybody, or taken back."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Publishable:
    """What is drafted, published and withdrawn; published again, it comes back.

    ``published_at`` is when everybody could first read it; of an offer, when it last came back, and
    of a document, when its newest edition came.
    """

    status: Mapped[PublicationStatus] = mapped_column(one_of(PublicationStatus, name="status"))
    published_at: Mapped[datetime | None]

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return self.status == PublicationStatus.PUBLISHED

    def withdraw(self, *, at: datetime) -> Event | None:  # noqa: ARG002 - offers and news keep it
        """Take it from everybody; those who write it keep it. Return what is told of that.

        Raises :class:`WrongState` for what is not public.
        """
        self.require_public()
        self.status = PublicationStatus.WITHDRAWN
        return self.withdrawn()

    def withdrawn(self) -> Event:
        """Say that it is there no more."""
        raise NotImplementedError

    def require_public(self) -> None:
        """See that everybody may read it. Raises :class:`WrongState`."""
        if not self.is_public:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)

    def require_draft(self) -> None:
        """See that nobody outside has ever seen it. Raises :class:`WrongState`."""
        if self.published_at is not None:
            raise WrongState("Only a draft can be deleted.", current=self.status.value)


class Rewritable(Publishable):
    """A publishable thing that knows when its words last changed.

    ``DESCRIPTION`` names the attributes that are written by hand, always all of them at once.
    """

    DESCRIPTION: ClassVar[tuple[str, ...]]

    changed_at: Mapped[datetime]

    def describe(self, description: dict[str, Any], *, at: datetime) -> bool:
        """Write it anew; return whether that is to be told: it is public, and has changed."""
        if all(getattr(self, name) == description[name] for name in self.DESCRIPTION):
            return False
        for name in self.DESCRIPTION:
            setattr(self, name, description[name])
        self.changed_at = at
        return self.is_public
