"""The speaker bank and the associations' expertise, as each reader may see them (N7, N8, N14)."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from chassis.auth import Principal
from chassis.paging import paginate
from chassis.problems import NotFound
from contracts.values import CompetenceKind
from services.directory.model import Association, AssociationStatus, Competence

# Some hundreds of rows, each read: no index is needed for their words.
_WORDS: Final[ColumnElement[Any]] = literal_column(
    "to_tsvector('danish', competence.title || ' ' || competence.description)"
)
_DANISH: Final[ColumnElement[Any]] = literal_column("'danish'")
STAFF: Final = ("coordinator", "caseworker", "centre", "council", "committee")


def competences(
    session: Session,
    principal: Principal,
    *,
    q: str,
    topic: str | None,
    kind: CompetenceKind | None,
    association_id: UUID | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Search what associations lend, in Danish words, by topic and by kind."""
    statement = _competences(principal)
    if q:
        statement = statement.where(
            or_(
                _WORDS.op("@@")(func.websearch_to_tsquery(_DANISH, q)),
                Association.name.icontains(q, autoescape=True),
            )
        )
    if topic is not None:
        statement = statement.where(Competence.topics.contains([topic]))
    if kind is not None:
        statement = statement.where(Competence.kind == kind)
    if association_id is not None:
        statement = statement.where(Competence.association_id == association_id)
    return paginate(
        session,
        statement,
        order_by=[Competence.title, Competence.id],
        limit=limit,
        cursor=cursor,
    )


def competence(session: Session, principal: Principal, competence_id: UUID) -> Any:
    """Return one. Raises :class:`NotFound` also where the reader may not know of it."""
    found = session.execute(
        _competences(principal).where(Competence.id == competence_id)
    ).one_or_none()
    if found is None:
        raise NotFound(kind="competence")
    return found


def _competences(principal: Principal) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *Competence.__table__.columns,
            Association.name.label("association_name"),
            # The role's own address: a person's is never told.
            Association.public_email.label("contact_email"),
        )
        .join(Association, Association.id == Competence.association_id)
        .where(_visible(principal))
    )


def _visible(principal: Principal) -> ColumnElement[bool]:
    """Say in SQL what the reader may see: the public, or all of it for staff and associations."""
    insider = principal.has(*STAFF) or bool(principal.associations)
    published = Association.status == AssociationStatus.PUBLISHED
    own = Competence.association_id.in_(list(principal.associations))
    return or_(own, and_(published, true() if insider else Competence.is_public))
