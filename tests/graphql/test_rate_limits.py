"""What a principal is charged and given back, where operations fail, wait too long, or outlive a window."""

from dataclasses import dataclass

import pytest

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.errors import TooExpensive, Unavailable
from gateway.domain.principal import Principal
from gateway.graphql.admission import Admission
from gateway.graphql.context import Context
from gateway.graphql.counters import Counters
from gateway.graphql.heavy import LIGHT, MOST_WAITING, SHARE, HeavyOperations, _Turns
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import RateLimited, RateLimiter
from gateway.graphql.request import Request
from tests.client import SUBJECT

pytestmark = pytest.mark.anyio


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> RateLimiter:
    """Return a limiter whose windows last a second, and so begin with each second for everybody."""
    return RateLimiter(10_000, Counters(1), seconds=1, clock=clock)


async def remaining(limiter: RateLimiter) -> int:
    return (await limiter.account(SUBJECT).standing()).remaining


async def test_what_is_charged_is_gone_and_what_is_given_back_is_there(limiter: RateLimiter) -> None:
    account = limiter.account(SUBJECT)
    await account.charge(6_000)
    assert await remaining(limiter) == 4_000
    await account.settle(1_000)
    assert await remaining(limiter) == 9_000


async def test_all_of_the_limit_may_be_spent_at_once_and_nothing_beyond(limiter: RateLimiter) -> None:
    with pytest.raises(TooExpensive):
        await limiter.account(SUBJECT).charge(10_001)
    await limiter.account(SUBJECT).charge(10_000)
    with pytest.raises(RateLimited):
        await limiter.account(SUBJECT).charge(1)


async def test_a_new_window_has_all_of_it_and_nothing_is_given_back_into_it(limiter: RateLimiter, clock: Clock) -> None:
    account = limiter.account(SUBJECT)
    await account.charge(6_000)
    clock.now = 1.0
    await limiter.account(SUBJECT).charge(100)
    await account.settle(0)
    assert (await account.standing()).remaining == await remaining(limiter) == 9_900


async def test_a_limit_that_was_changed_begins_anew(limiter: RateLimiter) -> None:
    await limiter.account(SUBJECT).charge(6_000)
    assert await remaining(RateLimiter(500, limiter.counters, seconds=1, clock=limiter.clock)) == 500


async def test_what_could_not_begin_is_given_back_whole(limiter: RateLimiter) -> None:
    heavy = HeavyOperations(timeout_seconds=60)
    turns = heavy._turns[SUBJECT] = _Turns(running=SHARE)
    turns.waiting.extend([(1, None)] * MOST_WAITING)  # type: ignore[list-item]  # nobody looks at these
    principal = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
    session = Session(Database("sqlite+aiosqlite:///nowhere/gateway.db"))
    context = Context(principal, session, limiter.account(SUBJECT))
    turn = Admission(Limits(), heavy, Request("{ x }"), context).admit(LIGHT + 1, 0)
    assert turn is not None
    with pytest.raises(Unavailable):
        await turn
    assert await remaining(limiter) == 10_000
