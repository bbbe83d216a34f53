"""Use cases of meetings: prepare, call, change, cancel, hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from services.meetings.commands.duties import assess
from services.meetings.model import (
    Meeting,
    MeetingPlan,
    MeetingStatus,
    Minutes,
    Policy,
    ProofKind,
    Registration,
    Seating,
    end_of,
    local_date,
    local_year,
)
from services.meetings.model.problems import NotDraft


def put_meeting(
    work: UnitOfWork, meeting_id: UUID, values: Mapping[str, Any], *, version: int | None = None
) -> bool:
    """Write a whole meeting, new or not; return whether it is new.

    Where ``registration_closes_at`` is left out, the profile's number of days before it applies.
    """
    closes_at = values.get("registration_closes_at", _default_closing(work, values["starts_at"]))
    plan = MeetingPlan(**{**values, "registration_closes_at": closes_at})
    if work.find(Meeting, meeting_id, lock=True) is None:
        if version is not None:
            raise Stale
        work.add(Meeting.drafted(meeting_id, plan, at=work.now))
        return True
    if "registration_closes_at" not in values:
        # The same body again means the same meeting, also when the default has moved meanwhile.
        kept = work.get(Meeting, meeting_id).registration_closes_at
        plan = MeetingPlan(**{**values, "registration_closes_at": kept})
    _replan(work, meeting_id, plan, version=version)
    return False


def patch_meeting(
    work: UnitOfWork, meeting_id: UUID, changes: Mapping[str, Any], *, version: int | None = None
) -> None:
    """Change some parts of a meeting; calendars are told where they must know."""
    meeting = work.get(Meeting, meeting_id, lock=True)
    _replan(work, meeting_id, meeting.changed_plan(changes), version=version)


def delete_meeting(work: UnitOfWork, meeting_id: UUID, *, version: int | None = None) -> None:
    """Delete a draft. Raises :class:`NotDraft` where anybody has been invited."""
    meeting = work.get(Meeting, meeting_id, lock=True, version=version)
    if meeting.status is not MeetingStatus.DRAFT:
        raise NotDraft(status=meeting.status)
    work.session.execute(delete(Minutes).where(Minutes.meeting_id == meeting_id))
    work.session.delete(meeting)


def call_meeting(work: UnitOfWork, meeting_id: UUID, *, version: int | None = None) -> None:
    """Call a meeting. Calling it again changes nothing."""
    meeting = work.get(Meeting, meeting_id, lock=True, version=version)
    if meeting.status is MeetingStatus.CALLED:
        return
    work.emit(meeting.call(at=work.now))
    assess(work, ProofKind.MEETING, {local_year(meeting.starts_at)})


def cancel_meeting(
    work: UnitOfWork, meeting_id: UUID, *, reason: str, version: int | None = None
) -> None:
    """Cancel a called meeting. Cancelling it again changes nothing."""
    meeting = work.get(Meeting, meeting_id, lock=True, version=version)
    if meeting.status is MeetingStatus.CANCELLED:
        return
    work.emit(meeting.cancel(reason=reason, at=work.now))
    assess(work, ProofKind.MEETING, {local_year(meeting.starts_at)})


def hold_meeting(work: UnitOfWork, meeting_id: UUID, *, version: int | None = None) -> None:
    """Record that a meeting has been held. Recording it again changes nothing."""
    meeting = work.get(Meeting, meeting_id, lock=True, version=version)
    if meeting.status is MeetingStatus.HELD:
        return
    work.emit(meeting.hold(at=work.now))
    assess(work, ProofKind.MEETING, {local_year(meeting.starts_at)})


def visible_meeting(work: UnitOfWork, meeting_id: UUID, *, lock: bool = False) -> Meeting:
    """Return a meeting that is no longer a draft; a draft is nobody's business: NotFound."""
    meeting = work.get(Meeting, meeting_id, lock=lock)
    if meeting.status is MeetingStatus.DRAFT:
        raise NotFound(kind="meeting")
    return meeting


def seating_of(work: UnitOfWork, meeting: Meeting) -> Seating:
    """Return the places of a meeting, whose row the caller has locked."""
    registrations = work.session.scalars(
        select(Registration).where(Registration.meeting_id == meeting.id)
    )
    return Seating(meeting, registrations)


def _replan(work: UnitOfWork, meeting_id: UUID, plan: MeetingPlan, *, version: int | None) -> None:
    meeting = work.get(Meeting, meeting_id, version=version)
    seating = seating_of(work, meeting)
    years = {local_year(meeting.starts_at), local_year(plan.starts_at)}
    before = meeting.plan
    changed = meeting.replan(plan, confirmed_count=seating.confirmed_count, at=work.now)
    if changed is not None:
        work.emit(changed)
    if meeting.status is not MeetingStatus.CALLED or plan == before:
        return
    for promoted in seating.move_up(at=work.now):
        work.emit(promoted)
    assess(work, ProofKind.MEETING, years)


def _default_closing(work: UnitOfWork, starts_at: datetime) -> datetime | None:
    policy = work.find(Policy, 1)
    if policy is None or policy.registration_closes_days is None:
        return None
    closes_at = end_of(local_date(starts_at) - timedelta(days=policy.registration_closes_days))
    return closes_at if work.now < closes_at <= starts_at else None
