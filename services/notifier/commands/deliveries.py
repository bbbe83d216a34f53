"""Queueing mails, and what people decide about single ones."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import telemetry
from chassis.database import UnitOfWork
from chassis.events import new_id
from services.notifier.commands.preferences import wishes
from services.notifier.model import TEMPLATES, About, Delivery, DeliveryStatus


class To(Protocol):
    """Whom a mail goes to; see ``queries.Recipient``."""

    @property
    def person_id(self) -> UUID:
        """The person."""

    @property
    def association_ids(self) -> tuple[UUID, ...]:
        """The associations they are written to for."""

    @property
    def associations(self) -> tuple[str, ...]:
        """The names of these."""

    @property
    def by_office(self) -> bool:
        """Whether it is because of an office or their own deed, which is never news."""


def queue(
    work: UnitOfWork,
    template: str,
    recipients: Sequence[To],
    *,
    about: About,
    content: Mapping[str, Any],
) -> None:
    """Queue a mail to each recipient because of the event in hand.

    The same event never queues the same mail to the same person twice. Who does not want news has
    it kept as suppressed, so that the account says why they got none.
    """
    if not recipients:
        return
    trace = telemetry.trace()
    event_id = UUID(trace.causation_id) if trace.causation_id else new_id()
    kind = TEMPLATES[template]
    to_news = {
        each.person_id
        for each in recipients
        if kind.news and not kind.to_subscriber and not each.by_office
    }
    wanted = wishes(work, to_news)
    rows = []
    for each in recipients:
        unwanted = not wanted.get(each.person_id, True)
        rows.append(
            {
                "id": new_id(),
                "event_id": event_id,
                "template": template,
                "person_id": each.person_id,
                "association_ids": list(each.association_ids),
                "about_kind": about.kind,
                "about_id": about.id,
                # Who subscribed asked for it; they can stop it all the same.
                "news": each.person_id in to_news or (kind.news and kind.to_subscriber),
                "content": {**content, "associations": list(each.associations)},
                "correlation_id": trace.correlation_id,
                "rank": kind.rank,
                "status": DeliveryStatus.SUPPRESSED if unwanted else DeliveryStatus.QUEUED,
                "error": "the person wants no news" if unwanted else None,
                "attempts": 0,
                "created_at": work.now,
                "next_attempt_at": work.now,
                "version": 1,
            }
        )
    work.session.execute(insert(Delivery).on_conflict_do_nothing(), rows)
    work.wake_workers()


def resend(work: UnitOfWork, delivery_id: UUID) -> Delivery:
    """Send a mail again that failed or is uncertain. Raises :class:`DeliveryNotResendable`."""
    delivery = work.get(Delivery, delivery_id, lock=True)
    delivery.resend(at=work.now)
    work.wake_workers()
    return delivery


def confirm(work: UnitOfWork, delivery_id: UUID) -> Delivery:
    """Note that an uncertain mail arrived. Raises :class:`DeliveryNotUncertain`."""
    delivery = work.get(Delivery, delivery_id, lock=True)
    event = delivery.confirm(at=work.now)
    if event is not None:
        work.emit(event)
    return delivery


def doubt_waiting(work: UnitOfWork) -> int:
    """Hold back every mail that waits, because it may have left; return how many.

    After a restore: what was queued then has most likely been sent since, and a person gets each
    mail at most once (P6).
    """
    waiting = Delivery.status.in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING))
    found = work.session.scalars(select(Delivery).where(waiting).with_for_update()).all()
    for delivery in found:
        delivery.doubt(reason="the database was restored: it may have left before", at=work.now)
    return len(found)
