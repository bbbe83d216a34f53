"""Addresses that people type: suggested while they do, and parted where they took one whole.

A suggestion is "Himmerlandsgade 59, 9600 Aars" in one field. Whoever takes it, or writes it like
that without any script, has filled in three: the rest is put where it belongs, unless something
else is there already. Nothing is ever refused because no register knows it.
"""

import re
from typing import Final

from portal.forms import Form

_WHOLE: Final = re.compile(
    r"^\s*(?P<street>.+?)\s*,\s*(?P<postcode>\d{4})\s+(?P<city>[^,\d]+?)\s*$"
)


def part(form: Form, street: str, postcode: str, city: str = "") -> None:
    """Put the parts of a whole address into their fields, where these are empty."""
    whole = _WHOLE.match(form.value(street))
    if whole is None or form.value(postcode) not in {"", whole["postcode"]}:
        return
    if city and form.value(city) not in {"", whole["city"]}:
        return
    form.values[street], form.values[postcode] = whole["street"], whole["postcode"]
    if city:
        form.values[city] = whole["city"]
