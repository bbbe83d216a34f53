"""Who is asking, and what they may do.

The directory signs short-lived tokens (EdDSA); the gateway verifies them, and every service
verifies them again: no service trusts the network. What a role may do is a table
(``contracts/permissions.toml``), handed to the service at start::

    ["grants.application:submit"]
    text = "Hand in an application before the round closes"
    administrator = "own"

A route names its row with ``@require("grants.application:submit")`` or is ``@public``; a route with
neither stops the service from starting. A grant that is not ``any`` must be settled by the command
with :meth:`Principal.permit` or :meth:`Principal.reach`; a unit of work that ends without is rolled
back.
"""

import math
import threading
import time
import tomllib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import jwt
import urllib3

from chassis import clock, telemetry
from chassis.problems import Forbidden, NotFound, SignInTooOld, Unauthenticated, Unavailable

ALGORITHM: Final = "EdDSA"
TOKEN_SECONDS: Final = 600
LEEWAY_SECONDS: Final = 60
ASSOCIATION_ROLES: Final = ("member", "editor", "administrator")
OFFICES: Final = ("council", "committee", "coordinator", "caseworker", "centre", "operator")
ROLES: Final = ("anonymous", "person", *ASSOCIATION_ROLES, *OFFICES)
CONDITIONS: Final = ("any", "own", "unconflicted")
MAX_TOKEN_LENGTH: Final = 8192
REMEMBER_SECONDS: Final = 30
REMEMBER_TOKENS: Final = 10_000
KEYS_SECONDS: Final = 600
KEYS_PAUSE_SECONDS: Final = 2
KEYS_BURST: Final = 5

log = telemetry.logger(__name__)

F = TypeVar("F", bound=Callable[..., Any])
Grants = Mapping[str, str]
Permissions = Mapping[str, Grants]


def read_permissions(path: Path) -> Permissions:
    """Read the table of permissions. Raises ``ValueError`` for an unknown role or condition."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    permissions = {}
    for scope, row in table.items():
        grants = {role: condition for role, condition in row.items() if role != "text"}
        for role, condition in grants.items():
            if role not in ROLES or condition not in CONDITIONS:
                message = f"{scope}: {role} = {condition!r} is not a permission"
                raise ValueError(message)
        permissions[scope] = grants
    return permissions


@dataclass(frozen=True)
class Reach:
    """How far a caller sees in a list: everything, or what is these associations' and their own."""

    everything: bool
    associations: frozenset[UUID]
    person: UUID | None


@dataclass
class Principal:
    """Who acts: a person with roles, nobody (anonymous), or the service itself.

    ``associations`` maps the person's associations to their role in each. ``email`` is the address
    at which the person signed in: theirs beyond doubt, as a change of address ends every session.
    ``signed_in_at`` is when they last showed who they are, where that is known.
    """

    id: UUID | None = None
    name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset()
    associations: Mapping[UUID, str] = field(default_factory=dict)
    service: str = ""
    session_id: UUID | None = None
    signed_in_at: datetime | None = None
    _grants: Grants | None = None
    _checked: bool = True

    @classmethod
    def of_service(cls, service: str) -> "Principal":
        """Return the service itself, as in a handler; it may do everything its code does."""
        return cls(service=service)

    @property
    def actor(self) -> str:
        """Who acted, for the event log."""
        if self.service:
            return f"service:{self.service}"
        return f"person:{self.id}" if self.id else "anonymous"

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return self.id is None and not self.service

    def held_roles(self) -> frozenset[str]:
        """Return every role the principal can act in; an administrator is also an editor."""
        held = {"anonymous", *self.roles}
        if self.id is not None:
            held.add("person")
        for role in self.associations.values():
            held.update(ASSOCIATION_ROLES[: ASSOCIATION_ROLES.index(role) + 1])
        return frozenset(held)

    def has(self, *roles: str) -> bool:
        """Whether the principal holds one of these roles."""
        return bool(self.held_roles() & set(roles))

    def own(self, association: UUID, *, at_least: str = "member") -> bool:
        """Whether the principal has this role or a higher one in an association."""
        role = self.associations.get(association)
        return role is not None and ASSOCIATION_ROLES.index(role) >= ASSOCIATION_ROLES.index(
            at_least
        )

    def enter(self, grants: Grants) -> None:
        """Begin a route under its row of the table. Raises when no role held is in the row."""
        mine = {role: grants[role] for role in self.held_roles() if role in grants}
        if not mine:
            if self.is_anonymous:
                raise Unauthenticated
            raise Forbidden
        self._grants = mine
        self._checked = "any" in mine.values()

    def permit(
        self,
        *,
        association: UUID | None = None,
        person: UUID | None = None,
        conflicted: bool = False,
        hide: bool = False,
    ) -> None:
        """Settle a conditional grant for one thing: whose it is, and whether it is conflicted.

        Raises :class:`Forbidden`, or :class:`NotFound` with ``hide`` where not even its existence
        may be known. A conflict of interest shuts out every role but the association's own
        (forvaltningsloven § 3).
        """
        self._checked = True
        if self._grants is None:
            return
        for role, condition in self._grants.items():
            if condition == "any" and not conflicted:
                return
            if condition == "unconflicted" and not conflicted:
                return
            if condition == "own" and self._owns(role, association, person):
                return
        raise NotFound if hide else Forbidden

    def reach(self) -> Reach:
        """Settle a conditional grant for a list: the query must keep to what this returns."""
        self._checked = True
        if self._grants is None:
            return Reach(everything=True, associations=frozenset(), person=None)
        everything = any(condition != "own" for condition in self._grants.values())
        lowest = [
            role
            for role, condition in self._grants.items()
            if condition == "own" and role in ASSOCIATION_ROLES
        ]
        mine = {
            id_ for id_ in self.associations if any(self.own(id_, at_least=role) for role in lowest)
        }
        return Reach(everything=everything, associations=frozenset(mine), person=self.id)

    def require_recent_sign_in(self, *, at: datetime) -> None:
        """See that the person showed who they are a moment ago, for what a thief must not get.

        Raises :class:`SignInTooOld` after :attr:`SignInTooOld.max_age` seconds.
        """
        seen = self.signed_in_at
        if seen is None or (at - seen).total_seconds() > SignInTooOld.max_age:
            raise SignInTooOld

    def require_checked(self) -> None:
        """Raise where a conditional grant was never settled: a bug that must not commit."""
        if not self._checked:
            message = "a conditional permission was not settled with permit() or reach()"
            raise AssertionError(message)

    def _owns(self, role: str, association: UUID | None, person: UUID | None) -> bool:
        if role in ASSOCIATION_ROLES:
            return association is not None and self.own(association, at_least=role)
        return person is not None and person == self.id


def require(scope: str) -> Callable[[F], F]:
    """Guard a route with a row of the table of permissions."""

    def mark(view: F) -> F:
        view.__scope__ = scope  # type: ignore[attr-defined]
        return view

    return mark


def public(view: F) -> F:
    """Open a route to everybody. A signed-in caller is still recognised."""
    view.__scope__ = None  # type: ignore[attr-defined]
    return view


def principal_from(claims: Mapping[str, Any]) -> Principal:
    """Read the principal from claims. Raises :class:`Unauthenticated` for a form not ours."""
    try:
        return Principal(
            id=UUID(claims["sub"]),
            name=str(claims.get("name", "")),
            email=str(claims.get("email") or ""),
            roles=frozenset(role for role in claims.get("roles", ()) if role in OFFICES),
            associations={
                UUID(id_): role
                for id_, role in claims.get("associations", {}).items()
                if role in ASSOCIATION_ROLES
            },
            session_id=UUID(claims["sid"]) if claims.get("sid") else None,
            signed_in_at=datetime.fromtimestamp(claims["auth_time"], UTC)
            if "auth_time" in claims
            else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise Unauthenticated from error


class TokenVerifier:
    """Checks a bearer token against the issuer's public keys, which it reads from ``jwks_url``.

    Keys are remembered for ten minutes, and for as long as the issuer is away; verified tokens for
    at most 30 s and never beyond their own expiry. Time is :func:`chassis.clock.now`'s, so tokens
    also expire when the demo clock moves.
    """

    def __init__(self, *, jwks_url: str, issuer: str, audience: str = "samspil") -> None:
        self._url = jwks_url
        self._issuer = issuer
        self._audience = audience
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(3), retries=False)
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at = -math.inf
        self._readings: deque[float] = deque(maxlen=KEYS_BURST)
        self._failed_at = -math.inf
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def verify(self, token: str) -> Principal:
        """Return the principal of a token.

        Raises :class:`Unauthenticated`, or :class:`Unavailable` where the keys cannot be read.
        """
        return principal_from(self.claims(token))

    def claims(self, token: str) -> Mapping[str, Any]:
        """Return the verified claims of a token; raises as :meth:`verify` does."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated
        instant = clock.now().timestamp()
        cached = self._seen.get(token)
        if cached and cached[0] > instant:
            return cached[1]
        claims = self._verified(token)
        if not _is_in_time(claims, instant):
            raise Unauthenticated
        if len(self._seen) >= REMEMBER_TOKENS:
            self._seen.clear()
        self._seen[token] = (min(claims["exp"], instant + REMEMBER_SECONDS), claims)
        return claims

    def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            # The header chooses among our own keys and nothing else: not the algorithm, and no
            # key of its own (jwk, jku, x5u are never looked at).
            if header.get("typ") != "at+jwt" or header.get("alg") != ALGORITHM or "crit" in header:
                raise Unauthenticated
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._key(str(header.get("kid", ""))).key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                # The library's own check of times knows no demo clock; ours follows.
                options={
                    "require": ["exp", "iat", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Unauthenticated from error
        return claims

    def _key(self, kid: str) -> jwt.PyJWK:
        instant = time.monotonic()
        if kid not in self._keys or instant - self._read_at > KEYS_SECONDS:
            self._read_keys(kid)
        if kid in self._keys:
            return self._keys[kid]
        if not self._keys:
            raise Unavailable
        raise Unauthenticated

    def _read_keys(self, kid: str) -> None:
        """Read the keys anew.

        Unknown keys cause :data:`KEYS_BURST` readings at once and one in two seconds after that: a
        second new key may come right behind the first, and made-up ones must not load the issuer.
        """
        with self._lock:
            instant = time.monotonic()
            fresh = kid in self._keys and instant - self._read_at <= KEYS_SECONDS
            if fresh or instant - self._failed_at < KEYS_PAUSE_SECONDS:
                return
            if len(self._readings) == KEYS_BURST and (
                instant - self._readings[0] < KEYS_BURST * KEYS_PAUSE_SECONDS
            ):
                return
            try:
                answer = self._http.request("GET", self._url)
                found = jwt.PyJWKSet.from_dict(answer.json())
            except (
                urllib3.exceptions.HTTPError,
                ValueError,
                TypeError,
                AttributeError,
                jwt.PyJWTError,
            ):
                log.warning("keys of sign-in tokens not readable", url=self._url)
                # After the attempt: a slow failure must not be repeated by everybody who waited.
                self._failed_at = time.monotonic()
            else:
                self._keys = {key.key_id: key for key in found.keys if key.key_id}
                self._read_at = time.monotonic()
                self._readings.append(self._read_at)


def _is_in_time(claims: Mapping[str, Any], instant: float) -> bool:
    times = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
    if any(type(each) not in {int, float} for each in times):
        return False
    expires, issued, begins = times
    return bool(
        expires + LEEWAY_SECONDS >= instant
        and issued - LEEWAY_SECONDS <= instant
        and begins - LEEWAY_SECONDS <= instant
    )


def issue_token(
    claims: Mapping[str, Any], *, key: Any, kid: str, issuer: str, audience: str = "samspil"
) -> str:
    """Sign a token that is good for ten minutes of :func:`chassis.clock.now`."""
    instant = int(clock.now().timestamp())
    full = {
        **claims,
        "iss": issuer,
        "aud": audience,
        "iat": instant,
        "exp": instant + TOKEN_SECONDS,
    }
    return jwt.encode(full, key, algorithm=ALGORITHM, headers={"kid": kid, "typ": "at+jwt"})
