"""Use cases of hearings and responses, and what the schedule does to them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select

from chassis.database import UnitOfWork
from chassis.problems import Forbidden, NotFound, Stale
from services.meetings.commands.duties import assess
from services.meetings.commands.people import is_on_council, person_of, require_acts_for
from services.meetings.model import (
    AnswerOutcome,
    Association,
    Body,
    Hearing,
    HearingPlan,
    HearingStatus,
    Invitation,
    Party,
    Policy,
    ProofKind,
    Response,
    local_year,
)
from services.meetings.model.problems import (
    AlreadyResponded,
    IdTaken,
    NotDraft,
    NotInvited,
    UnknownAssociations,
)


def put_hearing(
    work: UnitOfWork, hearing_id: UUID, values: Mapping[str, Any], *, version: int | None = None
) -> bool:
    """Write a hearing's draft, new or not; return whether it is new."""
    plan = HearingPlan(**values)
    plan.check(policy_of(work).target_groups)
    hearing = work.find(Hearing, hearing_id, lock=True)
    if hearing is None:
        if version is not None:
            raise Stale
        work.add(Hearing.drafted(hearing_id, plan, at=work.now))
        return True
    work.get(Hearing, hearing_id, version=version)
    hearing.replan(plan)
    return False


def delete_hearing(work: UnitOfWork, hearing_id: UUID, *, version: int | None = None) -> None:
    """Delete a draft."""
    hearing = work.get(Hearing, hearing_id, lock=True, version=version)
    if hearing.status is not HearingStatus.DRAFT:
        raise NotDraft(status=hearing.status)
    work.session.delete(hearing)


def open_hearing(work: UnitOfWork, hearing_id: UUID, *, version: int | None = None) -> None:
    """Open a hearing for the associations its audience means at this moment. Again changes nothing.

    Raises :class:`UnknownAssociations` where one that is named is not in the vejviser.
    """
    hearing = work.get(Hearing, hearing_id, lock=True, version=version)
    if hearing.status is HearingStatus.OPEN:
        return
    invited = _resolve(work, hearing.plan)
    opened = hearing.open(invited, policy=policy_of(work), at=work.now)
    if invited:
        rows = [{"hearing_id": hearing_id, "association_id": id_} for id_ in invited]
        work.session.execute(insert(Invitation), rows)
    work.emit(opened)
    _assess(work, hearing)


def put_response(
    work: UnitOfWork,
    response_id: UUID,
    *,
    hearing_id: UUID,
    association_id: UUID | None,
    on_behalf_of: Party,
    text: str,
    version: int | None = None,
) -> bool:
    """Respond for an association or the council; changeable until the hearing closes.

    Returns whether it is new. The hearing's row is taken first: one response each, also when two
    race, and none slips in while the hearing closes.
    """
    person_id = person_of(work)
    _require_speaks_for(work, on_behalf_of, association_id)
    hearing = work.get(Hearing, hearing_id, lock=True)
    if hearing.status is HearingStatus.DRAFT:
        raise NotFound(kind="hearing")
    response = work.find(Response, response_id)
    if response is not None:
        if (response.hearing_id, response.association_id) != (hearing_id, association_id):
            raise IdTaken
        work.get(Response, response_id, version=version)
        if response.text != text:
            hearing.require_takes_responses(work.now)
            response.text = text
        return False
    if version is not None:
        raise Stale
    hearing.require_takes_responses(work.now)
    _require_addressed(work, hearing, association_id)
    existing = work.session.scalar(
        select(Response.id).where(
            Response.hearing_id == hearing_id,
            Response.association_id.is_not_distinct_from(association_id),
        )
    )
    if existing is not None:
        raise AlreadyResponded(response_id=existing)
    response = work.add(
        Response(
            id=response_id,
            hearing_id=hearing_id,
            association_id=association_id,
            on_behalf_of=on_behalf_of,
            text=text,
            person_id=person_id,
            submitted_at=work.now,
        )
    )
    work.emit(response.received(hearing.title))
    return True


def answer_response(
    work: UnitOfWork,
    response_id: UUID,
    *,
    outcome: AnswerOutcome,
    text: str,
    version: int | None = None,
) -> None:
    """Write the municipality's answer to a response; it is sent when the hearing is concluded."""
    found = work.get(Response, response_id)
    hearing = work.get(Hearing, found.hearing_id, lock=True)
    response = work.get(Response, response_id, lock=True, version=version)
    _close_if_overdue(work, hearing)
    hearing.require_closed()
    response.take_answer(outcome, text, by=work.principal.id, at=work.now)


def conclude_hearing(
    work: UnitOfWork, hearing_id: UUID, *, conclusion: str, version: int | None = None
) -> None:
    """Conclude a hearing; every response's answer goes out.

    The same conclusion again changes nothing.
    """
    hearing = work.get(Hearing, hearing_id, lock=True, version=version)
    if hearing.status is HearingStatus.CONCLUDED and hearing.conclusion == conclusion:
        return
    _close_if_overdue(work, hearing)
    responses = work.session.scalars(
        select(Response)
        .where(Response.hearing_id == hearing_id)
        .order_by(Response.submitted_at, Response.id)
    ).all()
    for event in hearing.conclude(conclusion, responses, at=work.now):
        work.emit(event)
    _assess(work, hearing)


def remind_of_hearing(work: UnitOfWork, hearing_id: UUID) -> None:
    """Remind those who have not responded; once."""
    hearing = work.get(Hearing, hearing_id, lock=True)
    if hearing.status is not HearingStatus.OPEN or hearing.reminded_at is not None:
        return
    responded = select(Response.association_id).where(
        Response.hearing_id == hearing_id, Response.association_id.is_not(None)
    )
    silent = work.session.scalars(
        select(Invitation.association_id)
        .join(Association, Association.id == Invitation.association_id)
        .where(
            Invitation.hearing_id == hearing_id,
            Association.published,
            Invitation.association_id.not_in(responded),
        )
        .order_by(Invitation.association_id)
    ).all()
    council_responses = work.session.scalar(
        select(func.count()).where(
            Response.hearing_id == hearing_id, Response.on_behalf_of == Party.COUNCIL
        )
    )
    council_is_silent = hearing.to_council and not council_responses
    reminder = hearing.remind(silent, council_is_silent=council_is_silent, at=work.now)
    if reminder is not None:
        work.emit(reminder)


def close_hearing(work: UnitOfWork, hearing_id: UUID) -> None:
    """Close a hearing whose deadline has passed; once."""
    hearing = work.get(Hearing, hearing_id, lock=True)
    _close_if_overdue(work, hearing)


def policy_of(work: UnitOfWork) -> Policy:
    """Return what the profile says, or the standard where it says nothing."""
    return work.find(Policy, 1) or Policy.standard()


def _close_if_overdue(work: UnitOfWork, hearing: Hearing) -> None:
    if not hearing.is_overdue(work.now):
        return
    count = work.session.scalar(select(func.count()).where(Response.hearing_id == hearing.id))
    work.emit(hearing.close(response_count=count or 0, at=work.now))


def _resolve(work: UnitOfWork, plan: HearingPlan) -> Sequence[UUID]:
    named = set(plan.audience_association_ids)
    known = set(
        work.session.scalars(
            select(Association.id).where(Association.published, Association.id.in_(named))
        )
    )
    if named - known:
        raise UnknownAssociations(association_ids=sorted(named - known))
    matches = [Association.id.in_(named)]
    if plan.audience_target_groups:
        matches.append(Association.target_groups.overlap(list(plan.audience_target_groups)))
    reached = select(Association.id).where(Association.published).order_by(Association.id)
    if not plan.audience_all:
        reached = reached.where(or_(*matches))
    return work.session.scalars(reached).all()


def _require_speaks_for(work: UnitOfWork, on_behalf_of: Party, association_id: UUID | None) -> None:
    if association_id is not None:
        require_acts_for(work, association_id, at_least="editor")
        return
    work.principal.permit()
    if on_behalf_of is not Party.COUNCIL or not is_on_council(work):
        raise Forbidden(f"Only members of the {Body.COUNCIL} respond for it.")


def _require_addressed(work: UnitOfWork, hearing: Hearing, association_id: UUID | None) -> None:
    if association_id is None:
        addressed = hearing.to_council
    else:
        addressed = work.find(Invitation, (hearing.id, association_id)) is not None
    if not addressed:
        raise NotInvited


def _assess(work: UnitOfWork, hearing: Hearing) -> None:
    years = {local_year(at) for at in (hearing.closes_at, hearing.concluded_at) if at is not None}
    if hearing.to_council:
        assess(work, ProofKind.HEARING, years)
