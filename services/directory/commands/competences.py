"""Use cases of what an association lends: write it, and take it back (N7, N8, N14)."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.problems import Stale
from contracts.values import CompetenceKind
from services.directory.commands.words import require_words
from services.directory.model import Association, AssociationStatus, Competence
from services.directory.model.problems import AssociationNotPublished, IdTaken


def put_competence(
    work: UnitOfWork,
    competence_id: UUID,
    *,
    association_id: UUID,
    kind: CompetenceKind,
    title: str,
    description: str,
    topics: Sequence[str],
    terms: str | None,
    is_public: bool,
    version: int | None,
) -> tuple[Competence, bool]:
    """Write what an association lends; return it, and whether it is new.

    Raises :class:`AssociationNotPublished`, :class:`IdTaken`, Stale.
    """
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, lock=True)
    competence = work.find(Competence, competence_id)
    kept = competence.topics if competence is not None else ()
    require_words(work, {"topics": ("/topics", topics, kept)})
    wanted = {
        "kind": kind,
        "title": title,
        "description": description,
        "topics": list(dict.fromkeys(topics)),
        "terms": terms or None,
        "is_public": is_public,
    }
    if competence is None:
        if version is not None:
            raise Stale
        if association.status is not AssociationStatus.PUBLISHED:
            raise AssociationNotPublished
        competence = work.add(
            Competence(
                id=competence_id, association_id=association_id, offered_at=work.now, **wanted
            )
        )
        work.session.flush()
        work.emit(competence.offer())
        return competence, True
    work.get(Competence, competence_id, version=version)
    if competence.association_id != association_id:
        raise IdTaken
    if any(getattr(competence, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(competence, name, value)
        work.emit(competence.offer())
    return competence, False


def withdraw_competence(work: UnitOfWork, competence_id: UUID) -> None:
    """Take back what an association lends."""
    competence = work.get(Competence, competence_id)
    work.principal.permit(association=competence.association_id, hide=True)
    work.emit(competence.withdraw())
    work.session.delete(competence)
