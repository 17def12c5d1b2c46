"""Those who subscribe to the same: what is made once for all of them, and what none of them does to the others."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.db.queries.events import events_cursor
from gateway.domain.enums import Scope
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from gateway.graphql.counters import Counters
from gateway.graphql.heavy import SHARE, RequestTimeout
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import RateLimited, RateLimiter
from gateway.graphql.request import never
from tests.databases import SQLiteDatabases
from tests.events.processes import (
    EVERYBODY,
    SECONDS_TO_COME,
    Process,
    Refused,
    caller,
    is_silent,
    next_edge,
    next_edges,
    running,
)
from tests.factories import CLIENT
from tests.statements import Statement, Statements

pytestmark = pytest.mark.anyio

NAMES = """subscription ($after: String, $filter: DeviceEventFilter, $first: Int) {
  deviceEvents(after: $after, filter: $filter) {
    cursor node { device { name deviceGroups(first: $first) { nodes { id } } } }
  }
}"""
HEAVY = """subscription {
  deviceEvents { node { device { deviceGroups(first: 250) { nodes { devices(first: 250) { nodes { id } } } } } } }
}"""


# What is shared is the same whatever the database is.
@pytest.fixture
def url(sqlite: SQLiteDatabases) -> Iterator[str]:
    with sqlite.copy() as url:
        yield url


async def follow(process: Process, first: dict[str, Any], second: dict[str, Any]) -> int:
    """Return how often devices are read for two subscribers, who are told of the same event."""
    async with running(process.database.url) as writer:
        streams = [await process.open(**{"query": NAMES, **each}) for each in (first, second)]
        following = [asyncio.create_task(next_edge(each)) for each in streams]
        await asyncio.sleep(0)
        with Statements(process.database).recorded() as statements:
            await writer.create()
            await asyncio.gather(*following)
        for stream in streams:
            await stream.aclose()
        return sum(map(reads_devices, statements))


def reads_devices(statement: Statement) -> bool:
    return "FROM device " in statement.text


FEWER = frozenset(set(Scope) - {Scope.DEVICE_WRITE})


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        pytest.param({}, {}, 1, id="the same"),
        pytest.param({"caller": caller(CLIENT)}, {"caller": caller(CLIENT)}, 1, id="other subjects"),
        pytest.param({}, {"unknown": 1}, 1, id="a variable that is not used"),
        pytest.param({}, {"after": events_cursor(0)}, 1, id="another beginning"),
        pytest.param({}, {"caller": caller(CLIENT)}, 2, id="another reach"),
        pytest.param({}, {"caller": caller(scopes=FEWER)}, 2, id="another scope"),
        pytest.param({}, {"filter": {"clientIds": [CLIENT]}}, 2, id="another filter"),
        pytest.param({}, {"first": 7}, 2, id="another argument"),
        pytest.param({}, {"query": NAMES.replace("name", "id name")}, 2, id="another selection"),
    ],
)
async def test_events_are_executed_once_for_those_who_share(
    process: Process, first: dict[str, Any], second: dict[str, Any], times: int
) -> None:
    assert await follow(process, first, second) == times


@pytest.mark.parametrize(("other", "times"), [(EVERYBODY, 1), (caller(), 2)], ids=["same subject", "other subject"])
async def test_what_graphql_core_executes_is_made_for_each_subject(url: str, other: Principal, times: int) -> None:
    async with running(url, in_columns=False) as process:
        assert await follow(process, {"caller": EVERYBODY}, {"caller": other}) == times


async def test_who_does_not_keep_up_holds_nobody_up_and_gets_everything(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.audience.MOST_MESSAGES", 5)
    slow, quick = [await process.open() for _ in range(2)]
    first = asyncio.create_task(next_edge(slow))
    told = asyncio.create_task(next_edges(quick, 61))
    await asyncio.sleep(0)
    for _ in range(61):
        await process.create()
    assert await told == await process.past()
    [audience] = process.feed._audiences.values()
    assert len(audience._messages) <= 5 + 50
    assert [await first, *await next_edges(slow, 60)] == await told
    for stream in (slow, quick):
        await stream.aclose()


async def test_what_an_audience_holds_is_bounded_in_bytes(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.events.audience.MOST_BYTES", 2_000)
    monkeypatch.setattr("gateway.graphql.response_streams.MOST_AT_ONCE", 1)
    slow, quick = [await process.open() for _ in range(2)]
    first = asyncio.create_task(next_edge(slow))
    told = asyncio.create_task(next_edges(quick, 20))
    for _ in range(20):
        await process.create("x" * 200)
    await told
    [audience] = process.feed._audiences.values()
    *older, _ = audience._messages
    assert sum(len(each.body) for each in older) <= 2_000
    assert [await first, *await next_edges(slow, 19)] == await told
    for stream in (slow, quick):
        await stream.aclose()


async def test_more_events_than_may_wait_are_read_again_once_for_all(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.audience.MOST_PENDING", 10)
    monkeypatch.setattr("gateway.graphql.response_streams.MOST_AT_ONCE", 20)
    late = Process(process.database.url)
    streams = [await late.open(query=NAMES) for _ in range(20)]
    following = [asyncio.create_task(next_edges(each, 60)) for each in streams]
    await asyncio.sleep(0)
    for _ in range(60):
        await process.create()
    with Statements(late.database).recorded() as statements:
        late.start()
        told = await asyncio.gather(*following)
    assert [[edge["cursor"] for edge in each] for each in told] == [
        [edge["cursor"] for edge in await process.past()]
    ] * 20
    assert sum(map(reads_devices, statements)) == 3
    for stream in streams:
        await stream.aclose()
    await late.stop()


async def test_who_sends_an_id_shares_with_others_who_do(process: Process) -> None:
    """Where the schema is hidden, errors tell them less than those who send the text."""
    streams = [await process.open(by_id=by_id) for by_id in (False, False, True, True)]
    following = [asyncio.create_task(next_edge(each)) for each in streams]
    await asyncio.sleep(0)
    assert len(process.feed._audiences) == 2
    await process.create()
    edges = await asyncio.gather(*following)
    assert edges == edges[:1] * 4
    for stream in streams:
        await stream.aclose()


async def test_an_empty_audience_is_forgotten(process: Process) -> None:
    streams = [await process.open() for _ in range(2)]
    following = [asyncio.create_task(next_edge(each)) for each in streams]
    await asyncio.sleep(0)
    [audience] = process.feed._audiences.values()
    known = weakref.ref(audience)
    del audience
    await process.create()
    await asyncio.gather(*following)
    await streams[0].aclose()
    assert len(process.feed._audiences) == 1
    await streams[1].aclose()
    assert (process.feed._audiences, process.feed._offered_to) == ({}, set())
    del streams, following
    await asyncio.sleep(0)
    gc.collect()
    assert known() is None


async def test_a_stream_waits_for_its_caller_to_have_something_to_spend(url: str) -> None:
    limiter = RateLimiter(100, Counters(1), seconds=1)
    async with running(url, rate_limiter=limiter) as process, running(url) as writer:
        principal = caller()
        stream = await process.open(principal, "subscription { deviceEvents { cursor } }")
        following = asyncio.create_task(next_edges(stream, 12))
        await asyncio.sleep(1 - limiter.clock() % 1)  # So that most of a window is left.
        for _ in range(12):
            await writer.create()
        await asyncio.sleep(0.1)
        assert not following.done()
        with pytest.raises(RateLimited):
            await process.ask("{ devices(first: 20) { nodes { id } } }", principal)
        assert [edge["cursor"] for edge in await following] == [edge["cursor"] for edge in await writer.past()]
        await stream.aclose()


async def test_who_comes_back_pays_for_what_is_looked_through(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.events.audience.POSITIONS_FOR_ONE", 1)
    limiter = RateLimiter(1_000, Counters(60))
    async with running(url, rate_limiter=limiter) as process, running(url) as writer:
        for _ in range(30):
            await writer.create()
        account = limiter.account("somebody")
        stream = await process.open(
            caller(subject=Uuid("somebody")),
            "subscription ($after: String) { deviceEvents(after: $after, filter: {types: DEVICE_DELETED}) { cursor } }",
            after=events_cursor(0),
        )
        opened = (await account.standing()).remaining
        assert await is_silent(stream)
        assert opened - (await limiter.account("somebody").standing()).remaining == 30
        await stream.aclose()


async def heavy_audience(process: Process, principal: Principal) -> Any:
    """Return a stream of a caller whose turn does not come, and what that waits for."""
    stream = await process.open(principal, HEAVY)
    following = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    return stream, following, process.executor._heavy.begin(principal.subject, SHARE, never)


async def test_what_is_heavy_waits_for_its_callers_turn_and_holds_up_nobody_else(process: Process) -> None:
    stream, following, operation = await heavy_audience(process, caller())
    other = await process.open()
    device = await process.create()
    assert (await next_edge(other))["node"]["deviceId"] == device
    await asyncio.sleep(0.05)
    assert not following.done()
    process.executor._heavy.end(operation)
    assert (await following).body == b'{"data":{"deviceEvents":{"node":{"device":{"deviceGroups":{"nodes":[]}}}}}}'
    for each in (stream, other):
        await each.aclose()


async def test_what_is_heavy_does_not_wait_for_what_one_member_does_beside(process: Process) -> None:
    stream, following, operation = await heavy_audience(process, caller())
    other = await process.open(query=HEAVY)
    both = [following, asyncio.create_task(anext(other))]
    await asyncio.sleep(0)
    await process.create()
    one, two = await asyncio.wait_for(asyncio.gather(*both), SECONDS_TO_COME)
    assert one == two
    process.executor._heavy.end(operation)
    for each in (stream, other):
        await each.aclose()


async def test_an_execution_that_takes_too_long_ends_the_streams_of_its_audience_alone(url: str) -> None:
    async with running(url, limits=Limits(seconds=0.6)) as process:
        principal = caller()
        others = [await process.open(principal), await process.open(principal, HEAVY)]
        stream, following, operation = await heavy_audience(process, principal)
        operation.since += 100  # It is not the one that takes too long.
        light, sharing = [asyncio.create_task(anext(each)) for each in others]
        await process.create()
        await light
        for each in (following, sharing):
            with pytest.raises(RequestTimeout):
                await each
        process.executor._heavy.end(operation)
        again = await process.open(principal, HEAVY)
        following = asyncio.create_task(anext(again))
        await asyncio.sleep(0)
        await process.create()
        await following
        await next_edge(others[0])
        for each in (stream, *others, again):
            await each.aclose()
        assert (process.feed._audiences, process.feed._offered_to) == ({}, set())


async def test_what_is_charged_for_opening_a_stream_is_given_back(url: str) -> None:
    limiter = RateLimiter(1_000_000, Counters(60))
    async with running(url, rate_limiter=limiter) as process:
        principal = caller()
        stream = await process.open(principal, HEAVY)
        with pytest.raises(Refused):
            await process.open(principal, after="xx")
        standing = await limiter.account(principal.subject).standing()
        assert standing.remaining > 999_000
        await stream.aclose()
