"""Cursors: rows' places in an order, as opaque text."""

import base64
import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import orjson

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

SortValue = str | int
IsSortValue = Callable[[object], bool]
"""Tells whether a value may stand in a column that rows are sorted by, and so whether every database takes it."""

_CHECKSUM_BYTES = 6


def is_text(value: object) -> bool:
    return isinstance(value, str) and not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in value)


def is_version(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31


def is_log_position(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63


def encode_cursor(order: str, values: tuple[SortValue, ...]) -> str:
    """Return the cursor of a row in the list that `order` names: opaque, URL-safe text without padding."""
    payload = orjson.dumps([order, *values])
    return base64.urlsafe_b64encode(_checksum(payload) + payload).rstrip(b"=").decode()


def decode_cursor(cursor: str, order: str, checks: tuple[IsSortValue, ...]) -> tuple[SortValue, ...]:
    """Return the values of a cursor that was made for `order`; raise BadUserInput for anything else.

    `checks` tell whether a value may stand at its place. The checksum finds damage, not forgery: a
    forged cursor only starts the page elsewhere in a list that the caller may read anyway.
    """
    payload = _payload(cursor)
    content = None if payload is None else _json_list(payload)
    if not content:
        raise BadUserInput(f"{quoted(cursor)} is not a cursor; expected one that the gateway returned, unchanged.")
    made_for, *values = content
    if made_for != order:
        raise BadUserInput(
            f"{quoted(cursor)} is a cursor of another list or order; expected one that was made for {order}."
        )
    if len(values) != len(checks) or not all(fits(value) for fits, value in zip(checks, values, strict=True)):
        raise BadUserInput(f"{quoted(cursor)} is a damaged cursor; expected one that the gateway returned, unchanged.")
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
