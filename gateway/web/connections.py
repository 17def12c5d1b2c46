"""The connections of a process: how many there may be, and how long each may keep the process waiting.

One timer looks at all of them, about once a second, and remembers since when each is as it is. So a limit costs a
request nothing, and what is too late is ended by the next look.
"""

import asyncio
import logging
import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol

logger = logging.getLogger(__name__)

LONGEST_SECONDS_BETWEEN_LOOKS = 1.0
LOOKS_IN_A_LIMIT = 10
LINGER_SECONDS = 2.0
"""How long what a client still sends is thrown away, so that it reads the answer that refuses it."""
CUT_OFF = 0.7
"""The part of the time to shut down after which no client is waited for any more."""


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    connections: int = 1_000
    head_bytes: int = 65_536
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    unread_seconds: float = 60.0
    unread_bytes: int = 134_217_728
    keep_alive_seconds: float = 90.0
    shutdown_seconds: float = 20.0


class Waits(Enum):
    """What a connection waits for."""

    HEAD = auto()
    BODY = auto()
    READER = auto()
    """The client has to read what was sent."""
    REQUEST = auto()
    """Nothing is under way."""
    GOODBYE = auto()
    """The client has been refused, and has to go."""
    GATEWAY = auto()
    """The client has done its part."""


class Connection(Protocol):
    """A connection as the watch sees it."""

    @property
    def waits(self) -> Waits: ...

    @property
    def turn(self) -> object:
        """Another object with each request, so that a client that makes progress is told from one that does not."""

    @property
    def unread(self) -> int:
        """How many bytes are held since the client has not read all of them."""

    def end(self) -> None:
        """End it, with an answer where that can be understood."""

    def abort(self) -> None:
        """End it at once."""


class _Seen(NamedTuple):
    waits: Waits
    turn: object
    since: float


class ConnectionWatch:
    """Knows the connections of one process. Until the event loop runs, it holds limits alone, and can be pickled."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._seen: dict[Connection, _Seen] = {}
        self._refused = 0
        self._is_looking = False
        self._cut_off_at: float | None = None
        self._seconds = {
            Waits.HEAD: limits.head_seconds,
            Waits.BODY: limits.body_seconds,
            Waits.READER: limits.unread_seconds,
            Waits.REQUEST: limits.keep_alive_seconds,
            Waits.GOODBYE: LINGER_SECONDS,
            Waits.GATEWAY: math.inf,
        }
        shortest = min(*self._seconds.values(), limits.shutdown_seconds)
        self._between_looks = min(LONGEST_SECONDS_BETWEEN_LOOKS, shortest / LOOKS_IN_A_LIMIT)

    def admit(self, connection: Connection) -> bool:
        """Watch a new connection; return False where it is one too many."""
        if not self._is_looking:
            self._look_later()
        if len(self._seen) >= self.limits.connections:
            self._refused += 1
            return False
        self._seen[connection] = _Seen(Waits.HEAD, None, asyncio.get_running_loop().time())
        return True

    def remove(self, connection: Connection) -> None:
        self._seen.pop(connection, None)

    def shut_down(self) -> None:
        """Cut off the connections that are still there once most of the time to shut down is over."""
        if self._cut_off_at is None:
            self._cut_off_at = asyncio.get_running_loop().time() + self.limits.shutdown_seconds * CUT_OFF

    @property
    def is_over(self) -> bool:
        """Tell whether no client is waited for any more."""
        return self._cut_off_at is not None and asyncio.get_running_loop().time() >= self._cut_off_at

    def _look_later(self) -> None:
        self._is_looking = True
        asyncio.get_running_loop().call_later(self._between_looks, self._look)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        is_over = self.is_over
        for connection, seen in list(self._seen.items()):
            waits, turn = connection.waits, connection.turn
            since = seen.since if waits is seen.waits and turn == seen.turn else now
            self._seen[connection] = _Seen(waits, turn, since)
            if is_over or now - since >= self._seconds[waits]:
                connection.end()
        self._bound_what_is_unread()
        if self._refused:
            logger.warning("%d connections were one too many and have been refused", self._refused)
            self._refused = 0
        self._is_looking = bool(self._seen)
        if self._is_looking:
            self._look_later()

    def _bound_what_is_unread(self) -> None:
        """Abort the connections that have waited the longest for their clients to read, where all hold too much."""
        sizes = {each: each.unread for each, seen in self._seen.items() if seen.waits is Waits.READER}
        too_much = sum(sizes.values()) - self.limits.unread_bytes
        if too_much <= 0:
            return
        for connection in sorted(sizes, key=lambda each: self._seen[each].since):
            if too_much <= 0:
                break
            connection.abort()
            too_much -= sizes[connection]
