"""Routes of signing in: links, sessions, oneself, keys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import flask

from chassis import clock
from chassis.auth import TOKEN_SECONDS, issue_token, public, require
from chassis.problems import Invalid, NotFound, TooMany
from chassis.web import Blueprint, PageArguments, page_of, reading, unit_of_work
from services.directory import schemas
from services.directory.api.answers import client, limit_factor
from services.directory.api.sign_in_flows import identified
from services.directory.commands import sign_in as commands
from services.directory.commands import sign_in_flows
from services.directory.model import SignInSession, today
from services.directory.model.problems import IdentityProviderAway, SignInFailed
from services.directory.queries import sign_in as queries

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


@sign_in.post("")
@sign_in.arguments(schemas.SignInLinkBodySchema)
@sign_in.response(202, schemas.SignInLinkSchema)
@sign_in.problems(Invalid, TooMany)
@public
def request_link(body: dict[str, Any]) -> Any:
    """Have a link mailed, if the address is known. The answer never tells whether it is."""
    with unit_of_work() as work:
        return commands.request_sign_in(work, client=client(), limit_factor=limit_factor(), **body)


@sessions.post("")
@sessions.arguments(schemas.SessionBodySchema)
@sessions.response(201, schemas.NewSessionSchema)
@sessions.problems(Invalid, SignInFailed, IdentityProviderAway)
@public
def open_session(body: dict[str, Any]) -> Any:
    """Sign in, once, from the browser that asked for it.

    With a mailed token or code, or with what an identity provider handed to the browser.
    """
    somebody = identified(body) if body["authorization_code"] else None
    with unit_of_work() as work:
        if somebody is not None:
            opened = sign_in_flows.sign_in_as(work, somebody)
        else:
            mailed = {name: body[name] for name in ("link_id", "token", "code", "browser")}
            opened = commands.sign_in(work, **mailed)
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
            work.session,
            reach.person,
            current=work.principal.session_id,
            now=work.now,
            **arguments,
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
    claims["sid"] = str(session.id)
    if session.authenticated_at is not None:
        claims["auth_time"] = int(session.authenticated_at.timestamp())
    kid, key = queries.signing_key(work.session, work.now)
    token = issue_token(claims, key=key, kid=kid, issuer=settings.token_issuer)
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
