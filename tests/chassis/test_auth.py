"""Tokens that are not what they seem, and grants that must be settled."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chassis import auth, clock
from chassis.auth import Principal, TokenVerifier
from chassis.problems import (
    Forbidden,
    NotFound,
    Problem,
    SignInTooOld,
    Unauthenticated,
    Unavailable,
)
from chassis.testing import ISSUER, KEY_ID, TokenIssuer

PERSON = UUID("0192f0a1-0000-7000-8000-000000000001")
OWN = UUID("0192f0a1-0000-7000-8000-00000000000a")
OTHER = UUID("0192f0a1-0000-7000-8000-00000000000b")


@pytest.fixture(scope="module")
def issuer() -> Iterator[TokenIssuer]:
    made = TokenIssuer()
    yield made
    made.close()


@pytest.fixture
def verifier(issuer: TokenIssuer) -> TokenVerifier:
    return TokenVerifier(jwks_url=issuer.jwks_url, issuer=ISSUER)


def claims(**changes: Any) -> dict[str, Any]:
    instant = int(clock.now().timestamp())
    return {
        "sub": str(PERSON),
        "iss": ISSUER,
        "aud": "samspil",
        "iat": instant,
        "exp": instant + 600,
        **changes,
    }


def signed(issuer: TokenIssuer, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """Sign by hand: the library would refuse to write some of what is tried here."""
    header = {"alg": "EdDSA", "kid": KEY_ID, "typ": "at+jwt", **(headers or {})}
    body = f"{part(header)}.{part(claims(**changes))}"
    signature = base64.urlsafe_b64encode(issuer._key.sign(body.encode())).decode().rstrip("=")
    return f"{body}.{signature}"


def part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_a_good_token_names_its_principal(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    token = issuer.token(
        Principal(
            id=PERSON, name="Karen", roles=frozenset({"council"}), associations={OWN: "editor"}
        )
    )

    found = verifier.verify(token)

    assert found.id == PERSON
    assert found.held_roles() == {"anonymous", "person", "council", "member", "editor"}


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": None}, {}),
        ({"kid": "another"}, {}),
        ({"kid": "../../keys/public"}, {}),
        ({"kid": None}, {}),
        ({"crit": ["exp"]}, {}),
        ({}, {"aud": "another"}),
        ({}, {"aud": None}),
        ({}, {"iss": "another"}),
        ({}, {"iss": None}),
        ({}, {"sub": "no-uuid"}),
        ({}, {"sub": 7}),
        ({}, {"sub": None}),
        ({}, {"exp": "soon"}),
        ({}, {"exp": True}),
        ({}, {"exp": None}),
        ({}, {"iat": None}),
        ({}, {"exp": int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())}),
        ({}, {"iat": int(datetime(2099, 1, 1, tzinfo=UTC).timestamp())}),
        ({}, {"nbf": int(datetime(2099, 1, 1, tzinfo=UTC).timestamp())}),
        ({}, {"associations": {"no-uuid": "editor"}}),
        ({}, {"associations": ["editor"]}),
        ({}, {"auth_time": "just now"}),
        ({}, {"auth_time": 1e300}),
        ({}, {"auth_time": None}),
    ],
)
def test_a_token_that_is_not_for_us_is_refused(
    issuer: TokenIssuer, verifier: TokenVerifier, headers: dict[str, Any], changes: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(issuer, headers, **changes))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_is_refused(verifier: TokenVerifier, algorithm: str) -> None:
    unsigned = f"{part({'alg': algorithm, 'typ': 'at+jwt', 'kid': KEY_ID})}.{part(claims())}."

    with pytest.raises(Unauthenticated):
        verifier.verify(unsigned)


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_the_public_key_does_not_serve_as_a_shared_secret(
    issuer: TokenIssuer, verifier: TokenVerifier, algorithm: str
) -> None:
    public = issuer._key.public_key()
    for secret in (
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw),
    ):
        header = part({"alg": algorithm, "typ": "at+jwt", "kid": KEY_ID})
        body = f"{header}.{part(claims())}"
        mac = jwt.get_algorithm_by_name(algorithm).sign(body.encode(), secret)
        forged = f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

        with pytest.raises(Unauthenticated):
            verifier.verify(forged)


def test_a_key_the_token_brings_along_is_not_used(verifier: TokenVerifier) -> None:
    foreign = Ed25519PrivateKey.generate()
    public = jwt.algorithms.OKPAlgorithm.to_jwk(foreign.public_key(), as_dict=True)
    for extra in (
        {"jwk": public},
        {"jku": "https://attacker.example.org/jwks.json"},
        {"x5u": "https://attacker.example.org/chain.pem"},
    ):
        forged = jwt.encode(
            claims(),
            foreign,
            algorithm="EdDSA",
            headers={"kid": KEY_ID, "typ": "at+jwt", **extra},
        )

        with pytest.raises(Unauthenticated):
            verifier.verify(forged)


def test_another_algorithm_is_refused(verifier: TokenVerifier) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(claims(), key, algorithm="RS256", headers={"kid": KEY_ID, "typ": "at+jwt"})

    with pytest.raises(Unauthenticated):
        verifier.verify(forged)


def test_a_changed_token_is_refused(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    header, _, signature = signed(issuer).split(".")

    with pytest.raises(Unauthenticated):
        verifier.verify(f"{header}.{part(claims(roles=['coordinator']))}.{signature}")


def test_a_huge_token_is_not_even_read(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(issuer, name="x" * 10_000))


@given(st.text(max_size=200))
def test_any_text_is_refused_and_never_fails(issuer: TokenIssuer, text: str) -> None:
    verifier = TokenVerifier(jwks_url=issuer.jwks_url, issuer=ISSUER)
    for token in (text, f"{part({'alg': 'EdDSA'})}.{text}.{text}", f"eyJhbGciOiJFZERTQSJ9.{text}"):
        with pytest.raises(Unauthenticated):
            verifier.verify(token)


def test_a_remembered_token_still_expires(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    clock.enable_demo_clock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    try:
        token = issuer.token(Principal(id=PERSON))
        verifier.verify(token)
        clock.move_demo_clock(clock.now() + timedelta(seconds=600 + 61))

        with pytest.raises(Unauthenticated):
            verifier.verify(token)
    finally:
        clock.disable_demo_clock()


def test_no_keys_means_not_available_rather_than_refused(issuer: TokenIssuer) -> None:
    away = TokenVerifier(jwks_url="http://127.0.0.1:1/jwks.json", issuer=ISSUER)

    with pytest.raises(Unavailable):
        away.verify(issuer.token(Principal(id=PERSON)))


def test_roles_and_offices_nobody_knows_are_dropped(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    token = signed(issuer, roles=["coordinator", "king"], associations={str(OWN): "emperor"})

    found = verifier.verify(token)

    assert found.roles == {"coordinator"}
    assert found.associations == {}


def entered(grants: dict[str, str], **who: Any) -> Principal:
    made = Principal(**who)
    made.enter(grants)
    return made


def test_nobody_is_asked_to_sign_in_and_somebody_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        Principal().enter({"member": "own"})
    with pytest.raises(Forbidden):
        Principal(id=PERSON).enter({"coordinator": "any"})


@pytest.mark.parametrize(
    ("role", "asked", "refusal"),
    [
        ("editor", {"association": OWN}, None),
        ("administrator", {"association": OWN}, None),
        ("editor", {"association": OTHER}, Forbidden),
        ("editor", {"association": OTHER, "hide": True}, NotFound),
        ("editor", {}, Forbidden),
        ("editor", {"person": PERSON}, Forbidden),
    ],
)
def test_own_means_a_role_in_that_association(
    role: str, asked: dict[str, Any], refusal: type[Problem] | None
) -> None:
    somebody = entered({"editor": "own"}, id=PERSON, associations={OWN: role})

    if refusal is None:
        somebody.permit(**asked)
    else:
        with pytest.raises(refusal):
            somebody.permit(**asked)


def test_a_member_is_no_editor() -> None:
    with pytest.raises(Forbidden):
        entered({"editor": "own"}, id=PERSON, associations={OWN: "member"})


def test_a_sign_in_is_recent_for_a_quarter_of_an_hour(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    at = clock.now()
    somebody = verifier.verify(signed(issuer, auth_time=int(at.timestamp())))

    somebody.require_recent_sign_in(at=at + timedelta(minutes=14, seconds=59))
    with pytest.raises(SignInTooOld):
        somebody.require_recent_sign_in(at=at + timedelta(minutes=15, seconds=1))


def test_where_nobody_knows_when_somebody_signed_in_it_was_too_long_ago(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    with pytest.raises(SignInTooOld):
        verifier.verify(signed(issuer)).require_recent_sign_in(at=clock.now())


@pytest.mark.parametrize("condition", ["any", "unconflicted"])
def test_a_conflict_of_interest_shuts_out_every_office(condition: str) -> None:
    member = entered({"council": condition}, id=PERSON, roles=frozenset({"council"}))

    member.permit()
    with pytest.raises(Forbidden):
        member.permit(conflicted=True)


def test_a_conflict_does_not_shut_out_the_associations_own() -> None:
    both = entered(
        {"council": "unconflicted", "member": "own"},
        id=PERSON,
        roles=frozenset({"council"}),
        associations={OWN: "administrator"},
    )

    both.permit(association=OWN, conflicted=True)
    with pytest.raises(Forbidden):
        both.permit(association=OTHER, conflicted=True)


def test_a_list_reaches_what_the_grants_say() -> None:
    somebody = entered(
        {"editor": "own"}, id=PERSON, associations={OWN: "administrator", OTHER: "member"}
    )

    reach = somebody.reach()

    assert (reach.everything, reach.associations, reach.person) == (False, {OWN}, PERSON)


def test_a_grant_that_was_never_settled_is_a_bug() -> None:
    somebody = entered({"person": "own"}, id=PERSON)

    with pytest.raises(AssertionError):
        somebody.require_checked()
    somebody.permit(person=PERSON)
    somebody.require_checked()


def test_a_table_with_an_unknown_role_or_condition_is_refused(tmp_path: Any) -> None:
    table = tmp_path / "permissions.toml"
    for row in ('king = "any"', 'coordinator = "sometimes"'):
        table.write_text(f'["x.y:z"]\n{row}\n')

        with pytest.raises(ValueError, match=r"x\.y:z"):
            auth.read_permissions(table)


def test_made_up_keys_do_not_load_the_issuer(issuer: TokenIssuer) -> None:
    verifier = TokenVerifier(jwks_url=issuer.jwks_url, issuer=ISSUER)
    before = issuer.reading_count

    for number in range(4 * auth.KEYS_BURST):
        with pytest.raises(Unauthenticated):
            verifier.verify(signed(issuer, {"kid": f"made-up-{number}"}))

    assert issuer.reading_count - before == auth.KEYS_BURST


def test_a_key_that_comes_right_behind_another_is_known_at_once() -> None:
    with closing(TokenIssuer()) as issuer:
        verifier = TokenVerifier(jwks_url=issuer.jwks_url, issuer=ISSUER)
        somebody = Principal(id=uuid4())
        verifier.verify(issuer.token(somebody))

        issuer.rotate("next")

        assert verifier.verify(issuer.token(somebody)).id == somebody.id
