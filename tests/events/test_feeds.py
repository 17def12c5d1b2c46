"""Who comes and goes while events are being read."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from gateway.db.database import Database
from gateway.db.queries.events import events_cursor
from tests.databases import SQLiteDatabases
from tests.events.changes import RENAME
from tests.events.processes import Process, is_silent, next_edge, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


class Held:
    """A read that has begun and does not end before it is let go."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()


@contextmanager
def next_read_of_events_held(database: Database) -> Iterator[Held]:
    """Hold the next read of events, and no other one."""
    held, fetch = Held(), database.store.fetch

    async def read(text: str, parameters: Any) -> Any:
        if "ORDER BY device_event.position" in text and not held.has_begun.is_set():
            held.has_begun.set()
            await held.may_end.wait()
        return await fetch(text, parameters)

    with patch.object(database.store, "fetch", read):
        yield held


async def test_a_member_that_comes_from_the_table_takes_what_has_come_meanwhile(sqlite: SQLiteDatabases) -> None:
    created = {"types": ["DEVICE_CREATED"]}
    with sqlite.copy() as url:
        async with running(url) as process, running(url) as writer:
            device = await writer.create()
            await writer.ask(RENAME, device=device, name="Another")
            quick = await process.open(filter=created)
            told = asyncio.create_task(next_edge(quick))
            await asyncio.sleep(0)
            with next_read_of_events_held(process.database) as held:
                behind = await process.open(filter=created, after=events_cursor(1))
                following = asyncio.create_task(next_edge(behind))
                await asyncio.wait_for(held.has_begun.wait(), 10)
                await writer.create()
                await told
                held.may_end.set()
                assert await following == await told
            for stream in (quick, behind):
                await stream.aclose()


async def test_a_feed_does_not_go_back_for_those_who_have_left(sqlite: SQLiteDatabases) -> None:
    with sqlite.copy() as url:
        async with running(url) as process, running(url) as writer:
            stream = await process.open()
            with next_read_of_events_held(process.database) as held:
                following = asyncio.create_task(anext(stream))
                await asyncio.sleep(0)
                await writer.create()
                await asyncio.wait_for(held.has_begun.wait(), 10)
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                await stream.aclose()
                await writer.create()
                later = await process.open()
                following = asyncio.create_task(anext(later))
                await asyncio.sleep(0)
                assert process.feed.position == 2
                held.may_end.set()
                await asyncio.sleep(0.05)
            assert process.feed.position == 2
            device = await writer.create()
            assert device.encode() in (await following).body
            await later.aclose()


async def test_who_comes_while_events_are_read_is_told_of_them(sqlite: SQLiteDatabases) -> None:
    with sqlite.copy() as url:
        async with running(url) as process, running(url) as writer:
            first = await process.open()
            following = asyncio.create_task(next_edge(first))
            await asyncio.sleep(0)
            with next_read_of_events_held(process.database) as held:
                other = await process.open(filter={"device": {"search": "pump"}})
                device = await writer.create("Pump")
                await asyncio.wait_for(held.has_begun.wait(), 10)
                asked = asyncio.create_task(next_edge(other))
                await asyncio.sleep(0)
                held.may_end.set()
                assert (await asked)["node"]["deviceId"] == device
            assert await following == await asked
            for stream in (first, other):
                await stream.aclose()


async def test_nobody_reads_what_nobody_wants(sqlite: SQLiteDatabases) -> None:
    with sqlite.copy() as url:
        async with running(url) as process, running(url) as writer:
            with next_read_of_events_held(process.database) as held:
                await writer.create()

                async def is_known() -> bool:
                    return process.log.head == 1

                await until(is_known)
                assert not held.has_begun.is_set()
                stream = await process.open()
                assert await is_silent(stream)
                assert not held.has_begun.is_set()
                await stream.aclose()


async def test_a_feed_begins_where_the_log_is_known_to_be(sqlite: SQLiteDatabases) -> None:
    with sqlite.copy() as url:
        async with running(url) as writer:
            for _ in range(3):
                await writer.create()
            process = Process(url)
            stream = await process.open()
            assert await is_silent(stream, 0)
            assert process.feed.position == 3
            await stream.aclose()
            await process.stop()
