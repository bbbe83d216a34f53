"""Links that work once, and sessions whose refresh tokens form a chain."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.model import SignInLink, SignInSession, digest
from services.directory.model.problems import SignInFailed

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)
BROWSER = "the-one-browser-of-karla"
MINUTE = timedelta(minutes=1)


def a_link(**changes):
    id_ = uuid4()
    values = {
        "id": id_,
        "person_id": uuid4(),
        "token_hash": digest("the token"),
        "code_hash": digest(f"{id_}:123456"),
        "browser_hash": digest(BROWSER),
        "attempts": 0,
        "expires_at": NOW + 15 * MINUTE,
        **changes,
    }
    return SignInLink(**values)


def opens(link, *, token=None, code=None, browser=BROWSER, at=NOW):
    return link.is_opened_by(token=token, code=code, browser=browser, at=at)


def test_a_token_opens_once():
    link = a_link()

    assert opens(link, token="the token")
    assert not opens(link, token="the token")
    assert link.used_at == NOW


def test_a_code_opens_once():
    link = a_link()

    assert opens(link, code="123456")
    assert not opens(link, code="123456")


@pytest.mark.parametrize(
    "how",
    [
        {"token": "another token"},
        {"token": "the token", "browser": "another browser"},
        {"token": "the token", "browser": ""},
        {"token": "the token", "at": NOW + 15 * MINUTE + timedelta(seconds=1)},
        {"code": "654321"},
        {"code": "123456", "browser": "another browser"},
        {},
    ],
)
def test_it_stays_shut(how):
    link = a_link()

    assert not opens(link, **how)
    assert link.used_at is None


def test_four_wrong_codes_are_forgiven_and_five_are_not():
    forgiven, dead = a_link(), a_link()

    for link, times in ((forgiven, 4), (dead, 5)):
        for _ in range(times):
            assert not opens(link, code="654321")

    assert opens(forgiven, code="123456")
    assert not opens(dead, code="123456")
    assert not opens(dead, token="the token")


def test_another_browser_cannot_use_up_the_attempts():
    link = a_link()

    for _ in range(9):
        opens(link, code="654321", browser="another browser")

    assert opens(link, code="123456")


def test_an_operators_link_works_in_any_browser_but_by_no_code():
    link = a_link(browser_hash=None, code_hash="")

    assert not opens(link, code="123456", browser="any")
    assert opens(link, token="the token", browser="any")


def test_a_link_for_nobody_opens_nothing():
    link = a_link(person_id=None)

    assert not opens(link, token="the token")
    assert not opens(link, code="123456")


def a_session():
    return SignInSession(
        id=uuid4(),
        person_id=uuid4(),
        chain_secret="the secret of the chain",
        refresh_hash=digest("the first token"),
        rotated_at=NOW,
        started_at=NOW,
    )


def test_each_token_is_good_for_one_rotation():
    session = a_session()

    second = session.renew("the first token", at=NOW + MINUTE)
    third = session.renew(second, at=NOW + 2 * MINUTE)

    assert len({"the first token", second, third}) == 3
    assert session.refresh_hash == digest(third)


def test_a_lost_answer_can_be_asked_for_again():
    session = a_session()

    first = session.renew("the first token", at=NOW + MINUTE)
    again = session.renew("the first token", at=NOW + MINUTE + timedelta(seconds=29))

    assert again == first
    assert session.renew(first, at=NOW + 2 * MINUTE)


def test_a_token_used_again_after_the_grace_ends_the_session():
    session = a_session()
    second = session.renew("the first token", at=NOW + MINUTE)

    with pytest.raises(SignInFailed):
        session.renew("the first token", at=NOW + 2 * MINUTE)

    assert session.ended_at == NOW + 2 * MINUTE
    with pytest.raises(SignInFailed):
        session.renew(second, at=NOW + 2 * MINUTE)


def test_somebody_elses_token_is_refused_and_harms_nobody():
    session = a_session()

    with pytest.raises(SignInFailed):
        session.renew("no token of this session", at=NOW + MINUTE)

    assert session.ended_at is None
    assert session.renew("the first token", at=NOW + MINUTE)


@pytest.mark.parametrize(
    ("after", "alive"),
    [(timedelta(minutes=29, seconds=59), True), (timedelta(minutes=30), False)],
)
def test_an_idle_session_dies(after, alive):
    session = a_session()

    if alive:
        assert session.renew("the first token", at=NOW + after)
        return
    with pytest.raises(SignInFailed):
        session.renew("the first token", at=NOW + after)


def test_a_busy_session_dies_after_eight_hours():
    session, token, at = a_session(), "the first token", NOW

    while at + 20 * MINUTE < NOW + timedelta(hours=8):
        at += 20 * MINUTE
        token = session.renew(token, at=at)

    with pytest.raises(SignInFailed):
        session.renew(token, at=NOW + timedelta(hours=8))


@given(rotations=st.integers(2, 12), old=st.integers(0, 10))
def test_however_old_a_stolen_token_is_its_reuse_ends_the_session(rotations, old):
    session, tokens, at = a_session(), ["the first token"], NOW
    for _ in range(rotations):
        at += MINUTE
        tokens.append(session.renew(tokens[-1], at=at))
    stolen = tokens[min(old, rotations - 1)]

    with pytest.raises(SignInFailed):
        session.renew(stolen, at=at + MINUTE)

    assert session.ended_at is not None
