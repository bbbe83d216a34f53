"""Makes the secrets of the one-host stack, each once: deploy/compose.yaml mounts them as files.

    python tools/deployment_secrets.py deploy/secrets

What is there is left alone, but for the broker's definitions, which are made of the passwords and
of deploy/rabbitmq/topology.json; "definitions changed" is printed when they are others than before.

The folder is closed to everybody but its owner. The files in it can be read by all, because each is
shown by itself to a container whose process is none of this machine's accounts. Standard library
only.
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOPOLOGY = ROOT / "deploy" / "rabbitmq" / "topology.json"
SERVICES = ("directory", "grants", "meetings", "notifier")
# For replays and whatever else no service may do at the broker.
OPERATOR = "operator"
# The catcher's, until a mail server is named.
TRYING_OUT = "smtp://mailpit:1025"


def main() -> None:
    """Make what is missing in the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in ("postgres_password", "portal_secret"):
        keep(folder / name, password)
    keep(folder / "smtp_url", lambda: TRYING_OUT)
    keep(folder / "oidc_client_secret", str)
    for service in SERVICES:
        database = keep(folder / f"{service}_database_password", password)
        url = f"postgresql+psycopg://{service}:{database}@postgres:5432/{service}"
        keep(folder / f"{service}_database_url", lambda url=url: url)  # type: ignore[misc]
    passwords = {name: broker_password(folder, name) for name in (*SERVICES, OPERATOR)}
    if write(folder / "rabbitmq_definitions", definitions(passwords)):
        print("definitions changed")


def password() -> str:
    """Return a new one: 256 bits in letters that need no escaping in an address."""
    return secrets.token_urlsafe(32)


def keep(path: Path, make: Callable[[], str]) -> str:
    """Return what a file holds, writing it first where there is none."""
    if not path.exists():
        write(path, make())
    return path.read_text(encoding="utf-8").strip()


def broker_password(folder: Path, name: str) -> str:
    """Return the password of an account at the broker; it is kept in the account's address."""
    address = keep(
        folder / f"{name}_amqp_url", lambda: f"amqp://{name}:{password()}@rabbitmq:5672/%2F"
    )
    return address.split(":")[2].split("@")[0]


def definitions(passwords: dict[str, str]) -> str:
    """Return the broker's definitions with its accounts; of passwords only their hashes."""
    held = json.loads(TOPOLOGY.read_text(encoding="utf-8"))
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    held["permissions"].append({"user": OPERATOR, "vhost": "/", **everything})
    held["users"] = [
        {
            "name": name,
            "password_hash": hashed(word),
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": ["administrator"] if name == OPERATOR else [],
        }
        for name, word in passwords.items()
    ]
    return json.dumps(held, indent=2) + "\n"


def hashed(word: str) -> str:
    """Hash a password as RabbitMQ does.

    Its salt is made from the password, so that the same password gives the same file; that costs
    nothing, as each is 256 random bits.
    """
    salt = hashlib.sha256(b"salt:" + word.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + word.encode()).digest()).decode()


def write(path: Path, text: str) -> bool:
    """Write a file unless it says just that; return whether it was written.

    In place: a running container holds on to the file that it was shown.
    """
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    if path.exists():
        path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o444)
    return True


if __name__ == "__main__":
    main()
