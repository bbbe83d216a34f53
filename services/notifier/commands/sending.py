"""The sender: takes queued mails in hand, writes them, hands them over and keeps the account.

::

    COMMIT claim ─► write ─► MAIL, RCPT, DATA, message ─► COMMIT transmitting ─► final dot ─► 250 ─►
    COMMIT sent + event
       │ killed here: goes again at once, nothing was taken    │ killed here: uncertain, on record
               │

Several connections work side by side, and several processes may. Each process holds an advisory
lock while it sends: when it dies the lock goes with it, and what it had in hand is freed at once,
or, where the final dot may have gone, when its lease is over.
"""

import math
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis import clock, telemetry
from chassis.auth import Principal
from chassis.database import Database, UnitOfWork, crash_point
from chassis.events import Event
from services.notifier.commands import smtp
from services.notifier.commands.wording import COPENHAGEN
from services.notifier.commands.writing import Contact, Mail, Undeliverable, Writer
from services.notifier.model import (
    ClaimLost,
    Delivery,
    DeliveryStatus,
    NotifierSettings,
    Office,
    Person,
    Preference,
    Subscription,
)

log = telemetry.logger(__name__)

LOCK_SPACE: Final = 7_237
RUN_SECONDS: Final = 20.0
# A connection pays for its greeting after a few mails.
MAILS_PER_CONNECTION: Final = 4
SETTLE_SECONDS: Final = 60.0
BUSY: Final = 200

_HOLDER_IS_GONE: Final = text(
    "NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND classid::bigint = :lock_space AND objid::bigint = delivery.claimed_by"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
).bindparams(lock_space=LOCK_SPACE)


@dataclass(frozen=True)
class Job:
    """A mail in hand: what it says, to whom, and the secret of their unsubscription link."""

    delivery: Delivery
    person: Person | Subscription
    token: str


class Sender:
    """Sends what is due. Made anew for each run; connections live as long as a run."""

    def __init__(
        self, database: Database, settings: NotifierSettings, stop: threading.Event
    ) -> None:
        self._database = database
        self._settings = settings
        self._stop = stop
        self._id = secrets.randbelow(2**31 - 1) + 1
        self._contact: Contact | None = None
        self._tls = smtp.tls_context() if settings.server.scheme != "smtp" else None

    def run(self) -> bool:
        """Send what is due for up to twenty seconds; return whether there is probably more."""
        with self._database.reading() as session:
            due, stuck = _waiting(session)
        if not due and not stuck:
            return False
        with self._database.dedicated("mail") as connection:
            connection.execute("SELECT pg_advisory_lock(%s, %s)", (LOCK_SPACE, self._id))
            if stuck:
                due += self._free_stuck()
            self._send_all(due)
        return due >= BUSY

    # Many

    def _send_all(self, due: int) -> None:
        lines = min(self._settings.smtp_connections, math.ceil(due / MAILS_PER_CONNECTION))
        end = time.monotonic() + RUN_SECONDS
        if lines <= 1:
            self._send_one_by_one(end)
            return
        with ThreadPoolExecutor(lines, thread_name_prefix="notifier-mail") as pool:
            running = [pool.submit(self._send_one_by_one, end) for _ in range(lines)]
        for each in running:
            each.result()

    def _send_one_by_one(self, end: float) -> None:
        """Send mail after mail over one connection, until none is due or the run is over."""
        connection: smtp.Connection | None = None
        try:
            while not self._stop.is_set() and time.monotonic() < end:
                job = self._take()
                if job is None:
                    return
                delivery = job.delivery
                with telemetry.tracing(
                    correlation_id=delivery.correlation_id,
                    causation_id=str(delivery.event_id),
                    traceparent=None,
                    actor=f"service:{self._database.service}",
                ):
                    crash_point("mail_claimed")
                    connection = self._send(job, connection)
        finally:
            if connection is not None:
                connection.close()

    # One

    def _take(self) -> Job | None:
        """Take the next mail in hand; settle at once those that are not to be sent."""
        while not self._stop.is_set():
            with self._unit() as work:
                delivery = work.session.scalars(_next_due(work)).one_or_none()
                if delivery is None:
                    return None
                delivery.claim(self._id)
                job = self._examine(work, delivery)
            if job is not None:
                return job
        return None

    def _examine(self, work: UnitOfWork, delivery: Delivery) -> Job | None:
        """Decide whether a mail is to be sent now; None where it was settled otherwise."""
        if delivery.kind.to_subscriber:
            return self._examine_subscribed(work, delivery)
        # Locked, so that two connections count one person's mails after each other.
        person = work.find(Person, delivery.person_id, lock=True)
        if person is None:
            # Its event is on its way from the directory.
            event = delivery.postpone(
                self._id, reason="the recipient is not known yet", at=work.now
            )
            _emit(work, event)
            return None
        preference = work.find(Preference, delivery.person_id) if delivery.news else None
        if person.erased:
            delivery.suppress(self._id, reason="the person was erased")
        elif preference is not None and not preference.news:
            delivery.suppress(self._id, reason="the person wants no news")
        elif delivery.is_expired(at=work.now):
            delivery.suppress(self._id, reason="what it says has expired")
        elif self._has_had_enough(work, delivery):
            delivery.defer(self._id, until=work.now + timedelta(minutes=5))
        else:
            return Job(delivery, person, preference.token if preference else "")
        return None

    def _examine_subscribed(self, work: UnitOfWork, delivery: Delivery) -> Job | None:
        """The same of a mail to an address that asked for it."""
        subscription = work.find(Subscription, delivery.person_id, lock=True)
        if subscription is None or subscription.ended_at is not None:
            delivery.suppress(self._id, reason="nobody subscribes any more")
        elif delivery.is_expired(at=work.now):
            delivery.suppress(self._id, reason="what it says has expired")
        elif self._has_had_enough(work, delivery):
            delivery.defer(self._id, until=work.now + timedelta(minutes=5))
        else:
            return Job(delivery, subscription, subscription.token)
        return None

    def _has_had_enough(self, work: UnitOfWork, delivery: Delivery) -> bool:
        sent = work.session.execute(
            select(func.count()).where(
                Delivery.person_id == delivery.person_id,
                Delivery.id != delivery.id,
                or_(
                    Delivery.sent_at > work.now - timedelta(hours=1),
                    Delivery.status == DeliveryStatus.SENDING,
                ),
            )
        ).scalar_one()
        return sent >= self._settings.mails_per_hour

    def _send(self, job: Job, connection: smtp.Connection | None) -> smtp.Connection | None:
        """Write, hand over and settle one mail; return the connection where it is still good."""
        delivery = job.delivery
        mail = self._write(job)
        if mail is None:
            return connection
        reused = connection is not None
        try:
            try:
                connection = self._hand_over(mail, delivery, connection)
            except smtp.Disturbed as error:
                if not (reused and error.connection_broken):
                    raise
                # The server had closed a connection it had grown tired of: that is not the mail's
                # fault.
                connection = self._hand_over(mail, delivery, None)
        except smtp.Refused as error:
            reason = str(error)
            self._settle(delivery, lambda found, _: found.refuse(self._id, reason=reason))
            self._tell("mail refused", delivery, reason=reason)
        except smtp.Disturbed as error:
            self._try_later(delivery, str(error))
        except smtp.Unknown as error:
            self._lose(delivery, str(error))
        except ClaimLost:
            self._tell("mail taken over by another sender", delivery)
        else:
            crash_point("mail_accepted")
            self._settle(delivery, lambda found, work: found.accept(self._id, at=work.now))
            crash_point("mail_settled")
            self._tell("mail sent", delivery)
        return connection if connection is not None and connection.is_open else None

    def _write(self, job: Job) -> Mail | None:
        """Write the mail; settle it where that fails, so that a bad one harms nobody else."""
        delivery = job.delivery
        writer = writer_for(self._settings)
        try:
            return writer.write(
                delivery, job.person, contact=self._contact_person(writer), token=job.token
            )
        except Undeliverable as error:
            reason = str(error)
            self._settle(delivery, lambda found, _: found.refuse(self._id, reason=reason))
            self._tell("mail refused", delivery, reason=reason)
        except Exception as error:
            log.exception("mail could not be written", delivery_id=str(delivery.id))
            self._try_later(delivery, f"could not be written: {type(error).__name__}")
        return None

    def _hand_over(
        self, mail: Mail, delivery: Delivery, connection: smtp.Connection | None
    ) -> smtp.Connection:
        given = connection is not None
        connection = connection or smtp.Connection(
            self._settings.server, name=writer_for(self._settings).host, tls=self._tls
        )
        try:
            connection.start_clock()
            connection.send(
                sender=mail.sender,
                recipient=mail.recipient,
                content=mail.content,
                about_to_end=lambda: self._about_to_end(delivery),
            )
        except BaseException:
            if not given:
                # Nobody else knows of it.
                connection.close()
            raise
        return connection

    def _about_to_end(self, delivery: Delivery) -> None:
        crash_point("mail_before_dot")
        with self._unit() as work:
            found = work.get(Delivery, delivery.id, lock=True)
            found.transmit(self._id)
        crash_point("mail_transmitting")

    # Settling

    def _try_later(self, delivery: Delivery, reason: str) -> None:
        self._settle(
            delivery, lambda found, work: found.postpone(self._id, reason=reason, at=work.now)
        )
        self._tell("mail waits", delivery, level="warning", reason=reason)

    def _lose(self, delivery: Delivery, reason: str) -> None:
        resend = delivery.uncertain_policy(self._settings.uncertain_mail)

        def lose(found: Delivery, work: UnitOfWork) -> None:
            found.lose(self._id, reason=reason, resend=resend, at=work.now)

        self._settle(delivery, lose)
        self._tell("mail uncertain", delivery, level="error", reason=reason, sent_again=resend)

    def _settle(
        self, delivery: Delivery, change: Callable[[Delivery, UnitOfWork], Event | None]
    ) -> None:
        """Write down what became of a mail; only this process knows, so it is patient."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                with self._unit() as work:
                    found = work.get(Delivery, delivery.id, lock=True)
                    _emit(work, change(found, work))
                return
            except ClaimLost:
                return
            except DBAPIError:
                if time.monotonic() > end:
                    raise
                self._stop.wait(0.5)

    def _free_stuck(self) -> int:
        """Take mails from senders that died; return how many."""
        with telemetry.tracing(), self._unit() as work:
            stuck = work.session.scalars(
                select(Delivery).where(_is_stuck()).limit(BUSY).with_for_update(skip_locked=True)
            ).all()
            for delivery in stuck:
                resend = delivery.uncertain_policy(self._settings.uncertain_mail)
                _emit(work, delivery.free(resend=resend, at=work.now))
                level = "error" if delivery.status == DeliveryStatus.UNCERTAIN else "warning"
                self._tell("mail freed from a dead sender", delivery, level=level)
        return len(stuck)

    def _contact_person(self, writer: Writer) -> Contact:
        """Who signs: who holds the contact person's office, else the deputy; read once a run."""
        if self._contact is None:
            title = writer.contact().title
            today = clock.now().astimezone(COPENHAGEN).date()
            with self._database.reading() as session:
                name = session.execute(
                    select(Office.person_name)
                    .where(
                        Office.body == "coordinator",
                        Office.ended.is_(False),
                        Office.starts_on <= today,
                        or_(Office.ends_on.is_(None), Office.ends_on >= today),
                    )
                    .order_by(
                        Office.is_deputy,
                        case((Office.title == title, 0), else_=1),
                        Office.starts_on,
                    )
                    .limit(1)
                ).scalar()
            self._contact = writer.contact(name or "")
        return self._contact

    def _unit(self) -> Any:
        return self._database.unit_of_work(Principal.of_service(self._database.service))

    def _tell(self, what: str, delivery: Delivery, *, level: str = "info", **facts: Any) -> None:
        getattr(log, level)(
            what,
            service=self._database.service,
            delivery_id=str(delivery.id),
            template=delivery.template,
            attempts=delivery.attempts,
            **facts,
        )


@lru_cache(maxsize=8)
def writer_for(settings: NotifierSettings) -> Writer:
    """Return the writer of a municipality; its profile is read once."""
    return Writer(settings.profile, public_url=settings.public_url, mail_from=settings.mail_from)


def _waiting(session: Session) -> tuple[int, int]:
    """Count what is due and what is stuck, up to what makes a busy run."""
    due = select(Delivery.id).where(_is_due()).limit(BUSY).subquery()
    stuck = select(Delivery.id).where(_is_stuck()).limit(BUSY).subquery()
    row = session.execute(
        select(
            select(func.count()).select_from(due).scalar_subquery(),
            select(func.count()).select_from(stuck).scalar_subquery(),
        )
    ).one()
    return row[0], row[1]


def _next_due(work: UnitOfWork) -> Any:
    return (
        select(Delivery)
        .where(_is_due(work.now))
        .order_by(Delivery.rank, Delivery.next_attempt_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _is_due(now: Any = None) -> ColumnElement[bool]:
    return and_(
        Delivery.status == DeliveryStatus.QUEUED, Delivery.next_attempt_at <= (now or clock.now())
    )


def _is_stuck() -> ColumnElement[bool]:
    over = Delivery.lease_until < func.clock_timestamp()
    untaken = and_(Delivery.transmitting_at.is_(None), _HOLDER_IS_GONE)
    return and_(Delivery.status == DeliveryStatus.SENDING, or_(over, untaken))


def _emit(work: UnitOfWork, event: Event | None) -> None:
    if event is not None:
        work.emit(event)
