"""Webhooks whose receivers are slow, down or gone, whose owners change them, and processes that stop."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import delete, update

from gateway.db.database import Database
from gateway.db.tables import device_event, event_log
from gateway.domain.commands import DeleteWebhook
from gateway.domain.instants import now, shifted
from gateway.events.webhooks.deliverer import MOST_AT_A_TIME
from gateway.services.webhooks import delete_webhook
from tests.databases import SQLiteDatabases
from tests.events.receiver import accept, answering, receiving
from tests.events.support import (
    AT_ONCE,
    LATER,
    created,
    delivering,
    devices,
    has,
    names,
    numbered,
    row,
    rows,
    set_rows,
    updated,
)
from tests.factories import CLIENT, OTHER_CLIENT, new_uuid
from tests.services.support import execute

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(sqlite: SQLiteDatabases) -> AsyncIterator[Database]:
    """Return one of one kind: what fails is not the database."""
    with sqlite.copy() as url:
        database = Database(url)
        yield database
        await database.close()


async def test_a_slow_receiver_does_not_hold_up_another_one(database: Database) -> None:
    going_on = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await going_on.wait()
        return web.Response()

    async with receiving(wait) as slow, receiving() as quick, delivering(database):
        for _ in range(5):
            await created(database, slow.url)
        _, secret = await created(database, quick.url)
        await devices(database, "a", "b")
        assert names(await quick.has(2), secret) == ["a", "b"]
        assert len(await slow.has(5)) == 5
        going_on.set()


async def test_receivers_that_are_slow_hold_up_others_for_no_longer_than_one_delivery_may_take(
    database: Database,
) -> None:
    async def wait(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with receiving(wait) as slow, receiving() as quick, delivering(database, LATER, seconds=0.3):
        for client in (CLIENT, OTHER_CLIENT):
            for _ in range(MOST_AT_A_TIME - 1):
                await created(database, slow.url, client=client)
        _, secret = await created(database, quick.url)
        await devices(database, "foreign", client=OTHER_CLIENT)
        await devices(database, "a", "b")
        assert names(await quick.has(2), secret) == ["a", "b"]


async def test_logs_hold_no_secret_and_no_address(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving(answering(410)) as receiver, delivering(database):
        id_, secret = await created(database, receiver.url)
        await devices(database, "a")
        await has(database, status="DISABLED")
    assert f"The webhook {id_} is switched off: The answer was 410." in caplog.messages
    assert [text for text in caplog.messages if secret in text or receiver.url in text] == []


async def test_deliveries_to_a_receiver_that_was_down_go_on_in_order(database: Database) -> None:
    async with receiving(answering(500)) as receiver, delivering(database):
        _, secret = await created(database, receiver.url)
        began = now()
        await devices(database, "a", "b", "c")
        failing = await has(database, status="FAILING", delivered_position=0)
        assert failing["last_error"] == "The answer was 500."
        assert began <= failing["failing_since"] <= now()
        later = await receiver.has(3)
        receiver.answer = accept
        recovered = await has(database, status="ACTIVE", delivered_position=3)
        assert (recovered["failing_since"], recovered["attempts"]) == (None, 0)
        told = names(later, secret)
        # Nothing after the event that failed was sent before it had arrived.
        assert told == sorted(told)
        assert told[-2:] == ["b", "c"]


async def test_a_receiver_that_says_it_is_gone_is_switched_off_until_it_is_switched_on(database: Database) -> None:
    async with receiving(answering(410)) as receiver, delivering(database):
        id_, secret = await created(database, receiver.url)
        await devices(database, "a")
        assert (await has(database, status="DISABLED"))["last_error"] == "The answer was 410."
        await devices(database, "b")
        await asyncio.sleep(0.2)
        assert len(receiver.received) == 1
        receiver.answer = accept
        await updated(database, id_, enabled=True)
        assert names(await receiver.has(3), secret) == ["a", "a", "b"]
        assert (await has(database, delivered_position=2))["status"] == "ACTIVE"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_that_asks_for_time_gets_it(database: Database, status: int) -> None:
    async with receiving(answering(status, Retry_After="1800")) as receiver, delivering(database, AT_ONCE):
        await created(database, receiver.url)
        began = now()
        await devices(database, "a")
        failing = await has(database, status="FAILING")
        half_an_hour = timedelta(minutes=30)
        assert shifted(began, half_an_hour) <= failing["next_attempt_at"] <= shifted(now(), half_an_hour)
        await devices(database, "b")
        await asyncio.sleep(0.2)
        assert len(receiver.received) == 1


async def test_a_webhook_that_fails_for_five_days_is_switched_off(database: Database) -> None:
    async with receiving(answering(500)) as receiver, delivering(database, LATER):
        await created(database, receiver.url)
        await devices(database, "a")
        await has(database, status="FAILING")
        long_ago = shifted(now(), -timedelta(days=5))
        await set_rows(database, failing_since=long_ago, next_attempt_at=now(), attempts=12)
        disabled = await has(database, status="DISABLED")
        assert (disabled["attempts"], disabled["failing_since"]) == (13, long_ago)
        assert len(receiver.received) == 2


async def test_a_new_secret_signs_at_once_and_the_old_one_for_a_day_more(database: Database) -> None:
    async with receiving() as receiver, delivering(database):
        id_, old = await created(database, receiver.url)
        new = (await updated(database, id_, rotate_secret=True)).secret
        assert new
        await devices(database, "a")
        received = await receiver.has(1)
        assert names(received, old) == names(received, new) == ["a"]
        await has(database, delivered_position=1)
        await set_rows(database, former_secret_until=now())
        await devices(database, "b")
        await receiver.has(2)
        assert names(receiver.received[1:], new) == ["b"]
        assert len(receiver.received[1].headers["webhook-signature"].split()) == 1


async def test_nothing_is_told_of_events_that_were_removed_and_the_webhook_says_so(database: Database) -> None:
    async with receiving() as receiver:
        _, secret = await created(database, receiver.url)
        await devices(database, "a", "b", "c")
        await numbered(database, 3)
        async with database.writing() as connection:
            await connection.execute(delete(device_event).where(device_event.c.position <= 2))
            await connection.execute(update(event_log).values(gone=2))
        async with delivering(database):
            assert names(await receiver.has(1), secret) == ["c"]
            found = await has(database, delivered_position=3)
    assert (found["status"], found["last_error"]) == (
        "ACTIVE",
        "History was removed before it was delivered: 2 positions of the log were skipped, with all events at them.",
    )


async def test_a_lease_that_was_left_behind_is_over_some_time(database: Database) -> None:
    async with receiving() as receiver, delivering(database):
        _, secret = await created(database, receiver.url)
        await set_rows(database, lease=new_uuid(), leased_until=shifted(now(), timedelta(seconds=0.3)))
        await devices(database, "a")
        assert (await row(database))["delivered_position"] == 0
        assert names(await receiver.has(1), secret) == ["a"]
        assert (await has(database, delivered_position=1))["leased_until"] <= now()


async def test_what_is_on_its_way_when_a_process_stops_arrives_and_is_not_told_again(database: Database) -> None:
    async def wait(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response()

    async with receiving(wait) as receiver:
        _, secret = await created(database, receiver.url)
        await devices(database, "a", "b")
        async with delivering(database):
            await receiver.has(1)
        assert (await row(database))["delivered_position"] == 1
        assert (await row(database))["leased_until"] <= now()
        async with delivering(database):
            assert names(await receiver.has(2), secret) == ["a", "b"]


@pytest.mark.parametrize("change", ["delete", "disable"])
async def test_nothing_more_is_sent_to_a_webhook_that_its_owner_does_not_want(
    database: Database, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.webhooks.delivery.SECONDS_BETWEEN_SAVES", 0.0)
    going_on = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await going_on.wait()
        return web.Response()

    async with receiving(wait) as receiver, delivering(database):
        id_, _ = await created(database, receiver.url)
        await devices(database, "a", "b")
        await receiver.has(1)
        if change == "delete":
            await execute(database, delete_webhook, DeleteWebhook(id=id_, expected_version=None))
        else:
            await updated(database, id_, enabled=False)
        going_on.set()
        await asyncio.sleep(0.2)
        assert len(receiver.received) == 1
        assert [each["status"] for each in await rows(database)] == ([] if change == "delete" else ["DISABLED"])
