"""What the directory listens to, and what it does when a time comes."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from chassis.clock import SOON
from chassis.database import UnitOfWork
from chassis.erasure import unapplied
from chassis.handlers import Handlers
from chassis.service import WorkerContext
from contracts import grants, meetings, notifier
from contracts.values import NewsTopic
from services.directory.commands import (
    confirmation,
    erasure,
    invitations,
    news,
    offices,
    papers,
    sign_in,
)
from services.directory.commands.document_text import DocumentReader
from services.directory.commands.imports import Importer
from services.directory.model import DENMARK, RoundNotice
from services.directory.queries import due
from services.directory.queries.exports.wording import day
from services.directory.queries.news import news_to_publish
from services.directory.queries.papers import papers_expired, papers_to_remind_of
from services.directory.schemas import read_row

handlers = Handlers()

# What happened longer ago is no news: it comes from a replay.
NEWS_FOR: Final = timedelta(days=7)


@handlers.on(notifier.DeliveryFailed)
def note_bounce(event: notifier.DeliveryFailed, work: UnitOfWork) -> None:
    """Put the association on the call list: its contact cannot be reached."""
    confirmation.note_bounce(work, event.person_id, template=event.template)


@handlers.on(notifier.ConfirmationLinkIssued)
def keep_hash(event: notifier.ConfirmationLinkIssued, work: UnitOfWork) -> None:
    """Have the buttons of a mail work: keep the hash of the secret in them."""
    confirmation.issue_link(work, event.confirmation_link_id, token_hash=event.token_hash)


@handlers.when_due(due.confirmations_to_ask_for, every=SOON)
def ask_for_confirmation(association_id: UUID, work: UnitOfWork) -> None:
    """Ask, once a year, whether a record is still right; and remind, once."""
    confirmation.ask_for_confirmation(work, association_id)


@handlers.when_due(due.associations_grown_stale, every=SOON)
def mark_stale(association_id: UUID, work: UnitOfWork) -> None:
    """Hand a record that nobody confirmed to those who call."""
    confirmation.mark_stale(work, association_id)


@handlers.when_due(due.call_list_to_tell_of, every=SOON)
def tell_of_call_list(_: UUID, work: UnitOfWork) -> None:
    """Tell those who call, in the morning, that their list grew."""
    confirmation.tell_of_call_list(work)


@handlers.on(notifier.DeliverySent)
def forget_bounce(event: notifier.DeliverySent, work: UnitOfWork) -> None:
    """Take the association off that list: mail to its contact arrives again."""
    confirmation.clear_bounce(work, event.person_id)


@handlers.on(grants.PersonRedacted)
@handlers.on(meetings.PersonRedacted)
@handlers.on(notifier.PersonRedacted)
def note_answer(
    event: grants.PersonRedacted | meetings.PersonRedacted | notifier.PersonRedacted,
    work: UnitOfWork,
) -> None:
    """Keep what a service said when it had forgotten somebody: what is kept, and why."""
    erasure.note_answer(work, event.person_id, service=event.SERVICE, kept=event.kept)


@handlers.when_due(unapplied, every=SOON)
def erase_again(person_id: UUID, work: UnitOfWork) -> None:
    """Erase somebody whom a restore of this database brought back."""
    erasure.erase_again(work, person_id)


@handlers.when_due(due.offices_to_end, every=SOON)
def end_office(office_id: UUID, work: UnitOfWork) -> None:
    """End an office whose last day has passed."""
    offices.end_expired_office(work, office_id)


@handlers.when_due(papers_to_remind_of, every=SOON)
def remind_of_paper(paper_id: UUID, work: UnitOfWork) -> None:
    """Remind an association, once, that what it filed will soon hold no more."""
    papers.remind(work, paper_id)


@handlers.when_due(papers_expired, every=SOON)
def expire_paper(paper_id: UUID, work: UnitOfWork) -> None:
    """Tell an association, once, that what it filed holds no more."""
    papers.expire(work, paper_id)


@handlers.when_due(due.vacancy_to_tell_of, every=SOON)
def watch_contact_office(_: UUID, work: UnitOfWork) -> None:
    """Tell that nobody is the contact person, or soon nobody will be (V17)."""
    offices.watch_contact_office(work)


@handlers.on(notifier.InvitationLinkIssued)
def keep_hash_of_invitation(event: notifier.InvitationLinkIssued, work: UnitOfWork) -> None:
    """Have the link of an invitation work: keep the hash of the secret in it."""
    invitations.issue_link(work, event.invitation_link_id, token_hash=event.token_hash)


@handlers.when_due(due.invitations_to_mail)
def mail_invitation(invitation_id: UUID, work: UnitOfWork) -> None:
    """Have the mail of an invitation written."""
    invitations.send_mail(work, invitation_id)


@handlers.when_due(due.invitations_to_expire, every=SOON)
def expire_invitation(invitation_id: UUID, work: UnitOfWork) -> None:
    """End an invitation nobody answered in time."""
    invitations.expire(work, invitation_id)


@handlers.when_due(due.invitations_to_drop, every=SOON)
def drop_invitation(invitation_id: UUID, work: UnitOfWork) -> None:
    """Forget an invitation that ended, and whoever is known by nothing else."""
    invitations.drop(work, invitation_id)


@handlers.when_due(due.keys_to_renew, every=SOON)
def renew_signing_key(_: UUID, work: UnitOfWork) -> None:
    """Announce a new key to sign with; it signs once every verifier has had time to read it."""
    sign_in.ensure_signing_key(work)


@handlers.when_due(due.leftovers, every=SOON)
def tidy(_: UUID, work: UnitOfWork) -> None:
    """Drop links, sessions and counted attempts that no longer matter."""
    sign_in.tidy(work)


@handlers.worker("import")
def work_on_imports(context: WorkerContext) -> bool:
    """Read, check and bring in files of associations; True where there is more."""
    return Importer(context.database, context.stop, read=read_row).run()


@handlers.worker("document")
def read_documents(context: WorkerContext) -> bool:
    """Read the words in a file that was uploaded; True where there is more."""
    return DocumentReader(context.database, context.stop).run()


@handlers.when_due(news_to_publish)
def publish_news(news_item_id: UUID, work: UnitOfWork) -> None:
    """Publish a piece of news whose hour has come."""
    news.publish_due(work, news_item_id)


@handlers.project(grants.RoundAnnounced)
def keep_round(event: grants.RoundAnnounced, work: UnitOfWork) -> None:
    """Keep what one can apply for at the municipality itself (V22)."""
    work.session.merge(
        RoundNotice(
            id=event.round_id,
            title=event.title,
            frame_ore=event.frame_ore,
            opens_at=event.opens_at,
            closes_at=event.closes_at,
            announced_at=work.occurred_at,
            is_closed=False,
        )
    )


@handlers.project(grants.RoundClosed)
def close_round(event: grants.RoundClosed, work: UnitOfWork) -> None:
    """Keep that a round takes no more applications."""
    found = work.find(RoundNotice, event.round_id)
    if found is not None:
        found.is_closed = True


@handlers.on(grants.RoundAnnounced)
def tell_of_round(event: grants.RoundAnnounced, work: UnitOfWork) -> None:
    """Tell everybody that a round can be applied for (V22, V30)."""
    closes_on = day(event.closes_at.astimezone(DENMARK).date())
    opens_on = day(event.opens_at.astimezone(DENMARK).date())
    kroner = f"{event.frame_ore // 100:,}".replace(",", ".")
    _tell(
        work,
        "round",
        event.round_id,
        topic=NewsTopic.GRANTS,
        title=f"I kan snart søge: {event.title}",
        summary=f"Der kan søges fra den {opens_on}, og fristen er den {closes_on}."
        f" Puljen er på {kroner} kr.",
    )


@handlers.on(grants.RoundDecided)
def tell_of_awards(event: grants.RoundDecided, work: UnitOfWork) -> None:
    """Tell everybody what was granted (V28, V30)."""
    kroner = f"{event.awarded_ore // 100:,}".replace(",", ".")
    _tell(
        work,
        "awards",
        event.round_id,
        topic=NewsTopic.GRANTS,
        title=f"Tilskuddene er fordelt: {event.title}",
        summary=f"{event.award_count} af {event.application_count} ansøgninger har fået tilskud,"
        f" i alt {kroner} kr.",
    )


@handlers.on(meetings.HearingOpened)
def tell_of_hearing(event: meetings.HearingOpened, work: UnitOfWork) -> None:
    """Tell everybody that a hearing is open (N21, V30)."""
    closes_on = day(event.closes_at.astimezone(DENMARK).date())
    _tell(
        work,
        "hearing",
        event.hearing_id,
        topic=NewsTopic.COUNCIL,
        title=f"Ny høring: {event.title}",
        summary=f"{event.question} Svar senest den {closes_on}.",
    )


def _tell(
    work: UnitOfWork, kind: str, about: UUID, *, topic: NewsTopic, title: str, summary: str
) -> None:
    if work.now - work.occurred_at <= NEWS_FOR:
        news.tell(work, kind, about, topic=topic, title=title, summary=summary)
