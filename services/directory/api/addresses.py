"""Routes of addresses that are suggested while somebody types; nobody has to take one."""

import functools
from typing import Any

import flask

from chassis.auth import require
from chassis.problems import Invalid
from chassis.web import Blueprint, reading
from services.directory import schemas
from services.directory.commands.address_register import AddressRegister, RegisterAway
from services.directory.queries.addresses import offline

addresses = Blueprint(
    "address-suggestions",
    __name__,
    url_prefix="/api/v1/address-suggestions",
    description="Completes an address: from the national register, or by postcodes and places",
)


@addresses.get("")
@addresses.arguments(schemas.AddressArgumentsSchema, location="query")
@addresses.response(200, schemas.AddressSuggestionsSchema)
@addresses.problems(Invalid)
@require("directory.address:suggest")
def suggest_addresses(arguments: dict[str, Any]) -> Any:
    """Complete an address. While the register is away, or is not configured, by our own places."""
    typed = arguments["q"]
    settings = flask.current_app.extensions["samspil.settings"]
    if settings.address_register_url:
        register = _register(settings.address_register_url, settings.address_register_token)
        try:
            return {"source": "register", "suggestions": register.suggest(typed)}
        except RegisterAway:
            pass
    with reading() as work:
        return {"source": "municipality", "suggestions": offline(work.session, typed)}


@functools.cache
def _register(url: str, token: str) -> AddressRegister:
    """The register; it remembers that it failed a moment ago."""
    return AddressRegister(url, token)
