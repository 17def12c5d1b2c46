"""Instants: UTC with millisecond precision, as text that sorts in the order of time."""

import re
from datetime import UTC, datetime, timedelta
from typing import NewType

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

Instant = NewType("Instant", str)
"""`YYYY-MM-DDTHH:MM:SS.mmmZ`"""

_RFC_3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)


def parse_instant(value: object) -> Instant:
    """Return an instant. Raise BadUserInput unless `value` is an RFC 3339 date-time with an offset.

    Digits beyond milliseconds round up: for instants that have milliseconds only, "at or after"
    and "before" then mean exactly what they mean for the finer value.
    """
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _not_an_instant(value)
    date, time, fraction, offset = match.groups()
    nanoseconds = int((fraction or "").ljust(9, "0"))
    try:
        moment = datetime.fromisoformat(f"{date}T{time}{offset.upper()}").astimezone(UTC)
        moment += timedelta(milliseconds=-(-nanoseconds // 1_000_000))
    except (ValueError, OverflowError) as error:
        raise _not_an_instant(value) from error
    return format_instant(moment)


def is_instant(value: object) -> bool:
    """Tell whether `value` is an instant in the canonical form."""
    try:
        return parse_instant(value) == value
    except BadUserInput:
        return False


def format_instant(moment: datetime) -> Instant:
    """Return `moment`, which has to have an offset, cut to milliseconds."""
    # isoformat pads years below 1000, which strftime does not.
    return Instant(moment.astimezone(UTC).replace(tzinfo=None).isoformat("T", "milliseconds") + "Z")


def shifted(instant: Instant, by: timedelta) -> Instant:
    return format_instant(datetime.fromisoformat(instant) + by)


def now() -> Instant:
    return format_instant(datetime.now(UTC))


def _not_an_instant(value: object) -> BadUserInput:
    return BadUserInput(
        f"{quoted(value)} is not a date-time; expected RFC 3339 with an offset, "
        "such as 2024-12-31T23:00:00.000Z or 2025-01-01T00:00:00+01:00."
    )
