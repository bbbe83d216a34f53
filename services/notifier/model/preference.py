"""Who wants news by mail."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.model.base import Base


class Preference(Base):
    """A person's wishes: everybody gets news until they say no; letters and receipts always.

    ``token`` is the secret in the unsubscription link of the person's news mails: whoever holds
    such a mail may stop them, without signing in (RFC 8058), and can do nothing else with it.
    """

    __tablename__ = "preference"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    news: Mapped[bool] = mapped_column(default=True)
    token: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    @property
    def id(self) -> UUID:
        """The person it belongs to: each has one."""
        return self.person_id

    def choose(self, *, news: bool) -> None:
        """Take note of what the person wants."""
        self.news = news
