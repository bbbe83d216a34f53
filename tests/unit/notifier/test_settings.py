"""A wrong setting stops the notifier and is named."""

import pytest

from chassis import config
from services.notifier.model import NotifierSettings, ServerAddress

GIVEN = {
    "DATABASE_URL": "postgresql+psycopg://x/y",
    "AMQP_URL": "memory://",
    "PROFILE": "profiles/vesthimmerland.toml",
    "SMTP_URL": "smtp://localhost",
}


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example.org", 25),
        ("smtp+starttls://mail.example.org", 587),
        ("smtps://mail.example.org", 465),
        ("smtp://mail.example.org:1025", 1025),
    ],
)
def test_an_address_has_the_port_of_its_kind(url, port):
    assert ServerAddress.of(url).port == port


def test_a_password_may_hold_any_sign():
    address = ServerAddress.of("smtps://me:p%40ss%2Fword@mail.example.org")

    assert (address.user, address.password) == ("me", "p@ss/word")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "http://mail.example.org"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.org:port"),
        ("MAIL_FROM", "nobody"),
        ("SMTP_CONNECTIONS", "0"),
        ("MAILS_PER_HOUR", "0"),
        ("UNCERTAIN_MAIL", "perhaps"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(config.Misconfigured, match=name):
        config.load(NotifierSettings, {**GIVEN, name: value})


def test_the_password_is_not_shown():
    settings = config.load(NotifierSettings, {**GIVEN, "SMTP_URL": "smtp://me:hemmelig@localhost"})

    assert "hemmelig" not in repr(settings)
