"""Addresses and URLs as settings have them."""

import re
from typing import NamedTuple

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

# Clients compare it, and it stands in a header: of ASCII, without a query and a fragment (RFC 9728, section 1.2).
_PUBLIC_URL = re.compile(r"https?://[^\x00-\x20\x7f\"\\?#/@]+(?:/[^\x00-\x20\x7f\"\\?#]*)?")
_SHARED_STORAGES = ("redis", "rediss", "valkey", "valkeys")
_ADDRESS = re.compile(r"(?:(?P<host>[A-Za-z0-9.-]+)|\[(?P<ipv6>[0-9A-Fa-f:.]+)\]):(?P<port>[0-9]{1,5})")
LAST_PORT = 65_535


class Address(NamedTuple):
    host: str
    port: int


def is_public_url(url: str) -> bool:
    """Tell whether clients may be told a URL as that of the API."""
    return url.isascii() and bool(_PUBLIC_URL.fullmatch(url))


def is_shared_storage(url: str) -> bool:
    """Tell whether a URL is that of a server of Redis or Valkey."""
    parsed = _parsed(url)
    return parsed is not None and parsed.drivername in _SHARED_STORAGES and bool(parsed.host)


def listener(text: str) -> Address | None:
    """Return the host and the port that a text names; None where it names none."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match["port"]) <= LAST_PORT:
        return None
    return Address(match["host"] or match["ipv6"], int(match["port"]))


def is_file(url: str) -> bool:
    """Tell whether a URL is that of an embedded database."""
    parsed = _parsed(url)
    if parsed is None or parsed.drivername != "sqlite+aiosqlite":
        return False
    return parsed.database not in {None, "", ":memory:"}


def _parsed(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # The latter where a port is no number.
        return None
