"""What can be refused, and why: one class for each reason, with a stable slug."""

from chassis.problems import Conflict, Forbidden


class IdTaken(Conflict):
    """The client minted an id that already names something else."""

    slug = "id-taken"
    title = "This id already names something else"


class NotDraft(Conflict):
    """Only a draft can be changed in this way or deleted."""

    slug = "not-draft"
    title = "It is no longer a draft"


class MeetingInPast(Conflict):
    """A meeting cannot be called after it has begun."""

    slug = "meeting-in-past"
    title = "The meeting would already have begun"


class MeetingNotCalled(Conflict):
    """The meeting is not called: still a draft, already held, or cancelled."""

    slug = "meeting-not-called"
    title = "The meeting is not called"


class MeetingNotStarted(Conflict):
    """A meeting cannot have been held before it began."""

    slug = "meeting-not-started"
    title = "The meeting has not begun yet"


class MeetingNotHeld(Conflict):
    """Minutes are published of a meeting that has been held."""

    slug = "meeting-not-held"
    title = "The meeting has not been held yet"


class CapacityBelowConfirmed(Conflict):
    """Nobody who has a place loses it because the room got smaller."""

    slug = "capacity-below-confirmed"
    title = "More people already have a place"


class RegistrationClosed(Conflict):
    """It is too late to sign up, or the meeting takes no registrations any more."""

    slug = "registration-closed"
    title = "Registration has closed"


class AlreadyRegistered(Conflict):
    """The association, or the person, already takes part or waits."""

    slug = "already-registered"
    title = "Already registered for this meeting"


class RegistrationIsWithdrawn(Conflict):
    """A withdrawn registration does not come back; a new one goes to the end of the line."""

    slug = "registration-withdrawn"
    title = "This registration was withdrawn"


class PartyTooLarge(Conflict):
    """The room can never hold this many, so waiting would be in vain."""

    slug = "party-too-large"
    title = "The meeting has fewer places than that in all"


class NoPlacesLeft(Conflict):
    """A confirmed party asked for more places than are free."""

    slug = "no-places-left"
    title = "There are not that many free places"


class NotInvited(Forbidden):
    """The meeting or hearing does not address the caller."""

    slug = "not-invited"
    title = "This is not addressed to you"


class MinutesExist(Conflict):
    """A meeting has one set of minutes."""

    slug = "minutes-exist"
    title = "This meeting already has minutes"


class MinutesArePublished(Conflict):
    """Published minutes stand as they are."""

    slug = "minutes-published"
    title = "The minutes are published and stand"


class AudienceEmpty(Conflict):
    """A hearing needs somebody to hear."""

    slug = "audience-empty"
    title = "The hearing reaches nobody"


class UnknownAssociations(Conflict):
    """Only published associations can be invited."""

    slug = "unknown-associations"
    title = "Some of these associations are not in the vejviser"


class DeadlinePassed(Conflict):
    """A hearing cannot open after its own deadline."""

    slug = "deadline-passed"
    title = "The deadline has already passed"


class HearingClosed(Conflict):
    """Responses are taken until the hearing closes."""

    slug = "hearing-closed"
    title = "The hearing has closed"


class HearingNotOpen(Conflict):
    """The hearing has not been opened yet."""

    slug = "hearing-not-open"
    title = "The hearing is not open"


class HearingNotClosed(Conflict):
    """Responses are answered, and the hearing concluded, when it has closed."""

    slug = "hearing-not-closed"
    title = "The hearing is not closed yet"


class HearingIsConcluded(Conflict):
    """A concluded hearing stands as it is."""

    slug = "hearing-concluded"
    title = "The hearing is concluded"


class AlreadyResponded(Conflict):
    """One response from each association, and one from the council."""

    slug = "already-responded"
    title = "There is already a response on behalf of this party"


class UnansweredResponses(Conflict):
    """Nobody who took the trouble to respond is left without an answer."""

    slug = "unanswered-responses"
    title = "Some responses have no answer yet"
