"""How much a principal may spend in a minute, what it has spent, and what is refused once it is spent.

A window of time is fixed: whatever is spent in it is counted together, and all of it is free again at its end, so that
a caller can be told exactly when. It begins at a second of each principal's own, since all of those that were refused
may come back at its end. What one spends is bounded by twice the limit in any span as long as a window.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from limits import RateLimitItemPerSecond

from gateway.domain.errors import RequestError, TooExpensive
from gateway.graphql.counters import Counters

SECONDS = 60
LARGEST_LIMIT = 2**31 - 1
"""What fits into GraphQL's Int."""


class RateLimited(RequestError):
    """A principal has spent what it may for now."""

    code = "RATE_LIMITED"

    def __init__(self, cost: int, remaining: int, limit: int, seconds: int) -> None:
        super().__init__(
            f"The cost of the operation is {cost}, and {remaining} is left of the {limit} that its caller may spend; "
            f"there is enough again in {seconds} s."
        )
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a principal may still spend."""

    limit: int
    seconds: int
    """How long a window is."""
    remaining: int
    reset: float
    """When the window ends, in seconds since 1970."""
    seconds_left: int
    """How long it is until then, rounded up."""


class RateLimiter:
    def __init__(
        self, limit: int, counters: Counters, *, seconds: int = SECONDS, clock: Callable[[], float] = time.time
    ) -> None:
        """Each principal may spend the limit in so many seconds. The clock tells seconds since 1970."""
        self.limit = limit
        self.seconds = seconds
        self.counters = counters
        self.clock = clock
        self._item = RateLimitItemPerSecond(limit, seconds)

    def account(self, subject: str) -> "Account":
        return Account(self, subject)

    def key(self, subject: str, window: int) -> str:
        return self._item.key_for(subject, str(window))


class Account:
    """What one principal spends by one request."""

    def __init__(self, limiter: RateLimiter, subject: str) -> None:
        self.cost = 0
        """What the request was charged."""
        self._limiter = limiter
        self._subject = subject
        self._offset = crc32(subject.encode()) % limiter.seconds
        self._window = -1
        self._key = ""
        self._spent: int | None = None
        """What was spent in the window, where that was asked already."""

    async def charge(self, cost: int) -> None:
        """Charge what an operation may cost. Raise RateLimited or TooExpensive where that cannot be."""
        limit = self._limiter.limit
        if cost > limit:
            raise TooExpensive(
                f"The cost of the operation is {cost}, were all its lists full, and its caller may spend {limit} in "
                f"{self._limiter.seconds} s, so that waiting does not help."
            )
        self._enter_window()
        spent = await self._add(cost)
        if spent > limit:
            # `limits` has no way to add only what fits. What is refused at the same time for this is the same caller's.
            spent = await self._add(-cost)
            left = self._standing(spent)
            raise RateLimited(cost, left.remaining, limit, left.seconds_left)
        self.cost = cost

    async def charge_reading(self, characters: int) -> None:
        """Charge what it took to read a document that is refused, one for each character. Raise RateLimited."""
        await self.charge(min(characters, self._limiter.limit))

    async def settle(self, cost: int) -> None:
        """Give back what was charged beyond a cost; after the end of the window there is nothing to give back."""
        unused = self.cost - cost
        if unused > 0 and self._window == self._current_window():
            await self._add(-unused)

    async def standing(self) -> Standing:
        """Return what is left now."""
        self._enter_window()
        if self._spent is None:
            self._spent = await self._limiter.counters.get(self._key)
        return self._standing(self._spent)

    def _standing(self, spent: int) -> Standing:
        reset = (self._window + 1) * self._limiter.seconds + self._offset
        return Standing(
            limit=self._limiter.limit,
            seconds=self._limiter.seconds,
            remaining=max(self._limiter.limit - spent, 0),
            reset=reset,
            seconds_left=max(math.ceil(reset - self._limiter.clock()), 1),
        )

    async def _add(self, cost: int) -> int:
        self._spent = await self._limiter.counters.add(self._key, cost)
        return self._spent

    def _enter_window(self) -> None:
        window = self._current_window()
        if window != self._window:
            self._window, self._spent = window, None
            self._key = self._limiter.key(self._subject, window)

    def _current_window(self) -> int:
        return int((self._limiter.clock() - self._offset) // self._limiter.seconds)
