"""What the secret of a yearly mail opens."""

from typing import Any

from sqlalchemy import select

from chassis.database import UnitOfWork
from services.directory.model import Association, AssociationStatus, ConfirmationLink, digest
from services.directory.model.problems import LinkNotValid
from services.directory.queries.associations import Shown, ages


def opened(work: UnitOfWork, token: str) -> dict[str, Any]:
    """Return the public record a secret is for. Raises :class:`LinkNotValid`.

    It is found by its hash, so neither the answer nor its time tells a guess from an old one.
    """
    found = work.session.execute(
        select(Association, ConfirmationLink.expires_at, ConfirmationLink.used_at)
        .join(ConfirmationLink, ConfirmationLink.association_id == Association.id)
        .where(
            ConfirmationLink.token_hash == digest(token),
            ConfirmationLink.expires_at > work.now,
            Association.status == AssociationStatus.PUBLISHED,
        )
    ).one_or_none()
    if found is None:
        raise LinkNotValid
    shown = Shown(found[0], ages(work))
    return {"association": shown, "expires_at": found[1], "used_at": found[2]}
