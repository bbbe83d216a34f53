"""The problem tree: what can go wrong, as pure classes without any web framework (RFC 9457).

The model and the commands of a service raise these; :mod:`chassis.web` renders them as
``application/problem+json``. A service subclasses one of the six kinds in its ``model.py`` and
gives it a stable ``slug``::

    class RoundClosed(Conflict):
        slug = "round-closed"
        title = "The round has closed"
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One field that was refused: a JSON pointer into the request body and what to do about it."""

    pointer: str
    detail: str


class Problem(Exception):
    """Something a caller must be told.

    ``slug`` is stable and part of the API; ``title`` is the same for every occurrence; ``detail``
    speaks of this one. Keyword arguments beyond ``detail`` and ``errors`` become extension members
    of the problem document.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), **members: Any
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.members = members


class Unauthenticated(Problem):
    """Nobody is signed in, or the token is no longer good. ``challenge`` says so to the client."""

    status = 401
    slug = "unauthenticated"
    title = "Sign in first"
    challenge: ClassVar[str] = "Bearer"


class SignInTooOld(Unauthenticated):
    """The caller signed in too long ago for this (RFC 9470); ``max_age`` is in seconds."""

    slug = "sign-in-too-old"
    title = "Sign in again first"
    max_age: ClassVar[int] = 15 * 60
    challenge = f'Bearer error="insufficient_user_authentication", max_age="{max_age}"'

    def __init__(self) -> None:
        super().__init__(
            f"This asks for a sign-in of the last {self.max_age // 60} minutes: sign in again, and"
            " repeat the request with the new token.",
            max_age=self.max_age,
        )


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status = 403
    slug = "forbidden"
    title = "You may not do this"


class NotFound(Problem):
    """There is no such thing, or the caller may not know that there is."""

    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(Problem):
    """The thing is in a state that does not allow this."""

    status = 409
    slug = "conflict"
    title = "Not possible in the present state"


class Stale(Problem):
    """Somebody else changed the thing since the caller read it (``If-Match`` did not match)."""

    status = 412
    slug = "stale"
    title = "Changed by somebody else in the meantime"


class TooLarge(Problem):
    """The body is larger than this door admits."""

    status = 413
    slug = "too-large"
    title = "Too large"


class UnsupportedMedia(Problem):
    """The body is of a kind this door does not take."""

    status = 415
    slug = "unsupported-media"
    title = "This kind of content is not accepted"


class Invalid(Problem):
    """The body was understood and some field of it cannot be accepted."""

    status = 422
    slug = "invalid"
    title = "Something in the request must be corrected"


class TooMany(Problem):
    """Too many requests; ``retry_after`` seconds say when to come back."""

    status = 429
    slug = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Problem):
    """Something this service depends on is away; ``retry_after`` seconds say when to try again."""

    status = 503
    slug = "unavailable"
    title = "Not available at the moment"

    def __init__(self, detail: str = "", *, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
