"""Use cases of minutes: write, publish."""

from uuid import UUID

from sqlalchemy import select

from chassis.database import UnitOfWork
from chassis.problems import Stale
from services.meetings.commands.duties import assess
from services.meetings.model import Meeting, MeetingStatus, Minutes, ProofKind, local_year
from services.meetings.model.problems import IdTaken, MeetingNotCalled, MinutesExist


def put_minutes(
    work: UnitOfWork,
    minutes_id: UUID,
    *,
    meeting_id: UUID,
    text: str,
    attendance_count: int | None,
    version: int | None = None,
) -> bool:
    """Write the minutes of a meeting, new or not; return whether they are new."""
    # The meeting's row first: two who begin the minutes at once see each other.
    meeting = work.get(Meeting, meeting_id, lock=True)
    minutes = work.find(Minutes, minutes_id)
    if minutes is not None:
        if minutes.meeting_id != meeting_id:
            raise IdTaken
        work.get(Minutes, minutes_id, version=version)
        minutes.write(text=text, attendance_count=attendance_count)
        return False
    if version is not None:
        raise Stale
    if meeting.status not in {MeetingStatus.CALLED, MeetingStatus.HELD}:
        raise MeetingNotCalled(status=meeting.status)
    existing = work.session.scalar(select(Minutes.id).where(Minutes.meeting_id == meeting_id))
    if existing is not None:
        raise MinutesExist(minutes_id=existing)
    work.add(
        Minutes(
            id=minutes_id,
            meeting_id=meeting_id,
            text=text,
            attendance_count=attendance_count,
            written_at=work.now,
        )
    )
    return True


def publish_minutes(work: UnitOfWork, minutes_id: UUID, *, version: int | None = None) -> None:
    """Publish the minutes, which proves that the meeting's duty was kept. Again changes nothing."""
    minutes = work.get(Minutes, minutes_id, lock=True, version=version)
    if minutes.published_at is not None:
        return
    meeting = work.get(Meeting, minutes.meeting_id)
    work.emit(minutes.publish(meeting, at=work.now))
    assess(work, ProofKind.MEETING, {local_year(meeting.starts_at)})
