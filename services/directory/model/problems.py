"""What can be refused, and why: one class for each reason, with a stable slug."""

from chassis.problems import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class CvrTaken(Conflict):
    """Another living association has this CVR number."""

    slug = "cvr-taken"
    title = "An association with this CVR number is registered already"


class AlreadyRegistered(Conflict):
    """The id belongs to a registration with other content."""

    slug = "already-registered"
    title = "This registration exists already, with other content"


class WrongState(Conflict):
    """The association is in a state that does not allow this."""

    slug = "wrong-state"
    title = "The association is not in a state that allows this"


class AssociationNotPublished(Conflict):
    """Only what is in the vejviser itself can have something found in it."""

    slug = "association-not-published"
    title = "The association is not in the vejviser, so what it offers cannot be published"


class TooManyPictures(Conflict):
    """A room has as many pictures as it may."""

    slug = "too-many-pictures"
    title = "There are too many pictures"


class NothingToPublish(Conflict):
    """A document has no file yet, or everybody reads its newest edition already."""

    slug = "nothing-to-publish"
    title = "There is no new edition to publish: upload its file first"


class Merged(NotFound):
    """It went up in another association, which ``merged_into`` names."""

    slug = "association-merged"
    title = "The association goes on as another one"


class NotDelegated(Forbidden):
    """The volunteer centre keeps records by agreement only, and not those of who said no (N29)."""

    slug = "not-delegated"
    title = "The volunteer centre may not keep this record"


class AgreementOverlaps(Conflict):
    """Two agreements with the centre would hold on the same day."""

    slug = "agreement-overlaps"
    title = "Another agreement holds on some of these days"


class LinkNotValid(NotFound):
    """The secret is nobody's, has run out, or belongs to an association that is no more.

    One answer for all of them.
    """

    slug = "link-not-valid"
    title = "This link cannot be used"


class LinkUsed(Conflict):
    """The buttons of this mail were used; a correction takes signing in now."""

    slug = "link-used"
    title = "This link has been used"


class LastAdministrator(Conflict):
    """An association must keep one person who answers for it."""

    slug = "last-administrator"
    title = "An association must keep at least one administrator"


class ContactNeeded(Conflict):
    """Mail to an association must reach somebody."""

    slug = "contact-needed"
    title = "Somebody must get the association's mail: choose another contact first"


class AlreadyMember(Conflict):
    """The person has a membership of the association under another id."""

    slug = "already-member"
    title = "This person has a role in the association already"


class InvitationNeeded(Forbidden):
    """Nobody is given a role by an association without saying yes to it."""

    slug = "invitation-needed"
    title = "Invite the person: a new role begins when they accept it"


class AlreadyInvited(Conflict):
    """The association has asked the person already, and they have not answered."""

    slug = "already-invited"
    title = "This person has been invited already"


class InvitationNotOpen(Conflict):
    """It was accepted, declined or withdrawn, or nobody answered in time."""

    slug = "invitation-not-open"
    title = "The invitation is not open any more"


class MailedEnough(Conflict):
    """Whoever does not answer three mails does not want a fourth."""

    slug = "mailed-enough"
    title = "No more mails are sent for this invitation"


class IdTaken(Conflict):
    """The id belongs to something else."""

    slug = "id-taken"
    title = "This id belongs to something else"


class EmailTaken(Conflict):
    """Another person signs in with this address."""

    slug = "email-taken"
    title = "Another person uses this address"


class SignInFailed(Unauthenticated):
    """The link, code or refresh token is not good (any more), or came from another browser.

    Also where an identity provider vouches for nobody we know: no answer tells who is known here.
    """

    slug = "sign-in-failed"
    title = "The link or code cannot be used"


class SignInNotOffered(NotFound):
    """No identity provider is configured."""

    slug = "sign-in-not-offered"
    title = "Signing in through an identity provider is not offered here"


class IdentityProviderAway(Unavailable):
    """The identity provider does not answer, or not as it must."""

    slug = "identity-provider-away"
    title = "The identity provider does not answer; signing in with a mailed link works"


class ImportState(Conflict):
    """The import is not as far, or further."""

    slug = "import-state"
    title = "The import is not in a state that allows this"


class NotAsked(Conflict):
    """Nothing was asked about this row, or it is settled."""

    slug = "not-asked"
    title = "There is nothing to answer about this row"
