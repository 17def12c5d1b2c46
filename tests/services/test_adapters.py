"""The use cases of network adapters: each returns the adapter and its device."""

import pytest

from gateway.db.database import Database
from gateway.db.queries.adapters import adapters_by_id
from gateway.db.session import Session
from gateway.domain.commands import DeleteNetworkAdapter, NewAdapter, UpdateNetworkAdapter
from gateway.domain.enums import NetworkAdapterType
from gateway.services.adapters import add_network_adapter, delete_network_adapter, update_network_adapter
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import BY_JOAN, DEV_EUI, IMEI, NO_SUCH_ID, OTHER_IMEI, dump
from tests.services.support import IMEI_FIELD, Error, by_id, by_imei, caller, execute, imei, new_adapter, refusal

pytestmark = pytest.mark.anyio

LORA_FIELD = ("networkAdapter", "lora", "devEui")


def lora(identifier: str) -> NewAdapter:
    return NewAdapter(type=NetworkAdapterType.LORA, identifier=identifier, field=LORA_FIELD)


def update(device_id: str, adapter_id: str, adapter: NewAdapter) -> UpdateNetworkAdapter:
    return UpdateNetworkAdapter(device=by_id(device_id), network_adapter_id=adapter_id, network_adapter=adapter)


async def test_an_added_adapter_is_returned_with_the_next_version_of_its_device(
    database: Database, factory: RowFactory
) -> None:
    row = await factory.device(version=2)
    command = new_adapter(row["id"], lora(DEV_EUI.lower()))
    adapter, device = await execute(database, add_network_adapter, command)
    assert (adapter.device_id, adapter.identifier) == (row["id"], DEV_EUI)
    assert (device.version, device.modified_at, device.modified_by) == (3, adapter.created_at, BY_JOAN)
    assert await adapters_by_id(Session(database), caller(), [adapter.id]) == {adapter.id: adapter}
    [event] = (await dump(database))["device_event"]
    assert (event["type"], event["version"]) == ("NETWORK_ADAPTER_ADDED", 3)


async def test_a_taken_identifier_is_refused_by_the_index_and_names_its_holder(
    database: Database, factory: RowFactory
) -> None:
    row, holder = await factory.device(), await factory.device(client_id=OTHER_CLIENT)
    await factory.adapter(holder, identifier=IMEI)
    command = new_adapter(row["id"], imei())
    assert await refusal(database, add_network_adapter, command) == [
        Error("IDENTIFIER_TAKEN", IMEI_FIELD, holder["id"])
    ]
    assert await refusal(database, add_network_adapter, command, caller(CLIENT)) == [
        Error("IDENTIFIER_TAKEN", IMEI_FIELD)
    ]


async def test_everything_that_is_wrong_with_an_addition_comes_together(
    database: Database, factory: RowFactory
) -> None:
    holder = await factory.device()
    await factory.adapter(holder, identifier=IMEI)
    assert await refusal(database, add_network_adapter, new_adapter(NO_SUCH_ID, imei("1"), key=" ")) == [
        Error("BLANK", ("idempotencyKey",)),
        Error("INVALID_FORMAT", IMEI_FIELD),
        Error("NOT_FOUND", ("device",)),
    ]
    assert await refusal(database, add_network_adapter, new_adapter(NO_SUCH_ID, imei())) == [
        Error("NOT_FOUND", ("device",)),
        Error("IDENTIFIER_TAKEN", IMEI_FIELD, holder["id"]),
    ]


async def test_an_update_to_what_the_adapter_is_returns_it_and_saves_nothing(
    database: Database, factory: RowFactory
) -> None:
    row = await factory.device(version=2)
    stored = await factory.adapter(row, NetworkAdapterType.LORA, identifier=DEV_EUI)
    before = await dump(database)
    command = update(row["id"], stored["id"].upper(), lora(DEV_EUI.lower()))
    adapter, device = await execute(database, update_network_adapter, command)
    assert await dump(database) == before
    assert (adapter.id, adapter.identifier, device.id, device.version) == (stored["id"], DEV_EUI, row["id"], 2)


async def test_an_adapter_never_becomes_another(database: Database, factory: RowFactory) -> None:
    row = await factory.device()
    stored = await factory.adapter(row, identifier=IMEI)
    refused = {
        imei(OTHER_IMEI): [Error("IMMUTABLE", IMEI_FIELD)],
        imei("1"): [Error("INVALID_FORMAT", IMEI_FIELD)],
        lora(DEV_EUI): [Error("IMMUTABLE", LORA_FIELD)],
        lora("1"): [Error("INVALID_FORMAT", LORA_FIELD), Error("IMMUTABLE", LORA_FIELD)],
    }
    for adapter, errors in refused.items():
        assert await refusal(database, update_network_adapter, update(row["id"], stored["id"], adapter)) == errors


async def test_a_deleted_adapter_is_returned_as_it_was_with_the_next_version_of_its_device(
    database: Database, factory: RowFactory
) -> None:
    row = await factory.device(version=2)
    stored = await factory.adapter(row, identifier=IMEI)
    command = DeleteNetworkAdapter(device=by_imei(), network_adapter_id=stored["id"])
    adapter, device = await execute(database, delete_network_adapter, command)
    assert (adapter.id, adapter.identifier, device.id, device.version) == (stored["id"], IMEI, row["id"], 3)
    tables = await dump(database)
    assert tables["network_adapter"] == []
    assert [(event["type"], event["version"]) for event in tables["device_event"]] == [("NETWORK_ADAPTER_DELETED", 3)]


async def test_an_adapter_is_looked_for_in_its_device_only(database: Database, factory: RowFactory) -> None:
    row, other = await factory.device(), await factory.device()
    stored = await factory.adapter(other)
    for device_id, adapter_id, errors in (
        (row["id"], stored["id"], [Error("NOT_FOUND", ("networkAdapterId",))]),
        (row["id"], "nonsense", [Error("INVALID_FORMAT", ("networkAdapterId",))]),
        (NO_SUCH_ID, stored["id"], [Error("NOT_FOUND", ("device",))]),
        (NO_SUCH_ID, "nonsense", [Error("NOT_FOUND", ("device",)), Error("INVALID_FORMAT", ("networkAdapterId",))]),
    ):
        command = DeleteNetworkAdapter(device=by_id(device_id), network_adapter_id=adapter_id)
        assert await refusal(database, delete_network_adapter, command) == errors
