"""Who takes no part in which case (forvaltningsloven § 3).

Presumed where somebody who holds an office leads the applicant at any time while the case lives;
declared where somebody says so themselves. Either shuts them out at once, is written into the
case's file, and is told to them and to the coordinator: an association's word alone removes nobody
in silence. Whether it holds is ruled with a reason, one way or the other (§ 6), and is open again
when somebody comes to lead the applicant anew (ADR 9).
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, literal, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Unauthenticated
from services.grants.commands import file
from services.grants.model import (
    Applicant,
    Application,
    ApplicationStatus,
    Assessment,
    Case,
    Decision,
    Disqualification,
    Ground,
    OfficeHolder,
    Round,
    Ruling,
    Tie,
    Vote,
    answers_for,
    led_during_case,
    unconflicted,
)
from services.grants.model.problems import Disqualified, FrameExceeded, WrongState

DECIDING: Final = ("council", "committee", "coordinator", "caseworker")
LIVING: Final = (ApplicationStatus.SUBMITTED, ApplicationStatus.DECIDED)
LATE_TEXT: Final = (
    " Vedkommende havde allerede vurderet, stemt eller afgjort i sagen; det tæller ikke længere"
    " med."
)
LEADS_TEXT: Final = (
    "Sidder i ledelsen af den forening, der søger (forvaltningsloven § 3, stk. 1, nr. 3)."
)


def is_conflicted(work: UnitOfWork, application: Application) -> bool:
    """Whether the principal takes no part in this case."""
    person_id = work.principal.id
    if person_id is None:
        return False
    free = work.session.scalar(
        select(unconflicted(work.principal))
        .select_from(Application)
        .where(Application.id == application.id)
    )
    return not free


def require_unconflicted(work: UnitOfWork, application: Application) -> None:
    """Settle a grant for deciding in a case. Raises :class:`Disqualified`."""
    conflicted = is_conflicted(work, application)
    if conflicted:
        raise Disqualified("You lead the applicant, or have declared a conflict of interest.")
    work.principal.permit(conflicted=False)


def open_case(work: UnitOfWork, application: Application) -> None:
    """Settle a grant for reading a case; somebody disqualified does not learn that it exists.

    What was never handed in is the association's alone, also once it is withdrawn.
    """
    work.principal.permit(
        association=application.association_id,
        conflicted=application.case_number is None or is_conflicted(work, application),
        hide=True,
    )


def sees_deliberation(work: UnitOfWork, application: Application) -> bool:
    """Whether the caller takes part in the case, and so sees what the authority says in it."""
    return work.principal.has(*DECIDING) and not is_conflicted(work, application)


def visible_ids(work: UnitOfWork, application_ids: Iterable[UUID]) -> list[UUID]:
    """Leave out the cases the caller takes no part in; order is kept."""
    wanted = list(application_ids)
    seen = set(
        work.session.scalars(
            select(Application.id).where(Application.id.in_(wanted), unconflicted(work.principal))
        )
    )
    return [id_ for id_ in wanted if id_ in seen]


def frame_exceeded(work: UnitOfWork, round_: Round, *, remaining_ore: int) -> FrameExceeded:
    """Say that the frame does not allow an amount.

    What is left is not told to somebody who takes no part in some case of the round: it would
    tell them the amount in it.
    """
    ids = list(
        work.session.scalars(
            select(Application.id).where(
                Application.round_id == round_.id, Application.status.in_(LIVING)
            )
        )
    )
    if len(visible_ids(work, ids)) < len(ids):
        return FrameExceeded(frame_ore=round_.frame_ore)
    return FrameExceeded(remaining_ore=remaining_ore, frame_ore=round_.frame_ore)


def declare(work: UnitOfWork, application: Application, *, ground: str) -> None:
    """Declare one's own conflict of interest (§ 6). Declaring it twice is the same as once.

    It confirms what was presumed, and shuts one out again where it had been ruled otherwise.
    """
    person_id = work.principal.id
    if person_id is None:
        raise NotFound
    note = f"{work.principal.name} har erklæret sig inhabil: {ground}"
    known = _find(work, application.id, person_id)
    if known is None:
        body = next((role for role in DECIDING if role in work.principal.roles), "")
        _record(
            work,
            Disqualification(
                application_id=application.id,
                person_id=person_id,
                name=work.principal.name,
                body=body,
                ground=Ground.DECLARED,
                explanation=ground,
            ),
            note=note,
        )
    elif known.ground is not Ground.DECLARED or known.ruling is Ruling.CLEARED:
        known.ground, known.explanation = Ground.DECLARED, ground
        _raise(work, known, note=note)


def rule(
    work: UnitOfWork, application_id: UUID, person_id: UUID, *, ruling: Ruling, reason: str
) -> None:
    """Rule whether somebody takes part in a case (§ 6). Ruling the same again changes nothing.

    Raises :class:`Disqualified` for whoever takes no part in the case themselves, or rules on
    themselves, :class:`WrongState` once the case is decided.
    """
    application = work.find(Application, application_id)
    if application is None or application.case_number is None:
        work.principal.permit(conflicted=False)
        raise NotFound(kind="application")
    require_unconflicted(work, application)
    if work.principal.id is None:
        raise Unauthenticated
    # The round's row first, as everywhere: votes are counted and decisions made under it.
    work.get(Round, application.round_id, lock=True)
    application = work.get(Application, application_id, lock=True)
    known = _find(work, application_id, person_id)
    if known is None:
        raise NotFound(kind="conflict")
    if (known.ruling, known.ruling_reason) == (ruling, reason):
        return
    if application.status is not ApplicationStatus.SUBMITTED:
        raise WrongState(
            f"The application is {application.status.value}.", current=application.status.value
        )
    told = known.rule(
        _case(work, application),
        ruling,
        reason=reason,
        by=work.principal.id,
        by_name=work.principal.name,
        at=work.now,
    )
    work.emit(told)
    verdict = {Ruling.CLEARED: "er ikke inhabil", Ruling.UPHELD: "er inhabil"}[ruling]
    text = f"{work.principal.name} har afgjort, at {known.name} {verdict}: {reason}"
    file.note(work, application_id, "disqualification", text)


def reopen(work: UnitOfWork, association_id: UUID, person_id: UUID) -> None:
    """Open what was ruled again: the person has come to lead the applicant since.

    Waits for a ruling that is under way, which does not know of it either.
    """
    known_ones = work.session.scalars(
        select(Disqualification)
        .join(Application, Application.id == Disqualification.application_id)
        .where(
            answers_for(literal(association_id)),
            Application.status == ApplicationStatus.SUBMITTED,
            Disqualification.person_id == person_id,
        )
        .order_by(Application.id)
        .with_for_update(of=Disqualification),
        execution_options={"populate_existing": True},
    )
    for known in known_ones.all():
        if known.ruling is not Ruling.CLEARED:
            continue
        known.ground, known.explanation = Ground.LEADS, LEADS_TEXT
        _raise(
            work,
            known,
            note=f"{known.name} er på ny meldt ind i foreningens ledelse og er inhabil, indtil det"
            " er afgjort.",
        )


def presume(
    work: UnitOfWork,
    *,
    application_id: UUID | None = None,
    person_id: UUID | None = None,
    round_id: UUID | None = None,
    association_id: UUID | None = None,
) -> None:
    """Record who leads an applicant and takes part in cases, in every living case it touches.

    Asked when an application comes in, when a membership or an office changes, when an applicant
    goes up in another association, when a round closes and before votes are counted. What is
    recorded once stays; asking twice changes nothing.
    """
    narrowed: list[ColumnElement[bool]] = []
    if application_id is not None:
        narrowed.append(Application.id == application_id)
    if person_id is not None:
        narrowed.append(OfficeHolder.person_id == person_id)
    if round_id is not None:
        narrowed.append(Application.round_id == round_id)
    if association_id is not None:
        narrowed.append(Application.association_id == association_id)
    rows = work.session.execute(
        select(Application.id, OfficeHolder.person_id, OfficeHolder.name, OfficeHolder.body)
        .select_from(Application)
        .join(Tie, answers_for(Tie.association_id))
        .join(OfficeHolder, OfficeHolder.person_id == Tie.person_id)
        .where(
            Application.status == ApplicationStatus.SUBMITTED,
            led_during_case(),
            OfficeHolder.ended.is_(False),
            OfficeHolder.body.in_(DECIDING),
            *narrowed,
        )
        # Who holds two offices is recorded under the first of them.
        .order_by(Application.id, OfficeHolder.person_id, OfficeHolder.body)
    )
    for row in rows.all():
        _record(
            work,
            Disqualification(
                application_id=row.id,
                person_id=row.person_id,
                name=row.name,
                body=row.body,
                ground=Ground.LEADS,
                explanation=LEADS_TEXT,
            ),
            note=f"{row.name} er inhabil: sidder i ledelsen af den forening, der søger.",
        )


def _record(work: UnitOfWork, found: Disqualification, *, note: str) -> None:
    """Keep it once, however often and from however many sides it is found."""
    values = {
        name: getattr(found, name)
        for name in ("application_id", "person_id", "name", "body", "ground", "explanation")
    }
    statement = (
        insert(Disqualification)
        .values(**values, found_at=work.now, ruling_reason="", ruled_by_name="")
        .on_conflict_do_nothing()
        .returning(Disqualification)
    )
    recorded = work.session.scalar(statement)
    if recorded is not None:
        _raise(work, recorded, note=note)


def _raise(work: UnitOfWork, found: Disqualification, *, note: str) -> None:
    """Tell, in the file and to whom it concerns, that somebody is held to take no part."""
    took_part = _took_part(work, found)
    if took_part:
        # What happened is not removed: the file says so, and it counts no more.
        note += LATE_TEXT
    application = work.get(Application, found.application_id)
    work.emit(found.raise_in(_case(work, application), took_part=took_part))
    file.note(work, found.application_id, "disqualification", note)


def _find(work: UnitOfWork, application_id: UUID, person_id: UUID) -> Disqualification | None:
    return work.session.scalar(
        select(Disqualification)
        .where(
            Disqualification.application_id == application_id,
            Disqualification.person_id == person_id,
        )
        .with_for_update(),
        execution_options={"populate_existing": True},
    )


def _case(work: UnitOfWork, application: Application) -> Case:
    named = select(Applicant.shown_name()).where(Applicant.id == application.association_id)
    return Case(
        application,
        round_title=work.get(Round, application.round_id).title,
        association_name=work.session.scalar(named) or "",
    )


def _took_part(work: UnitOfWork, found: Disqualification) -> bool:
    return bool(
        work.session.scalar(
            select(
                exists().where(
                    Assessment.application_id == found.application_id,
                    Assessment.person_id == found.person_id,
                    Assessment.submitted_at.is_not(None),
                )
                | exists().where(
                    Vote.application_id == found.application_id,
                    Vote.person_id == found.person_id,
                )
                | exists().where(
                    Decision.application_id == found.application_id,
                    Decision.decided_by == found.person_id,
                )
            )
        )
    )
