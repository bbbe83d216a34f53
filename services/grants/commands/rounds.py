"""Rounds: prepared, announced, opened, closed and made final."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import UnitOfWork
from chassis.problems import NotFound, Stale
from services.grants.commands import conflicts, file
from services.grants.model import (
    DENMARK,
    TAKING,
    Applicant,
    Application,
    ApplicationStatus,
    Decision,
    Programme,
    Round,
    RoundStatus,
    decider_is_out,
)
from services.grants.model.problems import IdTaken, ReasonsMissing, UndecidedApplications

FROM_PROGRAMME = ("criteria", "focus_areas", "minimum_ore", "maximum_ore")


def put_round(
    work: UnitOfWork, round_id: UUID, *, version: int | None, programme_id: UUID, **body: Any
) -> bool:
    """Prepare a round, or change a draft; return whether it is new.

    What is not given comes from the programme, its maximum as far as the frame allows. Raises
    DatesOutOfOrder, AmountsOutOfOrder, WrongState once announced.
    """
    programme = work.get(Programme, programme_id)
    values = {
        name: getattr(programme, name) if name in FROM_PROGRAMME and value is None else value
        for name, value in body.items()
    }
    if body["maximum_ore"] is None:
        values["maximum_ore"] = min(programme.maximum_ore, values["frame_ore"])
    round_ = work.find(Round, round_id, lock=True)
    new = round_ is None
    if round_ is None:
        if version is not None:
            raise Stale
        round_ = work.add(
            Round(
                id=round_id,
                status=RoundStatus.DRAFT,
                allocated_ore=0,
                reminder_days=programme.reminder_days,
                programme_id=programme.id,
                **values,
            )
        )
    else:
        if round_.programme_id != programme_id:
            raise IdTaken
        same = all(getattr(round_, name) == value for name, value in values.items())
        if same:
            return False
        work.get(Round, round_id, version=version)
        round_.require(RoundStatus.DRAFT)
        for name, value in values.items():
            setattr(round_, name, value)
    round_.require_dates_in_order()
    round_.require_amounts_in_order()
    return new


def delete_round(work: UnitOfWork, round_id: UUID) -> None:
    """Throw a draft away."""
    round_ = work.get(Round, round_id, lock=True)
    round_.require(RoundStatus.DRAFT)
    work.session.delete(round_)


def announce_round(work: UnitOfWork, round_id: UUID) -> Round:
    """Announce a round; announcing it twice is the same as once."""
    round_ = work.get(Round, round_id, lock=True)
    if round_.status in (RoundStatus.ANNOUNCED, RoundStatus.OPEN):
        return round_
    programme = work.get(Programme, round_.programme_id)
    work.emit(round_.announce(programme, at=work.now))
    return round_


def open_round(work: UnitOfWork, round_id: UUID) -> None:
    """Open a round whose time has come, and is not over."""
    round_ = work.get(Round, round_id, lock=True)
    if round_.status is RoundStatus.ANNOUNCED and round_.opens_at <= work.now < round_.ends_at:
        work.emit(round_.open())


def remind_of_closing(work: UnitOfWork, round_id: UUID) -> None:
    """Tell that a round closes soon, and who has an unfinished draft; once."""
    round_ = work.get(Round, round_id, lock=True)
    if round_.reminded_at is not None or round_.status is not RoundStatus.OPEN:
        return
    drafts = work.session.scalars(
        select(Application.association_id)
        .where(Application.round_id == round_id, Application.status == ApplicationStatus.DRAFT)
        .distinct()
        .order_by(Application.association_id)
    )
    work.emit(round_.remind(tuple(drafts), at=work.now))


def close_round(work: UnitOfWork, round_id: UUID) -> None:
    """Close a round whose deadline has passed.

    Handing in locks the same row, so what the event counts is what came in.
    """
    round_ = work.get(Round, round_id, lock=True)
    if round_.status not in TAKING or work.now < round_.ends_at:
        return
    count, applied = work.session.execute(
        select(func.count(), func.coalesce(func.sum(Application.amount_ore), 0)).where(
            Application.round_id == round_id,
            Application.status == ApplicationStatus.SUBMITTED,
        )
    ).one()
    work.emit(round_.close(application_count=count, applied_ore=int(applied)))
    conflicts.presume(work, round_id=round_id)


def decide_round(work: UnitOfWork, round_id: UUID) -> Round:
    """Make a round's decisions final: every letter and the public awards, in one transaction.

    Raises :class:`UndecidedApplications` and :class:`ReasonsMissing` (forvaltningsloven § 22).
    """
    round_ = work.get(Round, round_id, lock=True)
    if round_.status is RoundStatus.DECIDED:
        return round_
    round_.require(RoundStatus.CLOSED, RoundStatus.RECOMMENDED)
    programme = work.get(Programme, round_.programme_id)
    conflicts.presume(work, round_id=round_id)
    applications = work.session.scalars(
        select(Application)
        .where(
            Application.round_id == round_id,
            Application.status == ApplicationStatus.SUBMITTED,
        )
        .order_by(Application.case_number)
        .with_for_update()
    ).all()
    decisions = {
        decision.application_id: decision
        for decision in work.session.scalars(
            # What somebody decided who takes no part in the case, somebody else decides again.
            select(Decision).where(Decision.round_id == round_id, ~decider_is_out())
        )
    }
    undecided = [each.id for each in applications if each.id not in decisions]
    if undecided:
        raise UndecidedApplications(application_ids=conflicts.visible_ids(work, undecided))
    silent = [each.id for each in applications if decisions[each.id].needs_reasons(each)]
    if silent:
        raise ReasonsMissing(
            "Say for each of these which rules apply and what weighed most.",
            application_ids=conflicts.visible_ids(work, silent),
        )
    granted = sum(decisions[each.id].granted_ore for each in applications)
    if granted != round_.allocated_ore:
        message = f"round {round_id}: {granted} øre granted, {round_.allocated_ore} allocated"
        raise AssertionError(message)
    today = local_day(work.now)
    names = _names(work, applications)
    for application in applications:
        decision = decisions[application.id]
        application.status = ApplicationStatus.DECIDED
        work.emit(
            decision.send(
                application,
                round_,
                programme,
                association_name=names.get(application.association_id, ""),
                on=today,
                at=work.now,
            )
        )
        file.note(work, application.id, "decision", "Afgørelsen er truffet, og brevet er sendt.")
    awards = sum(decisions[each.id].granted_ore > 0 for each in applications)
    work.emit(round_.decide(on=today, award_count=awards, application_count=len(applications)))
    return round_


def local_day(at: datetime) -> Any:
    """The day it is in Denmark."""
    return at.astimezone(DENMARK).date()


def _names(work: UnitOfWork, applications: Any) -> dict[UUID, str]:
    ids = {each.association_id for each in applications}
    named = select(Applicant.id, Applicant.shown_name().label("name"))
    rows = work.session.execute(named.where(Applicant.id.in_(ids)))
    return {row.id: row.name for row in rows}


def require_public(round_: Round | None, *, sees_drafts: bool) -> Round:
    """Return a round the caller may see. Raises :class:`NotFound`."""
    if round_ is None or (round_.status is RoundStatus.DRAFT and not sees_drafts):
        raise NotFound(kind="round")
    return round_
