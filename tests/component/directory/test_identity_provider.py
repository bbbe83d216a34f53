"""Signing in through an identity provider: what it must show, and whom it may be here."""

import base64
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import text

from chassis.config import Misconfigured, load
from contracts.directory import PersonRegistered
from services.directory.app import DirectorySettings
from tests.support.identity_provider import CLIENT_ID, IdentityProvider

BROWSER = "the-one-browser-of-skjalm"
SKJALM = {"sub": "0192-skjalm", "email": "Skjalm@example.org", "email_verified": True}
CPR = "010170-1234"


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture(scope="session")
def standing_provider():
    made = IdentityProvider().start()
    yield made
    made.close()


@pytest.fixture
def provider(standing_provider):
    """The provider, vouching for Skjalm."""
    standing_provider.begin_again()
    standing_provider.claims = dict(SKJALM)
    return standing_provider


@pytest.fixture
def environment(provider):
    return provider.settings


@pytest.fixture
def known(client, published):
    """Skjalm is in the register."""
    published()


def begin(client, browser=BROWSER):
    answer = client.post("/api/v1/sign-in-flows", json={"browser": browser})
    assert answer.status_code == 201, answer.json
    return answer.json


def finish(client, flow, brought, **changes):
    body = {
        "flow_id": flow["id"],
        "authorization_code": brought["code"],
        "state": brought["state"],
        "iss": brought["iss"],
        "browser": BROWSER,
        **changes,
    }
    return client.post("/api/v1/sessions", json=body)


def sign_in(client, provider, **changes):
    flow = begin(client)
    return finish(client, flow, provider.visit(flow["authorization_url"]), **changes)


def is_refused(answer):
    return (answer.status_code, slug(answer)) == (401, "sign-in-failed")


def test_a_person_with_a_verified_address_gets_in(client, provider, known):
    answer = sign_in(client, provider)

    assert answer.status_code == 201
    assert answer.json["person"]["name"] == "Skjalm Skak"


def test_afterwards_the_subject_is_enough(client, provider, known):
    assert sign_in(client, provider).status_code == 201
    provider.claims = {"sub": SKJALM["sub"]}

    assert sign_in(client, provider).json["person"]["name"] == "Skjalm Skak"


def test_how_sure_the_provider_was_is_kept_with_the_session(client, provider, known, database):
    provider.claims |= {"acr": "https://data.gov.dk/concept/core/nsis/Substantial", "amr": ["app"]}

    assert sign_in(client, provider).status_code == 201

    with database.reading() as reading:
        kept = reading.execute(text("SELECT acr, amr FROM sign_in_session")).one()
    assert kept == ("https://data.gov.dk/concept/core/nsis/Substantial", ["app"])


def auth_time(answer):
    assert answer.status_code == 201
    decoded = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    return decoded.get("auth_time")


def test_when_somebody_showed_the_provider_who_they_are_is_what_the_token_says(
    client, provider, known
):
    # The provider knew them still, from an hour ago: our session is new, their sign-in is not.
    an_hour_ago = int(time.time()) - 3600
    provider.claims["auth_time"] = an_hour_ago

    assert auth_time(sign_in(client, provider)) == an_hour_ago


def test_a_provider_that_is_ahead_of_time_makes_nobody_sign_in_later(client, provider, known):
    provider.claims["auth_time"] = int(time.time()) + 3600

    assert auth_time(sign_in(client, provider)) <= time.time() + 1


@pytest.mark.parametrize("said", [None, "just now", True, 1e300])
def test_where_the_provider_does_not_say_when_the_token_does_not_either(
    client, provider, known, said
):
    if said is not None:
        provider.claims["auth_time"] = said

    assert auth_time(sign_in(client, provider)) is None


@pytest.mark.parametrize("is_verified", [False, None, "true", 1])
def test_an_address_nobody_verified_opens_nothing(client, provider, known, is_verified):
    provider.claims |= {"email_verified": is_verified}

    assert is_refused(sign_in(client, provider))


def test_an_unknown_person_is_refused_like_a_bad_answer_and_not_made(
    client, provider, known, outbox
):
    bad = sign_in(client, provider, state="another")
    provider.claims |= {"email": "nobody@example.org"}

    unknown = sign_in(client, provider)

    told = lambda answer: {  # noqa: E731
        name: value for name, value in answer.json.items() if name != "correlation_id"
    }
    assert is_refused(unknown)
    assert told(unknown) == told(bad)
    assert outbox.of(PersonRegistered) == []


def test_a_visit_ends_once(client, provider, known):
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: finish(client.as_(None), flow, brought), range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 5
    assert provider.exchange_count == 1


def test_a_code_of_another_visit_is_refused(client, provider, known):
    theirs = provider.visit(begin(client, "the-browser-of-a-thief")["authorization_url"])
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])

    assert is_refused(finish(client, flow, {**brought, "code": theirs["code"]}))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "another"},
        {"browser": "the-browser-of-a-thief"},
        {"browser": ""},
        {"flow_id": "0192f0a1-0000-7000-8000-000000000001"},
    ],
)
def test_another_state_or_browser_never_reaches_the_provider(client, provider, known, changes):
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])

    assert is_refused(finish(client, flow, brought, **changes))
    assert provider.exchange_count == 0
    assert finish(client, flow, brought).status_code == 201


@pytest.mark.parametrize("iss", ["https://evil.example.org", None])
def test_an_answer_of_another_issuer_is_not_exchanged(client, provider, known, iss):
    assert is_refused(sign_in(client, provider, iss=iss))
    assert provider.exchange_count == 0


def test_a_provider_that_never_names_itself_need_not(client, provider, known):
    provider.configuration = {"authorization_response_iss_parameter_supported": False}

    assert sign_in(client, provider, iss=None).status_code == 201


def test_a_visit_is_over_after_a_quarter_of_an_hour(client, provider, known, clock):
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])
    clock.move(timedelta(minutes=16))

    assert is_refused(finish(client, flow, brought))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of another visit"},
        {"nonce": None},
        {"iss": "https://evil.example.org"},
        {"aud": "somebody-else"},
        {"aud": [CLIENT_ID, "somebody-else"]},
        {"azp": "somebody-else"},
        {"exp": timedelta(hours=-1)},
        {"exp": None},
        {"iat": timedelta(hours=1)},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
        {"sub": CPR},
        {"sub": "s" * 256},
    ],
    ids=str,
)
def test_an_id_token_that_says_something_else_is_refused(client, provider, known, changes):
    provider.forge = lambda claims: provider.sign(
        {
            # A moment is said from now: the name of a test must not change with the time of day.
            name: int(time.time() + value.total_seconds()) if hasattr(value, "days") else value
            for name, value in {**claims, **changes}.items()
            if value is not None
        }
    )

    assert is_refused(sign_in(client, provider))


def test_an_id_token_for_several_is_taken_when_it_was_made_for_us(client, provider, known):
    provider.claims |= {"aud": [CLIENT_ID, "somebody-else"], "azp": CLIENT_ID}

    assert sign_in(client, provider).status_code == 201


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_the_public_key_as_a_secret(provider, claims):
    body = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': provider.kid})}.{part(claims)}"
    mac = jwt.get_algorithm_by_name("HS256").sign(body.encode(), provider.public_pem())
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def unsigned(provider, claims):
    return jwt.encode(claims, None, algorithm="none", headers={"kid": provider.kid})


def with_another_key(provider, claims):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, other, algorithm="RS256", headers={"kid": provider.kid})


def with_a_key_of_its_own(provider, claims):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key(), as_dict=True)
    return jwt.encode(claims, other, algorithm="RS256", headers={"kid": "mine", "jwk": public})


def without_a_key_id(provider, claims):
    return jwt.encode(claims, provider.key, algorithm="RS256")


def with_a_critical_header(provider, claims):
    headers = {"kid": provider.kid, "crit": ["b64"], "b64": True}
    return jwt.encode(claims, provider.key, algorithm="RS256", headers=headers)


def that_is_none(_provider, _claims):
    return "not.a.token"


@pytest.mark.parametrize(
    "forge",
    [
        with_the_public_key_as_a_secret,
        unsigned,
        with_another_key,
        with_a_key_of_its_own,
        without_a_key_id,
        with_a_critical_header,
        that_is_none,
    ],
)
def test_an_id_token_that_is_signed_otherwise_is_refused(client, provider, known, forge):
    provider.forge = lambda claims: forge(provider, claims)

    assert is_refused(sign_in(client, provider))


def test_a_key_that_is_replaced_during_a_visit_is_found(client, provider, known):
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])
    provider.rotate("second")

    assert finish(client, flow, brought).status_code == 201


def test_a_key_that_was_withdrawn_signs_nothing_more(client, provider, known):
    assert sign_in(client, provider).status_code == 201
    old_key, old_kid = provider.key, provider.kid
    provider.rotate("second")
    provider.forge = lambda claims: jwt.encode(
        claims, old_key, algorithm="RS256", headers={"kid": old_kid}
    )

    assert is_refused(sign_in(client, provider))


def test_a_cpr_number_is_dropped_wherever_it_stands(client, provider, known, database, caplog):
    provider.claims |= {"cpr": CPR, "acr": CPR, "amr": ["app", CPR], "dk": {"cprNumber": CPR}}

    assert sign_in(client, provider).status_code == 201

    assert CPR not in everything_kept(database)
    assert CPR not in caplog.text


def test_only_the_visit_is_kept_not_what_finishes_it(client, provider, known, database):
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])
    asked = provider.codes[brought["code"]]

    kept = everything_kept(database)

    for secret in (asked["state"], asked["nonce"], asked["code_challenge"], BROWSER):
        assert secret not in kept


def everything_kept(database):
    with database.reading() as reading:
        return "".join(
            str(reading.execute(text(f"SELECT {table}::text FROM {table}")).all())
            for table in ("identity", "sign_in_flow", "sign_in_session", "person")
        )


def test_a_new_address_takes_the_identity_with_it(client, provider, known, principal):
    """Somebody else's address, taken in advance, must not stay open to the one who took it."""
    session = sign_in(client, provider).json
    me = principal(id=UUID(session["person"]["id"]), session_id=UUID(session["id"]))
    taken = {"email": "somebody.else@example.org"}
    changed = client.as_(me).patch(f"/api/v1/people/{me.id}", json=taken)
    assert changed.status_code == 200, changed.json

    assert is_refused(sign_in(client, provider))


def test_nothing_of_an_erased_person_is_left(client, provider, published, coordinator, database):
    association = published()
    closing = {"reason": "Nedlagt"}
    assert sign_in(client, provider).status_code == 201
    client.as_(coordinator).post(f"/api/v1/associations/{association['id']}/closure", json=closing)
    person = sign_in(client, provider).json["person"]["id"]

    assert client.as_(coordinator).delete(f"/api/v1/people/{person}").status_code == 200

    assert SKJALM["sub"] not in everything_kept(database)
    assert is_refused(sign_in(client, provider))


def test_a_provider_that_is_away_is_told_and_links_still_work(client, provider, known):
    flow = begin(client)
    brought = provider.visit(flow["authorization_url"])
    provider.configuration = {"issuer": "https://another.example.org"}

    begun = client.post("/api/v1/sign-in-flows", json={"browser": BROWSER})
    finished = finish(client, flow, brought)

    assert (begun.status_code, slug(begun)) == (503, "identity-provider-away")
    assert (finished.status_code, slug(finished)) == (503, "identity-provider-away")
    mailed = {"email": "skjalm@example.org", "browser": BROWSER}
    assert client.post("/api/v1/sign-in-links", json=mailed).status_code == 202


def test_a_provider_that_does_not_know_us_is_as_good_as_away(client, provider, known):
    provider.client_secret = "another"

    answer = sign_in(client, provider)

    assert (answer.status_code, slug(answer)) == (503, "identity-provider-away")


def test_a_redirect_is_not_followed(client, provider, known):
    provider.configuration = {"jwks_uri": f"{provider.issuer}/moved-keys"}

    answer = sign_in(client, provider)

    assert (answer.status_code, slug(answer)) == (503, "identity-provider-away")


@pytest.mark.parametrize(
    "configuration",
    [
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": None},
        {"padding": "x" * 300_000},
    ],
    ids=lambda each: next(iter(each)),
)
def test_a_configuration_that_is_unsafe_is_not_used(client, provider, configuration):
    provider.configuration = configuration

    answer = client.post("/api/v1/sign-in-flows", json={"browser": BROWSER})

    assert (answer.status_code, slug(answer)) == (503, "identity-provider-away")


def test_visits_are_counted_for_each_client(client, provider):
    ask = lambda: client.post("/api/v1/sign-in-flows", json={"browser": BROWSER})  # noqa: E731
    provider.configuration = {"issuer": ""}

    assert [ask().status_code for _ in range(61)] == [503] * 60 + [429]


def test_old_visits_are_dropped(client, provider, clock, schedule, database):
    begin(client)
    clock.move(timedelta(days=2))

    schedule()

    with database.reading() as reading:
        assert reading.execute(text("SELECT count(*) FROM sign_in_flow")).scalar() == 0


@pytest.mark.parametrize("left_out", ["flow_id", "state"])
def test_an_answer_without_its_visit_names_the_field(client, provider, left_out):
    flow = begin(client)
    answer = finish(client, flow, provider.visit(flow["authorization_url"]), **{left_out: None})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [f"/{left_out}"]


def test_the_methods_tell_that_a_provider_is_offered(client):
    assert client.get("/api/v1/sign-in-methods").json == {"link": True, "identity_provider": True}


class TestWithASilentProvider:
    @pytest.fixture
    def listener(self):
        """A door that opens, and nobody inside."""
        with socket.create_server(("127.0.0.1", 0)) as made:
            yield made

    @pytest.fixture
    def environment(self, environment, listener):
        return {**environment, "OIDC_ISSUER": f"http://127.0.0.1:{listener.getsockname()[1]}"}

    def test_nobody_waits_for_it_long(self, client):
        begun = time.monotonic()

        answer = client.post("/api/v1/sign-in-flows", json={"browser": BROWSER})

        assert (answer.status_code, slug(answer)) == (503, "identity-provider-away")
        assert time.monotonic() - begun < 5


class TestWithoutAProvider:
    @pytest.fixture
    def environment(self):
        return {}

    def test_it_is_not_offered(self, client):
        answer = client.post("/api/v1/sign-in-flows", json={"browser": BROWSER})

        assert (answer.status_code, slug(answer)) == (404, "sign-in-not-offered")
        assert client.get("/api/v1/sign-in-methods").json["identity_provider"] is False


WHOLE = {
    "OIDC_ISSUER": "https://broker.example.org/op",
    "OIDC_CLIENT_ID": "samspil",
    "OIDC_CLIENT_SECRET": "secret",
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_provider_that_is_named_by_half_stops_the_start(settings_in, name):
    assert settings_in(WHOLE).oidc_client_id == "samspil"

    with pytest.raises(Misconfigured, match=f"^{name} is not set"):
        settings_in({**WHOLE, name: ""})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://broker.example.org",
        "broker.example.org",
        "https://a:b@broker.example.org",
        "https://",
    ],
)
def test_an_issuer_that_is_not_safe_stops_the_start(settings_in, issuer):
    with pytest.raises(Misconfigured, match=r"^OIDC_ISSUER"):
        settings_in({**WHOLE, "OIDC_ISSUER": issuer})


@pytest.fixture
def settings_in():
    def read(changes):
        needed = {
            "DATABASE_URL": "postgresql+psycopg://x/y",
            "AMQP_URL": "memory://",
            "PROFILE": "none.toml",
        }
        return load(DirectorySettings, {**needed, **changes})

    return read
