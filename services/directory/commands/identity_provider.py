"""The identity provider (OpenID Connect): where it is visited, and what it says of somebody.

The only place from which the directory calls anybody. Nothing is remembered between two sign-ins:
configuration and keys are read anew each time, so a key that was replaced, even during a visit, is
found, and one that was withdrawn is gone at once. No unit of work is open meanwhile.

Of the claims only those named in :meth:`IdentityProvider.identify` are taken; whatever else a
broker sends (a CPR number above all) is dropped unread.
"""

import base64
import hmac
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import jwt
import urllib3
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from chassis import telemetry
from chassis.cpr import looks_like_cpr
from services.directory.model.problems import IdentityProviderAway, SignInFailed

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
SCOPE: Final = "openid email"
LEEWAY_SECONDS: Final = 60
MAX_ANSWER_BYTES: Final = 256 * 1024
# Three calls finish a sign-in, and the gateway waits five seconds for us.
TIMEOUT: Final = urllib3.Timeout(total=1.5)
MAX_WORD: Final = 255
MAX_METHODS: Final = 10

log = telemetry.logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Whom the provider vouches for: its subject, an address it has verified, and how sure it is.

    ``authenticated_at`` is when they showed it who they are, which may be long before this visit.
    ``acr`` is the level of assurance and ``amr`` the means of signing in, in the provider's words.
    """

    issuer: str
    subject: str
    email: str | None
    authenticated_at: datetime | None
    acr: str | None
    amr: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IdentityProvider:
    """An OpenID Connect provider at which this municipality is a client."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str

    def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where the browser goes to sign in. Raises :class:`IdentityProviderAway`."""
        address: str = prepare_grant_uri(
            self._configuration()["authorization_endpoint"],
            client_id=self.client_id,
            response_type="code",
            redirect_uri=self.redirect_uri,
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
            code_challenge_method="S256",
        )
        return address

    def identify(self, *, code: str, iss: str | None, nonce: str, verifier: str) -> Identified:
        """Exchange the code of a finished visit for what the provider says of somebody.

        Raises :class:`SignInFailed`, or :class:`IdentityProviderAway`, after which a new visit must
        begin: nobody knows whether the code was taken.
        """
        configuration = self._configuration()
        self._check_sender(iss, configuration)
        token = self._exchange(code, verifier, configuration["token_endpoint"])
        claims = self._verified(token, configuration["jwks_uri"])
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise _refused("the nonce is of another visit")
        subject = _word(claims["sub"])
        if subject is None:
            raise _refused("the subject is missing, too long, or looks like a CPR number")
        return Identified(
            issuer=self.issuer,
            subject=subject,
            email=_word(claims.get("email")) if claims.get("email_verified") is True else None,
            authenticated_at=_moment(claims.get("auth_time")),
            acr=_word(claims.get("acr")),
            amr=_words(claims.get("amr")),
        )

    def _configuration(self) -> Mapping[str, Any]:
        """Read the provider's addresses, and see that they are its own and safe to call."""
        status, found = _ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        addresses = (
            found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        is_good = status == 200 and found.get("issuer") == self.issuer
        if not (is_good and all(is_safe_address(each) for each in addresses)):
            raise _away("its configuration is not one we can use")
        return found

    def _check_sender(self, iss: str | None, configuration: Mapping[str, Any]) -> None:
        """See that the answer came from this provider and no other (RFC 9207)."""
        must_be_told = configuration.get("authorization_response_iss_parameter_supported") is True
        if iss != self.issuer and (iss is not None or must_be_told):
            raise _refused("the answer names another issuer")

    def _exchange(self, code: str, verifier: str, endpoint: str) -> str:
        """Swap the code for an id token; it is good once, and only for us."""
        login = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        status, answer = _ask(
            "POST",
            endpoint,
            body=prepare_token_request(
                "authorization_code",
                redirect_uri=self.redirect_uri,
                code=code,
                code_verifier=verifier,
            ),
            headers={
                "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        if 400 <= status < 500 and answer.get("error") == "invalid_grant":
            raise _refused("the code is not good")
        if status != 200 or not isinstance(answer.get("id_token"), str):
            raise _away(f"it answered {status} to a code")
        return str(answer["id_token"])

    def _verified(self, token: str, jwks_uri: str) -> Mapping[str, Any]:
        """Return the claims of an id token that is the provider's, for us, and in time.

        Times are those of the outside world, not of a demo clock: the provider knows none.
        """
        try:
            header = jwt.get_unverified_header(token)
            # The header chooses among the provider's own keys and nothing else: no key of its own
            # (jwk, jku and x5u are never looked at), and only an algorithm that fits the key.
            if header.get("alg") not in ALGORITHMS or "crit" in header:
                raise _refused("the id token is signed in a way we do not take")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                _key(str(header.get("kid", "")), jwks_uri),
                algorithms=ALGORITHMS,
                audience=self.client_id,
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(f"the id token is not good: {type(error).__name__}") from error
        has_other_audiences = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (has_other_audiences or "azp" in claims) and claims.get("azp") != self.client_id:
            raise _refused("the id token was made for somebody else")
        return claims


def is_safe_address(address: object) -> bool:
    """Whether an address may be called: https, or this very machine, and nothing hidden in it."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_plain = bool(host) and not (parts.fragment or parts.username or parts.password)
    return is_plain and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host)))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key(kid: str, jwks_uri: str) -> jwt.PyJWK:
    """Return the provider's key of this name; its kind of key decides the algorithm."""
    status, found = _ask("GET", jwks_uri)
    if status != 200:
        raise _away(f"it answered {status} to the question for its keys")
    for key in jwt.PyJWKSet.from_dict(dict(found)).keys:
        if kid and key.key_id == kid and key.public_key_use in {None, "sig"}:
            return key
    raise _refused("the id token is signed with a key that is not the provider's")


def _ask(
    method: str, address: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, Any]]:
    """Call the provider: no redirects, not for long, and no more than it may answer."""
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        with (
            urllib3.PoolManager(timeout=TIMEOUT, retries=False) as http,
            http.request(
                method, address, body=body, headers=sent, preload_content=False
            ) as response,
        ):
            content = response.read(MAX_ANSWER_BYTES + 1)
            document = json.loads(content) if len(content) <= MAX_ANSWER_BYTES else None
    except (urllib3.exceptions.HTTPError, ValueError, RecursionError) as error:
        raise _away(type(error).__name__) from error
    if not isinstance(document, dict):
        raise _away("its answer is not one we can read")
    return response.status, document


def _word(value: object) -> str | None:
    """Take a claim that is a short text without a CPR number, and no other."""
    is_word = isinstance(value, str) and 0 < len(value) <= MAX_WORD and not looks_like_cpr(value)
    return str(value) if is_word else None


def _words(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) else []
    return tuple(word for each in words[:MAX_METHODS] if (word := _word(each)))


def _moment(value: object) -> datetime | None:
    """Take a claim that is a moment, in seconds since 1970, and no other."""
    try:
        return datetime.fromtimestamp(value, UTC) if type(value) in {int, float} else None  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError):
        return None


def _refused(reason: str) -> SignInFailed:
    """Refuse a sign-in; why is for the operator, and the same answer for everybody else."""
    log.warning("sign-in through the identity provider refused", reason=reason)
    return SignInFailed()


def _away(reason: str) -> IdentityProviderAway:
    log.warning("identity provider not usable", reason=reason)
    return IdentityProviderAway()
