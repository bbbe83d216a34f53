"""Who somebody is, for their tokens and for themselves; their sessions; the keys."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.auth import ALGORITHM
from chassis.paging import paginate
from services.directory.model import (
    ABSOLUTE,
    IDLE,
    KEY_ANNOUNCED,
    LIVING,
    Association,
    Membership,
    Office,
    SigningKey,
    SignInSession,
)
from services.directory.queries.offices import all_offices, with_address
from services.directory.queries.people import person


def claims(session: Session, person_id: UUID, *, day: date) -> dict[str, Any]:
    """What a token says of a person now: name, address, offices held today, roles.

    The address is proven to be theirs: they signed in with it, and another one ends the session.
    """
    somebody = person(session, person_id)
    bodies = session.scalars(
        select(Office.body)
        .where(
            Office.person_id == person_id,
            Office.held_on(day),
        )
        .distinct()
    )
    # Who belongs to an association that went up in another one still follows its own cases.
    roles = session.execute(
        select(Membership.association_id, Membership.role)
        .join(Association, Association.id == Membership.association_id)
        .where(
            Membership.person_id == person_id,
            Membership.ended_at.is_(None),
            or_(Association.status.in_(LIVING), Association.merged_into_id.is_not(None)),
        )
    )
    return {
        "sub": str(person_id),
        "name": somebody.name,
        "email": somebody.email,
        "language": somebody.language,
        "roles": sorted(body.value for body in bodies),
        "associations": {str(id_): role.value for id_, role in roles},
    }


def me(session: Session, person_id: UUID, *, day: date) -> dict[str, Any]:
    """Describe oneself."""
    somebody = person(session, person_id)
    mine = session.execute(
        select(
            Association.id,
            Association.name,
            Membership.role,
            Membership.leads,
            Association.status,
        )
        .join(Membership, Membership.association_id == Association.id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Association.name, Association.id)
    ).all()
    held = session.execute(
        all_offices()
        .where(
            Office.person_id == person_id,
            Office.held_on(day),
        )
        .order_by(Office.starts_on)
    ).all()
    return {
        "id": somebody.id,
        "version": somebody.version,
        "name": somebody.name,
        "email": somebody.email,
        "language": somebody.language,
        "roles": sorted({row.body.value for row in held}),
        "associations": mine,
        "offices": [with_address(row, None) for row in held],
    }


def sessions(
    session: Session,
    person_id: UUID | None,
    *,
    current: UUID | None,
    now: datetime,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List one's own sessions that can still be renewed."""
    page = paginate(
        session,
        select(SignInSession).where(
            SignInSession.person_id == person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.rotated_at > now - IDLE,
            SignInSession.started_at > now - ABSOLUTE,
        ),
        order_by=[SignInSession.started_at.desc(), SignInSession.id],
        limit=limit,
        cursor=cursor,
    )
    page["items"] = [
        {
            "id": each.id,
            "started_at": each.started_at,
            "rotated_at": each.rotated_at,
            "acr": each.acr,
            "amr": each.amr,
            "is_current": each.id == current,
        }
        for each in page["items"]
    ]
    return page


def signing_key(session: Session, now: datetime) -> tuple[str, Any]:
    """Return the key that signs now: its id and the private key.

    A new key signs only when every verifier has had the time to read it. The first of all signs at
    once.
    """
    is_known = SigningKey.created_at <= now - KEY_ANNOUNCED
    row = session.execute(
        select(SigningKey.id, SigningKey.private_pem)
        .order_by(is_known.desc(), SigningKey.created_at.desc())
        .limit(1)
    ).one()
    return row.id, load_pem_private_key(row.private_pem.encode(), password=None)


def jwks(session: Session) -> dict[str, Any]:
    """The public keys that tokens in use may be signed with."""
    rows = session.execute(
        select(SigningKey.id, SigningKey.private_pem)
        .order_by(SigningKey.created_at.desc())
        .limit(3)
    ).all()
    keys = []
    for row in rows:
        private: Any = load_pem_private_key(row.private_pem.encode(), password=None)
        public = jwt.algorithms.OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        keys.append({**public, "kid": row.id, "alg": ALGORITHM, "use": "sig"})
    return {"keys": keys}
