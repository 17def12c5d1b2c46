"""Whatever happens in between, each subscriber gets each event of its filter once, in the order of the log.

The environment variable GATEWAY_TEST_EXAMPLES multiplies how many interleavings are tried, and has others tried in
every run.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from random import Random, SystemRandom
from typing import Any

import orjson
import pytest

from gateway.domain.principal import Principal
from tests.citus import CitusDatabases
from tests.databases import Databases
from tests.events.changes import Changes
from tests.events.processes import Process, caller, running
from tests.factories import CLIENT, OTHER_CLIENT

pytestmark = pytest.mark.anyio

MULTIPLIER = os.environ.get("GATEWAY_TEST_EXAMPLES")
CASES = 2 * int(MULTIPLIER or 1)
CHANGES = 40
SECONDS = 30


class Subscriber:
    """Who follows the log, with breaks, from its last cursor on."""

    def __init__(self, random: Random, principal: Principal, filter_: Any, after: str) -> None:
        self.filter = filter_
        self.principal = principal
        self.edges: list[Any] = []
        self.after = after
        self._random = random

    async def follow(self, processes: Sequence[Process], last: "asyncio.Future[str | None]") -> None:
        """Follow until the last event has come, once it is known which that is."""
        while not (last.done() and (last.result() is None or self.after == last.result())):
            stream = await self._random.choice(processes).open(self.principal, filter=self.filter, after=self.after)
            try:
                async with asyncio.timeout(self._random.choice([0, 0.01, 0.1, 0.5])):
                    for _ in range(self._random.randint(1, 12)):
                        response = await anext(stream)
                        self._take(response.cursor, orjson.loads(response.body))
                        await asyncio.sleep(self._random.choice([0, 0, 0, 0.001, 0.02]))
            except TimeoutError:
                pass
            finally:
                await stream.aclose()

    def _take(self, cursor: str | None, body: Any) -> None:
        assert body.keys() == {"data"}, body
        self.edges.append(body["data"]["deviceEvents"])
        assert cursor is not None
        assert cursor == self.edges[-1]["cursor"]
        self.after = cursor


def _subscribers(random: Random, changes: Changes, after: str) -> list[Subscriber]:
    callers = [caller(), caller(CLIENT), caller(CLIENT), caller(OTHER_CLIENT), caller(CLIENT, OTHER_CLIENT)]
    filters = [
        None,
        {"types": ["DEVICE_DELETED", "DEVICE_UPDATED"]},
        {"clientIds": [CLIENT, OTHER_CLIENT]},
        {"deviceIds": changes.steady},
        {"types": ["DEVICE_UPDATED"], "device": {"ids": changes.steady}},
    ]
    return [
        *[Subscriber(random, each, None, after) for each in callers],
        *[Subscriber(random, random.choice(callers), random.choice(filters), after) for _ in range(4)],
    ]


def _small(random: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have audiences fall behind."""
    for name, value in {
        "audience.MOST_PENDING": random.choice([1, 3, 1_000]),
        "audience.MOST_MESSAGES": random.choice([1, 3, 100]),
        "audience.MOST_BYTES": random.choice([1_000, 262_144]),
        "audience.WINDOW": random.choice([2, 7, 20_000]),
        "audience.SECONDS_TO_TAKE": random.choice([0, 0.01]),
        "feed.MOST_AT_ONCE": random.choice([1, 4, 250]),
    }.items():
        monkeypatch.setattr(f"gateway.events.{name}", value)
    monkeypatch.setattr("gateway.graphql.response_streams.MOST_AT_ONCE", random.choice([1, 2, 50]))


async def _interleave(url: str, random: Random, processes: list[Process]) -> None:
    changes, begun = Changes(random), processes[0]
    await changes.begin(begun)
    after = await begun.now()
    assert after is not None
    subscribers = _subscribers(random, changes, after)
    last: list[asyncio.Future[str | None]] = [asyncio.get_running_loop().create_future() for _ in subscribers]
    async with asyncio.timeout(SECONDS), AsyncExitStack() as later, asyncio.TaskGroup() as following:
        for subscriber, end in zip(subscribers, last, strict=True):
            following.create_task(subscriber.follow(processes, end))
        for number in range(CHANGES):
            await asyncio.gather(*(changes.make(random.choice(processes)) for _ in range(random.choice([1, 1, 2]))))
            if number == CHANGES // 2:  # One more process takes over from the first.
                processes.append(await later.enter_async_context(running(url)))
                processes.remove(begun)
            await asyncio.sleep(random.choice([0, 0, 0.005]))
        expected = [await processes[0].past(each.principal, each.filter, after) for each in subscribers]
        for end, edges in zip(last, expected, strict=True):
            end.set_result(edges[-1]["cursor"] if edges else None)
    for subscriber, edges in zip(subscribers, expected, strict=True):
        assert subscriber.edges == edges


@pytest.mark.parametrize("case", range(CASES))
async def test_each_subscriber_gets_each_event_once_in_order(
    databases: Databases, case: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(databases, CitusDatabases):
        # Subscribers leave amid statements again and again, each of which ends a connection. Another one asks for
        # types, which takes a cluster seconds; `test_cluster_log` is for clusters.
        pytest.skip("A cluster takes too long to open so many connections.")
    random = Random(SystemRandom().random() if MULTIPLIER else case)
    _small(random, monkeypatch)
    with databases.copy() as url:
        async with running(url) as one, running(url) as other:
            processes = [one, other]
            await _interleave(url, random, processes)
            for process in (one, other):
                assert process.feed._audiences == {}
                assert process.feed._offered_to == set()
