"""News of the municipality: written by staff, or told by what happened (V12, V30)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import NewsItemPublished, NewsItemWithdrawn
from contracts.values import NewsTopic
from services.directory.model.mapping import Base, one_of
from services.directory.model.problems import WrongState
from services.directory.model.publication import Rewritable


class NewsStatus(StrEnum):
    """Where a piece of news stands: being written, waiting for its hour, out, taken back."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class NewsItem(Rewritable, Base):
    """A piece of news. ``publish_at`` is when it comes, or came, out; ``link`` leads further.

    ``about_kind`` and ``about_id`` name what happened where that told it and nobody wrote it:
    "round", "awards" of a round, "hearing", "funding", "room".
    """

    __tablename__ = "news_item"

    DESCRIPTION = ("topic", "title", "summary", "text", "link")

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    topic: Mapped[NewsTopic] = mapped_column(one_of(NewsTopic, name="topic"))
    title: Mapped[str]
    summary: Mapped[str]
    text: Mapped[str]
    link: Mapped[str | None]
    # As everything that is published has, and one more: it may also wait for its hour.
    status: Mapped[NewsStatus] = mapped_column(  # type: ignore[assignment]
        one_of(NewsStatus, name="status")
    )
    about_kind: Mapped[str | None]
    about_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    publish_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("status <> 'scheduled' OR publish_at IS NOT NULL", name="has_its_hour"),
        CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name="has_come_out"),
        Index("ix_news_item_published_at", "published_at", "id"),
        Index("ix_news_item_changed_at", "changed_at", "id"),
        Index(
            "ix_news_item_scheduled",
            "publish_at",
            postgresql_where=sql_text("status = 'scheduled'"),
        ),
    )

    def schedule(self, *, publish_at: datetime, at: datetime) -> None:
        """Have it come out at an hour that lies ahead. Raises :class:`WrongState` where it is."""
        if self.is_public:
            raise WrongState("It is published.", current=self.status.value)
        self.status, self.publish_at, self.changed_at = NewsStatus.SCHEDULED, publish_at, at

    def publish(self, *, at: datetime) -> NewsItemPublished:
        """Let everybody read it, now."""
        is_new = self.published_at is None
        self.status, self.changed_at = NewsStatus.PUBLISHED, at
        self.published_at = self.published_at or at
        self.publish_at = self.published_at
        return self.told(is_new=is_new)

    def withdraw(self, *, at: datetime) -> NewsItemWithdrawn | None:
        """Take it back: from everybody, or from the hour it waits for (then nobody is told).

        Raises :class:`WrongState` for what was never on its way.
        """
        if self.status is NewsStatus.SCHEDULED:
            # What everybody has read before is no draft again.
            before = NewsStatus.WITHDRAWN if self.published_at else NewsStatus.DRAFT
            self.status, self.publish_at, self.changed_at = before, self.published_at, at
            return None
        self.require_public()
        self.status, self.changed_at = NewsStatus.WITHDRAWN, at
        return self.withdrawn()

    def withdrawn(self) -> NewsItemWithdrawn:
        """Say that it was taken back."""
        return NewsItemWithdrawn(news_item_id=self.id, topic=self.topic, title=self.title)

    def told(self, *, is_new: bool) -> NewsItemPublished:
        """Say what everybody can read now."""
        return NewsItemPublished(
            news_item_id=self.id,
            topic=self.topic,
            title=self.title,
            summary=self.summary,
            published_at=self.published_at or self.changed_at,
            is_new=is_new,
            round_id=self.about_id if self.about_kind == "round" else None,
        )
