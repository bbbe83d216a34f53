"""Settings: from the environment or a file, each wrong one by its name, and nothing secret told."""

from dataclasses import dataclass

import pytest

from chassis import config
from chassis.config import Misconfigured, ProcessSettings, Settings, setting
from gateway.app import GatewaySettings
from portal.settings import PortalSettings

SERVICE = {
    "DATABASE_URL": "postgresql+psycopg://somebody:hemmelig@localhost/grants",
    "AMQP_URL": "amqp://somebody:hemmelig@localhost:5672/%2F",
    "PROFILE": "profiles/vesthimmerland.toml",
}
GATEWAY = {
    f"UPSTREAM_{name}": "http://127.0.0.1:1"
    for name in ("DIRECTORY", "GRANTS", "MEETINGS", "NOTIFIER")
}
PORTAL = {
    "GATEWAY_URL": "http://127.0.0.1:1",
    "PORTAL_SECRET": "hemmelig" * 4,
    "PROFILE": "profiles/vesthimmerland.toml",
}


@dataclass(frozen=True, kw_only=True)
class Lamp(ProcessSettings):
    is_on: bool = setting("LAMP_ON", "Whether it is on", default=False)
    watts: int | None = setting("LAMP_WATTS", "How bright", default=None)
    code: str = setting("LAMP_CODE", "Who may touch it", secret=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "hemmelig"),
        ("DATABASE_URL", "postgresql://somebody:hemmelig@localhost/grants"),
        ("DATABASE_URL", "postgresql+psycopg://somebody:hemmelig@localhost"),
        ("DATABASE_URL", "postgresql+psycopg://somebody:hemmelig@localhost:hemmelig/grants"),
        ("AMQP_URL", ""),
        ("AMQP_URL", "http://somebody:hemmelig@localhost"),
        ("AMQP_URL", "amqp://"),
        ("AMQP_URL", "amqp://somebody:hemmelig@localhost:70000"),
        ("PROFILE", ""),
        ("PUBLIC_URL", "samspil.example.org"),
        ("JWKS_URL", "file:///etc/passwd"),
        ("LOG_LEVEL", "chatty"),
        ("EVENT_RESEND_SECONDS", "-1"),
        ("EVENT_RESEND_SECONDS", "a week"),
        ("LIVE_SECONDS", "0"),
        ("OPERATIONS_PORT", "65536"),
    ],
)
def test_a_wrong_setting_of_a_service_names_itself_and_tells_no_secret(name, value):
    with pytest.raises(Misconfigured, match=f"^{name}[ :]") as raised:
        config.load(Settings, {**SERVICE, name: value})

    assert "hemmelig" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPSTREAM_GRANTS", "grants:8000"),
        ("TRUSTED_PROXIES", "everybody"),
        ("RATE_LIMIT", "many"),
        ("CACHE_SECONDS", "6"),
        ("CACHE_SECONDS", "two"),
        ("UPSTREAM_SECONDS", "0"),
        ("UPSTREAM_CONCURRENCY", "0"),
        ("LOG_LEVEL", "info"),
    ],
)
def test_a_wrong_setting_of_the_gateway_names_itself(name, value):
    with pytest.raises(Misconfigured, match=f"^{name}: "):
        config.load(GatewaySettings, {**GATEWAY, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("GATEWAY_URL", "gateway"), ("COOKIE_SECURE", "perhaps"), ("PORTAL_SECRET", "hemmelig")],
)
def test_a_wrong_setting_of_the_portal_names_itself(name, value):
    with pytest.raises(Misconfigured, match=f"^{name}[ :]"):
        config.load(PortalSettings, {**PORTAL, name: value})


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(Misconfigured) as raised:
        config.load(Settings, {"LOG_LEVEL": "chatty"})

    for name in ("DATABASE_URL", "AMQP_URL", "PROFILE", "LOG_LEVEL"):
        assert name in str(raised.value)


def test_an_empty_value_is_no_value():
    assert config.load(Settings, {**SERVICE, "LOG_LEVEL": ""}).log_level == "INFO"
    assert config.load(GatewaySettings, {**GATEWAY, "CACHE_SECONDS": ""}).cache_seconds == 2


def test_a_file_holds_the_value_and_wins(tmp_path):
    path = tmp_path / "code"
    path.write_text("from the file\n", encoding="utf-8")

    lamp = config.load(Lamp, {"LAMP_CODE": "from the variable", "LAMP_CODE_FILE": str(path)})

    assert lamp.code == "from the file"
    assert "from the file" not in repr(lamp)


def test_a_file_that_cannot_be_read_or_is_empty_names_the_setting(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "latin").write_bytes("nøgle".encode("latin-1"))

    for name in ("nowhere", "empty", "latin"):
        with pytest.raises(Misconfigured, match=r"^LAMP_CODE"):
            config.load(Lamp, {"LAMP_CODE_FILE": str(tmp_path / name)})


@pytest.mark.parametrize(
    ("word", "meant"),
    [("1", True), ("true", True), ("Yes", True), ("0", False), ("FALSE", False), ("no", False)],
)
def test_a_yes_or_no_has_three_spellings(word, meant):
    assert config.load(Lamp, {"LAMP_CODE": "x", "LAMP_ON": word}).is_on is meant


def test_another_word_is_neither_yes_nor_no():
    with pytest.raises(Misconfigured, match=r"^LAMP_ON: 'on' is not true or false"):
        config.load(Lamp, {"LAMP_CODE": "x", "LAMP_ON": "on"})


def test_a_number_that_may_be_missing():
    assert config.load(Lamp, {"LAMP_CODE": "x"}).watts is None
    assert config.load(Lamp, {"LAMP_CODE": "x", "LAMP_WATTS": "40"}).watts == 40
