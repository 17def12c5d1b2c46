"""UUIDs (RFC 9562) in their canonical, lower-case text form."""

import re
import secrets
import time
import uuid
from collections.abc import Callable
from typing import NewType

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

Uuid = NewType("Uuid", str)
"""8-4-4-4-12 lower-case hexadecimal digits."""

PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID = re.compile(PATTERN)


def parse_uuid(value: object) -> Uuid:
    """Raises BadUserInput unless `value` is 8-4-4-4-12 hexadecimal digits, in any letter case."""
    if isinstance(value, str) and _UUID.fullmatch(value):
        return Uuid(value.lower())
    raise BadUserInput(
        f"{quoted(value)} is not a UUID; expected 32 hexadecimal digits with hyphens, "
        "such as 36e75427-4c6e-438c-89b5-0cbdb0d4068c."
    )


def uuid_or_none(text: str) -> Uuid | None:
    """None where `text` is no UUID, so that nothing has it."""
    return Uuid(text.lower()) if _UUID.fullmatch(text) else None


def is_uuid(value: object) -> bool:
    """Whether `value` is one in the canonical form."""
    return isinstance(value, str) and uuid_or_none(value) == value


def uuid7(milliseconds: int, randbits: Callable[[int], int] = secrets.randbits) -> Uuid:
    """A version 7 UUID: ids made later sort later, which keeps inserts at the end of an index.

    `milliseconds` since 1970 (UTC); `randbits` gives that many random bits.
    """
    value = milliseconds << 80 | 0x7 << 76 | randbits(12) << 64 | 0b10 << 62 | randbits(62)
    return Uuid(str(uuid.UUID(int=value)))


def new_uuid() -> Uuid:
    return uuid7(time.time_ns() // 1_000_000)
