"""Routes of signing in through an identity provider; ``sign_in`` opens the session itself."""

from typing import Any

import flask

from chassis.auth import public
from chassis.problems import Invalid, TooMany
from chassis.web import Blueprint, unit_of_work
from services.directory import schemas
from services.directory.api.answers import client, limit_factor
from services.directory.commands import sign_in_flows as commands
from services.directory.commands.identity_provider import Identified, IdentityProvider
from services.directory.model.problems import (
    IdentityProviderAway,
    SignInFailed,
    SignInNotOffered,
)

# The portal's page that the provider sends the browser back to; registered with the provider.
RETURN_PATH = "/log-ind/retur"

flows = Blueprint(
    "sign-in-flows",
    __name__,
    url_prefix="/api/v1/sign-in-flows",
    description="Signing in through an identity provider",
)
methods = Blueprint(
    "sign-in-methods",
    __name__,
    url_prefix="/api/v1/sign-in-methods",
    description="How one can sign in here",
)


@methods.get("")
@methods.response(200, schemas.SignInMethodsSchema)
@public
def get_methods() -> Any:
    """Tell how one can sign in here."""
    return {"link": True, "identity_provider": _provider() is not None}


@flows.post("")
@flows.arguments(schemas.SignInFlowBodySchema)
@flows.response(201, schemas.SignInFlowSchema)
@flows.problems(Invalid, SignInNotOffered, TooMany, IdentityProviderAway)
@public
def begin_flow(body: dict[str, Any]) -> Any:
    """Begin a visit to the identity provider: send the browser to ``authorization_url``."""
    provider = _provider()
    if provider is None:
        raise SignInNotOffered
    browser = body["browser"]
    with unit_of_work() as work:
        flow = commands.begin_flow(
            work, browser=browser, client=client(), limit_factor=limit_factor()
        )
    # After the commit: no transaction stays open while somebody else's server thinks.
    address = provider.authorization_url(
        state=flow.state(browser), nonce=flow.nonce(browser), verifier=flow.verifier(browser)
    )
    return {"id": flow.id, "authorization_url": address, "expires_at": flow.expires_at}


def identified(body: dict[str, Any]) -> Identified:
    """Finish a visit and ask the provider whose it was.

    The visit is used up and committed before the provider is asked, so that a code that is sent
    twice is exchanged once. Raises :class:`SignInFailed` or :class:`IdentityProviderAway`.
    """
    provider, browser = _provider(), body["browser"]
    with unit_of_work() as work:
        flow = commands.finish_flow(work, body["flow_id"], state=body["state"], browser=browser)
    if provider is None or flow is None:
        raise SignInFailed
    return provider.identify(
        code=body["authorization_code"],
        iss=body["iss"],
        nonce=flow.nonce(browser),
        verifier=flow.verifier(browser),
    )


def _provider() -> IdentityProvider | None:
    settings = flask.current_app.extensions["samspil.settings"]
    if not settings.oidc_issuer:
        return None
    return IdentityProvider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        redirect_uri=f"{settings.public_url}{RETURN_PATH}",
    )
