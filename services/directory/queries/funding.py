"""Where associations can seek money: others' pools and the municipality's rounds, as one list.

A municipality knows of some dozens, so all that match are read, put in the order of their next
deadline and cut into pages.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, func, literal, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.auth import Principal
from chassis.problems import FieldError, Invalid, NotFound
from contracts.values import FundingProvider
from services.directory.model import (
    DENMARK,
    DeadlineKind,
    FundingOpportunity,
    PublicationStatus,
    RoundNotice,
    next_deadline,
    today,
)
from services.directory.queries.vocabulary import vocabulary
from services.directory.queries.words import every_word

WRITERS: Final = ("coordinator", "caseworker", "centre")
MOST_FOUND: Final = 1000


def opportunities(
    session: Session,
    principal: Principal,
    now: datetime,
    *,
    q: str,
    provider_kind: FundingProvider | None,
    applicant: str | None,
    target_group: str | None,
    status: PublicationStatus,
    open: bool,  # noqa: A002 - the name of the filter
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List opportunities, the next deadline first, those without one last.

    ``open`` leaves out what can no longer be applied for. Raises :class:`Invalid` for a cursor that
    is none of ours.
    """
    if status is not PublicationStatus.PUBLISHED and not principal.has(*WRITERS):
        return {"items": [], "next": None, "total": 0}
    statement = select(FundingOpportunity).where(
        FundingOpportunity.status == status, *every_word(session, q, FundingOpportunity.search)
    )
    if provider_kind is not None:
        statement = statement.where(FundingOpportunity.provider_kind == provider_kind)
    if applicant is not None:
        statement = statement.where(FundingOpportunity.applicants.contains([applicant]))
    if target_group is not None:
        # Where none is named, everybody is meant.
        named = FundingOpportunity.target_groups
        statement = statement.where((func.cardinality(named) == 0) | named.contains([target_group]))
    on = today(now)
    found = [_shown(each, on) for each in session.scalars(statement.limit(MOST_FOUND))]
    own = provider_kind in {None, FundingProvider.MUNICIPALITY}
    if own and status is PublicationStatus.PUBLISHED:
        found += _rounds(session, q, on, is_for=applicant)
    if open:
        found = [each for each in found if each["is_open"]]
    found.sort(key=_order)
    start = _start(cursor)
    page = found[start : start + limit]
    more = start + limit < len(found)
    return {
        "items": page,
        "next": paging.encode([start + limit]) if more else None,
        "total": len(found),
    }


def opportunity(
    session: Session, principal: Principal, now: datetime, opportunity_id: UUID
) -> dict[str, Any]:
    """Return one opportunity. Raises :class:`NotFound` also where the caller may not know of it."""
    found = session.scalar(
        select(FundingOpportunity).where(FundingOpportunity.id == opportunity_id)
    )
    if found is None or not (found.is_public or principal.has(*WRITERS)):
        raise NotFound(kind="fundingopportunity")
    return _shown(found, today(now))


def with_deadlines(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Return what a calendar of deadlines holds: everything that has one, rounds too."""
    on = today(now)
    published = FundingOpportunity.status == PublicationStatus.PUBLISHED
    dated = FundingOpportunity.deadline_kind != DeadlineKind.ROLLING
    found = session.scalars(select(FundingOpportunity).where(published, dated).limit(MOST_FOUND))
    shown = [_shown(each, on) for each in found] + _rounds(session, "", on, is_for=None)
    return sorted((each for each in shown if each["is_open"]), key=_order)


def _shown(found: FundingOpportunity, on: date) -> dict[str, Any]:
    following = next_deadline(found.deadline_kind, found.deadlines, on=on)
    columns = [column.key for column in FundingOpportunity.__table__.columns]
    return {
        **{name: getattr(found, name) for name in columns if name != "search"},
        "source": "staff",
        "frame_ore": None,
        "opens_on": None,
        "next_deadline": following,
        "is_open": found.deadline_kind is DeadlineKind.ROLLING or following is not None,
    }


def _rounds(session: Session, q: str, on: date, *, is_for: str | None) -> list[dict[str, Any]]:
    """Return the municipality's rounds in the same form; associations and groups apply there."""
    if is_for is not None and is_for not in {"association", "group"}:
        return []
    statement = select(RoundNotice).where(
        *every_word(session, q, func.search_vector(RoundNotice.title))
    )
    provider = str(vocabulary(session)["municipality"]["name"])
    return [
        _round(each, provider, on)
        for each in session.scalars(statement.order_by(RoundNotice.closes_at.desc()).limit(100))
    ]


def _round(found: RoundNotice, provider: str, on: date) -> dict[str, Any]:
    closes_on = found.closes_at.astimezone(DENMARK).date()
    return {
        "id": found.id,
        "version": 1,
        "source": "round",
        "provider_kind": FundingProvider.MUNICIPALITY,
        "provider": provider,
        "title": found.title,
        "summary": "",
        "applicants": ["association", "group"],
        "target_groups": [],
        "amount_min_ore": None,
        "amount_max_ore": None,
        "frame_ore": found.frame_ore,
        "deadline_kind": DeadlineKind.ONCE,
        "deadlines": [closes_on],
        "next_deadline": closes_on if closes_on >= on else None,
        "opens_on": found.opens_at.astimezone(DENMARK).date(),
        "is_open": not found.is_closed and closes_on >= on,
        "link": None,
        "questions": [],
        "status": PublicationStatus.PUBLISHED,
        "created_at": found.announced_at,
        "changed_at": found.announced_at,
        "published_at": found.announced_at,
    }


def _order(each: Mapping[str, Any]) -> tuple[date, str, str]:
    return each["next_deadline"] or date.max, each["title"], str(each["id"])


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (start,) = paging.decode(cursor, [literal(0, Integer)])
    if not 0 <= start < MOST_FOUND:
        raise Invalid(
            errors=[FieldError("/cursor", "Not a cursor of this list: begin at its first page.")]
        )
    return int(start)
