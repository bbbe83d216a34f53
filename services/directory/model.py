"""The directory's aggregates: associations, people, memberships, offices, sign-in and sessions.

State changes here and returns the event that records it; nothing here knows HTTP or other modules.
"""

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    Enum,
    ForeignKey,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database import declarative_base
from chassis.problems import Conflict, Unauthenticated
from contracts.directory import (
    AssociationChanged,
    AssociationClosed,
    AssociationPublished,
    AssociationRegistered,
    AssociationRejected,
    MembershipEnded,
    MembershipGranted,
    OfficeEnded,
    OfficeGranted,
    PersonChanged,
    PersonErased,
    PersonRegistered,
    SignInLinkRequested,
)
from contracts.values import Body

if TYPE_CHECKING:
    # A type checker cannot follow a base class that a function makes.
    class Base(DeclarativeBase):
        """What every mapped class of this service stands on."""
else:
    Base = declarative_base()

DENMARK: Final = ZoneInfo("Europe/Copenhagen")
LINK_MINUTES: Final = 15
CODE_ATTEMPTS: Final = 5
IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=8)
GRACE: Final = timedelta(seconds=30)
KEY_LIFE: Final = timedelta(days=90)


class CvrTaken(Conflict):
    """Another living association has this CVR number."""

    slug = "cvr-taken"
    title = "An association with this CVR number is registered already"


class AlreadyRegistered(Conflict):
    """The id belongs to a registration with other content."""

    slug = "already-registered"
    title = "This registration exists already, with other content"


class WrongState(Conflict):
    """The association is in a state that does not allow this."""

    slug = "wrong-state"
    title = "The association is not in a state that allows this"


class LastAdministrator(Conflict):
    """An association must keep one person who answers for it."""

    slug = "last-administrator"
    title = "An association must keep at least one administrator"


class AlreadyMember(Conflict):
    """The person has a membership of the association under another id."""

    slug = "already-member"
    title = "This person has a role in the association already"


class IdTaken(Conflict):
    """The id belongs to something else."""

    slug = "id-taken"
    title = "This id belongs to something else"


class EmailTaken(Conflict):
    """Another person signs in with this address."""

    slug = "email-taken"
    title = "Another person uses this address"


class SignInFailed(Unauthenticated):
    """The link, code or refresh token is not good (any more), or came from another browser."""

    slug = "sign-in-failed"
    title = "The link or code cannot be used"


class AssociationForm(StrEnum):
    """What kind of actor it is (N16)."""

    ASSOCIATION = "association"
    GROUP = "group"
    COMPANY = "company"
    PERSON = "person"


class AssociationStatus(StrEnum):
    """Where an association stands on its way into the vejviser."""

    REGISTERED = "registered"
    PUBLISHED = "published"
    REJECTED = "rejected"
    CLOSED = "closed"


class MembershipRole(StrEnum):
    """What a person may do for an association; each includes the ones before."""

    MEMBER = "member"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


def _words(kind: type[StrEnum], name: str) -> Enum:
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda words: [word.value for word in words],
    )


# Spelling is folded so that "Aagade" finds "Ågade" and "soeby" finds "Søby".
FOLD: Final = "replace(replace(replace(lower({}), 'å', 'aa'), 'æ', 'ae'), 'ø', 'oe')"
SEARCH_DANISH: Final = (
    "setweight(to_tsvector('danish'::regconfig, name), 'A')"
    " || setweight(to_tsvector('danish'::regconfig, purpose), 'B')"
)
SEARCH_FOLDED: Final = (
    f"setweight(to_tsvector('simple'::regconfig, {FOLD.format('name')}), 'A')"
    f" || setweight(to_tsvector('simple'::regconfig, {FOLD.format('purpose')}), 'B')"
)


class Association(Base):
    """An association, group, company or person that makes a voluntary social effort (V2, V21)."""

    __tablename__ = "association"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    name: Mapped[str]
    cvr: Mapped[str | None]
    form: Mapped[AssociationForm] = mapped_column(_words(AssociationForm, "form"))
    purpose: Mapped[str]
    target_groups: Mapped[list[str]] = mapped_column(ARRAY(Text))
    area: Mapped[str]
    website: Mapped[str | None]
    phone: Mapped[str | None]
    public_email: Mapped[str | None]
    volunteers_wanted: Mapped[bool]
    status: Mapped[AssociationStatus] = mapped_column(_words(AssociationStatus, "status"))
    contact_person_id: Mapped[UUID]
    registered_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None]
    contact_bounced_at: Mapped[datetime | None]
    rejection_reason: Mapped[str | None]
    search_danish: Mapped[Any] = mapped_column(
        TSVECTOR, Computed(SEARCH_DANISH, persisted=True), deferred=True
    )
    search_folded: Mapped[Any] = mapped_column(
        TSVECTOR, Computed(SEARCH_FOLDED, persisted=True), deferred=True
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index(
            "uq_association_cvr",
            "cvr",
            unique=True,
            postgresql_where=text("status IN ('registered', 'published')"),
        ),
        Index("ix_association_status_name", "status", "name", "id"),
        Index("ix_association_search_danish", "search_danish", postgresql_using="gin"),
        Index("ix_association_search_folded", "search_folded", postgresql_using="gin"),
        Index("ix_association_target_groups", "target_groups", postgresql_using="gin"),
        Index("ix_association_contact_person_id", "contact_person_id"),
    )

    def register(self, *, at: datetime) -> AssociationRegistered:
        """Record that it registered itself and waits for the coordinator."""
        self.status = AssociationStatus.REGISTERED
        self.registered_at = at
        return AssociationRegistered(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            area=self.area,
            contact_person_id=self.contact_person_id,
            registered_at=at,
        )

    def approve(self, *, at: datetime) -> AssociationPublished:
        """Take it into the public vejviser.

        Raises :class:`WrongState` unless it waits for review.
        """
        self._require(AssociationStatus.REGISTERED)
        self.status = AssociationStatus.PUBLISHED
        self.published_at = self.confirmed_at = at
        return AssociationPublished(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
            contact_person_id=self.contact_person_id,
        )

    def reject(self, *, reason: str) -> AssociationRejected:
        """Refuse the registration, with a reason."""
        self._require(AssociationStatus.REGISTERED)
        self.status = AssociationStatus.REJECTED
        self.rejection_reason = reason
        return AssociationRejected(
            association_id=self.id,
            name=self.name,
            contact_person_id=self.contact_person_id,
            reason=reason,
        )

    def close(self, *, at: datetime, reason: str) -> AssociationClosed:
        """Take it out of the vejviser; its cases are kept elsewhere."""
        self._require(AssociationStatus.PUBLISHED)
        self.status = AssociationStatus.CLOSED
        self.closed_at, self.closing_reason = at, reason
        return AssociationClosed(association_id=self.id, name=self.name)

    def describe(self, changes: dict[str, Any], *, at: datetime) -> AssociationChanged | None:
        """Change its description. Returns an event where others must know: it is public."""
        self._require(AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED)
        for name, value in changes.items():
            setattr(self, name, value)
        self.confirmed_at = at
        if self.status is not AssociationStatus.PUBLISHED:
            return None
        return AssociationChanged(
            association_id=self.id,
            name=self.name,
            cvr=self.cvr,
            purpose=self.purpose,
            target_groups=tuple(self.target_groups),
            area=self.area,
        )

    def _require(self, *allowed: AssociationStatus) -> None:
        if self.status not in allowed:
            raise WrongState(f"It is {self.status.value}.", current=self.status.value)


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
    ) -> PersonChanged:
        """Change name, address or language."""
        self.name = name or self.name
        self.language = language or self.language
        if email:
            self.email, self.email_key = email, email_key(email)
        return PersonChanged(
            person_id=self.id, name=self.name, email=self.email or "", language=self.language
        )

    def erase(self, *, at: datetime) -> PersonErased:
        """Forget who this was (GDPR art. 17); cases keep the id only."""
        self.name, self.email, self.email_key, self.erased_at = "", None, None, at
        return PersonErased(person_id=self.id)


class Membership(Base):
    """A person's role in an association. ``leads``: takes part in its management."""

    __tablename__ = "membership"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    association_id: Mapped[UUID] = mapped_column(ForeignKey("association.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[MembershipRole] = mapped_column(_words(MembershipRole, "role"))
    leads: Mapped[bool]
    is_contact: Mapped[bool]
    granted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        Index(
            "uq_membership_current",
            "association_id",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_membership_association_id", "association_id"),
        Index("ix_membership_person_id", "person_id"),
    )

    def grant(self) -> MembershipGranted:
        """Record the role as it is now."""
        return MembershipGranted(
            membership_id=self.id,
            association_id=self.association_id,
            person_id=self.person_id,
            role=self.role.value,
            leads=self.leads,
            is_contact=self.is_contact,
        )

    def end(self, *, at: datetime) -> MembershipEnded:
        """End the role."""
        self.ended_at = at
        return MembershipEnded(
            membership_id=self.id, association_id=self.association_id, person_id=self.person_id
        )


class Office(Base):
    """A seat or function a person holds from a day to a day (V14, V17)."""

    __tablename__ = "office"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    body: Mapped[Body] = mapped_column(_words(Body, "body"))
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="days_in_order"),
        Index("ix_office_person_id", "person_id"),
        Index("ix_office_ends_on", "ends_on", postgresql_where=text("ended_at IS NULL")),
    )

    def is_held_on(self, day: date) -> bool:
        """Whether the office is held on a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def grant(self, *, person_name: str) -> OfficeGranted:
        """Record the office as it is now."""
        self.ended_at = None
        return OfficeGranted(
            office_id=self.id,
            person_id=self.person_id,
            person_name=person_name,
            body=self.body,
            title=self.title,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
        )

    def end(self, *, on: date, at: datetime) -> OfficeEnded:
        """End the office with a day; the person is told to others as gone at once."""
        self.ends_on = max(on, self.starts_on)
        self.ended_at = at
        return OfficeEnded(office_id=self.id, person_id=self.person_id, body=self.body)


class SignInLink(Base):
    """A request to sign in. Only hashes are kept; it works once, in the browser that asked."""

    __tablename__ = "sign_in_link"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None]
    token_hash: Mapped[str]
    code_hash: Mapped[str]
    browser_hash: Mapped[str | None]
    attempts: Mapped[int]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_sign_in_link_expires_at", "expires_at"),)

    def request(self, *, person_id: UUID, token: str, code: str) -> SignInLinkRequested:
        """Record that a link must be mailed."""
        return SignInLinkRequested(
            sign_in_link_id=self.id,
            person_id=person_id,
            token=token,
            code=code,
            expires_at=self.expires_at,
        )

    def is_opened_by(
        self, *, token: str | None, code: str | None, browser: str, at: datetime
    ) -> bool:
        """Whether this token or code opens it now. Counts wrong codes; five and it is dead."""
        if self.used_at is not None or at > self.expires_at or self.attempts >= CODE_ATTEMPTS:
            return False
        if self.browser_hash is not None and not same(self.browser_hash, digest(browser)):
            return False
        if token is not None:
            good = same(self.token_hash, digest(token))
        else:
            good = self.browser_hash is not None and same(
                self.code_hash, digest(f"{self.id}:{code}")
            )
            self.attempts += not good
        if good and self.person_id is not None:
            self.used_at = at
            return True
        return False


class SignInSession(Base):
    """A signed-in browser.

    The refresh token rotates; the one before is good for 30 seconds more.
    """

    __tablename__ = "sign_in_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    chain_secret: Mapped[str]
    refresh_hash: Mapped[str]
    previous_hash: Mapped[str | None]
    rotated_at: Mapped[datetime]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_sign_in_session_person_id", "person_id"),
        Index("ix_sign_in_session_started_at", "started_at"),
    )

    def renew(self, refresh_token: str, *, at: datetime) -> str:
        """Take a refresh token and return the next one; the same again inside the grace.

        The next token follows from the given one and a secret of the session, so it can be told
        twice although only hashes are kept. Raises :class:`SignInFailed`; a token that is used
        again after the grace ends the session: somebody else has a copy of it.
        """
        alive = (
            self.ended_at is None
            and at - self.started_at < ABSOLUTE
            and at - self.rotated_at < IDLE
        )
        if not alive:
            raise SignInFailed
        given = digest(refresh_token)
        fresh = hmac.new(
            self.chain_secret.encode(), refresh_token.encode(), hashlib.sha256
        ).hexdigest()
        if same(self.refresh_hash, given):
            self.previous_hash, self.refresh_hash, self.rotated_at = given, digest(fresh), at
            return fresh
        if self.previous_hash and same(self.previous_hash, given):
            if at - self.rotated_at < GRACE:
                return fresh
            self.ended_at = at
        raise SignInFailed


class SigningKey(Base):
    """A key that tokens are signed with. The newest signs; older ones still verify for a day."""

    __tablename__ = "signing_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    private_pem: Mapped[str]
    created_at: Mapped[datetime]


class Attempt(Base):
    """Something that is counted against a limit: who (as a hash), what, when."""

    __tablename__ = "attempt"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_attempt_kind_key_at", "kind", "key", "at"),)


class Vocabulary(Base):
    """The words of the municipality's profile, served with the vejviser."""

    __tablename__ = "vocabulary"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)


def new_secret() -> str:
    """Make 256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """Hash a secret for keeping."""
    return hashlib.sha256(value.encode()).hexdigest()


def same(kept: str, given: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(kept, given)


def email_key(email: str) -> str:
    """What makes two spellings of an address the same."""
    return email.strip().casefold()


def today(now: datetime) -> date:
    """The day it is in Denmark."""
    return now.astimezone(DENMARK).date()


def old_rows(now: datetime) -> list[tuple[Any, ColumnElement[bool]]]:
    """Name the tables whose rows stop to matter, and which of their rows have."""
    return [
        (SignInLink, SignInLink.expires_at < now - timedelta(days=1)),
        (SignInSession, SignInSession.started_at < now - timedelta(days=30)),
        (Attempt, Attempt.at < now - timedelta(days=1)),
    ]
