"""What the grants service says: rounds, applications, the council's recommendation, decisions."""

from chassis.database import UnitOfWork
from chassis.handlers import RetryLater
from contracts import grants
from contracts.values import Body, Ground
from services.notifier.handlers.registry import handlers, tell
from services.notifier.model import About, Application
from services.notifier.queries import contacts, everyone_published, office_holders, person

# Copies


@handlers.project(grants.ApplicationSubmitted)
def keep_application(event: grants.ApplicationSubmitted, work: UnitOfWork) -> None:
    """Keep what a handed-in application is called."""
    application = work.find(Application, event.application_id)
    if application is None:
        application = work.add(Application(id=event.application_id))
    application.case_number = event.case_number
    application.title = event.title
    application.round_title = event.round_title
    application.association_id = event.association_id


# Effects


@handlers.on(grants.RoundAnnounced)
def announce_round(event: grants.RoundAnnounced, work: UnitOfWork) -> None:
    """Tell every association in the vejviser that a round is coming (V22, N4)."""
    about = About("round", event.round_id)
    tell("round_announced", everyone_published(work.session), event, work, about=about)


@handlers.on(grants.RoundClosingSoon)
def remind_of_round(event: grants.RoundClosingSoon, work: UnitOfWork) -> None:
    """Remind those who have a draft that is not handed in."""
    recipients = contacts(work.session, event.unfinished_association_ids, own_case=True)
    about = About("round", event.round_id)
    tell("round_closing_soon", recipients, event, work, about=about)


@handlers.on(grants.ApplicationSubmitted)
def acknowledge_application(event: grants.ApplicationSubmitted, work: UnitOfWork) -> None:
    """Give whoever handed an application in, and the association's contact, a receipt."""
    to_contact = contacts(work.session, [event.association_id], own_case=True)
    (name,) = to_contact[0].associations
    submitter = person(event.submitted_by, event.association_id, name)
    about = About("application", event.application_id)
    tell("application_receipt", [submitter, *to_contact], event, work, about=about)


@handlers.on(grants.ApplicationWithdrawn)
def acknowledge_withdrawal(event: grants.ApplicationWithdrawn, work: UnitOfWork) -> None:
    """Tell the association's contact that an application was withdrawn."""
    application = work.find(Application, event.application_id)
    if application is None:
        raise RetryLater("the application is not known yet")
    recipients = contacts(work.session, [event.association_id], own_case=True)
    tell(
        "application_withdrawn",
        recipients,
        event,
        work,
        about=About("application", event.application_id),
        case_number=application.case_number,
        title=application.title,
        round_title=application.round_title,
    )


@handlers.on(grants.ConflictRaised)
def tell_of_conflict(event: grants.ConflictRaised, work: UnitOfWork) -> None:
    """Tell whoever is out of a case that they are, and the coordinator that it can be ruled on.

    Nobody is removed from a case in silence, whoever said that they lead the applicant. Where the
    only coordinator is the one in question, the caseworkers are told. Their mail names nobody: one
    of them may be out of the case too.
    """
    about = About("application", event.application_id)
    in_question = {event.person_id}
    if event.ground is not Ground.DECLARED:
        out = [person(event.person_id, by_office=True)]
        tell("conflict_presumed", out, event, work, about=about)
    for body in (Body.COORDINATOR, Body.CASEWORKER):
        holders = office_holders(work.session, body, at=work.now)
        if able := [each for each in holders if each.person_id not in in_question]:
            tell("conflict_raised", able, event, work, about=about)
            return


@handlers.on(grants.ConflictRuled)
def tell_of_ruling(event: grants.ConflictRuled, work: UnitOfWork) -> None:
    """Tell somebody what was ruled on their part in a case, and why."""
    about = About("application", event.application_id)
    tell("conflict_ruled", [person(event.person_id, by_office=True)], event, work, about=about)


@handlers.on(grants.RecommendationSubmitted)
def forward_recommendation(event: grants.RecommendationSubmitted, work: UnitOfWork) -> None:
    """Tell the committee that the council's recommendation is there (V13).

    The mail holds no single line of it and no total: a member with a conflict of interest in one
    application could take the lines they may see from it (forvaltningsloven § 3).
    """
    recipients = office_holders(work.session, Body.COMMITTEE, at=work.now)
    about = About("round", event.round_id)
    tell("recommendation_submitted", recipients, event, work, about=about, lines=[], total_ore=None)


@handlers.on(grants.DecisionMade)
def send_decision(event: grants.DecisionMade, work: UnitOfWork) -> None:
    """Send the letter with the decision and its reasons (forvaltningsloven §§ 22-26)."""
    recipients = contacts(work.session, [event.association_id], own_case=True)
    about = About("application", event.application_id)
    tell("decision_letter", recipients, event, work, about=about)
