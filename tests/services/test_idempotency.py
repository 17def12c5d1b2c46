"""Idempotency keys: what was made under a key is found again by the same caller with the same command."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gateway.db.database import Database
from gateway.db.session import Transaction
from gateway.db.tables import idempotency_key
from gateway.domain.commands import CreateDevice
from gateway.domain.instants import now, shifted
from gateway.domain.principal import Principal
from gateway.domain.user_errors import Refused
from gateway.domain.uuids import Uuid
from gateway.services.adapters import add_network_adapter
from gateway.services.devices import create_device
from gateway.services.groups import create_device_group
from gateway.services.idempotency import REMEMBERED, made_before
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory, new_uuid
from tests.mutations.support import IMEI, OTHER_IMEI, dump
from tests.services.support import Error, caller, execute, imei, new_adapter, new_device, new_group, refusal

pytestmark = pytest.mark.anyio

KEY = "order 66"
FIELD = ("idempotencyKey",)


async def remember(transaction: Transaction, command: tuple[CreateDevice, Uuid]) -> Uuid | None:
    """Ask for what was made before, and remember another id where nothing was."""
    return await made_before(transaction, *command)


async def test_the_first_id_is_remembered_and_found_again(database: Database) -> None:
    first, second = new_uuid(), new_uuid()
    assert await execute(database, remember, (new_device(key=KEY), first)) is None
    assert await execute(database, remember, (new_device(key=KEY), second)) == first
    assert [row["made_id"] for row in (await dump(database))["idempotency_key"]] == [first]


async def test_without_a_key_nothing_is_remembered(database: Database) -> None:
    # A key that breaks the rules is refused by the use case, which then remembers nothing either.
    for key in (None, " ", "k\0", "k" * 256):
        assert await execute(database, remember, (new_device(key=key), new_uuid())) is None
    assert (await dump(database))["idempotency_key"] == []


async def test_a_key_is_its_callers_own(database: Database) -> None:
    other = Principal(subject=new_uuid(), scopes=frozenset(), clients=None)
    assert await execute(database, remember, (new_device(key=KEY), new_uuid())) is None
    assert await execute(database, remember, (new_device(key=KEY), new_uuid()), other) is None


async def test_a_key_is_refused_for_another_command(database: Database) -> None:
    await execute(database, remember, (new_device(key=KEY), new_uuid()))
    reused = [Error("IDEMPOTENCY_KEY_REUSED", FIELD)]
    assert await refusal(database, remember, (new_device(key=KEY, name="Lamp"), new_uuid())) == reused
    assert await refusal(database, create_device_group, new_group(key=KEY)) == reused


async def test_a_key_is_forgotten_after_its_time(database: Database) -> None:
    first, second = new_uuid(), new_uuid()
    await execute(database, remember, (new_device(key=KEY), first))
    for age, found in ((REMEMBERED - timedelta(minutes=1), first), (REMEMBERED + timedelta(minutes=1), None)):
        async with database.engine.begin() as connection:
            await connection.execute(update(idempotency_key).values(created_at=shifted(now(), -age)))
        assert await execute(database, remember, (new_device(key=KEY), second)) == found


async def test_a_refusal_after_the_key_was_remembered_forgets_it(database: Database, factory: RowFactory) -> None:
    holder = await factory.device()
    adapter = await factory.adapter(holder, identifier=IMEI)
    command = new_device(key=KEY, adapters=[imei(IMEI, "imei")])
    assert await refusal(database, create_device, command) == [Error("IDENTIFIER_TAKEN", ("imei",), holder["id"])]
    await factory.delete_device(adapter["device_id"])
    assert (await execute(database, create_device, command)).version == 1


Make = Callable[[Database, str], Any]


async def make_device(database: Database, _: str) -> Any:
    return await execute(database, create_device, new_device(key=KEY, adapters=[imei()]))


async def add_adapter(database: Database, device_id: str) -> Any:
    return await execute(database, add_network_adapter, new_adapter(device_id, imei(OTHER_IMEI), key=KEY))


async def make_group(database: Database, _: str) -> Any:
    return await execute(database, create_device_group, new_group(key=KEY))


@pytest.mark.parametrize("make", [make_device, add_adapter, make_group])
async def test_the_same_command_again_returns_what_was_made_and_saves_nothing(
    database: Database, factory: RowFactory, make: Make
) -> None:
    row = await factory.device()
    first = await make(database, row["id"])
    before = await dump(database)
    assert await make(database, row["id"]) == first
    assert await dump(database) == before


async def test_what_was_made_is_not_shown_to_its_maker_who_no_longer_reaches_it(database: Database) -> None:
    command = new_device(key=KEY)
    await execute(database, create_device, command, caller(CLIENT))
    assert await refusal(database, create_device, command, caller(OTHER_CLIENT)) == [Error("NOT_FOUND", FIELD)]


async def test_what_was_made_and_deleted_is_not_made_again(database: Database, factory: RowFactory) -> None:
    command = new_device(key=KEY)
    device = await execute(database, create_device, command)
    await factory.delete_device(device.id)
    with pytest.raises(Refused, match=f"what was made under it, {device.id}, does not exist any more"):
        await execute(database, create_device, command)
