"""deleteDevice: what goes with a device, and what stays of it."""

from collections.abc import Mapping

import pytest

from gateway.domain.enums import DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, RowFactory
from tests.mutations.support import (
    CELLULAR,
    DEV_EUI,
    DVN_UUID,
    GENERIC,
    IMEI,
    LORA,
    NEW_DEVICE,
    NO_SUCH_ID,
    assert_forbidden,
    changed,
    device,
    dump,
    error,
    event,
    found_by,
    history,
    refused,
    token_of,
    without,
)

pytestmark = pytest.mark.anyio

IDENTIFIERS: Mapping[NetworkAdapterType, str] = {
    NetworkAdapterType.LORA: DEV_EUI,
    NetworkAdapterType.GENERIC: DVN_UUID,
    NetworkAdapterType.CELLULAR: IMEI,
}


async def test_a_deleted_device_goes_with_its_adapters_and_links(gateway: GatewayClient, factory: RowFactory) -> None:
    row, stays, group = await factory.device(), await factory.device(), await factory.group()
    adapter = await factory.adapter(row, identifier=IMEI)
    for each in (row, stays):
        await factory.link(each, group)
    payload = await changed(gateway, "deleteDevice", {"device": row["id"], "expectedVersion": 1}, "deletedDeviceId")
    assert payload == {"deletedDeviceId": row["id"]}
    query = f"""query ($ids: [ID!]!, $group: ID!) {{
      nodes(ids: $ids) {{ id }}
      device(identifier: "imei:{IMEI}") {{ id }}
      devices {{ totalCount }}
      deviceGroup(id: $group) {{ version devices {{ totalCount nodes {{ id }} }} }}
    }}"""
    assert await gateway.data(query, {"ids": [row["id"], adapter["id"], stays["id"]], "group": group["id"]}) == {
        "nodes": [None, None, {"id": stays["id"]}],
        "device": None,
        "devices": {"totalCount": 1},
        "deviceGroup": {"version": 1, "devices": {"totalCount": 1, "nodes": [{"id": stays["id"]}]}},
    }
    tables = await dump(gateway.database)
    assert (len(tables["network_adapter"]), len(tables["device_group_link"])) == (0, 1)


async def test_its_last_event_has_every_value_that_it_had(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Pump", barcode="1", status=DeviceStatus.INACTIVE, version=4)
    for day, (type_, identifier) in enumerate(IDENTIFIERS.items(), start=1):
        await factory.adapter(row, type_, identifier=identifier, created_at=f"2025-03-0{day}T00:00:00.000Z")
    group = await factory.group()
    await factory.link(row, group)
    await factory.event(row, version=4)
    started = now()
    await changed(gateway, "deleteDevice", {"device": row["id"]}, token=token_of(gateway))
    former, deleted = await history(gateway, row["id"])
    assert former["version"] == 4
    assert started <= deleted["occurredAt"] <= now()
    assert deleted == event(
        "DEVICE_DELETED",
        row["id"],
        5,
        deleted["occurredAt"],
        ("name", "Pump", None),
        ("status", "INACTIVE", None),
        ("barcode", "1", None),
        ("clientId", CLIENT, None),
        ("projectId", PROJECT, None),
        ("deviceSpecificationId", SPECIFICATION, None),
        ("networkAdapters", f"urn:dev:deveui:{DEV_EUI.lower()}", None),
        ("networkAdapters", f"urn:dev:dvnuuid:{DVN_UUID}", None),
        ("networkAdapters", f"urn:dev:imei:{IMEI}", None),
        ("deviceGroups", group["id"], None),
    )


async def test_the_whole_life_of_a_deleted_device_is_read_by_its_client_only(gateway: GatewayClient) -> None:
    made = await changed(gateway, "createDevice", NEW_DEVICE, "device { id }")
    id_ = made["device"]["id"]
    await changed(gateway, "addNetworkAdapter", {"device": id_, "networkAdapter": CELLULAR})
    await changed(gateway, "deleteDevice", {"device": id_})
    seen = {
        client: [
            (each["type"], each["version"])
            for each in await history(gateway, id_, token=gateway.token(clients=[client]))
        ]
        for client in (CLIENT, OTHER_CLIENT)
    }
    assert seen == {
        CLIENT: [("DEVICE_CREATED", 1), ("NETWORK_ADAPTER_ADDED", 2), ("DEVICE_DELETED", 3)],
        OTHER_CLIENT: [],
    }


async def test_its_identifiers_can_be_used_again(gateway: GatewayClient) -> None:
    input_ = {**NEW_DEVICE, "networkAdapters": [CELLULAR, LORA, GENERIC]}
    first = await changed(gateway, "createDevice", input_, "device { id }")
    await changed(gateway, "deleteDevice", {"device": f"imei:{IMEI}"})
    second = await changed(gateway, "createDevice", input_, "device { id urns }")
    assert second["device"]["id"] != first["device"]["id"]
    assert (await device(gateway, f"deveui:{DEV_EUI}", "id"))["id"] == second["device"]["id"]


async def test_a_search_does_not_find_it_any_more(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device(name="Äpfel", description="Obst")
    await changed(gateway, "deleteDevice", {"device": row["id"]})
    assert [await found_by(gateway, text) for text in ("ÄPFEL", "obst", "o")] == [[], [], []]


async def test_a_device_is_deleted_by_an_identifier_of_its_adapter(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    await factory.adapter(row, NetworkAdapterType.LORA, identifier=DEV_EUI)
    payload = await changed(
        gateway, "deleteDevice", {"device": f"urn:dev:deveui:{DEV_EUI.lower()}:"}, "deletedDeviceId"
    )
    assert payload == {"deletedDeviceId": row["id"]}


async def test_deleting_needs_no_scope_to_read(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    token = token_of(gateway, scopes=[Scope.DEVICE_WRITE])
    payload = await changed(gateway, "deleteDevice", {"device": row["id"]}, "deletedDeviceId", token=token)
    assert payload == {"deletedDeviceId": row["id"]}


async def test_a_device_is_deleted_once(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    await changed(gateway, "deleteDevice", {"device": row["id"]})
    assert await refused(gateway, "deleteDevice", {"device": row["id"]}) == [
        error("NOT_FOUND", f"device: there is no device {row['id']}.", "device")
    ]


@pytest.mark.parametrize("identifier", [NO_SUCH_ID, "foreign id", f"urn:dev:imei:{IMEI}"])
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign = await factory.device(client_id=OTHER_CLIENT)
    await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "expectedVersion": 9}
    assert await refused(gateway, "deleteDevice", input_, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_FOUND", f"device: there is no device {identifier}.", "device")
    ]


@pytest.mark.parametrize("sees", [True, False])
async def test_another_version_than_the_expected_is_not_deleted(
    gateway: GatewayClient, factory: RowFactory, *, sees: bool
) -> None:
    row = await factory.device(version=3)
    token = gateway.token(scopes=Scope if sees else without(Scope.DEVICE_READ))
    assert await refused(gateway, "deleteDevice", {"device": row["id"], "expectedVersion": 2}, token=token) == [
        error(
            "VERSION_MISMATCH",
            "expectedVersion: 2 was expected, but the present version is 3.",
            "expectedVersion",
            conflicting=row["id"] if sees else None,
        )
    ]


async def test_deleting_needs_the_scope_to_write_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    await assert_forbidden(gateway, "deleteDevice", {"device": row["id"]}, Scope.DEVICE_WRITE)
