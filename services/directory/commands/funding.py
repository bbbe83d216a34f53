"""Use cases of funding opportunities: write, publish, withdraw, delete a draft (V22)."""

from typing import Any
from uuid import UUID

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from contracts.values import NewsTopic
from services.directory.commands.news import tell
from services.directory.commands.words import require_words
from services.directory.model import FundingOpportunity, FundingStatus


def put_opportunity(
    work: UnitOfWork, opportunity_id: UUID, *, version: int | None, **description: Any
) -> tuple[FundingOpportunity, bool]:
    """Write an opportunity, new or not; return it, and whether it is new. A new one is a draft."""
    found = work.find(FundingOpportunity, opportunity_id, lock=True)
    groups = description["target_groups"]
    kept = found.target_groups if found else ()
    require_words(work, {"target_groups": ("/target_groups", groups, kept)})
    if found is None:
        if version is not None:
            raise Stale
        made = FundingOpportunity(
            id=opportunity_id, status=FundingStatus.DRAFT, created_at=work.now, changed_at=work.now
        )
        made.describe(description, at=work.now)
        return work.add(made), True
    work.get(FundingOpportunity, opportunity_id, version=version)
    if found.describe(description, at=work.now) and found.status is FundingStatus.PUBLISHED:
        work.emit(found.told(is_new=False))
    return found, False


def publish_opportunity(
    work: UnitOfWork, opportunity_id: UUID, *, version: int | None
) -> FundingOpportunity:
    """Let everybody read of it; the first time that is news (V30)."""
    found = work.get(FundingOpportunity, opportunity_id, version=version, lock=True)
    if found.status is FundingStatus.PUBLISHED:
        return found
    event = found.publish(at=work.now)
    work.emit(event)
    if event.is_new:
        tell(
            work,
            "funding",
            opportunity_id,
            topic=NewsTopic.GRANTS,
            title=f"Ny støttemulighed: {found.title}"[:200],
            summary=f"{found.provider} giver støtte. {found.summary}"[:600],
        )
    return found


def withdraw_opportunity(
    work: UnitOfWork, opportunity_id: UUID, *, version: int | None
) -> FundingOpportunity:
    """Take it out of the list; withdrawing it twice is the same as once."""
    found = work.get(FundingOpportunity, opportunity_id, version=version, lock=True)
    if found.status is not FundingStatus.WITHDRAWN:
        work.emit(found.withdraw())
    return found


def delete_opportunity(work: UnitOfWork, opportunity_id: UUID, *, version: int | None) -> None:
    """Delete an opportunity nobody has seen. Raises :class:`WrongState`."""
    found = work.find(FundingOpportunity, opportunity_id, lock=True)
    if found is None:
        raise NotFound(kind="fundingopportunity")
    work.get(FundingOpportunity, opportunity_id, version=version)
    found.require_draft()
    work.session.delete(found)
