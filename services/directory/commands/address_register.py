"""The national address register: completes an address while somebody types it.

Adressevælger, which Klimadatastyrelsen gave in the place of DAWA (closed in 2026): one call,
``GET <address>/husnumre/soeg?tekst=...&maksimum=...&token=...``, which answers
``{"status": "ok", "fund": [{"type": "husnummer", "titel": "Vejnavn 1, 1234 By", ...}]}``. What was
verified of it, and what was not, is told in docs/how-to/ask-an-address-register.md.

Off unless configured. Nobody waits for it for long, and after it failed nobody waits at all for
half a minute: the municipality's own postcodes and places serve meanwhile
(``queries/addresses.py``). What it says is data of a stranger: short texts of the expected form are
taken and nothing else.
"""

import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import urllib3

from chassis import telemetry
from services.directory.model import MOST_SUGGESTED, SuggestedAddress

TIMEOUT: Final = urllib3.Timeout(total=0.8)
REST_SECONDS: Final = 30.0
MAX_ANSWER_BYTES: Final = 128 * 1024
# The component of its makers sends no more than this.
MAX_QUERY: Final = 73
MAX_WORD: Final = 120
# What leads to an address, or to the street it is in.
KINDS: Final = frozenset({"husnummer", "navngivenvejpostnummer", "vejnavn"})
# "Himmerlandsgade 59, 9600 Aars", or with a village between: "Byvej 1, Ullits, 9640 Farsø".
_WHOLE: Final = re.compile(r"^(?P<street>[^,]+),.*?(?P<postcode>\d{4}) (?P<city>[^,\d]+)$")
_PLAIN: Final = re.compile(r"^[^\x00-\x1f\x7f<>]+$")

log = telemetry.logger(__name__)


class RegisterAway(Exception):
    """The register gave no answer that can be used, or rests."""


@dataclass
class AddressRegister:
    """The register at one address, with the token it knows us by."""

    url: str
    token: str
    _resting_until: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def suggest(self, typed: str) -> list[SuggestedAddress]:
        """Return what an address may become. Raises :class:`RegisterAway`."""
        with self._lock:
            if time.monotonic() < self._resting_until:
                raise RegisterAway("rests after a failure")
        try:
            found = self._ask(typed[:MAX_QUERY])
        except RegisterAway as failure:
            with self._lock:
                self._resting_until = time.monotonic() + REST_SECONDS
            # Neither what was typed nor the token: an address may be somebody's home.
            log.warning("address register is away", reason=str(failure))
            raise
        return [each for row in found if (each := _suggestion(row)) is not None][:MOST_SUGGESTED]

    def _ask(self, typed: str) -> list[Any]:
        fields = {"tekst": typed, "maksimum": str(MOST_SUGGESTED), "token": self.token}
        try:
            with (
                urllib3.PoolManager(timeout=TIMEOUT, retries=False) as http,
                http.request(
                    "GET",
                    f"{self.url.rstrip('/')}/husnumre/soeg",
                    fields=fields,
                    headers={"Accept": "application/json"},
                    preload_content=False,
                ) as response,
            ):
                content = response.read(MAX_ANSWER_BYTES + 1)
        except urllib3.exceptions.HTTPError as error:
            raise RegisterAway(type(error).__name__) from error
        if response.status != 200 or len(content) > MAX_ANSWER_BYTES:
            raise RegisterAway(f"answered {response.status} with {len(content)} bytes")
        return _found(content)


def _found(content: bytes) -> list[Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RegisterAway("answered no JSON") from error
    found = document.get("fund") if isinstance(document, dict) else None
    if not isinstance(found, list) or document.get("status") != "ok":
        raise RegisterAway("answered something else than addresses")
    return found


def _suggestion(row: object) -> SuggestedAddress | None:
    """Take a row that is an address as we know them; anything else is passed over."""
    if not isinstance(row, dict) or row.get("type") not in KINDS:
        return None
    title = _word(row, "titel")
    if title is None:
        return None
    whole = _WHOLE.match(title)
    if whole is None:
        return SuggestedAddress(text=title, street=title)
    is_house = row["type"] == "husnummer"
    return SuggestedAddress(
        text=f"{whole['street']}, {whole['postcode']} {whole['city']}",
        street=whole["street"],
        postcode=whole["postcode"],
        city=whole["city"],
        register_id=_word(row, "id") if is_house else None,
    )


def _word(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    is_good = isinstance(value, str) and 0 < len(value) <= MAX_WORD and _PLAIN.match(value)
    return str(value) if is_good else None
