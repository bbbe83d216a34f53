"""What the meetings service says: meetings, registrations, minutes, hearings, responses, duties."""

from chassis.database import UnitOfWork
from contracts import meetings
from contracts.values import Body, RegistrationStatus
from services.notifier.handlers.registry import handlers, tell
from services.notifier.model import About, Meeting, Registration
from services.notifier.queries import (
    Recipient,
    audience,
    contacts,
    office_holders,
    person,
    registered,
)

CONFIRMED = RegistrationStatus.CONFIRMED.value
WAITING = RegistrationStatus.WAITING.value

# Copies


@handlers.project(meetings.MeetingCalled)
@handlers.project(meetings.MeetingChanged)
def keep_meeting(event: meetings.MeetingCalled | meetings.MeetingChanged, work: UnitOfWork) -> None:
    """Keep what goes into the calendars of those who sign up later."""
    meeting = work.find(Meeting, event.meeting_id)
    if meeting is None:
        meeting = work.add(Meeting(id=event.meeting_id))
    meeting.title = event.title
    meeting.agenda = list(event.agenda)
    meeting.revision = event.revision if isinstance(event, meetings.MeetingChanged) else 0


@handlers.project(meetings.RegistrationMade)
@handlers.project(meetings.RegistrationPromoted)
def keep_registration(
    event: meetings.RegistrationMade | meetings.RegistrationPromoted, work: UnitOfWork
) -> None:
    """Keep who has signed up, and whether they have a place."""
    registration = work.find(Registration, event.registration_id)
    if registration is None:
        registration = work.add(Registration(id=event.registration_id))
    registration.meeting_id = event.meeting_id
    registration.person_id = event.person_id
    registration.status = (
        event.status.value if isinstance(event, meetings.RegistrationMade) else CONFIRMED
    )


@handlers.project(meetings.RegistrationWithdrawn)
def end_registration(event: meetings.RegistrationWithdrawn, work: UnitOfWork) -> None:
    """Keep that somebody signed off."""
    registration = work.find(Registration, event.registration_id)
    if registration is not None:
        registration.status = RegistrationStatus.WITHDRAWN.value


# Meetings


@handlers.on(meetings.MeetingCalled)
def invite(event: meetings.MeetingCalled, work: UnitOfWork) -> None:
    """Invite everybody in a meeting's audience (V19, N23)."""
    recipients = audience(work.session, event.audience, at=work.now)
    about = About("meeting", event.meeting_id)
    tell("meeting_invitation", recipients, event, work, about=about, revision=0)


@handlers.on(meetings.MeetingChanged)
def tell_of_change(event: meetings.MeetingChanged, work: UnitOfWork) -> None:
    """Tell those who were invited, and those who signed up, of the new time or place."""
    recipients = [
        *registered(work.session, event.meeting_id, CONFIRMED, WAITING),
        *audience(work.session, event.audience, at=work.now),
    ]
    about = About("meeting", event.meeting_id)
    tell("meeting_changed", recipients, event, work, about=about)


@handlers.on(meetings.MeetingCancelled)
def tell_of_cancellation(event: meetings.MeetingCancelled, work: UnitOfWork) -> None:
    """Tell the same people that a meeting will not be held."""
    recipients = [
        *registered(work.session, event.meeting_id, CONFIRMED, WAITING),
        *audience(work.session, event.audience, at=work.now),
    ]
    about = About("meeting", event.meeting_id)
    tell("meeting_cancelled", recipients, event, work, about=about, agenda=[])


@handlers.on(meetings.RegistrationMade)
def answer_registration(event: meetings.RegistrationMade, work: UnitOfWork) -> None:
    """Tell somebody that they have a place, or where they stand on the waiting list."""
    waits = event.status is RegistrationStatus.WAITING
    _tell_registered("registration_waiting" if waits else "registration_confirmed", event, work)


@handlers.on(meetings.RegistrationPromoted)
def tell_of_place(event: meetings.RegistrationPromoted, work: UnitOfWork) -> None:
    """Tell the first on the waiting list that a place became free."""
    _tell_registered("registration_promoted", event, work)


@handlers.on(meetings.MinutesPublished)
def publish_minutes(event: meetings.MinutesPublished, work: UnitOfWork) -> None:
    """Tell those who took part, and those the meeting was for, that the minutes are out."""
    recipients = [
        *registered(work.session, event.meeting_id, CONFIRMED),
        *audience(work.session, event.audience, at=work.now),
    ]
    about = About("meeting", event.meeting_id)
    tell("minutes_published", recipients, event, work, about=about)


# Hearings


@handlers.on(meetings.HearingOpened)
def open_hearing(event: meetings.HearingOpened, work: UnitOfWork) -> None:
    """Ask those whom a hearing concerns (N21, N30)."""
    recipients = [
        *contacts(work.session, event.association_ids),
        *_council(work, included=event.to_council),
    ]
    about = About("hearing", event.hearing_id)
    tell("hearing_opened", recipients, event, work, about=about)


@handlers.on(meetings.HearingClosingSoon)
def remind_of_hearing(event: meetings.HearingClosingSoon, work: UnitOfWork) -> None:
    """Remind those who have not responded."""
    recipients = [
        *contacts(work.session, event.unanswered_association_ids),
        *_council(work, included=event.council_unanswered),
    ]
    about = About("hearing", event.hearing_id)
    tell("hearing_reminder", recipients, event, work, about=about)


@handlers.on(meetings.ResponseReceived)
def acknowledge_response(event: meetings.ResponseReceived, work: UnitOfWork) -> None:
    """Give whoever responded a receipt."""
    recipient = person(event.person_id, event.association_id, by_office=True)
    about = About("hearing", event.hearing_id)
    tell("response_receipt", [recipient], event, work, about=about)


@handlers.on(meetings.ResponseAnswered)
def send_answer(event: meetings.ResponseAnswered, work: UnitOfWork) -> None:
    """Send the answer and the conclusion to whoever responded, and to the association's contact."""
    to_contact = contacts(
        work.session, [event.association_id] if event.association_id else [], own_case=True
    )
    recipient = person(event.person_id, event.association_id)
    about = About("hearing", event.hearing_id)
    tell("hearing_answer", [recipient, *to_contact], event, work, about=about)


@handlers.on(meetings.DutyAtRisk)
def warn_of_duty(event: meetings.DutyAtRisk, work: UnitOfWork) -> None:
    """Warn the contact person that a yearly duty is not yet kept."""
    recipients = office_holders(work.session, Body.COORDINATOR, at=work.now)
    tell("duty_at_risk", recipients, event, work, about=About("duty", event.duty_id))


def _council(work: UnitOfWork, *, included: bool) -> list[Recipient]:
    return office_holders(work.session, Body.COUNCIL, at=work.now) if included else []


def _tell_registered(
    template: str,
    event: meetings.RegistrationMade | meetings.RegistrationPromoted,
    work: UnitOfWork,
) -> None:
    meeting = work.find(Meeting, event.meeting_id)
    tell(
        template,
        [person(event.person_id, event.association_id, by_office=True)],
        event,
        work,
        about=About("meeting", event.meeting_id),
        title=event.meeting_title,
        agenda=list(meeting.agenda) if meeting else [],
        revision=meeting.revision if meeting else 0,
    )
