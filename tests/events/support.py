"""Webhooks of a database of a test, and what delivers to them in this process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from gateway.db.database import Database
from gateway.db.rows import DeviceRow
from gateway.db.tables import webhook
from gateway.domain.commands import CreateWebhook, UpdateDevice, UpdateWebhook
from gateway.domain.enums import DeviceEventType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.uuids import Uuid
from gateway.events.log import EventLog
from gateway.events.webhooks.deliverer import Deliverer
from gateway.events.webhooks.schedule import Schedule
from gateway.events.webhooks.sender import Sender
from gateway.services.devices import create_device, update_device
from gateway.services.webhooks import ChangedWebhook, create_webhook, update_webhook
from tests.events.receiver import Received
from tests.factories import CLIENT
from tests.mutations.support import dump
from tests.services.support import execute, new_device
from tests.waiting import until

LOOPBACK = frozenset({"127.0.0.1"})
AT_ONCE = Schedule(delays=[timedelta(milliseconds=20)])
LATER = Schedule(delays=[timedelta(hours=1)])


@asynccontextmanager
async def delivering(
    database: Database, schedule: Schedule = AT_ONCE, *, seconds: float = 5.0
) -> AsyncIterator[Deliverer]:
    """Deliver as a process of the gateway does, but for shorter times."""
    log = EventLog(database)
    sender = Sender(LOOPBACK, seconds=seconds)
    deliverer = Deliverer(log, sender, schedule, seconds_between_looks=0.05, seconds_between_passes=0.0)
    tasks = [asyncio.create_task(log.follow()), asyncio.create_task(deliverer.run())]
    try:
        yield deliverer
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await sender.close()


async def created(
    database: Database,
    url: str,
    *,
    types: Sequence[DeviceEventType] = tuple(DeviceEventType),
    client: Uuid = CLIENT,
    after: str | None = None,
) -> tuple[Uuid, str]:
    """Return the id and the secret of a new webhook."""
    command = CreateWebhook(
        client_id=client, url=url, types=[*types], after=after, idempotency_key=None, private_hosts=LOOPBACK
    )
    made = await execute(database, create_webhook, command)
    assert made.secret
    return made.webhook.id, made.secret


async def updated(database: Database, id_: Uuid, **given: Any) -> ChangedWebhook:
    command: dict[str, Any] = {
        "changes": {},
        "enabled": None,
        "replay_after": None,
        "rotate_secret": False,
        "expected_version": None,
        **given,
    }
    return await execute(database, update_webhook, UpdateWebhook(id=id_, private_hosts=LOOPBACK, **command))


async def devices(database: Database, *names: str, client: Uuid = CLIENT) -> list[DeviceRow]:
    """Return new devices, each of which is an event."""
    return [await execute(database, create_device, new_device(name=name, client_id=client)) for name in names]


async def changed_device(database: Database, id_: Uuid, **changes: Any) -> None:
    command = UpdateDevice(device=DeviceIdentifier(id_), changes=changes, expected_version=None)
    await execute(database, update_device, command)


def names(received: Sequence[Received], secret: str) -> list[str]:
    """Return the names that new devices got by events, which have to be signed with a secret."""
    contents = [each.verified(secret) for each in received]
    return [each["data"]["changes"][0]["after"] for each in contents]


async def rows(database: Database) -> list[dict[str, Any]]:
    """Return all columns of all webhooks."""
    return (await dump(database))["webhook"]


async def row(database: Database) -> dict[str, Any]:
    """Return all columns of the one webhook."""
    [found] = await rows(database)
    return found


async def has(database: Database, **values: Any) -> dict[str, Any]:
    """Return all columns of the one webhook, once these have such values."""

    async def there() -> bool:
        return values.items() <= (await row(database)).items()

    await until(there, 5)
    return await row(database)


async def set_rows(database: Database, **values: Any) -> None:
    async with database.writing() as connection:
        await connection.execute(update(webhook).values(values))


async def numbered(database: Database, position: int) -> None:
    """Return once events up to a position can be read, which nobody follows."""
    await EventLog(database).look()
    assert (await dump(database))["event_log"][0]["head"] == position
