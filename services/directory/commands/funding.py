"""Use cases of funding opportunities: write, publish (V22)."""

from typing import Any
from uuid import UUID

from chassis.database import UnitOfWork
from contracts.values import NewsTopic
from services.directory.commands.news import tell
from services.directory.commands.publication import to_write
from services.directory.commands.words import require_words
from services.directory.model import FundingOpportunity


def put_opportunity(
    work: UnitOfWork, opportunity_id: UUID, *, version: int | None, **description: Any
) -> tuple[FundingOpportunity, bool]:
    """Write an opportunity, new or not; return it, and whether it is new. A new one is a draft."""
    opportunity, new = to_write(work, FundingOpportunity, opportunity_id, version=version)
    groups, kept = description["target_groups"], opportunity.target_groups or ()
    require_words(work, {"target_groups": ("/target_groups", groups, kept)})
    if opportunity.describe(description, at=work.now):
        work.emit(opportunity.told(is_new=False))
    return work.add(opportunity), new


def publish_opportunity(
    work: UnitOfWork, opportunity_id: UUID, *, version: int | None
) -> FundingOpportunity:
    """Let everybody read of it; the first time that is news (V30)."""
    found = work.get(FundingOpportunity, opportunity_id, version=version, lock=True)
    if found.is_public:
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
