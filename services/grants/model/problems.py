"""What can go wrong with grants, each with a stable slug."""

from chassis.problems import Conflict, Forbidden, Invalid


class IdTaken(Conflict):
    """The id belongs to something else."""

    slug = "id-taken"
    title = "This id belongs to something else"


class WrongState(Conflict):
    """The thing is in a state that does not allow this."""

    slug = "wrong-state"
    title = "Not possible at this stage"


class RoundNotOpen(Conflict):
    """The round does not take applications yet; ``opens_at`` says when it does."""

    slug = "round-not-open"
    title = "The round has not opened yet"


class RoundIsClosed(Conflict):
    """The round takes no applications any more; ``closed_at`` says since when."""

    slug = "round-closed"
    title = "The round has closed"


class DatesOutOfOrder(Invalid):
    """Opening, closing, council and committee do not follow each other."""

    slug = "dates-out-of-order"
    title = "The dates are not in order"


class AmountsOutOfOrder(Invalid):
    """Minimum, maximum and frame do not fit in each other."""

    slug = "amounts-out-of-order"
    title = "The amounts are not in order"


class AssociationNotPublished(Conflict):
    """Only associations in the vejviser can apply."""

    slug = "association-not-published"
    title = "The association is not in the vejviser yet"


class Incomplete(Invalid):
    """Something that must be there before handing in is missing; each field is named."""

    slug = "incomplete"
    title = "The application is not complete"


class BudgetDoesNotAddUp(Invalid):
    """Costs less income must be what is applied for."""

    slug = "budget-does-not-add-up"
    title = "The budget does not add up to the amount"


class TooManyFiles(Conflict):
    """An application has as many attachments as it may."""

    slug = "too-many-attachments"
    title = "There are too many attachments"


class Disqualified(Forbidden):
    """Whoever leads an applicant takes no part in its case (forvaltningsloven § 3)."""

    slug = "disqualified"
    title = "You are disqualified in this case"


class AlreadyAssessed(Conflict):
    """A member assesses an application once."""

    slug = "already-assessed"
    title = "You have assessed this application already"


class OnlyOne(Conflict):
    """There is one of these already, under another id; ``existing_id`` names it."""

    slug = "exists-already"
    title = "There is one already"


class FrameExceeded(Conflict):
    """The frame of a round is hard (V26); ``remaining_ore`` says what is left."""

    slug = "frame-exceeded"
    title = "The frame of the round does not allow this amount"


class MoreThanApplied(Invalid):
    """Nobody gets more than they applied for."""

    slug = "more-than-applied"
    title = "More than was applied for"


class LinesMissing(Conflict):
    """Every application needs an amount, 0 included; ``application_ids`` have none."""

    slug = "lines-missing"
    title = "Some applications have no recommended amount"


class NoQuorum(Conflict):
    """Too few members voted; ``quorum`` is what the council's statutes ask for (V16)."""

    slug = "no-quorum"
    title = "Too few members of the council have voted"


class UndecidedApplications(Conflict):
    """Every application must be decided; ``application_ids`` are not."""

    slug = "undecided-applications"
    title = "Some applications are not decided"


class ReasonsMissing(Conflict):
    """A refusal or cut must carry its reasons (forvaltningsloven § 22); see ``application_ids``."""

    slug = "reasons-missing"
    title = "Some refusals or cuts have no written reasons"
