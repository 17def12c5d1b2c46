"""deleteNetworkAdapter: what it removes, records and refuses."""

import pytest

from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    BY_JOAN,
    CELLULAR,
    DEV_EUI,
    DVN_UUID,
    GENERIC,
    IMEI,
    LORA,
    NEW_DEVICE,
    NO_SUCH_ID,
    NOT_A_UUID,
    assert_forbidden,
    assert_unreadable,
    changed,
    device,
    error,
    event,
    history,
    refused,
    token_of,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("type_", "identifier", "urn"),
    [
        (NetworkAdapterType.CELLULAR, IMEI, f"urn:dev:imei:{IMEI}"),
        (NetworkAdapterType.LORA, DEV_EUI, f"urn:dev:deveui:{DEV_EUI.lower()}"),
        (NetworkAdapterType.GENERIC, DVN_UUID, f"urn:dev:dvnuuid:{DVN_UUID}"),
    ],
)
async def test_a_deleted_adapter_is_a_change_to_its_device(
    gateway: GatewayClient, factory: RowFactory, type_: NetworkAdapterType, identifier: str, urn: str
) -> None:
    row = await factory.device(version=2)
    adapter, stays = await factory.adapter(row, type_, identifier=identifier), await factory.adapter(row)
    before = now()
    payload = await changed(
        gateway,
        "deleteNetworkAdapter",
        {"device": row["id"], "networkAdapterId": adapter["id"].upper()},
        "deletedNetworkAdapterId device { id version modifiedAt modifiedBy urns }",
        token=token_of(gateway),
    )
    at = payload["device"]["modifiedAt"]
    assert before <= at <= now()
    assert payload == {
        "deletedNetworkAdapterId": adapter["id"],
        "device": {
            "id": row["id"],
            "version": 3,
            "modifiedAt": at,
            "modifiedBy": BY_JOAN,
            "urns": [f"urn:dev:imei:{stays['identifier']}"],
        },
    }
    assert await history(gateway, row["id"]) == [
        event("NETWORK_ADAPTER_DELETED", row["id"], 3, at, ("networkAdapters", urn, None))
    ]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await gateway.data(query, {"ids": [adapter["id"], stays["id"]]}) == {"nodes": [None, {"id": stays["id"]}]}
    assert await device(gateway, urn) is None


async def test_its_identifier_can_be_used_again(gateway: GatewayClient, factory: RowFactory) -> None:
    input_ = {**NEW_DEVICE, "networkAdapters": [CELLULAR, LORA, GENERIC]}
    selection = "device { id networkAdapters { ... on Node { id } } }"
    first = (await changed(gateway, "createDevice", input_, selection))["device"]
    other = await factory.device()
    for adapter, again in zip(first["networkAdapters"], (CELLULAR, LORA, GENERIC), strict=True):
        delete = {"device": first["id"], "networkAdapterId": adapter["id"]}
        await changed(gateway, "deleteNetworkAdapter", delete)
        await changed(gateway, "addNetworkAdapter", {"device": other["id"], "networkAdapter": again})
    assert (await device(gateway, f"imei:{IMEI}", "id version")) == {"id": other["id"], "version": 4}
    assert (await device(gateway, first["id"], "urns version")) == {"urns": [], "version": 4}


async def test_a_device_is_named_by_the_very_adapter_that_is_deleted(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    input_ = {"device": f"imei:{IMEI}", "networkAdapterId": adapter["id"]}
    payload = await changed(gateway, "deleteNetworkAdapter", input_, "device { id urns }")
    assert payload == {"device": {"id": row["id"], "urns": []}}


async def test_an_adapter_is_deleted_once(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"]}
    await changed(gateway, "deleteNetworkAdapter", input_)
    assert await refused(gateway, "deleteNetworkAdapter", input_) == [
        error("NOT_FOUND", f"networkAdapterId: there is no network adapter {adapter['id']}.", "networkAdapterId")
    ]


@pytest.mark.parametrize("identifier", [NO_SUCH_ID, "foreign id", f"urn:dev:imei:{IMEI}"])
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign = await factory.device(client_id=OTHER_CLIENT)
    adapter = await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "networkAdapterId": adapter["id"]}
    [refusal] = await refused(gateway, "deleteNetworkAdapter", input_, token=gateway.token(clients=[CLIENT]))
    assert refusal == error("NOT_FOUND", f"device: there is no device {identifier}.", "device")


async def test_an_adapter_that_the_device_does_not_have_is_not_found(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    of_another = await factory.adapter(await factory.device())
    foreign = await factory.adapter(await factory.device(client_id=OTHER_CLIENT))
    for id_ in (NO_SUCH_ID, of_another["id"], foreign["id"], row["id"]):
        input_ = {"device": row["id"], "networkAdapterId": id_}
        assert await refused(gateway, "deleteNetworkAdapter", input_, token=gateway.token(clients=[CLIENT])) == [
            error("NOT_FOUND", f"networkAdapterId: there is no network adapter {id_}.", "networkAdapterId")
        ]


async def test_an_adapters_id_that_is_none_is_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    assert await refused(gateway, "deleteNetworkAdapter", {"device": row["id"], "networkAdapterId": "nonsense"}) == [
        error("INVALID_FORMAT", f"networkAdapterId: {NOT_A_UUID}", "networkAdapterId")
    ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient) -> None:
    input_ = {"device": NO_SUCH_ID, "networkAdapterId": "nonsense"}
    refusals = await refused(gateway, "deleteNetworkAdapter", input_)
    assert sorted((*each["field"], each["code"]) for each in refusals) == [
        ("device", "NOT_FOUND"),
        ("networkAdapterId", "INVALID_FORMAT"),
    ]


async def test_deleting_needs_the_scope_to_write_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"]}
    await assert_forbidden(gateway, "deleteNetworkAdapter", input_, Scope.DEVICE_WRITE)


async def test_who_may_not_read_devices_deletes_an_adapter_but_does_not_see_its_device(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    inputs = [
        {"device": row["id"], "networkAdapterId": (await factory.adapter(row))["id"]},
        {"device": row["id"], "networkAdapterId": (await factory.adapter(row))["id"]},
    ]
    await assert_unreadable(gateway, "deleteNetworkAdapter", inputs[0], "device", Scope.DEVICE_READ)
    token = token_of(gateway, scopes=[Scope.DEVICE_WRITE])
    payload = await changed(gateway, "deleteNetworkAdapter", inputs[1], "deletedNetworkAdapterId", token=token)
    assert payload == {"deletedNetworkAdapterId": inputs[1]["networkAdapterId"]}
