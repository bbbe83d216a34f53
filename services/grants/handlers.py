"""Events this service listens to, and what it does when a time comes."""

from uuid import UUID

from chassis import erasure
from chassis.clock import SOON
from chassis.database import UnitOfWork
from chassis.handlers import Handlers
from contracts import directory
from services.grants.commands import applications, conflicts, people, rounds
from services.grants.model import Applicant, ApplicantPaper, OfficeHolder, Person, Tie
from services.grants.queries import due

handlers = Handlers()


@handlers.project(directory.AssociationRegistered)
def know_applicant(event: directory.AssociationRegistered, work: UnitOfWork) -> None:
    """Know the name of an association that waits for approval: it may write drafts already."""
    work.session.merge(
        Applicant(id=event.association_id, name=event.name, cvr=event.cvr, published=False)
    )


@handlers.project(directory.AssociationPublished)
@handlers.project(directory.AssociationReopened)
def publish_applicant(
    event: directory.AssociationPublished | directory.AssociationReopened, work: UnitOfWork
) -> None:
    """Keep an association that came into the vejviser, or came back."""
    work.session.merge(
        Applicant(
            id=event.association_id,
            name=event.name,
            cvr=event.cvr,
            published=True,
            merged_into_id=None,
        )
    )


@handlers.project(directory.AssociationChanged)
def change_applicant(event: directory.AssociationChanged, work: UnitOfWork) -> None:
    """Take in an association's new name and number."""
    work.session.merge(
        Applicant(id=event.association_id, name=event.name, cvr=event.cvr, published=True)
    )


@handlers.project(directory.AssociationClosed)
def close_applicant(event: directory.AssociationClosed, work: UnitOfWork) -> None:
    """Keep the name of an association that left, for its cases."""
    applicant = work.find(Applicant, event.association_id)
    if applicant is not None:
        applicant.published = False


@handlers.project(directory.AssociationMerged)
def merge_applicant(event: directory.AssociationMerged, work: UnitOfWork) -> None:
    """Keep which association an applicant went up in: its cases go on under that name."""
    applicant = work.find(Applicant, event.association_id)
    if applicant is None:
        applicant = work.add(Applicant(id=event.association_id, name=event.name, cvr=None))
    applicant.published, applicant.merged_into_id = False, event.into_id


@handlers.project(directory.AssociationPaperFiled)
def keep_paper(event: directory.AssociationPaperFiled, work: UnitOfWork) -> None:
    """Keep which papers live with an association, so that it is not asked for them again."""
    work.session.merge(
        ApplicantPaper(
            association_id=event.association_id,
            kind=event.kind,
            paper_id=event.paper_id,
            dated_on=event.dated_on,
            expires_on=event.expires_on,
            statement=event.statement and event.statement.value,
            filed_at=event.filed_at,
        )
    )


@handlers.on(directory.AssociationMerged)
def carry_on(event: directory.AssociationMerged, work: UnitOfWork) -> None:
    """Note the merger in the cases of both, and who takes no part in them because of it."""
    work.session.flush()
    applications.merge_association(work, event.association_id, into_name=event.into_name)
    conflicts.presume(work, association_id=event.association_id)


@handlers.on(directory.AssociationClosed)
def withdraw_drafts(event: directory.AssociationClosed, work: UnitOfWork) -> None:
    """Take back the drafts of an association that closed."""
    applications.close_association(work, event.association_id)


@handlers.project(directory.MembershipGranted)
def tie(event: directory.MembershipGranted, work: UnitOfWork) -> None:
    """Keep who has which role; whoever leads is disqualified from the association's cases."""
    found = work.find(Tie, event.membership_id) or work.add(
        Tie(
            id=event.membership_id,
            association_id=event.association_id,
            person_id=event.person_id,
            disqualifies=False,
        )
    )
    found.become(leading=event.leads or event.role == "administrator", at=work.occurred_at)
    found.ended = False


@handlers.on(directory.MembershipGranted)
def look_again_for_member(event: directory.MembershipGranted, work: UnitOfWork) -> None:
    """Note in every living case of theirs that somebody who decides now leads the applicant."""
    work.session.flush()
    found = work.get(Tie, event.membership_id)
    if found.is_leading and found.led_from == work.occurred_at:
        # They lead since now: what was ruled before did not know of it.
        conflicts.reopen(work, event.association_id, event.person_id)
    conflicts.presume(work, person_id=event.person_id)


@handlers.project(directory.MembershipEnded)
def untie(event: directory.MembershipEnded, work: UnitOfWork) -> None:
    """Keep that somebody left, and until when they led: it disqualifies them from cases of then."""
    found = work.find(Tie, event.membership_id)
    if found is not None:
        found.become(leading=False, at=work.occurred_at)
        found.ended = True


@handlers.project(directory.OfficeGranted)
def seat(event: directory.OfficeGranted, work: UnitOfWork) -> None:
    """Keep who holds an office.

    What is known of the person wins: in a rebuild they may be renamed or forgotten before this.
    """
    known = work.find(Person, event.person_id)
    work.session.merge(
        OfficeHolder(
            id=event.office_id,
            person_id=event.person_id,
            name=event.person_name if known is None else known.name,
            body=event.body.value,
            starts_on=event.starts_on,
            ends_on=event.ends_on,
            ended=False,
        )
    )


@handlers.on(directory.OfficeGranted)
def look_again_for_holder(event: directory.OfficeGranted, work: UnitOfWork) -> None:
    """Note the conflicts of somebody who just came to decide."""
    work.session.flush()
    conflicts.presume(work, person_id=event.person_id)


@handlers.project(directory.OfficeEnded)
def unseat(event: directory.OfficeEnded, work: UnitOfWork) -> None:
    """Keep that somebody left an office."""
    found = work.find(OfficeHolder, event.office_id)
    if found is not None:
        found.ended = True


@handlers.project(directory.PersonErased)
def forget(event: directory.PersonErased, work: UnitOfWork) -> None:
    """Blank an erased person's name wherever it is held; cases keep the id (GDPR art. 17).

    In one handler with the copies: once they have forgotten the name, nobody could find it in what
    was typed. Running again, as in a rebuild, changes nothing.
    """
    people.forget_person(work, event.person_id)


@handlers.on(directory.PersonErased)
def tell_what_is_kept(event: directory.PersonErased, work: UnitOfWork) -> None:
    """Answer the directory what is kept of them, and under which rule (GDPR art. 17(3))."""
    people.tell_what_is_kept(work, event.person_id)


@handlers.when_due(erasure.unapplied, every=SOON)
def forget_again(person_id: UUID, work: UnitOfWork) -> None:
    """Forget somebody whom a restore of this database brought back."""
    people.forget_person(work, person_id)


@handlers.when_due(due.retentions_to_end, every=SOON)
def end_retention(retention_id: UUID, work: UnitOfWork) -> None:
    """Take out a name that was kept for the accounts, when these may go."""
    people.end_retention(work, retention_id)


@handlers.project(directory.PersonRegistered)
def know_person(event: directory.PersonRegistered, work: UnitOfWork) -> None:
    """Know a person's name, to be able to forget it; nothing else of them is kept."""
    people.keep_person(work, event.person_id, event.name)


@handlers.project(directory.PersonChanged)
def rename_person(event: directory.PersonChanged, work: UnitOfWork) -> None:
    """Know a person's new name."""
    people.keep_person(work, event.person_id, event.name)


@handlers.when_due(due.rounds_to_open)
def open_round(round_id: UUID, work: UnitOfWork) -> None:
    """Open a round whose time has come."""
    rounds.open_round(work, round_id)


@handlers.when_due(due.rounds_to_remind_of, every=SOON)
def remind_of_closing(round_id: UUID, work: UnitOfWork) -> None:
    """Remind those who have not finished, some days before the deadline."""
    rounds.remind_of_closing(work, round_id)


@handlers.when_due(due.rounds_to_close)
def close_round(round_id: UUID, work: UnitOfWork) -> None:
    """Close a round whose deadline has passed."""
    rounds.close_round(work, round_id)


handlers.count("round", due.rounds_near)
