"""When a delivery that failed is tried again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.instants import Instant, shifted

LONGEST_JITTER = 0.2
"""How much longer a delay may be at random, as a part of it, so that those who failed together do not come together."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """By default, the one of Standard Webhooks 1.0.0; its last delay is repeated until it is too long."""

    delays: Sequence[timedelta] = (
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
    )
    longest: timedelta = timedelta(days=5)
    """How long a webhook may fail before it is switched off."""

    def next_attempt(self, now: Instant, failing_since: Instant, attempts: int) -> Instant | None:
        """Return when to try again after so many attempts; None where it has failed for too long."""
        end = shifted(failing_since, self.longest)
        if now >= end:
            return None
        delay = self.delays[min(attempts, len(self.delays)) - 1]
        jitter = 1 + random.uniform(0, LONGEST_JITTER)  # noqa: S311  # not for secrets
        return min(shifted(now, delay * jitter), end)
