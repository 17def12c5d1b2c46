"""Positions in a database's log of writes, by which a client reads its own writes from a replica."""

import re
from typing import NewType

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

Position = NewType("Position", int)
"""A number of bytes; PostgreSQL's `pg_lsn`, which it shows as two hexadecimal numbers of 32 bits."""

_SHOWN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


def parse_position(value: object) -> Position:
    """Return a position. Raise BadUserInput unless `value` is one such as `16/B374D848`."""
    match = _SHOWN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadUserInput(f"{quoted(value)} is not a position; expected one that came with a mutation's answer.")
    return Position(int(match[1], 16) << 32 | int(match[2], 16))


def show_position(position: Position) -> str:
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"
