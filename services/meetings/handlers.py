"""Events this service listens to, and what it does when a time comes.

Projections keep local copies of associations, people, memberships, offices and rounds. Effects look
at the ledger of duties again, which is safe at any time and in any order.
"""

from uuid import UUID

from chassis import erasure
from chassis.clock import SOON
from chassis.database import UnitOfWork
from chassis.handlers import Handlers
from contracts import directory, grants
from services.meetings.commands import duties, forgetting, hearings
from services.meetings.model import (
    Association,
    Membership,
    Office,
    Person,
    ProofKind,
    Round,
    local_year,
)
from services.meetings.queries import due

handlers = Handlers()

# --- local copies -------------------------------------------------------------------------------


@handlers.project(directory.AssociationPublished)
@handlers.project(directory.AssociationReopened)
def publish_association(
    event: directory.AssociationPublished | directory.AssociationReopened, work: UnitOfWork
) -> None:
    """Keep an association that came into the vejviser, or came back."""
    association = work.find(Association, event.association_id)
    if association is None:
        association = work.add(Association(id=event.association_id))
    association.name = event.name
    association.target_groups = list(event.target_groups)
    association.published = True


@handlers.project(directory.AssociationChanged)
def change_association(event: directory.AssociationChanged, work: UnitOfWork) -> None:
    """Take in an association's new name and target groups."""
    association = work.find(Association, event.association_id)
    if association is None:
        association = work.add(Association(id=event.association_id, published=True))
    association.name = event.name
    association.target_groups = list(event.target_groups)


@handlers.project(directory.AssociationClosed)
@handlers.project(directory.AssociationMerged)
def close_association(
    event: directory.AssociationClosed | directory.AssociationMerged, work: UnitOfWork
) -> None:
    """Keep the name of an association that left, for its cases; it is invited to nothing more.

    One that went up in another keeps its own name: under that it signed up and responded.
    """
    association = work.find(Association, event.association_id)
    if association is None:
        association = work.add(Association(id=event.association_id, target_groups=[]))
    association.name = event.name
    association.published = False


@handlers.project(directory.PersonRegistered)
@handlers.project(directory.PersonChanged)
def name_person(
    event: directory.PersonRegistered | directory.PersonChanged, work: UnitOfWork
) -> None:
    """Keep a person's name."""
    person = work.find(Person, event.person_id)
    if person is None:
        person = work.add(Person(id=event.person_id))
    person.name = event.name


@handlers.project(directory.PersonErased)
def forget_person(event: directory.PersonErased, work: UnitOfWork) -> None:
    """Forget a person's name, also where it was written (GDPR art. 17).

    In one handler with the copy: once that is gone, nobody could find the name in what was typed.
    """
    forgetting.forget_person(work, event.person_id)


@handlers.project(directory.MembershipGranted)
def grant_membership(event: directory.MembershipGranted, work: UnitOfWork) -> None:
    """Keep who has which role in an association."""
    membership = work.find(Membership, event.membership_id)
    if membership is None:
        membership = work.add(Membership(id=event.membership_id))
    membership.association_id = event.association_id
    membership.person_id = event.person_id
    membership.role = event.role
    membership.ended = False


@handlers.project(directory.MembershipEnded)
def end_membership(event: directory.MembershipEnded, work: UnitOfWork) -> None:
    """Remember that somebody left an association, so that an older token no longer helps."""
    membership = work.find(Membership, event.membership_id)
    if membership is not None:
        membership.ended = True


@handlers.project(directory.OfficeGranted)
def grant_office(event: directory.OfficeGranted, work: UnitOfWork) -> None:
    """Keep who holds which office."""
    office = work.find(Office, event.office_id)
    if office is None:
        office = work.add(Office(id=event.office_id))
    office.person_id = event.person_id
    office.body = event.body
    office.title = event.title
    office.starts_on = event.starts_on
    office.ends_on = event.ends_on
    office.ended = False


@handlers.project(directory.OfficeEnded)
def end_office(event: directory.OfficeEnded, work: UnitOfWork) -> None:
    """Remember that an office is no longer held."""
    office = work.find(Office, event.office_id)
    if office is not None:
        office.ended = True


@handlers.project(grants.RoundAnnounced)
def announce_round(event: grants.RoundAnnounced, work: UnitOfWork) -> None:
    """Keep a grant round and the day it is to be decided."""
    announced = work.find(Round, event.round_id)
    if announced is None:
        announced = work.add(Round(id=event.round_id))
    announced.title = event.title
    announced.programme = event.programme
    announced.committee_on = event.committee_on


@handlers.project(grants.RoundDecided)
def decide_round(event: grants.RoundDecided, work: UnitOfWork) -> None:
    """Keep the day a grant round was decided."""
    decided = work.find(Round, event.round_id)
    if decided is None:
        decided = work.add(Round(id=event.round_id, programme=""))
    decided.title = event.title
    decided.decided_on = event.decided_on


# --- effects ------------------------------------------------------------------------------------


@handlers.on(grants.RoundAnnounced)
def plan_round_duty(event: grants.RoundAnnounced, work: UnitOfWork) -> None:
    """A round to be decided this year is a duty planned (V26, N4)."""
    duties.assess(work, ProofKind.GRANT_ROUND, {event.committee_on.year})


@handlers.on(grants.RoundDecided)
def prove_round_duty(event: grants.RoundDecided, work: UnitOfWork) -> None:
    """A decided round is a duty kept (V26, N4)."""
    duties.assess(work, ProofKind.GRANT_ROUND, {event.decided_on.year})


@handlers.on(directory.OfficeGranted)
@handlers.on(directory.OfficeEnded)
def look_at_office_duties(
    _event: directory.OfficeGranted | directory.OfficeEnded, work: UnitOfWork
) -> None:
    """An office taken keeps a duty; one left vacant puts it at risk at once (V14, V17)."""
    duties.assess(work, ProofKind.OFFICE, {local_year(work.now)})


@handlers.on(directory.AssociationPublished)
@handlers.on(directory.AssociationReopened)
@handlers.on(directory.AssociationClosed)
@handlers.on(directory.AssociationMerged)
def look_at_vejviser_duties(
    _event: directory.AssociationPublished
    | directory.AssociationReopened
    | directory.AssociationClosed
    | directory.AssociationMerged,
    work: UnitOfWork,
) -> None:
    """A vejviser with associations in it keeps a duty (V21, N29)."""
    duties.assess(work, ProofKind.VEJVISER, {local_year(work.now)})


@handlers.on(directory.PersonErased)
def tell_what_is_kept(event: directory.PersonErased, work: UnitOfWork) -> None:
    """Answer the directory what is kept of them, and under which rule (GDPR art. 17(3))."""
    forgetting.tell_what_is_kept(work, event.person_id)


@handlers.when_due(erasure.unapplied, every=SOON)
def forget_again(person_id: UUID, work: UnitOfWork) -> None:
    """Forget somebody whom a restore of this database brought back."""
    forgetting.forget_person(work, person_id)


# --- when a time comes --------------------------------------------------------------------------


@handlers.when_due(due.hearings_to_remind, every=SOON)
def remind_of_hearing(hearing_id: UUID, work: UnitOfWork) -> None:
    """Remind those who have not responded, some days before the deadline."""
    hearings.remind_of_hearing(work, hearing_id)


@handlers.when_due(due.hearings_to_close)
def close_hearing(hearing_id: UUID, work: UnitOfWork) -> None:
    """Close a hearing at its deadline."""
    hearings.close_hearing(work, hearing_id)


@handlers.when_due(due.rules_to_assess, every=SOON)
def assess_rule(rule_id: UUID, work: UnitOfWork) -> None:
    """Open the ledger's new year, and follow offices that change hands with the date."""
    duties.assess_this_year(work, rule_id)


@handlers.when_due(due.duties_to_warn, every=SOON)
def warn_of_duty(duty_id: UUID, work: UnitOfWork) -> None:
    """Warn the contact person of a duty whose year is running out."""
    duties.warn_of_duty(work, duty_id)


handlers.count("hearing", due.hearings_near)
