"""Minutes: written by the coordinator, published once when the meeting has been held (V10, V20)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from contracts.meetings import MinutesPublished
from services.meetings.model.mapping import Base
from services.meetings.model.meetings import Meeting, MeetingStatus
from services.meetings.model.problems import MeetingNotHeld, MinutesArePublished


class Minutes(Base):
    """The minutes of one meeting.

    The coordinator's until they are published, and final from then on.
    """

    __tablename__ = "minutes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), unique=True)
    text: Mapped[str]
    attendance_count: Mapped[int | None]
    written_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's form

    def write(self, *, text: str, attendance_count: int | None) -> None:
        """Change the text.

        Raises :class:`MinutesArePublished` where anything would change after publication.
        """
        if (text, attendance_count) == (self.text, self.attendance_count):
            return
        if self.published_at is not None:
            raise MinutesArePublished
        self.text = text
        self.attendance_count = attendance_count

    def publish(self, meeting: Meeting, *, at: datetime) -> MinutesPublished:
        """Make the minutes public.

        Raises :class:`MeetingNotHeld` before the meeting has been held.
        """
        if meeting.status is not MeetingStatus.HELD:
            raise MeetingNotHeld(status=meeting.status)
        self.published_at = at
        return MinutesPublished(
            minutes_id=self.id,
            meeting_id=meeting.id,
            meeting_title=meeting.title,
            kind=meeting.kind,
            audience=meeting.audience,
        )
