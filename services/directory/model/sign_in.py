"""Links to sign in, the sessions they open, and the keys that tokens are signed with."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.directory import SignInLinkRequested
from services.directory.model.mapping import Base
from services.directory.model.problems import SignInFailed

LINK_MINUTES: Final = 15
CODE_ATTEMPTS: Final = 5
IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=8)
GRACE: Final = timedelta(seconds=30)
# More renewals than a browser makes in eight hours.
LONGEST_CHAIN: Final = 500
KEY_LIFE: Final = timedelta(days=90)
# Longer than verifiers remember keys (ten minutes).
KEY_ANNOUNCED: Final = timedelta(minutes=15)


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

    The refresh token rotates; the one before is good for 30 seconds more. ``acr`` and ``amr`` say
    how sure an identity provider was of the person, and by what means, in its own words.
    ``authenticated_at`` is when the person showed who they are: earlier than ``started_at`` where
    a provider knew them still, and null where it does not say.
    """

    __tablename__ = "sign_in_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    chain_secret: Mapped[str]
    refresh_hash: Mapped[str]
    previous_hash: Mapped[str | None]
    rotated_at: Mapped[datetime]
    started_at: Mapped[datetime]
    authenticated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    acr: Mapped[str | None]
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")

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
        given, following = digest(refresh_token), self._following(refresh_token)
        if same(self.refresh_hash, given):
            self.previous_hash, self.refresh_hash, self.rotated_at = given, digest(following), at
            return following
        if self.previous_hash and same(self.previous_hash, given) and at - self.rotated_at < GRACE:
            return following
        if self._was_ours(refresh_token):
            self.ended_at = at
        raise SignInFailed

    def _following(self, refresh_token: str) -> str:
        """Return the token that comes after this one."""
        key = self.chain_secret.encode()
        return hmac.new(key, refresh_token.encode(), hashlib.sha256).hexdigest()

    def _was_ours(self, refresh_token: str) -> bool:
        """Whether the present token came of this one, however many renewals ago.

        A guess leads nowhere, so nobody can end a session by its id alone.
        """
        for _ in range(LONGEST_CHAIN):
            refresh_token = self._following(refresh_token)
            if same(self.refresh_hash, digest(refresh_token)):
                return True
        return False


class SigningKey(Base):
    """A key that tokens are signed with.

    The newest signs once it has been announced; older ones still verify what they signed.
    """

    __tablename__ = "signing_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    private_pem: Mapped[str]
    created_at: Mapped[datetime]


def new_secret() -> str:
    """Make 256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """Hash a secret for keeping."""
    return hashlib.sha256(value.encode()).hexdigest()


def same(kept: str, given: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(kept, given)
