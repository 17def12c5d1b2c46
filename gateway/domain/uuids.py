"""UUIDs (RFC 9562) in their canonical, lower-case text form."""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import NewType

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

Uuid = NewType("Uuid", str)
"""8-4-4-4-12 lower-case hexadecimal digits."""

PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID = re.compile(PATTERN)

# Hold the 74 random bits of a UUID of version 7, of which the last 62 are in its second half.
_BYTES_OF_ONE = 10
_RAND_B = (1 << 62) - 1


def parse_uuid(value: object, place: str | None = None) -> Uuid:
    """Return a UUID. Raise BadUserInput unless `value` is 8-4-4-4-12 hexadecimal digits, in any letter case.

    The message names `place`, such as an argument, where it is given.
    """
    if isinstance(value, str) and _UUID.fullmatch(value):
        return Uuid(value.lower())
    raise BadUserInput(
        f"{f'{place}: ' if place else ''}{quoted(value)} is not a UUID; expected 32 hexadecimal digits with hyphens, "
        "such as 36e75427-4c6e-438c-89b5-0cbdb0d4068c."
    )


def parse_uuids(values: Iterable[object], name: str) -> list[Uuid]:
    """Return UUIDs. Raise BadUserInput for one that is none, by its place in the list called `name`."""
    return [parse_uuid(value, f"{name}[{index}]") for index, value in enumerate(values)]


def uuid_or_none(text: str) -> Uuid | None:
    """Return a UUID, or None where `text` is none, so that nothing has it as an id."""
    return Uuid(text.lower()) if _UUID.fullmatch(text) else None


def is_uuid(value: object) -> bool:
    """Tell whether `value` is a UUID in the canonical form."""
    return isinstance(value, str) and uuid_or_none(value) == value


def uuid7(milliseconds: int, randbits: Callable[[int], int] = secrets.randbits) -> Uuid:
    """Return a version 7 UUID: ids made later sort later, which keeps inserts at the end of an index.

    `milliseconds` since 1970 (UTC); `randbits` gives that many random bits.
    """
    return _version_7(milliseconds, randbits(12), randbits(62))


def _version_7(milliseconds: int, rand_a: int, rand_b: int) -> Uuid:
    """Return the UUID of these fields (RFC 9562, section 5.7)."""
    value = milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    digits = f"{value:032x}"
    return Uuid(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")


def new_uuid() -> Uuid:
    return uuid7(time.time_ns() // 1_000_000)


def new_uuids(count: int) -> list[Uuid]:
    """Return new UUIDs, sorted.

    The system is asked once for all their random bits: to ask it takes longer than all else.
    """
    milliseconds = time.time_ns() // 1_000_000
    drawn = secrets.token_bytes(_BYTES_OF_ONE * count)
    bits = (int.from_bytes(drawn[start : start + _BYTES_OF_ONE]) for start in range(0, len(drawn), _BYTES_OF_ONE))
    return sorted(_version_7(milliseconds, each >> 62 & 0xFFF, each & _RAND_B) for each in bits)


def beginning_of_new_uuid() -> str:
    """Return the first 15 characters of a new UUID: its time, and its version. What follows is random."""
    return new_uuid()[:15]
