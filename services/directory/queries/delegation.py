"""The call list, the calls, the agreements with the centre, and how far its target is."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from chassis.paging import paginate
from chassis.problems import NotFound
from services.directory.model import (
    Association,
    AssociationStatus,
    Call,
    EditingAgreement,
    Person,
)
from services.directory.queries.associations import Ages

# What a reader needs to find an association and get in touch; the rest of a record is required.
COMPLETENESS: Final = ("cvr", "website", "phone", "public_email")


def call_list(
    session: Session, *, by_centre: bool, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List the associations somebody must phone, those that wait longest first.

    The centre does not see those that keep their record themselves (N29).
    """
    last = (
        select(Call.at, Call.outcome)
        .where(Call.association_id == Association.id)
        .order_by(Call.at.desc(), Call.id.desc())
        .limit(1)
        .lateral("last")
    )
    count = (
        select(func.count())
        .select_from(Call)
        .where(Call.association_id == Association.id, Call.at >= Association.stale_at)
        .scalar_subquery()
    )
    statement = (
        select(
            Association.id.label("association_id"),
            Association.name,
            Association.phone,
            Association.public_email,
            func.nullif(Person.name, "").label("contact_name"),
            Person.email.label("contact_email"),
            Association.confirmed_at,
            Association.stale_at,
            Association.stale_reason,
            Association.centre_may_edit,
            count.label("call_count"),
            last.c.at.label("last_call_at"),
            last.c.outcome.label("last_outcome"),
        )
        .outerjoin(Person, Person.id == Association.contact_person_id)
        .outerjoin(last, Association.id == Association.id)
        .where(Association.status == AssociationStatus.PUBLISHED, Association.stale_at.is_not(None))
    )
    if by_centre:
        statement = statement.where(Association.centre_may_edit)
    return paginate(
        session,
        statement,
        order_by=[Association.stale_at, Association.id],
        limit=limit,
        cursor=cursor,
    )


def calls(
    session: Session, *, association_id: UUID | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what came of phone calls, newest first."""
    statement = select(Call)
    if association_id is not None:
        statement = statement.where(Call.association_id == association_id)
    return paginate(
        session, statement, order_by=[Call.at.desc(), Call.id.desc()], limit=limit, cursor=cursor
    )


def agreements(session: Session, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the agreements with the centre, the latest first."""
    return paginate(
        session,
        select(EditingAgreement),
        order_by=[EditingAgreement.starts_on.desc(), EditingAgreement.id],
        limit=limit,
        cursor=cursor,
    )


def agreement(session: Session, agreement_id: UUID) -> EditingAgreement:
    """Return one agreement. Raises :class:`NotFound`."""
    found = session.scalar(select(EditingAgreement).where(EditingAgreement.id == agreement_id))
    if found is None:
        raise NotFound(kind="editing-agreement")
    return found


def figures(session: Session, known: Ages, *, day: date) -> dict[str, Any]:
    """Count how fresh and how complete the published records are (V21, N29)."""
    published = Association.status == AssociationStatus.PUBLISHED
    by_area = session.execute(
        select(Association.area, *_ages(known))
        .where(published)
        .group_by(Association.area)
        .order_by(Association.area)
    ).all()
    filled = session.execute(
        select(
            *(func.count(getattr(Association, name)).label(name) for name in COMPLETENESS),
            func.count().filter(Association.stale_at.is_not(None)).label("on_call_list"),
            func.count().filter(~Association.centre_may_edit).label("kept_by_themselves"),
        ).where(published)
    ).one()
    target = session.scalar(
        select(EditingAgreement.freshness_target).where(EditingAgreement.in_force_on(day)).limit(1)
    )
    areas = [row._asdict() for row in by_area]
    whole = {
        name: sum(row[name] for row in areas)
        for name in ("total", "fresh", "ageing", "unconfirmed")
    }
    fields = [{"field": name, "filled": getattr(filled, name)} for name in COMPLETENESS]
    return {
        **whole,
        "fresh_percent": _percent(whole["fresh"], whole["total"]),
        "freshness_target": target,
        "complete_percent": _percent(
            sum(each["filled"] for each in fields), whole["total"] * len(fields)
        ),
        "completeness": fields,
        "areas": areas,
        "on_call_list": filled.on_call_list,
        "kept_by_themselves": filled.kept_by_themselves,
    }


def _ages(known: Ages) -> tuple[ColumnElement[int], ...]:
    """Count each age in SQL, by the same limits as :meth:`Periods.freshness`."""
    periods, at = known.periods, known.at
    is_fresh = Association.confirmed_at > at - periods.ask_after
    is_known = Association.confirmed_at > at - periods.ask_after - periods.stale_after
    return (
        func.count().label("total"),
        func.count().filter(is_fresh).label("fresh"),
        func.count().filter(and_(is_known, ~is_fresh)).label("ageing"),
        func.count().filter(func.coalesce(~is_known, True)).label("unconfirmed"),
    )


def _percent(part: int, whole: int) -> int:
    """Return the share in whole per cent, rounded down: a target is not reached by rounding."""
    return part * 100 // whole if whole else 0
