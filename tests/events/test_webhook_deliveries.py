"""What is delivered to webhooks, and in which order."""

import asyncio
from http import HTTPStatus
from random import Random

import pytest
from aiohttp import web

from gateway.db.database import Database
from gateway.db.queries.events import events_cursor
from gateway.domain.enums import DeviceEventType
from tests.client import GatewayClient
from tests.events.receiver import receiving
from tests.events.support import (
    changed_device,
    created,
    delivering,
    devices,
    has,
    names,
    numbered,
    updated,
)
from tests.factories import CLIENT, OTHER_CLIENT

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
        assert (await has(database, delivered_position=1))["lease"] is None  # Nobody had to take it for that.
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


async def test_whatever_fails_each_event_arrives_and_none_before_all_that_came_before_it(
    database: Database,
) -> None:
    random = Random(1)
    many = [str(number) for number in range(15)]
    waiting = [*many]
    accepted: list[int] = []

    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(random.choice([0, 0, 0.01]))
        status = random.choice([204, 204, 204, 500, 429, 301])
        if status == HTTPStatus.NO_CONTENT:
            accepted.append(len(receiver.received) - 1)
        return web.Response(status=status)

    async with receiving(answer) as receiver:
        _, secret = await created(database, receiver.url)
        others = [Database(database.url) for _ in range(2)]
        while len(set(names([receiver.received[place] for place in accepted], secret))) < len(many):
            async with delivering(others[0]), delivering(others[1]):
                await devices(database, *waiting[:5])
                del waiting[:5]
                await asyncio.sleep(random.uniform(0.05, 0.3))
        for other in others:
            await other.close()
    arrived = names([receiver.received[place] for place in accepted], secret)
    assert list(dict.fromkeys(arrived)) == many
    assert all(set(many[: many.index(name)]) <= set(arrived[:place]) for place, name in enumerate(arrived))
