"""Signing in by a mailed link, and the sessions that follow."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from contracts.directory import SignInLinkRequested
from services.directory.app import rotate_key
from services.directory.model import KEY_ANNOUNCED, KEY_LIFE

BROWSER = "the-one-browser-of-skjalm"


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


@pytest.fixture
def asked(client, published, outbox):
    """Ask for a link as a known contact; return the event that carries its secrets."""

    def ask(email="skjalm@example.org"):
        answer = client.post("/api/v1/sign-in-links", json={"email": email, "browser": BROWSER})
        assert answer.status_code == 202
        return outbox.of(SignInLinkRequested)[-1]

    published()
    return ask


def sign_in(client, link, **changes):
    body = {
        "link_id": str(link.sign_in_link_id),
        "token": link.token,
        "browser": BROWSER,
        **changes,
    }
    return client.post("/api/v1/sessions", json=body)


def test_a_link_works_once(client, asked):
    link = asked()

    first, second = sign_in(client, link), sign_in(client, link)

    assert first.status_code == 201
    assert first.json["person"]["name"] == "Skjalm Skak"
    assert (second.status_code, slug(second)) == (401, "sign-in-failed")


def claims(session):
    return jwt.decode(session["access_token"], options={"verify_signature": False})


def test_a_token_says_at_which_address_somebody_signed_in_and_when(client, asked, clock):
    began = clock.now()
    session = sign_in(client, asked()).json
    clock.move(timedelta(minutes=20))
    renewed = client.post(
        f"/api/v1/sessions/{session['id']}/renewal",
        json={"refresh_token": session["refresh_token"]},
    ).json

    # To renew is not to sign in.
    for token in (claims(session), claims(renewed)):
        assert token["email"] == "skjalm@example.org"
        assert -1 <= token["auth_time"] - began.timestamp() <= 60
        assert "language" not in token
    assert claims(renewed)["iat"] - claims(session)["iat"] >= 20 * 60


def test_of_racing_attempts_one_gets_in(client, asked):
    link = asked()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(client.as_(None), link), range(16)))

    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 15


def test_a_link_is_good_for_a_quarter_of_an_hour_in_the_browser_that_asked(client, asked, clock):
    link = asked()
    assert sign_in(client, link, browser="somebody-elses-browser").status_code == 401
    clock.set(clock.now())

    clock.move(timedelta(minutes=16))

    assert sign_in(client, link).status_code == 401


def test_the_mailed_code_works_and_five_wrong_ones_end_it(client, asked):
    link = asked()
    assert sign_in(client, link, token=None, code=link.code).status_code == 201
    link = asked()
    wrong = "000000" if link.code != "000000" else "111111"

    for _ in range(5):
        assert sign_in(client, link, token=None, code=wrong).status_code == 401

    assert sign_in(client, link, token=None, code=link.code).status_code == 401


def test_an_unknown_address_looks_the_same(client, asked, outbox):
    known = client.post(
        "/api/v1/sign-in-links", json={"email": "skjalm@example.org", "browser": BROWSER}
    )
    outbox.clear()
    unknown = client.post(
        "/api/v1/sign-in-links", json={"email": "nobody@example.org", "browser": BROWSER}
    )

    assert known.status_code == unknown.status_code == 202
    assert known.json.keys() == unknown.json.keys()
    assert outbox.events == []


def test_too_many_links_for_one_address_are_refused(client, asked):
    answers = [
        client.post(
            "/api/v1/sign-in-links", json={"email": "skjalm@example.org", "browser": BROWSER}
        )
        for _ in range(10)
    ]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_only_hashes_are_kept(client, asked, database):
    link = asked()
    session = sign_in(client, link).json

    with database.reading() as reading:
        kept = str(reading.execute(text("SELECT sign_in_link::text FROM sign_in_link")).all())
        kept += str(
            reading.execute(text("SELECT sign_in_session::text FROM sign_in_session")).all()
        )

    assert link.token not in kept
    assert BROWSER not in kept
    assert session["refresh_token"] not in kept


def test_a_refresh_token_rotates_and_a_stolen_one_ends_the_session(client, asked, clock):
    clock.set(clock.now())
    session = sign_in(client, asked()).json
    path = f"/api/v1/sessions/{session['id']}/renewal"
    renew = lambda token: client.post(path, json={"refresh_token": token})  # noqa: E731

    first = renew(session["refresh_token"])
    same = renew(session["refresh_token"])
    assert first.json["refresh_token"] == same.json["refresh_token"]
    clock.move(timedelta(minutes=1))
    stolen = renew(session["refresh_token"])
    after = renew(first.json["refresh_token"])

    assert (stolen.status_code, after.status_code) == (401, 401)


def test_a_session_ends_when_idle_and_after_a_working_day(client, asked, clock):
    clock.set(clock.now())
    session = sign_in(client, asked()).json
    path = f"/api/v1/sessions/{session['id']}/renewal"
    token = session["refresh_token"]

    for _ in range(19):
        clock.move(timedelta(minutes=25))
        answer = client.post(path, json={"refresh_token": token})
        assert answer.status_code == 200
        token = answer.json["refresh_token"]
    clock.move(timedelta(minutes=25))

    assert client.post(path, json={"refresh_token": token}).status_code == 401


def test_oneself_and_ones_sessions(client, asked, principal):
    session = sign_in(client, asked()).json
    me = principal(id=session["person"]["id"], session_id=session["id"])

    shown = client.as_(me).get("/api/v1/me").json
    listed = client.as_(me).get("/api/v1/sessions").json["items"]
    stranger = client.as_(principal()).delete(f"/api/v1/sessions/{session['id']}")
    ended = client.as_(me).delete(f"/api/v1/sessions/{session['id']}")

    assert [each["role"] for each in shown["associations"]] == ["administrator"]
    assert [each["is_current"] for each in listed] == [True]
    assert (stranger.status_code, ended.status_code) == (404, 204)
    renewal = client.post(
        f"/api/v1/sessions/{session['id']}/renewal",
        json={"refresh_token": session["refresh_token"]},
    )
    assert renewal.status_code == 401


def test_a_new_key_signs_only_when_everybody_has_had_time_to_read_it(
    client, asked, schedule, clock
):
    before = signing_kid(sign_in(client, asked()))
    clock.move(KEY_LIFE)
    schedule()
    announced = {key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]}

    at_once = signing_kid(sign_in(client, asked()))
    clock.move(KEY_ANNOUNCED)
    later = signing_kid(sign_in(client, asked()))

    assert at_once == before
    assert {before, later} == announced
    assert later != before


def signing_kid(answer):
    return jwt.get_unverified_header(answer.json["access_token"])["kid"]


@pytest.fixture
def rotate(database, settings, profile_path):
    """Rotate the key as an operator does."""

    def run(*arguments):
        environment = {
            "DATABASE_URL": settings.database_url,
            "AMQP_URL": "memory://",
            "PROFILE": str(profile_path),
        }
        return CliRunner().invoke(rotate_key, arguments, env=environment)

    return run


def test_a_key_that_an_operator_rotates_is_announced_before_it_signs(client, asked, rotate, clock):
    before = signing_kid(sign_in(client, asked()))
    clock.move(KEY_ANNOUNCED)

    told = rotate()

    announced = {key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]}
    at_once = signing_kid(sign_in(client, asked()))
    clock.move(KEY_ANNOUNCED)
    later = signing_kid(sign_in(client, asked()))
    assert told.exit_code == 0, told.output
    assert at_once == before
    assert announced == {before, later}
    assert later in told.output


def test_the_key_that_signs_is_not_rotated_out_of_sight(rotate, clock):
    clock.move(KEY_ANNOUNCED)

    assert rotate().exit_code == 0
    assert rotate().exit_code == 1


def test_a_stolen_key_is_gone_at_once_and_the_new_one_signs(client, asked, rotate):
    before = signing_kid(sign_in(client, asked()))

    told = rotate("--stolen")

    (announced,) = client.get("/.well-known/jwks.json").json["keys"]
    after = signing_kid(sign_in(client, asked()))
    assert told.exit_code == 0, told.output
    assert after == announced["kid"] != before
