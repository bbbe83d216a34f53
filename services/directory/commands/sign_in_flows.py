"""Use cases of signing in through an identity provider: begin, finish, and who it is here."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import telemetry
from chassis.database import UnitOfWork
from chassis.events import new_id
from services.directory.commands.identity_provider import Identified
from services.directory.commands.limits import count_attempt
from services.directory.commands.sign_in import open_session
from services.directory.model import (
    FLOW_MINUTES,
    Identity,
    Person,
    SignInFlow,
    SignInSession,
    digest,
    email_key,
    new_secret,
)

log = telemetry.logger(__name__)


def begin_flow(work: UnitOfWork, *, browser: str, client: str, limit_factor: int) -> SignInFlow:
    """Begin a visit to the identity provider. Raises TooMany."""
    count_attempt(work, "sign-in-client", client, factor=limit_factor)
    return work.add(
        SignInFlow(
            id=new_id(),
            salt=new_secret(),
            browser_hash=digest(browser),
            expires_at=work.now + timedelta(minutes=FLOW_MINUTES),
        )
    )


def finish_flow(work: UnitOfWork, flow_id: UUID, *, state: str, browser: str) -> SignInFlow | None:
    """Use a visit up; None where it is over, or the answer is not for this browser."""
    flow = work.session.scalar(select(SignInFlow).where(SignInFlow.id == flow_id).with_for_update())
    is_good = flow is not None and flow.is_finished_by(state=state, browser=browser, at=work.now)
    return flow if is_good else None


def sign_in_as(work: UnitOfWork, identified: Identified) -> tuple[SignInSession, str] | None:
    """Open a session for whom the provider vouches for; None where it is nobody we know.

    Who was here before is known by the subject. The first time a verified address must be that of
    a person in the register; the subject is theirs from then on.
    """
    person_id = _person_of(work, identified) or _person_at_address(work, identified)
    if person_id is None:
        log.warning(
            "sign-in through the identity provider refused",
            reason="nobody here has this subject, or this verified address",
        )
        return None
    seen = identified.authenticated_at
    return open_session(
        work,
        person_id,
        # A provider's clock may be ahead of ours.
        authenticated_at=seen and min(seen, work.now),
        acr=identified.acr,
        amr=identified.amr,
    )


def _person_of(work: UnitOfWork, identified: Identified) -> UUID | None:
    # Both rows are locked: who changes address or is erased meanwhile loses the identity first, or
    # ends this session too.
    return work.session.scalar(
        select(Person.id)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.issuer == identified.issuer, Identity.subject == identified.subject)
        .with_for_update(key_share=True)
    )


def _person_at_address(work: UnitOfWork, identified: Identified) -> UUID | None:
    if identified.email is None:
        return None
    person_id = work.session.scalar(
        select(Person.id)
        .where(Person.email_key == email_key(identified.email))
        .with_for_update(key_share=True)
    )
    if person_id is not None:
        # Two first visits at once: the other has stored the same.
        work.session.execute(
            insert(Identity)
            .values(
                id=new_id(),
                person_id=person_id,
                issuer=identified.issuer,
                subject=identified.subject,
                linked_at=work.now,
            )
            .on_conflict_do_nothing()
        )
    return person_id
