"""When failed deliveries are tried again."""

from datetime import timedelta

import pytest

from gateway.domain.instants import Instant, shifted
from gateway.events.webhooks.schedule import Schedule

FAILED = Instant("2025-03-01T12:00:00.000Z")


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [
        (1, timedelta(seconds=5)),
        (2, timedelta(minutes=5)),
        (3, timedelta(minutes=30)),
        (4, timedelta(hours=2)),
        (5, timedelta(hours=5)),
        (6, timedelta(hours=10)),
        (7, timedelta(hours=14)),
        (8, timedelta(hours=20)),
        (9, timedelta(hours=24)),
        (10, timedelta(hours=24)),
    ],
)
def test_the_schedule_is_that_of_standard_webhooks_with_a_fifth_more_at_most(attempts: int, delay: timedelta) -> None:
    found = {Schedule().next_attempt(FAILED, FAILED, attempts) for _ in range(50)}
    assert all(when and shifted(FAILED, delay) <= when <= shifted(FAILED, delay * 1.2) for when in found)
    assert len(found) > 1


def test_the_last_attempt_is_made_after_five_days() -> None:
    end = shifted(FAILED, timedelta(days=5))
    assert Schedule().next_attempt(shifted(end, -timedelta(hours=3)), FAILED, 12) == end
    assert Schedule().next_attempt(end, FAILED, 13) is None
