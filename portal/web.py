"""What every page needs.

Who is looking, the client in their name, guards, rendering, redirects after a POST.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload
from urllib.parse import urlsplit

import flask
from flask import Response, g, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as BaseResponse

from chassis.web.callers import client_address, networks
from portal import explanations
from portal import session as sessions
from portal.client import Client, GatewayAway, GatewayProblem, Resource, Transport
from portal.municipality import Municipality
from portal.settings import PortalSettings

Answer = str | Response | BaseResponse | tuple[str, int]
View = Callable[..., Answer]
V = TypeVar("V", bound=View)
T = TypeVar("T")

ASSOCIATION_ROLES = ("member", "editor", "administrator")


@dataclass(frozen=True)
class Viewer:
    """Who looks at the page, as the token says.

    It decides what is offered; the services decide what is allowed.
    """

    id: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    associations: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return bool(self.id)

    def has(self, *roles: str) -> bool:
        """Whether the viewer holds one of these offices."""
        return bool(self.roles & set(roles))

    def in_association(self, association_id: str | None, at_least: str = "member") -> bool:
        """Whether the viewer has this role or a higher one in an association."""
        role = self.associations.get(str(association_id or ""))
        return role in ASSOCIATION_ROLES[ASSOCIATION_ROLES.index(at_least) :]

    def associations_as(self, at_least: str) -> list[str]:
        """The associations in which the viewer has this role or a higher one."""
        return [key for key in self.associations if self.in_association(key, at_least)]


def session() -> sessions.Session:
    """What is remembered of this visitor."""
    found: sessions.Session = g.session
    return found


def viewer() -> Viewer:
    """Who looks at the page."""
    if "viewer" not in g:
        token = session().access_token
        claims = sessions.claims(token) if token else {}
        g.viewer = Viewer(
            id=str(claims.get("sub", "")),
            name=str(claims.get("name", "")),
            roles=frozenset(claims.get("roles") or ()),
            associations=dict(claims.get("associations") or {}),
        )
    found: Viewer = g.viewer
    return found


def caller() -> str:
    """The visitor's address on the network; behind a proxy, what that says of it."""
    found: PortalSettings = flask.current_app.extensions["samspil.settings"]
    return client_address(request.environ, networks(found.trusted_proxies))


def client() -> Client:
    """The API in the visitor's name."""
    if "client" not in g:
        g.client = Client(transport(), session().access_token, caller())
    found: Client = g.client
    return found


def anonymous_client() -> Client:
    """The API in nobody's name, for signing in and renewing."""
    return Client(transport(), "", caller())


def transport() -> Transport:
    """The connections to the gateway."""
    found: Transport = flask.current_app.extensions["samspil.transport"]
    return found


def municipality() -> Municipality:
    """The municipality of this portal."""
    found: Municipality = flask.current_app.extensions["samspil.municipality"]
    return found


def page(template: str, status: int = 200, /, **values: Any) -> Answer:
    """Render a page."""
    return flask.render_template(template, **values), status


def see_other(endpoint: str, /, **values: Any) -> Answer:
    """Go to another page after a POST."""
    return flask.redirect(url_for(endpoint, **values), code=303)


def public_address(endpoint: str, /, **values: Any) -> str:
    """The whole address of a page, as it is told to others."""
    found: PortalSettings = flask.current_app.extensions["samspil.settings"]
    return found.public_url.rstrip("/") + url_for(endpoint, **values)


def notify(kind: str, text: str) -> None:
    """Show a notice on the next page."""
    session().notify(kind, text)


def attempt(act: Callable[[], object], done: str) -> bool:
    """Do something and say on the next page what came of it; return whether it was done."""
    try:
        act()
    except GatewayProblem as problem:
        if problem.status not in {409, 412, 422}:
            raise
        notify("error", explanations.problem(problem))
        return False
    notify("success", done)
    return True


@overload
def optional(read: Callable[[], list[Resource]], otherwise: list[Resource]) -> list[Resource]: ...


@overload
def optional(read: Callable[[], Resource], otherwise: Resource) -> Resource: ...


@overload
def optional(read: Callable[[], T], otherwise: T) -> T: ...


def optional(read: Callable[[], Any], otherwise: Any) -> Any:
    """Read something the page can do without.

    When it is away or not for this viewer, the page stands all the same.
    """
    try:
        return read()
    except GatewayAway:
        g.is_incomplete = True
        return otherwise
    except GatewayProblem as problem:
        if problem.status in {401, 403, 404}:
            return otherwise
        raise


def led_associations() -> set[str]:
    """The associations the viewer leads, in whose cases they take no part (forvaltningsloven § 3).

    As applicants they read the case all the same, so the service does not hide it from them.
    """
    if not viewer().associations:
        return set()
    known = optional(client().directory.me, {}).get("associations", [])
    return {row["id"] for row in known if row.get("leads") or row.get("role") == "administrator"}


def signed_in(view: V) -> V:
    """Have a page ask for sign-in first."""

    @functools.wraps(view)
    def guarded(*args: Any, **values: Any) -> Answer:
        if not viewer().is_signed_in:
            return to_sign_in()
        return view(*args, **values)

    return guarded  # type: ignore[return-value]


def for_offices(*offices: str) -> Callable[[V], V]:
    """Have a page for the holders of these offices only."""

    def decorate(view: V) -> V:
        @functools.wraps(view)
        def guarded(*args: Any, **values: Any) -> Answer:
            if not viewer().is_signed_in:
                return to_sign_in()
            if not viewer().has(*offices):
                raise Forbidden
            return view(*args, **values)

        return guarded  # type: ignore[return-value]

    return decorate


def to_sign_in(*, again: bool = False, back: str = "") -> Answer:
    """Ask for sign-in, and come back to where the visitor was heading, or to ``back``.

    ``again``: they are signed in, but since too long for where they are heading.
    """
    heading = request.full_path.rstrip("?") if request.method == "GET" else request.path
    session().after_sign_in = back or heading
    session().touch()
    return flask.redirect(url_for("sign_in.again" if again else "sign_in.ask"), code=303)


def local_path(target: str | None) -> str:
    """A path of this site, or nothing: never a way out to another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return ""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(character) < 32 for character in target):
        return ""
    return target
