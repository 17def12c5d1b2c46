"""The response streams of subscriptions."""

from collections.abc import AsyncGenerator
from typing import NamedTuple


class Response(NamedTuple):
    """One response of a stream."""

    body: bytes
    """JSON."""
    cursor: str | None
    """A later subscription with this cursor as `after` misses nothing; None where a stream has none."""


ResponseStream = AsyncGenerator[Response, None]
"""The responses of a subscription; it has to be closed."""
