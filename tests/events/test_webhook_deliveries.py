"""What is delivered to webhooks, in which order, and what becomes of those that fail."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import delete, update

from gateway.db.database import Database
from gateway.db.queries.events import events_cursor
from gateway.db.tables import device_event, event_log
from gateway.domain.commands import DeleteWebhook
from gateway.domain.enums import DeviceEventType
from gateway.domain.instants import now, shifted
from gateway.services.webhooks import delete_webhook
from tests.client import GatewayClient
from tests.events.receiver import accept, answering, receiving
from tests.events.support import (
    AT_ONCE,
    LATER,
    changed_device,
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

EVENT = "id type deviceId clientId version occurredAt occurredBy changes { field before after }"


async def test_an_event_is_told_as_the_list_of_events_shows_it(gateway: GatewayClient) -> None:
    database = gateway.database
    async with receiving() as receiver, delivering(database):
        _, secret = await created(database, receiver.url)
        [device] = await devices(database, "a")
        [received] = await receiver.has(1)
    query = f"{{ deviceEvents {{ edges {{ cursor node {{ {EVENT} }} }} }} }}"
    [edge] = (await gateway.data(query))["deviceEvents"]["edges"]
    assert received.verified(secret) == {
        "type": "device.created",
        "timestamp": device.created_at,
        "data": {**edge["node"], "cursor": edge["cursor"]},
    }
    assert received.headers["webhook-id"] == edge["node"]["id"]


async def test_events_arrive_in_their_order_each_once(database: Database) -> None:
    many = [str(number) for number in range(30)]
    async with receiving() as receiver:
        _, secret = await created(database, receiver.url)
        async with delivering(database):
            await devices(database, *many)
            received = await receiver.has(30)
            await has(database, delivered_position=30)
        assert names(received, secret) == many


async def test_only_the_events_of_its_client_and_types_are_told_and_others_are_passed_over(database: Database) -> None:
    async with receiving() as receiver, delivering(database):
        _, secret = await created(database, receiver.url, types=[DeviceEventType.DEVICE_CREATED])
        await devices(database, "foreign", client=OTHER_CLIENT)
        await has(database, delivered_position=1)
        [device] = await devices(database, "own")
        await changed_device(database, device.id, description="not told")
        await has(database, delivered_position=3)
        assert names(receiver.received, secret) == ["own"]


async def test_what_a_device_was_at_another_client_is_not_told(database: Database) -> None:
    async with receiving() as receiver, delivering(database):
        _, secret = await created(database, receiver.url)
        [device] = await devices(database, "a", client=OTHER_CLIENT)
        await changed_device(database, device.id, client_id=CLIENT, description="new")
        [received] = await receiver.has(1)
    assert received.verified(secret)["data"]["changes"] == [
        {"field": "description", "before": None, "after": "new"},
        {"field": "clientId", "before": None, "after": CLIENT},
    ]


async def test_a_new_webhook_gets_what_is_after_its_cursor_or_after_now(database: Database) -> None:
    await devices(database, "a", "b", "c")
    await numbered(database, 3)
    async with receiving() as receiver, receiving() as from_now, delivering(database):
        _, secret = await created(database, receiver.url, after=events_cursor(1))
        _, other = await created(database, from_now.url)
        await devices(database, "d")
        assert names(await receiver.has(3), secret) == ["b", "c", "d"]
        assert names(await from_now.has(1), other) == ["d"]


async def test_a_slow_receiver_does_not_hold_up_another_one(database: Database) -> None:
    async def wait(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with receiving(wait) as slow, receiving() as quick, delivering(database):
        for _ in range(5):
            await created(database, slow.url)
        _, secret = await created(database, quick.url)
        await devices(database, "a", "b")
        assert names(await quick.has(2), secret) == ["a", "b"]
        assert len(slow.received) == 5


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


async def test_what_is_after_a_cursor_is_delivered_again(database: Database) -> None:
    async with receiving() as receiver, delivering(database):
        id_, secret = await created(database, receiver.url)
        await devices(database, "a", "b", "c")
        await has(database, delivered_position=3)
        await updated(database, id_, replay_after=events_cursor(1))
        assert names(await receiver.has(5), secret) == ["a", "b", "c", "b", "c"]
        await has(database, delivered_position=3)


async def test_a_replay_counts_although_something_is_being_delivered(database: Database) -> None:
    going_on = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await going_on.wait()
        return web.Response()

    async with receiving() as receiver, delivering(database):
        id_, secret = await created(database, receiver.url)
        await devices(database, "a", "b")
        await has(database, delivered_position=2)
        receiver.answer = wait
        await devices(database, "c")
        await receiver.has(3)
        await updated(database, id_, replay_after=events_cursor(1))
        going_on.set()
        assert names(await receiver.has(5), secret) == ["a", "b", "c", "b", "c"]


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


async def test_two_processes_tell_each_event_once(database: Database) -> None:
    many = [str(number) for number in range(20)]
    other = Database(database.url)
    async with receiving() as receiver, delivering(database), delivering(other):
        _, secret = await created(database, receiver.url)
        for name in many:
            await devices(database, name)
            await asyncio.sleep(0.01)
        received = await receiver.has(20)
        await has(database, delivered_position=20)
        assert names(received, secret) == many
    await other.close()


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
async def test_nothing_more_is_sent_to_a_webhook_that_its_owner_does_not_want(database: Database, change: str) -> None:
    async def wait(_: web.Request) -> web.Response:
        await asyncio.sleep(0.7)
        return web.Response()

    async with receiving(wait) as receiver, delivering(database):
        id_, _ = await created(database, receiver.url)
        await devices(database, "a", "b")
        await receiver.has(1)
        if change == "delete":
            await execute(database, delete_webhook, DeleteWebhook(id=id_, expected_version=None))
        else:
            await updated(database, id_, enabled=False)
        await asyncio.sleep(0.9)
        assert len(receiver.received) == 1
        assert [each["status"] for each in await rows(database)] == ([] if change == "delete" else ["DISABLED"])
