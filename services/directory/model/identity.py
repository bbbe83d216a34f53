"""Signing in through an identity provider: the visit there, and whom its subjects are here."""

import hashlib
import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.directory.model.mapping import Base
from services.directory.model.sign_in import digest, same

FLOW_MINUTES: Final = 15


class SignInFlow(Base):
    """A visit to the identity provider. It ends in a sign-in once, in the browser that began it.

    State, nonce and code verifier follow from the salt and the secret of the browser, which is not
    kept: whoever reads this table can finish nobody's visit.
    """

    __tablename__ = "sign_in_flow"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[str]
    browser_hash: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_sign_in_flow_expires_at", "expires_at"),)

    def state(self, browser: str) -> str:
        """What the provider hands back: the answer belongs to this visit."""
        return self._following("state", browser)

    def nonce(self, browser: str) -> str:
        """What the id token must carry: it was made for this visit."""
        return self._following("nonce", browser)

    def verifier(self, browser: str) -> str:
        """What only we can show when the code is exchanged (PKCE, RFC 7636)."""
        return self._following("verifier", browser)

    def is_finished_by(self, *, state: str, browser: str, at: datetime) -> bool:
        """Whether this answer ends the visit now; if so, no other does afterwards."""
        good = (
            self.used_at is None
            and at <= self.expires_at
            and same(self.browser_hash, digest(browser))
            and same(digest(self.state(browser)), digest(state))
        )
        if good:
            self.used_at = at
        return good

    def _following(self, purpose: str, browser: str) -> str:
        words = f"{purpose}:{browser}".encode()
        return hmac.new(self.salt.encode(), words, hashlib.sha256).hexdigest()


class Identity(Base):
    """Whom the provider's subject is here. The subject is the provider's own name for somebody."""

    __tablename__ = "identity"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_identity_issuer_subject", "issuer", "subject", unique=True),
        Index("ix_identity_person_id", "person_id"),
    )
