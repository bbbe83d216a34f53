"""Routes of the directory: they translate, and own the unit of work."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import flask
from flask import request

from chassis import clock
from chassis.auth import TOKEN_SECONDS, issue_token, public, require
from chassis.problems import Forbidden, Invalid, NotFound, Stale, TooMany
from chassis.web import (
    Blueprint,
    PageArguments,
    if_match,
    page_of,
    principal,
    reading,
    unit_of_work,
)
from services.directory import commands, queries, schemas
from services.directory.model import (
    AlreadyMember,
    AlreadyRegistered,
    AssociationStatus,
    CvrTaken,
    EmailTaken,
    IdTaken,
    LastAdministrator,
    SignInFailed,
    SignInSession,
    WrongState,
    today,
)

associations = Blueprint(
    "associations",
    __name__,
    url_prefix="/api/v1/associations",
    description="The vejviser: everybody who makes a voluntary social effort",
)
vocabulary = Blueprint(
    "vocabulary",
    __name__,
    url_prefix="/api/v1/vocabulary",
    description="The municipality, and the words of its vejviser",
)
memberships = Blueprint(
    "memberships",
    __name__,
    url_prefix="/api/v1/memberships",
    description="Who may do what for an association",
)
people = Blueprint(
    "people", __name__, url_prefix="/api/v1/people", description="People's contact details"
)
offices = Blueprint(
    "offices",
    __name__,
    url_prefix="/api/v1/offices",
    description="Who is who: council, committee, contact person",
)
sign_in = Blueprint(
    "sign-in-links",
    __name__,
    url_prefix="/api/v1/sign-in-links",
    description="Signing in by a mailed link",
)
sessions = Blueprint(
    "sessions", __name__, url_prefix="/api/v1/sessions", description="Signed-in browsers"
)
me = Blueprint("me", __name__, url_prefix="/api/v1/me", description="Oneself")
keys = Blueprint(
    "keys", __name__, url_prefix="/.well-known", description="Public keys of sign-in tokens"
)
blueprints = [associations, vocabulary, memberships, people, offices, sign_in, sessions, me, keys]

REVIEWERS = ("coordinator", "caseworker", "centre")


def _written(view: Any, *, new: bool) -> tuple[Any, int]:
    version = view["version"] if isinstance(view, dict) else view.version
    flask.g.etag = str(version)
    return view, 201 if new else 200


def _client() -> str:
    return request.headers.get("X-Client-Address") or request.remote_addr or ""


def _limit_factor() -> int:
    return int(flask.current_app.extensions["samspil.settings"].client_limit_factor)


# --- associations


@associations.get("")
@associations.arguments(schemas.AssociationArgumentsSchema, location="query")
@associations.response(200, schemas.AssociationPageSchema)
@associations.problems(Invalid, Forbidden)
@require("directory.association:read")
def list_associations(arguments: dict[str, Any]) -> Any:
    """Search the vejviser; what is not published, for those who review it."""
    privileged = principal().has(*REVIEWERS)
    if arguments["status"] is not AssociationStatus.PUBLISHED and not privileged:
        raise Forbidden
    with reading() as work:
        found = queries.search(work.session, **arguments)
        if privileged:
            found.items = [queries.with_contact(work.session, each) for each in found.items]
        return found


@associations.get("/<uuid:association_id>")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound)
@require("directory.association:read")
def get_association(association_id: UUID) -> Any:
    """Show an association; with its contact for itself and for those who review it."""
    with reading() as work:
        found = queries.association(work.session, association_id)
        if principal().has(*REVIEWERS) or principal().own(association_id):
            return queries.with_contact(work.session, found)
        if found.status is not AssociationStatus.PUBLISHED:
            raise NotFound(kind="association")
        return found


@associations.put("/<uuid:association_id>")
@associations.arguments(schemas.RegistrationSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.alt_response(
    201, schema=schemas.AssociationSchema, description="Registered", success=True
)
@associations.problems(Invalid, CvrTaken, AlreadyRegistered, TooMany)
@require("directory.association:register")
def register(body: dict[str, Any], association_id: UUID) -> Any:
    """Register an association. Its id is made by the client, so sending it twice is safe."""
    with unit_of_work() as work:
        association, new = commands.register_association(
            work, association_id, client=_client(), limit_factor=_limit_factor(), **body
        )
        work.session.flush()
    return _written(association, new=new)


@associations.patch("/<uuid:association_id>")
@associations.arguments(schemas.DescriptionSchema(partial=True, only=commands.REGISTRATION_FIELDS))
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, Stale, CvrTaken, WrongState)
@require("directory.association:update")
def describe(body: dict[str, Any], association_id: UUID) -> Any:
    """Change what an association says of itself."""
    with unit_of_work() as work:
        return commands.describe_association(work, association_id, version=if_match(), changes=body)


@associations.post("/<uuid:association_id>/approval")
@associations.response(200, schemas.AssociationSchema)
@associations.problems(NotFound, WrongState)
@require("directory.association:review")
def approve(association_id: UUID) -> Any:
    """Take a registered association into the vejviser."""
    with unit_of_work() as work:
        return commands.approve_association(work, association_id)


@associations.post("/<uuid:association_id>/rejection")
@associations.arguments(schemas.ReasonSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def reject(body: dict[str, Any], association_id: UUID) -> Any:
    """Refuse a registration; the contact is told why."""
    with unit_of_work() as work:
        return commands.reject_association(work, association_id, reason=body["reason"])


@associations.post("/<uuid:association_id>/closure")
@associations.arguments(schemas.ReasonSchema)
@associations.response(200, schemas.AssociationSchema)
@associations.problems(Invalid, NotFound, WrongState)
@require("directory.association:review")
def close(body: dict[str, Any], association_id: UUID) -> Any:
    """Close an association: it leaves the vejviser, its cases stay."""
    with unit_of_work() as work:
        return commands.close_association(work, association_id, reason=body["reason"])


@vocabulary.get("")
@vocabulary.response(200, schemas.VocabularySchema)
@public
def get_vocabulary() -> Any:
    """Show the municipality and the words of its vejviser."""
    with reading() as work:
        return queries.vocabulary(work.session)


# --- memberships


@memberships.get("")
@memberships.arguments(schemas.MembershipArgumentsSchema, location="query")
@memberships.response(200, page_of(schemas.MembershipSchema))
@memberships.problems(Invalid)
@require("directory.membership:read")
def list_memberships(arguments: dict[str, Any]) -> Any:
    """List who has which role: in one's associations; everywhere for the municipality."""
    with reading() as work:
        return queries.memberships(work.session, work.principal.reach(), **arguments)


@memberships.get("/<uuid:membership_id>")
@memberships.response(200, schemas.MembershipSchema)
@memberships.problems(NotFound)
@require("directory.membership:read")
def get_membership(membership_id: UUID) -> Any:
    """Show one role."""
    with reading() as work:
        found = queries.membership(work.session, membership_id)
        work.principal.permit(association=found.association_id, hide=True)
        return found


@memberships.put("/<uuid:membership_id>")
@memberships.arguments(schemas.MembershipBodySchema)
@memberships.response(200, schemas.MembershipSchema)
@memberships.alt_response(201, schema=schemas.MembershipSchema, description="Granted", success=True)
@memberships.problems(
    Invalid, Forbidden, NotFound, Stale, AlreadyMember, IdTaken, LastAdministrator
)
@require("directory.membership:manage")
def put_membership(body: dict[str, Any], membership_id: UUID) -> Any:
    """Give somebody a role in an association, or change it."""
    with unit_of_work() as work:
        _, new = commands.put_membership(work, membership_id, version=if_match(), **body)
        work.session.flush()
        return _written(queries.membership(work.session, membership_id), new=new)


@memberships.delete("/<uuid:membership_id>")
@memberships.response(204)
@memberships.problems(NotFound, LastAdministrator)
@require("directory.membership:leave")
def end_membership(membership_id: UUID) -> None:
    """End a role."""
    with unit_of_work() as work:
        commands.end_membership(work, membership_id)


# --- people


@people.get("")
@people.arguments(schemas.PersonArgumentsSchema, location="query")
@people.response(200, page_of(schemas.PersonSchema))
@people.problems(Invalid)
@require("directory.person:list")
def list_people(arguments: dict[str, Any]) -> Any:
    """Search the register of people."""
    with reading() as work:
        return queries.people(work.session, **arguments)


@people.get("/<uuid:person_id>")
@people.response(200, schemas.PersonSchema)
@people.problems(NotFound)
@require("directory.person:read")
def get_person(person_id: UUID) -> Any:
    """Show a person's contact details."""
    with reading() as work:
        work.principal.permit(person=person_id, hide=True)
        return queries.person(work.session, person_id)


@people.patch("/<uuid:person_id>")
@people.arguments(schemas.PersonChangeSchema)
@people.response(200, schemas.PersonSchema)
@people.problems(Invalid, NotFound, Stale, EmailTaken)
@require("directory.person:update")
def change_person(body: dict[str, Any], person_id: UUID) -> Any:
    """Change one's own name, address or language."""
    with unit_of_work() as work:
        return commands.change_person(work, person_id, version=if_match(), changes=body)


@people.delete("/<uuid:person_id>")
@people.response(204)
@people.problems(NotFound, LastAdministrator)
@require("directory.person:erase")
def erase_person(person_id: UUID) -> None:
    """Erase a person's data; cases keep an id without a name."""
    with unit_of_work() as work:
        commands.erase_person(work, person_id)


# --- offices


@offices.get("")
@offices.arguments(schemas.OfficeArgumentsSchema, location="query")
@offices.response(200, page_of(schemas.OfficeSchema))
@offices.problems(Invalid)
@require("directory.office:read")
def list_offices(arguments: dict[str, Any]) -> Any:
    """Show who is who."""
    with reading() as work:
        return queries.offices(work.session, day=today(work.now), **arguments)


@offices.get("/<uuid:office_id>")
@offices.response(200, schemas.OfficeSchema)
@offices.problems(NotFound)
@require("directory.office:read")
def get_office(office_id: UUID) -> Any:
    """Show one office."""
    with reading() as work:
        return _written(queries.office(work.session, office_id), new=False)[0]


@offices.put("/<uuid:office_id>")
@offices.arguments(schemas.OfficeBodySchema)
@offices.response(200, schemas.OfficeSchema)
@offices.alt_response(201, schema=schemas.OfficeSchema, description="Appointed", success=True)
@offices.problems(Invalid, NotFound, Stale, IdTaken)
@require("directory.office:manage")
def put_office(body: dict[str, Any], office_id: UUID) -> Any:
    """Appoint somebody to an office, or change the appointment."""
    with unit_of_work() as work:
        _, new = commands.put_office(work, office_id, version=if_match(), **body)
        work.session.flush()
        return _written(queries.office(work.session, office_id), new=new)


@offices.post("/<uuid:office_id>/end")
@offices.arguments(schemas.OfficeEndSchema)
@offices.response(200, schemas.OfficeSchema)
@offices.problems(Invalid, NotFound)
@require("directory.office:manage")
def end_office(body: dict[str, Any], office_id: UUID) -> Any:
    """End an office, today or on a later day."""
    with unit_of_work() as work:
        commands.end_office(work, office_id, ends_on=body["ends_on"])
        work.session.flush()
        return queries.office(work.session, office_id)


# --- signing in


@sign_in.post("")
@sign_in.arguments(schemas.SignInLinkBodySchema)
@sign_in.response(202, schemas.SignInLinkSchema)
@sign_in.problems(Invalid, TooMany)
@public
def request_link(body: dict[str, Any]) -> Any:
    """Have a link mailed, if the address is known. The answer never tells whether it is."""
    with unit_of_work() as work:
        return commands.request_sign_in(
            work, client=_client(), limit_factor=_limit_factor(), **body
        )


@sessions.post("")
@sessions.arguments(schemas.SessionBodySchema)
@sessions.response(201, schemas.NewSessionSchema)
@sessions.problems(Invalid, SignInFailed)
@public
def open_session(body: dict[str, Any]) -> Any:
    """Sign in with the mailed token or code, once, from the browser that asked for it."""
    with unit_of_work() as work:
        opened = commands.sign_in(work, **body)
        work.session.flush()
        answer = _tokens(work, *opened) if opened else None
    # Raised after the commit: a wrong code must have been counted.
    if answer is None:
        raise SignInFailed
    return answer


@sessions.post("/<uuid:session_id>/renewal")
@sessions.arguments(schemas.RenewalBodySchema)
@sessions.response(200, schemas.NewSessionSchema)
@sessions.problems(Invalid, SignInFailed)
@public
def renew_session(body: dict[str, Any], session_id: UUID) -> Any:
    """Swap the refresh token for a new pair."""
    with unit_of_work() as work:
        renewed = commands.renew_session(work, session_id, refresh_token=body["refresh_token"])
        answer = _tokens(work, *renewed) if renewed else None
    if answer is None:
        raise SignInFailed
    return answer


@sessions.get("")
@sessions.arguments(PageArguments, location="query")
@sessions.response(200, page_of(schemas.SessionSchema))
@sessions.problems(Invalid)
@require("directory.session:manage")
def list_sessions(arguments: dict[str, Any]) -> Any:
    """List one's own sessions."""
    with reading() as work:
        reach = work.principal.reach()
        return queries.sessions(
            work.session, reach.person, current=work.principal.session_id, **arguments
        )


@sessions.delete("/<uuid:session_id>")
@sessions.response(204)
@sessions.problems(NotFound)
@require("directory.session:manage")
def end_session(session_id: UUID) -> None:
    """Sign out of a session."""
    with unit_of_work() as work:
        commands.end_session(work, session_id)


def _tokens(work: Any, session: SignInSession, refresh_token: str) -> dict[str, Any]:
    settings = flask.current_app.extensions["samspil.settings"]
    claims = queries.claims(work.session, session.person_id, day=today(work.now))
    language = claims.pop("language")
    kid, key = queries.signing_key(work.session)
    token = issue_token(
        {**claims, "sid": str(session.id)}, key=key, kid=kid, issuer=settings.token_issuer
    )
    expires_at: datetime = clock.now() + timedelta(seconds=TOKEN_SECONDS)
    return {
        "id": session.id,
        "access_token": token,
        "expires_at": expires_at,
        "refresh_token": refresh_token,
        "person": {"id": session.person_id, "name": claims["name"], "language": language},
    }


@me.get("")
@me.response(200, schemas.MeSchema)
@require("directory.me:read")
def get_me() -> Any:
    """Show oneself: roles, associations, offices."""
    with reading() as work:
        person_id = work.principal.id
        if person_id is None:
            raise NotFound
        return queries.me(work.session, person_id, day=today(work.now))


@keys.get("/jwks.json")
@keys.response(200, schemas.JwksSchema)
@public
def get_keys() -> Any:
    """Publish the keys that tokens are checked with."""
    with reading() as work:
        return queries.jwks(work.session)
