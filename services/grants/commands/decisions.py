"""The committee's decisions: amounts under the hard frame, and their reasons."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.problems import FieldError, NotFound, Stale
from services.grants.commands import conflicts
from services.grants.model import (
    Application,
    ApplicationStatus,
    Decision,
    DecisionStatus,
    Programme,
    Round,
    RoundStatus,
)
from services.grants.model.problems import (
    FrameExceeded,
    IdTaken,
    MoreThanApplied,
    OnlyOne,
    WrongState,
)


def put_decision(
    work: UnitOfWork,
    decision_id: UUID,
    *,
    version: int | None,
    application_id: UUID,
    granted_ore: int,
    reasons: Mapping[str, str] | None,
    conditions: Sequence[str] | None,
) -> bool:
    """Decide an amount; return whether the decision is new.

    The round's row is locked first, so racing decisions add up one after the other and never pass
    the frame (V26). Raises FrameExceeded with ``remaining_ore``, MoreThanApplied, Disqualified.
    """
    application = work.find(Application, application_id)
    if application is None or application.case_number is None:
        work.principal.permit(conflicted=False)
        raise NotFound(kind="application")
    conflicts.require_unconflicted(work, application)
    round_ = work.get(Round, application.round_id, lock=True)
    round_.require(RoundStatus.CLOSED, RoundStatus.RECOMMENDED)
    # Read again under the lock: it may have been withdrawn while we waited.
    application = work.get(Application, application_id, lock=True)
    if application.status is not ApplicationStatus.SUBMITTED:
        raise WrongState(
            f"The application is {application.status.value}.", current=application.status.value
        )
    if granted_ore > application.amount_ore:
        raise MoreThanApplied(errors=[FieldError("/granted_ore", "More than was applied for.")])
    decision = work.find(Decision, decision_id, lock=True)
    if decision is None:
        other = work.session.scalar(
            select(Decision.id).where(Decision.application_id == application_id)
        )
        if other is not None:
            raise OnlyOne("The application has a decision already.", existing_id=other)
        if version is not None:
            raise Stale
        _take(work, round_, before_ore=0, after_ore=granted_ore)
        programme = work.get(Programme, round_.programme_id)
        decision = work.add(
            Decision(
                id=decision_id,
                application_id=application_id,
                round_id=round_.id,
                granted_ore=granted_ore,
                rules="",
                considerations="",
                facts="",
                conditions=list(programme.conditions),
                status=DecisionStatus.DRAFT,
                decided_by=work.principal.id,
            )
        )
        _write(decision, reasons, conditions)
        return True
    if decision.application_id != application_id:
        raise IdTaken
    if version is not None:
        work.get(Decision, decision_id, version=version)
    _take(work, round_, before_ore=decision.granted_ore, after_ore=granted_ore)
    decision.granted_ore = granted_ore
    decision.decided_by = work.principal.id
    _write(decision, reasons, conditions)
    return False


def write_reasons(
    work: UnitOfWork,
    decision_id: UUID,
    *,
    version: int | None,
    reasons: Mapping[str, str] | None,
    conditions: Sequence[str] | None,
) -> Decision:
    """Prepare the reasons and conditions of a decision; the amount stays."""
    decision = work.find(Decision, decision_id, lock=True)
    if decision is None:
        work.principal.permit(conflicted=False)
        raise NotFound(kind="decision")
    application = work.get(Application, decision.application_id)
    conflicts.require_unconflicted(work, application)
    work.get(Decision, decision_id, version=version)
    if decision.status is DecisionStatus.SENT:
        raise WrongState("The letter has been sent.", current="sent")
    _write(decision, reasons, conditions)
    return decision


def _take(work: UnitOfWork, round_: Round, *, before_ore: int, after_ore: int) -> None:
    try:
        round_.reallocate(before_ore=before_ore, after_ore=after_ore)
    except FrameExceeded as exceeded:
        remaining = exceeded.members["remaining_ore"]
        raise conflicts.frame_exceeded(work, round_, remaining_ore=remaining) from exceeded


def _write(
    decision: Decision, reasons: Mapping[str, str] | None, conditions: Sequence[str] | None
) -> None:
    if reasons is not None:
        decision.rules = reasons["rules"]
        decision.considerations = reasons["considerations"]
        decision.facts = reasons["facts"]
    if conditions is not None:
        decision.conditions = list(conditions)
