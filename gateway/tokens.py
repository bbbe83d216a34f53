"""The bearer token at the door: a bad one goes no further; a service verifies a good one again."""

from chassis.auth import TokenVerifier
from chassis.problems import Unauthenticated


def check(authorization: str | None, verifier: TokenVerifier) -> None:
    """Pass where there is no token, or a good one.

    Raises :class:`~chassis.problems.Unauthenticated` for any other, and
    :class:`~chassis.problems.Unavailable` where the keys cannot be read.
    """
    if authorization is None:
        return
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    verifier.claims(token.strip())
