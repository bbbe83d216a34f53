"""Use cases of the volunteer centre's part: the agreement, who says no, the calls (N29)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, or_, select

from chassis.database import UnitOfWork
from chassis.problems import FieldError, Invalid, Stale
from services.directory.commands.history import recorded, speaks_for
from services.directory.model import (
    Association,
    AssociationStatus,
    Call,
    CallOutcome,
    ChangeKind,
    EditingAgreement,
    today,
)
from services.directory.model.problems import (
    AgreementOverlaps,
    IdTaken,
    NotDelegated,
    WrongState,
)

IDENTITY: Final = ("name", "cvr", "form")


def require_delegated(
    work: UnitOfWork, association: Association, changes: Mapping[str, Any] | None = None
) -> None:
    """See that the centre may keep this record so, where it is the centre that acts.

    It keeps the description. Who an association is, its name, number and form, is the association's
    own to say. Raises :class:`NotDelegated` for that, where no agreement is in force, and where the
    association said no.
    """
    who = work.principal
    if not who.has("centre") or who.has("coordinator") or who.own(association.id):
        return
    if not association.centre_may_edit:
        raise NotDelegated("The association keeps its record itself.", reason="declined")
    in_force = EditingAgreement.in_force_on(today(work.now))
    if work.session.scalar(select(EditingAgreement.id).where(in_force).limit(1)) is None:
        raise NotDelegated("No agreement with the centre is in force.", reason="no-agreement")
    given = changes or {}
    if any(
        given.get(name, getattr(association, name)) != getattr(association, name)
        for name in IDENTITY
    ):
        raise NotDelegated("Name, number and form are the association's own.", reason="identity")


def choose_delegation(
    work: UnitOfWork, association_id: UUID, *, version: int | None, centre_may_edit: bool
) -> Association:
    """Let an association say whether the centre may keep its record for it."""
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, version=version, lock=True)
    if association.centre_may_edit != centre_may_edit:
        with recorded(work, association, ChangeKind.DELEGATED):
            association.centre_may_edit = centre_may_edit
    return association


def put_agreement(
    work: UnitOfWork,
    agreement_id: UUID,
    *,
    starts_on: date,
    ends_on: date | None,
    freshness_target: int,
    version: int | None = None,
) -> tuple[EditingAgreement, bool]:
    """Agree with the centre, or change what was agreed; return it, and whether it is new.

    Raises :class:`AgreementOverlaps`: on one day there is one target.
    """
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(errors=[FieldError("/ends_on", "Must not be before starts_on.")])
    # Two at once: the second waits here and then sees the first.
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext("editing_agreement"))))
    _require_free_days(work, agreement_id, starts_on, ends_on)
    wanted = (starts_on, ends_on, freshness_target)
    agreement = work.find(EditingAgreement, agreement_id)
    if agreement is None:
        if version is not None:
            raise Stale
        agreement = work.add(
            EditingAgreement(
                id=agreement_id,
                starts_on=starts_on,
                ends_on=ends_on,
                freshness_target=freshness_target,
            )
        )
        work.session.flush()
        work.emit(agreement.make())
        return agreement, True
    work.get(EditingAgreement, agreement_id, version=version)
    if (agreement.starts_on, agreement.ends_on, agreement.freshness_target) != wanted:
        agreement.starts_on, agreement.ends_on, agreement.freshness_target = wanted
        work.emit(agreement.make())
    return agreement, False


def adopt_agreement(work: UnitOfWork, stated: dict[str, Any] | None) -> None:
    """Take the profile's agreement, once: one that exists is left as it is."""
    id_ = uuid5(NAMESPACE_URL, "samspil:editing-agreement")
    if stated is not None and work.session.scalar(select(EditingAgreement.id).limit(1)) is None:
        put_agreement(
            work,
            id_,
            starts_on=stated["starts_on"],
            ends_on=stated.get("ends_on"),
            freshness_target=stated["freshness_target"],
        )


def record_call(
    work: UnitOfWork, call_id: UUID, *, association_id: UUID, outcome: CallOutcome, note: str
) -> tuple[Call, bool]:
    """Keep what came of a phone call; return it, and whether it is new.

    Where they said that all is right, the record is confirmed on their behalf. That an association
    is no more is the coordinator's to settle, so it stays on the list until then. Raises
    :class:`NotDelegated`, :class:`WrongState`, :class:`IdTaken`.
    """
    association = work.get(Association, association_id, lock=True)
    known = work.find(Call, call_id)
    if known is not None:
        same = (known.association_id, known.outcome, known.note) == (association_id, outcome, note)
        if not same:
            raise IdTaken
        return known, False
    if association.status is not AssociationStatus.PUBLISHED:
        raise WrongState(f"It is {association.status.value}.", current=association.status.value)
    require_delegated(work, association)
    on_behalf = speaks_for(work, association_id)
    call = work.add(
        Call(
            id=call_id,
            association_id=association_id,
            person_id=work.principal.id,
            on_behalf=on_behalf,
            outcome=outcome,
            note=note,
            at=work.now,
        )
    )
    if outcome is CallOutcome.CONFIRMED:
        with recorded(work, association, ChangeKind.CONFIRMED):
            work.emit(association.confirm(at=work.now, by=on_behalf))
    return call, True


def _require_free_days(
    work: UnitOfWork, agreement_id: UUID, starts_on: date, ends_on: date | None
) -> None:
    other = select(EditingAgreement.id).where(
        EditingAgreement.id != agreement_id,
        or_(EditingAgreement.ends_on.is_(None), EditingAgreement.ends_on >= starts_on),
    )
    if ends_on is not None:
        other = other.where(EditingAgreement.starts_on <= ends_on)
    if work.session.scalar(other.limit(1)) is not None:
        raise AgreementOverlaps
