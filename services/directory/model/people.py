"""People: somebody with an address."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import PersonChanged, PersonErased, PersonRegistered
from services.directory.model.mapping import Base


class Person(Base):
    """Somebody with an address: a contact, a member of an association, a holder of an office."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    name: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str]
    registered_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy

    def register(self) -> PersonRegistered:
        """Record that the person became known."""
        return PersonRegistered(
            person_id=self.id, name=self.name, email=self.email or "", language=self.language
        )

    def change(
        self, *, name: str | None = None, email: str | None = None, language: str | None = None
    ) -> PersonChanged | None:
        """Change name, address or language. Returns an event where one of them is another now."""
        before = (self.name, self.email, self.language)
        self.name = name or self.name
        self.language = language or self.language
        if email:
            self.email, self.email_key = email, email_key(email)
        if (self.name, self.email, self.language) == before:
            return None
        return PersonChanged(
            person_id=self.id, name=self.name, email=self.email or "", language=self.language
        )

    def erase(self, *, at: datetime) -> PersonErased:
        """Forget who this was (GDPR art. 17); cases keep the id only."""
        self.name, self.email, self.email_key, self.erased_at = "", None, None, at
        return PersonErased(person_id=self.id)


def email_key(email: str) -> str:
    """What makes two spellings of an address the same."""
    return email.strip().casefold()
