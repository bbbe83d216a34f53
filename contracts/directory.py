"""What the directory says.

Associations, offers, documents, news, people, memberships, offices, sign-in.
"""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from chassis.events import Event, event, personal
from contracts.values import (
    Body,
    ChildProtection,
    CompetenceKind,
    DocumentKind,
    FundingProvider,
    InvitationOutcome,
    NewsTopic,
    OfferTime,
    OnBehalf,
    PaperKind,
    Proof,
    StaleReason,
)


@event("directory.association.registered.v1")
class AssociationRegistered(Event):
    """An association has registered itself and waits for the coordinator (V21).

    ``quiet``: it was brought in from a list, and its contact has not been told: nobody is mailed.
    """

    association_id: UUID
    name: str
    cvr: str | None
    area: str
    contact_person_id: UUID
    registered_at: datetime
    quiet: bool = False


@event("directory.association.published.v1")
class AssociationPublished(Event):
    """The coordinator approved an association: it is in the public vejviser from now on.

    ``quiet``: it was brought in from a list, and its contact has not been told: they get no mail,
    this one or another, before ``directory.association.introduced``.
    """

    association_id: UUID
    name: str
    cvr: str | None
    purpose: str
    target_groups: tuple[str, ...]
    area: str
    contact_person_id: UUID
    quiet: bool = False


@event("directory.association.introduced.v1")
class AssociationIntroduced(Event):
    """The coordinator has the contact of an association that was brought in from a list told so.

    From now on it gets mail as all others do. Where nobody has confirmed the record, the same mail
    asks whether it is right, with the two buttons of
    ``directory.association.confirmation-requested``: then the last five fields are set.
    """

    association_id: UUID
    name: str
    contact_person_id: UUID
    purpose: str = ""
    target_groups: tuple[str, ...] = ()
    area: str = ""
    confirmation_link_id: UUID | None = None
    expires_at: datetime | None = None


@event("directory.association.changed.v1")
class AssociationChanged(Event):
    """A published association changed its name, number, purpose, target groups or area.

    Its whole new state.
    """

    association_id: UUID
    name: str
    cvr: str | None
    purpose: str
    target_groups: tuple[str, ...]
    area: str


@event("directory.association.rejected.v1")
class AssociationRejected(Event):
    """The coordinator refused a registration, with a reason."""

    association_id: UUID
    name: str
    contact_person_id: UUID
    reason: str


@event("directory.association.closed.v1")
class AssociationClosed(Event):
    """An association closed and left the vejviser; its cases are kept."""

    association_id: UUID
    name: str


@event("directory.association.annotated.v1")
class AssociationAnnotated(Event):
    """The municipality wrote, changed or took away its note on an association (V2).

    The note stands apart from what the association says of itself; an empty one is none.
    """

    association_id: UUID
    note: str


@event("directory.association.paper-filed.v1")
class AssociationPaperFiled(Event):
    """An association filed a paper, or declared what it asks for, so that nobody asks again.

    It takes the place of the one of the same kind before. ``dated_on`` is the day the statutes were
    adopted, the accounts' year ended, the registration was renewed, or it was declared; it holds to
    the end of ``expires_on``, or until the next one where that is null. ``statement`` is set for
    the children's protection alone. The file is not here, nor what it is called: who may see it
    fetches it from the directory, by ``paper_id``.
    """

    association_id: UUID
    paper_id: UUID
    kind: PaperKind
    dated_on: date
    expires_on: date | None
    statement: ChildProtection | None
    filed_at: datetime


@event("directory.association.paper-expiring.v1")
class AssociationPaperExpiring(Event):
    """What an association filed will soon not hold any more: it is reminded, once."""

    association_id: UUID
    name: str
    paper_id: UUID
    kind: PaperKind
    expires_on: date


@event("directory.association.paper-expired.v1")
class AssociationPaperExpired(Event):
    """What an association filed holds no more, and nothing newer was filed."""

    association_id: UUID
    name: str
    paper_id: UUID
    kind: PaperKind
    expires_on: date


@event("directory.offer.published.v1")
class OfferPublished(Event):
    """An offer to citizens can be found by everybody from now on (V6).

    It is an association's, or a department's of the municipality: one of ``association_id`` and
    ``department`` is set. ``price_ore`` 0 means free, null that ``price_text`` tells. Whom to ask
    is not told here: those who need it read the offer. ``capacity_said_at`` is when its provider
    last said whether it takes new users.
    """

    offer_id: UUID
    association_id: UUID | None
    department: str | None
    title: str
    description: str
    target_groups: tuple[str, ...]
    topics: tuple[str, ...]
    area: str
    place: str | None
    postcode: str | None
    times: tuple[OfferTime, ...]
    languages: tuple[str, ...]
    price_ore: int | None
    price_text: str | None
    wheelchair: bool | None
    takes_new_users: bool
    needs_volunteers: bool
    capacity_said_at: datetime | None = None


@event("directory.offer.changed.v1")
class OfferChanged(Event):
    """A published offer changed: its whole new state."""

    offer_id: UUID
    association_id: UUID | None
    department: str | None
    title: str
    description: str
    target_groups: tuple[str, ...]
    topics: tuple[str, ...]
    area: str
    place: str | None
    postcode: str | None
    times: tuple[OfferTime, ...]
    languages: tuple[str, ...]
    price_ore: int | None
    price_text: str | None
    wheelchair: bool | None
    takes_new_users: bool
    needs_volunteers: bool
    capacity_said_at: datetime | None = None


@event("directory.offer.withdrawn.v1")
class OfferWithdrawn(Event):
    """An offer is not given any more, or not for now: it cannot be found any longer."""

    offer_id: UUID
    association_id: UUID | None
    department: str | None
    title: str


@event("directory.association.reopened.v1")
class AssociationReopened(Event):
    """An association that was closed, or merged, is in the public vejviser again: its whole state.

    It keeps its id and its history.
    """

    association_id: UUID
    name: str
    cvr: str | None
    purpose: str
    target_groups: tuple[str, ...]
    area: str
    contact_person_id: UUID


@event("directory.association.merged.v1")
class AssociationMerged(Event):
    """An association went up in another one and left the vejviser; its cases stay its own.

    ``into_name`` is the other's name at that time: whoever shows the merged one shows the other's
    present name. Nobody's role moves with it. An association that others were merged into before
    goes on with all of them: each is told anew, so ``into_id`` never names a merged one.
    """

    association_id: UUID
    name: str
    into_id: UUID
    into_name: str


@event("directory.association.confirmation-requested.v1")
class AssociationConfirmationRequested(Event):
    """It is time to ask an association's contact whether its record is still right.

    Whoever writes the mail makes the secret of its buttons, and tells the hash of it
    (``notifier.confirmation-link.issued``) for ``confirmation_link_id``.
    """

    association_id: UUID
    name: str
    purpose: str
    target_groups: tuple[str, ...]
    area: str
    confirmed_at: datetime | None
    is_reminder: bool
    confirmation_link_id: UUID
    expires_at: datetime


@event("directory.association.confirmed.v1")
class AssociationConfirmed(Event):
    """Somebody looked a record through and said that it is right.

    ``by_link``: with the button of the yearly mail; ``changed`` names the fields that were put
    right with it.
    """

    association_id: UUID
    name: str
    confirmed_at: datetime
    confirmed_by: OnBehalf
    by_link: bool
    changed: tuple[str, ...]


@event("directory.association.stale.v1")
class AssociationStale(Event):
    """Nobody confirms a record: somebody must phone the association (V21, N29)."""

    association_id: UUID
    name: str
    reason: StaleReason
    confirmed_at: datetime | None


@event("directory.call-list.grown.v1")
class CallListGrown(Event):
    """Associations came on the call list since it was last told of; at most once a day.

    There is one list, so ``call_list_id`` is always the same.
    """

    call_list_id: UUID
    new_count: int
    count: int


@event("directory.editing-agreement.made.v1")
class EditingAgreementMade(Event):
    """The volunteer centre keeps the vejviser by agreement, or the agreement changed (N29).

    ``freshness_target`` is in per cent of the published associations.
    """

    editing_agreement_id: UUID
    starts_on: date
    ends_on: date | None
    freshness_target: int


@event("directory.document.published.v1")
class DocumentPublished(Event):
    """A document can be read by everybody: what holds of it now (V20).

    ``is_new``: in an edition nobody has seen before, the first or a later one. Otherwise it was
    described anew, or is back after it was withdrawn, and nobody need be told. ``note`` says what
    is new in the edition; ``dated_on`` is the date the edition itself bears.
    """

    document_id: UUID
    kind: DocumentKind
    title: str
    summary: str
    owner: str
    edition_id: UUID
    edition_number: int
    dated_on: date
    note: str
    is_new: bool


@event("directory.document.withdrawn.v1")
class DocumentWithdrawn(Event):
    """A document is not for everybody to read any more, with all its editions."""

    document_id: UUID
    kind: DocumentKind
    title: str


@event("directory.news-item.published.v1")
class NewsItemPublished(Event):
    """A piece of news can be read by everybody: what holds of it now (V30).

    ``is_new``: for the first time. Otherwise it was put right, or is back, and nobody need be told.
    ``round_id`` is set where the news is that a round can be applied for: whoever is told of that
    by ``grants.round.announced`` need not hear of it twice.
    """

    news_item_id: UUID
    topic: NewsTopic
    title: str
    summary: str
    published_at: datetime
    is_new: bool
    round_id: UUID | None = None


@event("directory.news-item.withdrawn.v1")
class NewsItemWithdrawn(Event):
    """A piece of news was taken back."""

    news_item_id: UUID
    topic: NewsTopic
    title: str


@event("directory.funding-opportunity.published.v1")
class FundingOpportunityPublished(Event):
    """Everybody can read of a pool of the state, a foundation or others: what holds of it (V22).

    ``deadlines`` are days, none where one can apply at any time; where ``is_yearly``, their month
    and day count. ``is_new``: for the first time.
    """

    funding_opportunity_id: UUID
    provider_kind: FundingProvider
    provider: str
    title: str
    deadlines: tuple[date, ...]
    is_yearly: bool
    link: str
    is_new: bool


@event("directory.funding-opportunity.withdrawn.v1")
class FundingOpportunityWithdrawn(Event):
    """A pool is not in the list any more."""

    funding_opportunity_id: UUID
    title: str


@event("directory.room.published.v1")
class RoomPublished(Event):
    """A room that associations can use can be found by everybody: what holds of it (V25).

    ``is_house``: the Frivillighus. ``is_new``: for the first time.
    """

    room_id: UUID
    name: str
    area: str
    place: str
    persons: int
    equipment: tuple[str, ...]
    access: tuple[str, ...]
    is_house: bool
    is_new: bool


@event("directory.room.withdrawn.v1")
class RoomWithdrawn(Event):
    """A room cannot be found any more."""

    room_id: UUID
    name: str


@event("directory.person.registered.v1")
class PersonRegistered(Event):
    """A person became known, as a contact or a holder of an office."""

    person_id: UUID
    name: Annotated[str, personal("name")]
    email: Annotated[str, personal("contact")]
    language: str = "da"


@event("directory.person.changed.v1")
class PersonChanged(Event):
    """A person's name, address or language changed: the whole new state."""

    person_id: UUID
    name: Annotated[str, personal("name")]
    email: Annotated[str, personal("contact")]
    language: str


@event("directory.person.erased.v1")
class PersonErased(Event):
    """A person asked to be forgotten: every holder of their data redacts it (GDPR art. 17)."""

    ERASES: ClassVar[str] = "person_id"

    person_id: UUID


@event("directory.membership.granted.v1")
class MembershipGranted(Event):
    """A person got a role in an association, or another role than before.

    ``leads`` says that the person takes part in its management, which disqualifies them from its
    cases (forvaltningsloven § 3(1) no. 3). ``is_contact`` says that mail to the association goes to
    them.
    """

    membership_id: UUID
    association_id: UUID
    person_id: UUID
    role: str
    leads: bool
    is_contact: bool


@event("directory.membership.ended.v1")
class MembershipEnded(Event):
    """A person left an association."""

    membership_id: UUID
    association_id: UUID
    person_id: UUID


@event("directory.invitation.sent.v1")
class InvitationSent(Event):
    """An association asks somebody to take a role in it; ``is_reminder``: once more.

    Whoever writes the mail makes the secret of its link, and tells the hash of it
    (``notifier.invitation-link.issued``). ``hands_over``: who invites leaves once it is accepted.
    """

    invitation_id: UUID
    association_id: UUID
    association_name: str
    person_id: UUID
    role: str
    leads: bool
    is_contact: bool
    hands_over: bool
    is_reminder: bool
    expires_at: datetime


@event("directory.invitation.accepted.v1")
class InvitationAccepted(Event):
    """Somebody took the role they were invited to (``directory.membership.granted`` gives it).

    ``invited_by_id`` is the person who asked them; null where that was forgotten.
    """

    invitation_id: UUID
    association_id: UUID
    association_name: str
    person_id: UUID
    invited_by_id: UUID | None
    role: str
    hands_over: bool


@event("directory.invitation.ended.v1")
class InvitationEnded(Event):
    """An invitation came to nothing: declined, withdrawn, or not answered in time."""

    invitation_id: UUID
    association_id: UUID
    association_name: str
    invited_by_id: UUID | None
    outcome: InvitationOutcome
    hands_over: bool


@event("directory.association.handed-over.v1")
class AssociationHandedOver(Event):
    """The coordinator gave an association to new people, on proof: its own are gone.

    Whoever had a role in it (``former_person_ids``) has none any more, and is signed out; the new
    administrator (``person_id``) is its contact. ``proof`` is what was seen, dated ``proof_on``.
    """

    association_id: UUID
    name: str
    person_id: UUID
    former_person_ids: tuple[UUID, ...]
    proof: Proof
    proof_on: date


@event("directory.office.granted.v1")
class OfficeGranted(Event):
    """A person took an office.

    A seat on the council or the committee, coordinator, caseworker, ... (V14, V17, N26).
    ``is_deputy``: they stand in for the office's holder. ``department`` is a key of the profile.
    """

    office_id: UUID
    person_id: UUID
    person_name: Annotated[str, personal("name")]
    body: Body
    title: str
    starts_on: date
    ends_on: date | None
    is_deputy: bool = False
    department: str | None = None


@event("directory.vacancy.announced.v1")
class VacancyAnnounced(Event):
    """Nobody holds an office that must always be held, or nobody will from a day on (V17).

    Told when that is seen to come, and once more when it has come (``is_vacant``). ``has_deputy``:
    somebody stands in.
    """

    vacancy_id: UUID
    body: Body
    vacant_on: date
    is_vacant: bool
    has_deputy: bool


@event("directory.vacancy.filled.v1")
class VacancyFilled(Event):
    """Somebody holds, or will hold without a gap, the office that a vacancy was told of."""

    vacancy_id: UUID
    body: Body


@event("directory.contact-pair.made.v1")
class ContactPairMade(Event):
    """A team and an association have a named contact with each other, or other ones now (N12).

    ``department`` is a key of the profile; the association names its contact later where it is
    null.
    """

    contact_pair_id: UUID
    association_id: UUID
    association_name: str
    department: str
    team: str
    staff_person_id: UUID
    association_person_id: UUID | None
    starts_on: date


@event("directory.contact-pair.ended.v1")
class ContactPairEnded(Event):
    """A team and an association are no contact pair any more after a day."""

    contact_pair_id: UUID
    association_id: UUID
    association_name: str
    department: str
    team: str
    staff_person_id: UUID
    association_person_id: UUID | None
    ends_on: date


@event("directory.competence.offered.v1")
class CompetenceOffered(Event):
    """An association lends a speaker or its expertise, or says it in other words (N7, N8, N14).

    ``is_public``: everybody sees it; else staff and other associations do. Nobody's name is in it.
    """

    competence_id: UUID
    association_id: UUID
    kind: CompetenceKind
    title: str
    topics: tuple[str, ...]
    is_public: bool


@event("directory.competence.withdrawn.v1")
class CompetenceWithdrawn(Event):
    """An association does not lend this any more."""

    competence_id: UUID
    association_id: UUID


@event("directory.office.ended.v1")
class OfficeEnded(Event):
    """A person left an office."""

    office_id: UUID
    person_id: UUID
    body: Body


@event("directory.sign-in-link.requested.v1")
class SignInLinkRequested(Event):
    """Somebody with a known address asked for a link to sign in.

    The token alone opens nothing: it is bound to the browser that asked, lasts 15 minutes and works
    once.
    """

    sign_in_link_id: UUID
    person_id: UUID
    token: Annotated[str, personal("credential")]
    code: Annotated[str, personal("credential")]
    expires_at: datetime
