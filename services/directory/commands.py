"""What the directory does: use cases that change state. Never commits, never sees HTTP."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import delete, func, insert, select, text, update

from chassis.auth import Principal
from chassis.database import Database, UnitOfWork
from chassis.erasure import redact
from chassis.events import new_id
from chassis.problems import FieldError, Invalid, NotFound, TooMany
from contracts.values import Body
from services.directory.model import (
    KEY_LIFE,
    LINK_MINUTES,
    AlreadyMember,
    AlreadyRegistered,
    Association,
    AssociationStatus,
    Attempt,
    CvrTaken,
    EmailTaken,
    IdTaken,
    LastAdministrator,
    Membership,
    MembershipRole,
    Office,
    Person,
    SignInFailed,
    SigningKey,
    SignInLink,
    SignInSession,
    Vocabulary,
    digest,
    email_key,
    new_secret,
    old_rows,
    today,
)

LIMITS: Final[Mapping[str, tuple[int, timedelta]]] = {
    "sign-in-address": (6, timedelta(minutes=15)),
    "sign-in-client": (60, timedelta(minutes=15)),
    "register-client": (60, timedelta(hours=1)),
    "register-address": (10, timedelta(hours=1)),
}
REGISTRATION_FIELDS: Final = (
    "name",
    "cvr",
    "form",
    "purpose",
    "target_groups",
    "area",
    "website",
    "phone",
    "public_email",
    "volunteers_wanted",
)


# --- limits


def count_attempt(work: UnitOfWork, kind: str, key: str, *, factor: int = 1) -> None:
    """Count one attempt. Raises :class:`TooMany` over the limit of its kind.

    The advisory lock makes racing attempts of one key count one after the other.
    """
    most, window = LIMITS[kind]
    hashed = hashlib.sha256(f"{kind}:{key}".encode()).hexdigest()
    lock = int(hashed[:15], 16)
    work.session.execute(select(func.pg_advisory_xact_lock(lock)))
    since = work.now - window
    count = work.session.scalar(
        select(func.count()).where(Attempt.kind == kind, Attempt.key == hashed, Attempt.at > since)
    )
    if (count or 0) >= most * factor:
        raise TooMany(
            "Too many attempts. Wait a while, then try again.",
            retry_after=int(window.total_seconds() // 3),
        )
    work.session.execute(insert(Attempt).values(id=new_id(), kind=kind, key=hashed, at=work.now))


# --- associations


def register_association(
    work: UnitOfWork,
    association_id: UUID,
    *,
    contact: Mapping[str, str],
    language: str,
    client: str,
    limit_factor: int,
    **description: Any,
) -> tuple[Association, bool]:
    """Register an association with its contact; return it, and whether it is new.

    The same registration again changes nothing. Raises :class:`AlreadyRegistered` where the id has
    other content, :class:`CvrTaken`, :class:`TooMany`.
    """
    known = work.find(Association, association_id)
    if known is not None:
        person = work.get(Person, known.contact_person_id)
        same = all(getattr(known, name) == description[name] for name in REGISTRATION_FIELDS)
        if not same or person.email_key != email_key(contact["email"]):
            raise AlreadyRegistered
        return known, False
    count_attempt(work, "register-client", client, factor=limit_factor)
    count_attempt(work, "register-address", email_key(contact["email"]))
    _require_words(work, target_groups=description["target_groups"], area=description["area"])
    _require_free_cvr(work, description["cvr"])
    person = know_person(work, name=contact["name"], email=contact["email"], language=language)
    association = work.add(
        Association(id=association_id, contact_person_id=person.id, **description)
    )
    work.emit(association.register(at=work.now))
    work.session.flush()
    membership = work.add(
        Membership(
            id=new_id(),
            association_id=association.id,
            person_id=person.id,
            role=MembershipRole.ADMINISTRATOR,
            leads=True,
            is_contact=True,
            granted_at=work.now,
        )
    )
    work.emit(membership.grant())
    return association, True


def approve_association(work: UnitOfWork, association_id: UUID) -> Association:
    """Take an association into the vejviser; approving it twice is the same as once."""
    association = work.get(Association, association_id, lock=True)
    if association.status is not AssociationStatus.PUBLISHED:
        work.emit(association.approve(at=work.now))
    return association


def reject_association(work: UnitOfWork, association_id: UUID, *, reason: str) -> Association:
    """Refuse a registration."""
    association = work.get(Association, association_id, lock=True)
    work.emit(association.reject(reason=reason))
    return association


def close_association(work: UnitOfWork, association_id: UUID, *, reason: str) -> Association:
    """Close an association; closing it twice is the same as once."""
    association = work.get(Association, association_id, lock=True)
    if association.status is not AssociationStatus.CLOSED:
        work.emit(association.close(at=work.now, reason=reason))
    return association


def describe_association(
    work: UnitOfWork, association_id: UUID, *, version: int | None, changes: dict[str, Any]
) -> Association:
    """Change an association's description of itself. Raises :class:`CvrTaken`, Stale."""
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, version=version, lock=True)
    _require_words(
        work,
        target_groups=changes.get("target_groups", association.target_groups),
        area=changes.get("area", association.area),
    )
    if changes.get("cvr") and changes["cvr"] != association.cvr:
        _require_free_cvr(work, changes["cvr"])
    event = association.describe(changes, at=work.now)
    if event is not None:
        work.emit(event)
    return association


def flag_bounce(work: UnitOfWork, person_id: UUID) -> None:
    """Note on every association of a contact that mail to them does not arrive."""
    contacts = select(Membership.association_id).where(
        Membership.person_id == person_id,
        Membership.is_contact,
        Membership.ended_at.is_(None),
    )
    work.session.execute(
        update(Association).where(Association.id.in_(contacts)).values(contact_bounced_at=work.now)
    )


def _require_free_cvr(work: UnitOfWork, cvr: str | None) -> None:
    if cvr is None:
        return
    # Two registrations of one number at once: the second waits here and then sees the first.
    work.session.execute(select(func.pg_advisory_xact_lock(int(cvr))))
    taken = work.session.scalar(
        select(Association.id).where(
            Association.cvr == cvr,
            Association.status.in_([AssociationStatus.REGISTERED, AssociationStatus.PUBLISHED]),
        )
    )
    if taken is not None:
        raise CvrTaken


def _require_words(work: UnitOfWork, *, target_groups: list[str], area: str) -> None:
    words = work.session.scalar(select(Vocabulary.value).where(Vocabulary.key == "words")) or {}
    errors = []
    known = {word["key"] for word in words.get("target_groups", ())}
    errors += [
        FieldError(f"/target_groups/{index}", "Is not one of the target groups in use here.")
        for index, word in enumerate(target_groups)
        if word not in known
    ]
    if area not in {word["key"] for word in words.get("areas", ())}:
        errors.append(FieldError("/area", "Is not one of the areas in use here."))
    if errors:
        raise Invalid(errors=errors)


# --- people, memberships, offices


def know_person(
    work: UnitOfWork, *, name: str, email: str, language: str = "da", id_: UUID | None = None
) -> Person:
    """Return the person with this address, whatever name was given, or a new one."""
    key = email_key(email)
    work.session.execute(
        select(func.pg_advisory_xact_lock(int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)))
    )
    person = work.session.scalar(select(Person).where(Person.email_key == key))
    if person is None:
        person = work.add(
            Person(
                id=id_ or new_id(),
                name=name,
                email=email,
                email_key=key,
                language=language,
                registered_at=work.now,
            )
        )
        work.session.flush()
        work.emit(person.register())
    return person


def change_person(
    work: UnitOfWork, person_id: UUID, *, version: int | None, changes: dict[str, str]
) -> Person:
    """Change one's own name, address or language. Raises :class:`EmailTaken`."""
    work.principal.permit(person=person_id)
    person = work.get(Person, person_id, version=version, lock=True)
    if person.erased_at is not None:
        raise NotFound
    if email := changes.get("email"):
        other = work.session.scalar(select(Person.id).where(Person.email_key == email_key(email)))
        if other not in (None, person.id):
            raise EmailTaken
    work.emit(person.change(**changes))
    return person


def erase_person(work: UnitOfWork, person_id: UUID) -> None:
    """Erase a person: end what they hold, then forget who they were (GDPR art. 17)."""
    work.principal.permit(person=person_id)
    person = work.get(Person, person_id, lock=True)
    if person.erased_at is not None:
        return
    memberships = work.session.scalars(
        select(Membership).where(Membership.person_id == person_id, Membership.ended_at.is_(None))
    )
    for membership in memberships.all():
        _require_another_administrator(work, membership)
        work.emit(membership.end(at=work.now))
    offices = work.session.scalars(
        select(Office).where(Office.person_id == person_id, Office.ended_at.is_(None))
    )
    for office in offices.all():
        work.emit(office.end(on=today(work.now), at=work.now))
    end_sessions(work, person_id)
    work.session.execute(delete(SignInLink).where(SignInLink.person_id == person_id))
    work.emit(person.erase(at=work.now))
    work.write_events()
    redact(work.session, person_id)


def put_membership(
    work: UnitOfWork,
    membership_id: UUID,
    *,
    association_id: UUID,
    person: Mapping[str, str],
    role: MembershipRole,
    leads: bool,
    is_contact: bool,
    version: int | None,
) -> tuple[Membership, bool]:
    """Give a person a role in an association, or change it; return it, and whether it is new."""
    work.principal.permit(association=association_id)
    association = work.get(Association, association_id, lock=True)
    membership = work.find(Membership, membership_id)
    if membership is None:
        known = know_person(work, name=person["name"], email=person["email"])
        taken = work.session.scalar(
            select(Membership.id).where(
                Membership.association_id == association_id,
                Membership.person_id == known.id,
                Membership.ended_at.is_(None),
            )
        )
        if taken is not None:
            raise AlreadyMember
        membership = work.add(
            Membership(
                id=membership_id,
                association_id=association_id,
                person_id=known.id,
                role=role,
                leads=leads,
                is_contact=is_contact,
                granted_at=work.now,
            )
        )
        work.session.flush()
        new = True
    else:
        if membership.association_id != association_id or membership.ended_at is not None:
            raise IdTaken
        if version is not None:
            work.get(Membership, membership_id, version=version)
        holder = work.get(Person, membership.person_id)
        if holder.email_key != email_key(person["email"]):
            raise IdTaken
        if role is not MembershipRole.ADMINISTRATOR:
            _require_another_administrator(work, membership)
        unchanged = (membership.role, membership.leads, membership.is_contact) == (
            role,
            leads,
            is_contact,
        )
        if unchanged:
            return membership, False
        membership.role, membership.leads, membership.is_contact = role, leads, is_contact
        new = False
    if is_contact:
        _become_contact(work, association, membership)
    work.emit(membership.grant())
    return membership, new


def end_membership(work: UnitOfWork, membership_id: UUID) -> None:
    """End a role in an association. Raises :class:`LastAdministrator`."""
    membership = work.get(Membership, membership_id, lock=True)
    work.principal.permit(
        association=membership.association_id, person=membership.person_id, hide=True
    )
    if membership.ended_at is None:
        _require_another_administrator(work, membership)
        work.emit(membership.end(at=work.now))


def _require_another_administrator(work: UnitOfWork, membership: Membership) -> None:
    if membership.role is not MembershipRole.ADMINISTRATOR or membership.ended_at is not None:
        return
    association = work.get(Association, membership.association_id, lock=True)
    if association.status in (AssociationStatus.CLOSED, AssociationStatus.REJECTED):
        return
    others = work.session.scalar(
        select(func.count()).where(
            Membership.association_id == membership.association_id,
            Membership.id != membership.id,
            Membership.role == MembershipRole.ADMINISTRATOR,
            Membership.ended_at.is_(None),
        )
    )
    if not others:
        raise LastAdministrator("Give somebody else the role first.")


def _become_contact(work: UnitOfWork, association: Association, membership: Membership) -> None:
    association.contact_person_id = membership.person_id
    association.contact_bounced_at = None
    others = work.session.scalars(
        select(Membership).where(
            Membership.association_id == association.id,
            Membership.id != membership.id,
            Membership.is_contact,
            Membership.ended_at.is_(None),
        )
    )
    for other in others.all():
        other.is_contact = False
        work.emit(other.grant())


def put_office(
    work: UnitOfWork,
    office_id: UUID,
    *,
    person: Mapping[str, str],
    body: Any,
    title: str,
    starts_on: date,
    ends_on: date | None,
    version: int | None = None,
    person_id: UUID | None = None,
) -> tuple[Office, bool]:
    """Appoint a person to an office, or change it; return it, and whether it is new."""
    if ends_on is not None and ends_on < starts_on:
        raise Invalid(errors=[FieldError("/ends_on", "Must not be before starts_on.")])
    holder = know_person(work, name=person["name"], email=person["email"], id_=person_id)
    office = work.find(Office, office_id)
    if office is None:
        office = work.add(
            Office(
                id=office_id,
                person_id=holder.id,
                body=body,
                title=title,
                starts_on=starts_on,
                ends_on=ends_on,
            )
        )
        work.session.flush()
        work.emit(office.grant(person_name=holder.name))
        return office, True
    work.get(Office, office_id, version=version)
    if office.person_id != holder.id:
        raise IdTaken("An office is not handed over: end it and appoint the next person.")
    wanted = (body, title, starts_on, ends_on)
    if (office.body, office.title, office.starts_on, office.ends_on) != wanted:
        office.body, office.title, office.starts_on, office.ends_on = wanted
        work.emit(office.grant(person_name=holder.name))
    return office, False


def end_office(work: UnitOfWork, office_id: UUID, *, ends_on: date | None = None) -> Office:
    """End an office today or on a given day."""
    office = work.get(Office, office_id, lock=True)
    if ends_on is not None and ends_on > today(work.now):
        if office.ended_at is None:
            office.ends_on = ends_on
            work.emit(office.grant(person_name=work.get(Person, office.person_id).name))
    elif office.ended_at is None:
        work.emit(office.end(on=ends_on or today(work.now), at=work.now))
    return office


def end_expired_office(work: UnitOfWork, office_id: UUID) -> None:
    """End an office whose last day has passed."""
    office = work.get(Office, office_id, lock=True)
    if office.ended_at is None and office.ends_on is not None:
        work.emit(office.end(on=office.ends_on, at=work.now))


# --- sign-in


def request_sign_in(
    work: UnitOfWork, *, email: str, browser: str, client: str, limit_factor: int
) -> SignInLink:
    """Make a link to sign in. Known and unknown addresses cost the same and look the same."""
    count_attempt(work, "sign-in-client", client, factor=limit_factor)
    count_attempt(work, "sign-in-address", email_key(email))
    token, code = new_secret(), f"{secrets.randbelow(10**6):06d}"
    person_id = work.session.scalar(select(Person.id).where(Person.email_key == email_key(email)))
    id_ = new_id()
    link = work.add(
        SignInLink(
            id=id_,
            person_id=person_id,
            token_hash=digest(token),
            code_hash=digest(f"{id_}:{code}"),
            browser_hash=digest(browser),
            attempts=0,
            expires_at=work.now + timedelta(minutes=LINK_MINUTES),
        )
    )
    if person_id is not None:
        work.emit(link.request(person_id=person_id, token=token, code=code))
    return link


def sign_in(
    work: UnitOfWork, *, link_id: UUID | None, token: str | None, code: str | None, browser: str
) -> tuple[SignInSession, str] | None:
    """Open a session with a mailed token or code; return it with its refresh token.

    None where it is refused: the count of wrong codes must be kept, so nothing is raised here.
    """
    statement = select(SignInLink).with_for_update()
    if link_id is not None:
        statement = statement.where(SignInLink.id == link_id)
    elif token is not None:
        statement = statement.where(SignInLink.token_hash == digest(token))
    else:
        return None
    link = work.session.scalar(statement)
    if link is None or not link.is_opened_by(token=token, code=code, browser=browser, at=work.now):
        return None
    if link.person_id is None:
        return None
    refresh = new_secret()
    session = work.add(
        SignInSession(
            id=new_id(),
            person_id=link.person_id,
            chain_secret=new_secret(),
            refresh_hash=digest(refresh),
            rotated_at=work.now,
            started_at=work.now,
        )
    )
    return session, refresh


def renew_session(
    work: UnitOfWork, session_id: UUID, *, refresh_token: str
) -> tuple[SignInSession, str] | None:
    """Rotate a session's refresh token; None where it is refused (a theft is then recorded)."""
    session = work.session.scalar(
        select(SignInSession).where(SignInSession.id == session_id).with_for_update()
    )
    if session is None:
        return None
    try:
        return session, session.renew(refresh_token, at=work.now)
    except SignInFailed:
        return None


def end_session(work: UnitOfWork, session_id: UUID) -> None:
    """End one of one's own sessions."""
    session = work.get(SignInSession, session_id, lock=True)
    work.principal.permit(person=session.person_id, hide=True)
    session.ended_at = session.ended_at or work.now


def end_sessions(work: UnitOfWork, person_id: UUID) -> None:
    """End every session of a person."""
    work.session.execute(
        update(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )


def operator_sign_in_link(
    database: Database, public_url: str, *, email: str, hours: int, now: datetime
) -> str | None:
    """Make a link that works in any browser, once: an operator's tool.

    None for an unknown address.
    """
    token, id_ = new_secret(), new_id()
    with database.unit_of_work(Principal.of_service("directory")) as work:
        person_id = work.session.scalar(
            select(Person.id).where(Person.email_key == email_key(email))
        )
        if person_id is None:
            return None
        work.add(
            SignInLink(
                id=id_,
                person_id=person_id,
                token_hash=digest(token),
                code_hash="",
                browser_hash=None,
                attempts=0,
                expires_at=now + timedelta(hours=hours),
            )
        )
    return f"{public_url}/log-ind/bekraeft?link={id_}&token={token}"


def ensure_signing_key(work: UnitOfWork) -> None:
    """Make a key to sign tokens with where there is none, or the newest is too old."""
    newest = work.session.scalar(
        select(SigningKey.created_at).order_by(SigningKey.created_at.desc()).limit(1)
    )
    if newest is not None and work.now - newest < KEY_LIFE:
        return
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    work.add(SigningKey(id=secrets.token_hex(8), private_pem=pem, created_at=work.now))


def tidy(work: UnitOfWork) -> int:
    """Drop links, sessions and counted attempts that no longer matter; return how many."""
    done = 0
    for table, old in old_rows(work.now):
        ids = select(table.id).where(old).limit(1000)
        gone = work.session.scalars(delete(table).where(table.id.in_(ids)).returning(table.id))
        done += len(gone.all())
    return done


# --- the municipality's profile


def adopt(work: UnitOfWork, profile: Mapping[str, Any]) -> None:
    """Bring vocabulary, offices and the signing key in line with the municipality's profile."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('directory.adopt'))"))
    words = {
        "target_groups": profile["target_groups"],
        "areas": profile["areas"],
        "municipality": profile["municipality"],
        "contact": profile["contact_person"],
        "council": profile["council"]["name"],
        "committee": profile["committee"]["name"],
    }
    stored = work.find(Vocabulary, "words")
    if stored is None:
        work.add(Vocabulary(key="words", value=words))
    else:
        stored.value = words
    for office in profile["offices"]:
        id_ = uuid5(NAMESPACE_URL, f"samspil:office:{office['key']}")
        if work.find(Office, id_) is None:
            put_office(
                work,
                id_,
                person={"name": office["name"], "email": office["email"]},
                body=Body(office["body"]),
                title=office["title"],
                starts_on=office["starts_on"],
                ends_on=office.get("ends_on"),
                person_id=uuid5(NAMESPACE_URL, f"samspil:person:{office['key']}"),
            )
    ensure_signing_key(work)
