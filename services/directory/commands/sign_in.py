"""Use cases of signing in: a link, the session it opens, the keys that sign its tokens."""

import contextlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import delete, func, select, update

from chassis.auth import Principal
from chassis.database import NOTIFY_CHANNEL, Database, UnitOfWork
from chassis.events import new_id
from services.directory.commands.limits import count_attempt
from services.directory.model import (
    KEY_ANNOUNCED,
    KEY_LIFE,
    LINK_MINUTES,
    Identity,
    Person,
    SigningKey,
    SignInLink,
    SignInSession,
    digest,
    email_key,
    new_secret,
    old_rows,
)
from services.directory.model.problems import SignInFailed


class _TakenBack(Exception):
    """Undoes what was written for an address that nobody has."""


def request_sign_in(
    work: UnitOfWork, *, email: str, browser: str, client: str, limit_factor: int
) -> SignInLink:
    """Make a link to sign in. Known and unknown addresses cost the same and look the same.

    For an unknown one the event is written too, then taken back, and the relay is woken for
    nothing: otherwise the time of the answer would tell who is registered.
    """
    count_attempt(work, "sign-in-client", client, factor=limit_factor)
    count_attempt(work, "sign-in-address", email_key(email))
    token, code = new_secret(), f"{secrets.randbelow(10**6):06d}"
    person_id = work.session.scalar(select(Person.id).where(Person.email_key == email_key(email)))
    id_ = new_id()
    link = work.add(
        SignInLink(
            id=id_,
            person_id=person_id,
            token_hash=digest(token),
            code_hash=digest(f"{id_}:{code}"),
            browser_hash=digest(browser),
            attempts=0,
            expires_at=work.now + timedelta(minutes=LINK_MINUTES),
        )
    )
    work.session.flush()
    with contextlib.suppress(_TakenBack), work.session.begin_nested():
        work.emit(link.request(person_id=person_id or id_, token=token, code=code))
        work.write_events()
        if person_id is None:
            raise _TakenBack
    work.session.execute(select(func.pg_notify(NOTIFY_CHANNEL, "")))
    return link


def sign_in(
    work: UnitOfWork, *, link_id: UUID | None, token: str | None, code: str | None, browser: str
) -> tuple[SignInSession, str] | None:
    """Open a session with a mailed token or code; return it with its refresh token.

    None where it is refused: the count of wrong codes must be kept, so nothing is raised here.
    """
    statement = select(SignInLink).with_for_update()
    if link_id is not None:
        statement = statement.where(SignInLink.id == link_id)
    elif token is not None:
        statement = statement.where(SignInLink.token_hash == digest(token))
    else:
        return None
    link = work.session.scalar(statement)
    if link is None or not link.is_opened_by(token=token, code=code, browser=browser, at=work.now):
        return None
    if link.person_id is None:
        return None
    return open_session(work, link.person_id, authenticated_at=work.now)


def open_session(
    work: UnitOfWork,
    person_id: UUID,
    *,
    authenticated_at: datetime | None,
    acr: str | None = None,
    amr: Iterable[str] = (),
) -> tuple[SignInSession, str]:
    """Open a session for a person who has shown who they are; return it with its refresh token."""
    refresh = new_secret()
    session = work.add(
        SignInSession(
            id=new_id(),
            person_id=person_id,
            chain_secret=new_secret(),
            refresh_hash=digest(refresh),
            rotated_at=work.now,
            started_at=work.now,
            authenticated_at=authenticated_at,
            acr=acr,
            amr=list(amr),
        )
    )
    return session, refresh


def renew_session(
    work: UnitOfWork, session_id: UUID, *, refresh_token: str
) -> tuple[SignInSession, str] | None:
    """Rotate a session's refresh token; None where it is refused (a theft is then recorded)."""
    session = work.session.scalar(
        select(SignInSession).where(SignInSession.id == session_id).with_for_update()
    )
    if session is None:
        return None
    try:
        return session, session.renew(refresh_token, at=work.now)
    except SignInFailed:
        return None


def end_session(work: UnitOfWork, session_id: UUID) -> None:
    """End one of one's own sessions."""
    session = work.get(SignInSession, session_id, lock=True)
    work.principal.permit(person=session.person_id, hide=True)
    session.ended_at = session.ended_at or work.now


def require_open_session(work: UnitOfWork) -> None:
    """See that the caller's session has not ended while their token lives on.

    Raises :class:`SignInFailed`.
    """
    if work.principal.session_id is None:
        return
    session = work.find(SignInSession, work.principal.session_id)
    if session is None or session.ended_at is not None:
        raise SignInFailed


def sign_out_everywhere(work: UnitOfWork, person_id: UUID) -> None:
    """End every session of a person, and whatever would open another.

    That an identity provider's subject is this person was found by their address, and goes with it.
    """
    work.session.execute(delete(SignInLink).where(SignInLink.person_id == person_id))
    work.session.execute(delete(Identity).where(Identity.person_id == person_id))
    work.session.execute(
        update(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )


def operator_sign_in_link(
    database: Database, public_url: str, *, email: str, hours: int, now: datetime
) -> str | None:
    """Make a link that works in any browser, once: an operator's tool.

    None for an unknown address.
    """
    token, id_ = new_secret(), new_id()
    with database.unit_of_work(Principal.of_service("directory")) as work:
        person_id = work.session.scalar(
            select(Person.id).where(Person.email_key == email_key(email))
        )
        if person_id is None:
            return None
        work.add(
            SignInLink(
                id=id_,
                person_id=person_id,
                token_hash=digest(token),
                code_hash="",
                browser_hash=None,
                attempts=0,
                expires_at=now + timedelta(hours=hours),
            )
        )
    return f"{public_url}/log-ind/bekraeft?link={id_}&token={token}"


def ensure_signing_key(work: UnitOfWork) -> None:
    """Make a key to sign tokens with where there is none, or the newest is too old."""
    newest = work.session.scalar(
        select(SigningKey.created_at).order_by(SigningKey.created_at.desc()).limit(1)
    )
    if newest is None or work.now - newest >= KEY_LIFE:
        _add_signing_key(work)


def rotate_signing_key(work: UnitOfWork, *, stolen: bool) -> str | None:
    """Announce a new key to sign tokens with, and return its id.

    It signs once every verifier has had time to read it; older ones verify what they signed. None
    where one is being announced already: only the newest three are told, and the one that signs
    must be among them. With ``stolen`` the older ones go at once and the new one signs: verifiers
    that know the old ones drop them when they next read the keys, within ten minutes.
    """
    fresh = SigningKey.created_at > work.now - KEY_ANNOUNCED
    if not stolen and work.session.scalar(select(SigningKey.id).where(fresh).limit(1)):
        return None
    if stolen:
        work.session.execute(delete(SigningKey))
    return _add_signing_key(work)


def _add_signing_key(work: UnitOfWork) -> str:
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return work.add(SigningKey(id=secrets.token_hex(8), private_pem=pem, created_at=work.now)).id


def tidy(work: UnitOfWork) -> int:
    """Drop links, sessions and counted attempts that no longer matter; return how many."""
    done = 0
    for table, old in old_rows(work.now):
        ids = select(table.id).where(old).limit(1000)
        gone = work.session.scalars(delete(table).where(table.id.in_(ids)).returning(table.id))
        done += len(gone.all())
    return done
