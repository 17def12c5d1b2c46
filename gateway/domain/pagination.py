"""Pages and cursors (DESIGN, section 3)."""

import base64
import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

DEFAULT_SIZE = 50
LARGEST_SIZE = 250

SortValue = str | int
Kind = Callable[[object], bool]
"""Whether a value is of a kind that rows are sorted by, and so one that every database takes for a parameter."""

_CHECKSUM_BYTES = 6


def is_text(value: object) -> bool:
    return isinstance(value, str) and not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in value)


def is_version(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31


class Window(NamedTuple):
    """What is asked for of an ordered list: the first or the last `size` rows between two cursors."""

    size: int = DEFAULT_SIZE
    backward: bool = False
    after: str | None = None
    before: str | None = None
    wanted: frozenset[str] | None = None
    """The names of the values that are wanted of a row, whose others may be None; None where all are."""


def window(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    wanted: frozenset[str] | None = None,
) -> Window:
    """Raises BadUserInput for a size out of bounds, or for both `first` and `last`."""
    if first is not None and last is not None:
        raise BadUserInput(f"first: {first} and last: {last} were both given; expected at most one of them.")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= LARGEST_SIZE:
            raise BadUserInput(f"{name}: {size} is out of bounds; expected 0 to {LARGEST_SIZE}.")
    size = first if first is not None else last
    return Window(
        size=DEFAULT_SIZE if size is None else size,
        backward=last is not None,
        after=after,
        before=before,
        wanted=wanted,
    )


def encode_cursor(order: str, values: tuple[SortValue, ...]) -> str:
    """A position in the list that `order` names: opaque, URL-safe text without padding."""
    payload = orjson.dumps([order, *values])
    return base64.urlsafe_b64encode(_checksum(payload) + payload).rstrip(b"=").decode()


def decode_cursor(cursor: str, order: str, kinds: tuple[Kind, ...]) -> tuple[SortValue, ...]:
    """The values of a cursor that was made for `order`; raises BadUserInput for anything else.

    `kinds` tell whether a value is one of those that may stand at its place. The checksum finds damage, not forgery: a
    forged position only starts the page elsewhere in a list that the caller may read anyway.
    """
    payload = _payload(cursor)
    content = None if payload is None else _json_list(payload)
    if not content:
        raise BadUserInput(f"{quoted(cursor)} is not a cursor; expected one that the gateway returned, unchanged.")
    made_for, *values = content
    if made_for != order:
        raise BadUserInput(
            f"The cursor {quoted(cursor)} was made for another list or order; expected one made for {order}."
        )
    if len(values) != len(kinds) or not all(is_one(value) for is_one, value in zip(kinds, values, strict=True)):
        raise BadUserInput(f"The cursor {quoted(cursor)} is damaged; expected one that the gateway returned.")
    return tuple(values)


def _payload(cursor: str) -> bytes | None:
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    # base64 leaves spare bits in the last character, so one position could be spelt in several ways.
    respelt = base64.urlsafe_b64encode(data).rstrip(b"=").decode() != cursor
    checksum, payload = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    return None if respelt or checksum != _checksum(payload) else payload


def _json_list(payload: bytes) -> list[Any] | None:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, list) else None


def _checksum(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=_CHECKSUM_BYTES).digest()
