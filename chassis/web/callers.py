"""Who the caller is on the network, where proxies stand before us."""

import ipaddress
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

MAX_PROXIES: Final = 10
THIS_MACHINE: Final = "127.0.0.0/8, ::1/128"


@cache
def networks(text: str) -> Networks:
    """Read a list of networks, ``127.0.0.1, 10.0.0.0/8``. Raises ``ValueError``."""
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


def client_address(environ: Mapping[str, Any], trusted: Networks) -> str:
    """Return the address of the caller.

    A trusted proxy's word is taken for who called it, and so on back along ``X-Forwarded-For``;
    the first that is not trusted is the caller, whatever it claims about others.
    """
    address = str(environ.get("REMOTE_ADDR") or "unknown")
    claimed = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-MAX_PROXIES:]
    for earlier in reversed([each.strip() for each in claimed]):
        if not earlier or not _is_within(address, trusted):
            break
        try:
            address = str(ipaddress.ip_address(earlier))
        except ValueError:
            break
    return address


def _is_within(address: str, trusted: Networks) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted)
