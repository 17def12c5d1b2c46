"""The use cases of devices: what they return is what the database then holds."""

from typing import Any

import pytest

from gateway.db.database import Database
from gateway.db.queries.devices import devices_by_id
from gateway.db.session import Session
from gateway.domain.commands import DeleteDevice, UpdateDevice
from gateway.domain.instants import now
from gateway.services.devices import create_device, delete_device, update_device
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory, new_uuid
from tests.mutations.support import BY_JOAN, IMEI, NO_SUCH_ID, OTHER_IMEI, dump
from tests.services.support import (
    DEVICE_VALUES,
    Error,
    by_id,
    by_imei,
    caller,
    execute,
    imei,
    new_device,
    refusal,
)

pytestmark = pytest.mark.anyio


def update(device_id: str, expected_version: int | None = None, **changes: Any) -> UpdateDevice:
    return UpdateDevice(device=by_id(device_id), changes=changes, expected_version=expected_version)


async def test_a_created_device_is_returned_as_the_database_has_it(database: Database) -> None:
    before = now()
    device = await execute(database, create_device, new_device(barcode="1"))
    assert before <= device.created_at <= now()
    assert device._asdict() == {
        **DEVICE_VALUES,
        "barcode": "1",
        "id": device.id,
        "created_at": device.created_at,
        "created_by": BY_JOAN,
        "modified_at": device.created_at,
        "modified_by": BY_JOAN,
        "version": 1,
    }
    assert await devices_by_id(Session(database), caller(), [device.id]) == {device.id: device}


async def test_a_device_is_created_with_its_adapters_links_and_event_at_one_instant(
    database: Database, factory: RowFactory
) -> None:
    group = await factory.group()
    command = new_device(adapters=[imei(IMEI), imei(OTHER_IMEI)], groups=[group["id"], group["id"].upper()])
    device = await execute(database, create_device, command)
    tables = await dump(database)
    assert [(row["device_id"], row["identifier"]) for row in tables["network_adapter"]] == [
        (device.id, IMEI),
        (device.id, OTHER_IMEI),
    ]
    assert [(row["device_id"], row["device_group_id"]) for row in tables["device_group_link"]] == [
        (device.id, group["id"])
    ]
    assert [(row["device_id"], row["version"], row["type"]) for row in tables["device_event"]] == [
        (device.id, 1, "DEVICE_CREATED")
    ]
    instants = {
        row["occurred_at" if name == "device_event" else "created_at"]
        for name in ("device", "network_adapter", "device_group_link", "device_event")
        for row in tables[name]
    }
    assert instants == {device.created_at}


async def test_everything_that_is_wrong_with_a_new_device_is_found_before_it_is_saved(
    database: Database, factory: RowFactory
) -> None:
    holder = await factory.device()
    await factory.adapter(holder, identifier=OTHER_IMEI)
    group = await factory.group(project_id=new_uuid())
    command = new_device(
        name=" ",
        client_id=OTHER_CLIENT,
        adapters=[imei("1", "first"), imei(OTHER_IMEI, "second")],
        groups=[group["id"], "nonsense"],
        key="",
    )
    assert await refusal(database, create_device, command, caller(CLIENT)) == [
        Error("BLANK", ("name",)),
        Error("NOT_ALLOWED", ("clientId",)),
        Error("INVALID_FORMAT", ("first",)),
        Error("CLIENT_MISMATCH", ("deviceGroupIds", "0"), group["id"]),
        Error("PROJECT_MISMATCH", ("deviceGroupIds", "0"), group["id"]),
        Error("INVALID_FORMAT", ("deviceGroupIds", "1")),
        Error("BLANK", ("idempotencyKey",)),
        Error("IDENTIFIER_TAKEN", ("second",), holder["id"]),
    ]


@pytest.mark.parametrize("adapters", [[IMEI], [OTHER_IMEI, IMEI]])
async def test_a_taken_identifier_undoes_what_was_saved_before_it(
    database: Database, factory: RowFactory, adapters: list[str]
) -> None:
    holder = await factory.device(client_id=OTHER_CLIENT)
    await factory.adapter(holder, identifier=IMEI)
    command = new_device(adapters=[imei(each, str(place)) for place, each in enumerate(adapters)])
    field = (str(len(adapters) - 1),)
    assert await refusal(database, create_device, command) == [Error("IDENTIFIER_TAKEN", field, holder["id"])]
    # Whose it is, is no affair of a caller who does not reach the holder.
    assert await refusal(database, create_device, command, caller(CLIENT)) == [Error("IDENTIFIER_TAKEN", field)]


async def test_an_updated_device_is_returned_as_the_database_has_it(database: Database, factory: RowFactory) -> None:
    row = await factory.device(name="Pump", version=4)
    device = await execute(database, update_device, update(row["id"], 4, name="Lamp", client_id=OTHER_CLIENT))
    assert (device.name, device.client_id, device.version, device.modified_by) == ("Lamp", OTHER_CLIENT, 5, BY_JOAN)
    assert await devices_by_id(Session(database), caller(), [device.id]) == {device.id: device}
    [event] = (await dump(database))["device_event"]
    assert (event["version"], event["client_id"], event["occurred_at"]) == (5, OTHER_CLIENT, device.modified_at)


async def test_an_update_to_what_the_device_is_saves_nothing(database: Database, factory: RowFactory) -> None:
    row = await factory.device(name="Pump", version=4)
    before = await dump(database)
    device = await execute(database, update_device, update(row["id"], 4, name="Pump", client_id=CLIENT))
    assert await dump(database) == before
    assert (device.version, device.modified_at) == (4, row["modified_at"])


async def test_everything_that_is_wrong_with_an_update_comes_together(database: Database, factory: RowFactory) -> None:
    row, group = await factory.device(version=2), await factory.group()
    await factory.link(row, group)
    command = update(row["id"], 1, name="a\nb", client_id=OTHER_CLIENT, project_id=new_uuid())
    assert await refusal(database, update_device, command, caller(CLIENT)) == [
        Error("INVALID_FORMAT", ("name",)),
        Error("NOT_ALLOWED", ("clientId",)),
        Error("VERSION_MISMATCH", ("expectedVersion",), row["id"]),
        Error("CLIENT_MISMATCH", ("clientId",), group["id"]),
        Error("PROJECT_MISMATCH", ("projectId",), group["id"]),
    ]


async def test_an_update_of_no_device_tells_what_is_wrong_whatever_the_device(database: Database) -> None:
    assert await refusal(database, update_device, update(NO_SUCH_ID, 1, name="")) == [
        Error("BLANK", ("name",)),
        Error("NOT_FOUND", ("device",)),
    ]


async def test_a_deleted_device_is_returned_as_it_was_and_only_its_event_stays(
    database: Database, factory: RowFactory
) -> None:
    row, group = await factory.device(name="Pump", version=3), await factory.group()
    await factory.adapter(row, identifier=IMEI)
    await factory.link(row, group)
    device = await execute(database, delete_device, DeleteDevice(device=by_imei(), expected_version=3))
    assert (device.id, device.name, device.version) == (row["id"], "Pump", 3)
    tables = await dump(database)
    assert [tables[name] for name in ("device", "network_adapter", "device_group_link")] == [[], [], []]
    assert [(event["type"], event["version"]) for event in tables["device_event"]] == [("DEVICE_DELETED", 4)]


async def test_a_device_of_another_version_or_client_is_not_deleted(database: Database, factory: RowFactory) -> None:
    row = await factory.device(version=2)
    command = DeleteDevice(device=by_id(row["id"]), expected_version=1)
    assert await refusal(database, delete_device, command) == [
        Error("VERSION_MISMATCH", ("expectedVersion",), row["id"])
    ]
    assert await refusal(database, delete_device, command, caller(OTHER_CLIENT)) == [Error("NOT_FOUND", ("device",))]
