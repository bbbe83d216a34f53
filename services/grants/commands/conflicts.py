"""Who takes no part in which case (forvaltningsloven § 3).

Presumed where somebody who holds an office leads the applicant at any time while the case lives;
declared where somebody says so themselves. Both are written into the case's file and stay there.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from chassis.problems import NotFound
from services.grants.commands import file
from services.grants.model import (
    Application,
    ApplicationStatus,
    Disqualification,
    Ground,
    OfficeHolder,
    Tie,
)
from services.grants.model.problems import Disqualified

DECIDING: Final = ("council", "committee", "coordinator", "caseworker")
LEADS_TEXT: Final = (
    "Sidder i ledelsen af den forening, der søger (forvaltningsloven § 3, stk. 1, nr. 3)."
)


def is_conflicted(work: UnitOfWork, application: Application) -> bool:
    """Whether the principal takes no part in this case."""
    person_id = work.principal.id
    if person_id is None:
        return False
    if work.principal.own(application.association_id, at_least="administrator"):
        return True
    return bool(
        work.session.scalar(
            select(
                or_(
                    exists().where(
                        Disqualification.application_id == application.id,
                        Disqualification.person_id == person_id,
                    ),
                    exists().where(
                        Tie.association_id == application.association_id,
                        Tie.person_id == person_id,
                        Tie.disqualifies,
                    ),
                )
            )
        )
    )


def require_unconflicted(work: UnitOfWork, application: Application) -> None:
    """Settle a grant for deciding in a case. Raises :class:`Disqualified`."""
    conflicted = is_conflicted(work, application)
    if conflicted:
        raise Disqualified("You lead the applicant, or have declared a conflict of interest.")
    work.principal.permit(conflicted=False)


def open_case(work: UnitOfWork, application: Application) -> None:
    """Settle a grant for reading a case; somebody disqualified does not learn that it exists."""
    if application.status is ApplicationStatus.DRAFT:
        # A draft is the association's alone.
        if not work.principal.own(application.association_id):
            work.principal.reach()
            raise NotFound(kind="application")
        work.principal.permit(association=application.association_id, hide=True)
        return
    work.principal.permit(
        association=application.association_id,
        conflicted=is_conflicted(work, application),
        hide=True,
    )


def declare(work: UnitOfWork, application: Application, *, ground: str) -> None:
    """Declare one's own conflict of interest (§ 6). Declaring it twice is the same as once."""
    person_id = work.principal.id
    if person_id is None:
        raise NotFound
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
        note=f"{work.principal.name} har erklæret sig inhabil: {ground}",
    )


def presume_for_application(work: UnitOfWork, application: Application) -> None:
    """Record who is presumed disqualified in a case that was just handed in."""
    _presume(work, [application])


def presume_for_person(work: UnitOfWork, person_id: UUID) -> None:
    """Record a person's new role or office in every living case it touches."""
    applications = work.session.scalars(
        select(Application)
        .join(Tie, Tie.association_id == Application.association_id)
        .where(
            Tie.person_id == person_id,
            Tie.disqualifies,
            Application.status == ApplicationStatus.SUBMITTED,
        )
    ).all()
    _presume(work, applications)


def _presume(work: UnitOfWork, applications: Iterable[Application]) -> None:
    for application in applications:
        rows = work.session.execute(
            select(OfficeHolder.person_id, OfficeHolder.name, OfficeHolder.body)
            .join(Tie, Tie.person_id == OfficeHolder.person_id)
            .where(
                Tie.association_id == application.association_id,
                Tie.disqualifies,
                OfficeHolder.ended.is_(False),
                OfficeHolder.body.in_(DECIDING),
            )
            .distinct(OfficeHolder.person_id)
        )
        for row in rows.all():
            _record(
                work,
                Disqualification(
                    application_id=application.id,
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
        .values(**values, found_at=work.now)
        .on_conflict_do_nothing()
        .returning(Disqualification.id)
    )
    if work.session.scalar(statement) is not None:
        file.note(work, found.application_id, "disqualification", note)
