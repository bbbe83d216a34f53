"""Whether somebody wants news by mail, and the secret of the link that says no."""

import secrets
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.notifier.model.mapping import Base


class Preference(Base):
    """A person's choice. News come until they decline them; letters and receipts always come."""

    __tablename__ = "preference"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    news: Mapped[bool]
    token: Mapped[str] = mapped_column(unique=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form


def new_token() -> str:
    """Make the secret of a link that stops news: it opens nothing else."""
    return secrets.token_urlsafe(24)
