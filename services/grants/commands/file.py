"""The file of a case: what happened is noted when it happens (offentlighedsloven § 15)."""

from uuid import UUID

from chassis.database import UnitOfWork
from services.grants.model import FileEntry


def note(work: UnitOfWork, application_id: UUID, kind: str, text: str) -> None:
    """Add a line to a case's file, in Danish: it is shown as it is."""
    work.add(
        FileEntry(
            application_id=application_id,
            at=work.now,
            kind=kind,
            text=text,
            actor_id=work.principal.id,
            actor_name=work.principal.name,
        )
    )
