"""Who takes no part in which case, said once for reading, writing and counting (§ 3).

A recorded disqualification stays for as long as the case lives, unless it is ruled that the person
takes part. The ties and the token are asked as well, so that nobody slips in while the event that
would record it is still under way.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from chassis.auth import Principal
from contracts.values import Ruling
from services.grants.model.applications import Application, Disqualification
from services.grants.model.council import Assessment, Vote
from services.grants.model.decisions import Decision
from services.grants.model.projections import Applicant, Tie


def answers_for(association_id: Any) -> ColumnElement[bool]:
    """Say that an association answers for an :class:`Application`.

    The applicant does, and the one it has gone up in: who leads either takes no part in its case.
    """
    known = aliased(Applicant)
    successor = (
        select(known.merged_into_id)
        .where(known.id == Application.association_id)
        .correlate(Application)
        .scalar_subquery()
    )
    applicant = Application.association_id
    found: ColumnElement[bool] = association_id.in_(
        [applicant, func.coalesce(successor, applicant)]
    )
    return found


def led_during_case() -> ColumnElement[bool]:
    """Say of a joined :class:`Tie` that it is one of management, at some time of the case.

    A case begins when the application is handed in.
    """
    return and_(
        Tie.disqualifies,
        or_(Tie.led_until.is_(None), Tie.led_until >= Application.submitted_at),
    )


def unconflicted(principal: Principal) -> ColumnElement[bool]:
    """Say of an :class:`Application` that the principal may take part in its case."""
    administers = [
        id_ for id_ in principal.associations if principal.own(id_, at_least="administrator")
    ]
    theirs = and_(
        Disqualification.application_id == Application.id,
        Disqualification.person_id == principal.id,
    )
    return or_(
        exists().where(theirs, Disqualification.ruling == Ruling.CLEARED),
        and_(
            *(~answers_for(literal(id_)) for id_ in administers),
            ~exists().where(theirs),
            ~exists().where(
                answers_for(Tie.association_id),
                Tie.person_id == principal.id,
                led_during_case(),
            ),
        ),
    )


def vote_counts() -> ColumnElement[bool]:
    """Say of a :class:`Vote` that it counts: its member is not disqualified in the case."""
    return ~exists().where(
        Disqualification.application_id == Vote.application_id,
        Disqualification.person_id == Vote.person_id,
        _holds(),
    )


def assessor_is_out() -> ColumnElement[bool]:
    """Say of an :class:`Assessment` that its member proved to be disqualified in the case."""
    return exists().where(
        Disqualification.application_id == Assessment.application_id,
        Disqualification.person_id == Assessment.person_id,
        _holds(),
    )


def decider_is_out() -> ColumnElement[bool]:
    """Say of a :class:`Decision` that who set its amount proved to be disqualified in the case."""
    return exists().where(
        Disqualification.application_id == Decision.application_id,
        Disqualification.person_id == Decision.decided_by,
        _holds(),
    )


def _holds() -> ColumnElement[bool]:
    return Disqualification.ruling.is_distinct_from(Ruling.CLEARED)
