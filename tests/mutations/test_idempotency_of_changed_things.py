"""Idempotency keys where what was made has been changed or deleted before the request comes again."""

import pytest

from tests.client import GatewayClient
from tests.factories import RowFactory
from tests.mutations.support import (
    CELLULAR,
    DEV_EUI,
    DVN_UUID,
    GENERIC,
    LORA,
    NEW_DEVICE,
    NEW_GROUP,
    changed,
    error,
    nothing_changed,
    refused,
)

pytestmark = pytest.mark.anyio

KEY = {"idempotencyKey": "order 66"}
ADDED = "networkAdapter { ... on Node { id } } device { id urns }"


def gone(id_: str) -> str:
    return f"idempotencyKey: what was made under it, {id_}, does not exist any more."


async def test_a_device_that_was_made_and_changed_is_shown_as_it_is_by_now(gateway: GatewayClient) -> None:
    input_ = {**NEW_DEVICE, "networkAdapters": [CELLULAR], **KEY}
    first = await changed(gateway, "createDevice", input_, "device { id }")
    await changed(gateway, "updateDevice", {"device": first["device"]["id"], "name": "Pumpe"})
    async with nothing_changed(gateway):
        again = await changed(gateway, "createDevice", input_, "device { id name version }")
    assert again == {"device": {**first["device"], "name": "Pumpe", "version": 2}}


async def test_a_device_that_was_made_and_deleted_is_not_made_again(gateway: GatewayClient) -> None:
    input_ = {**NEW_DEVICE, **KEY}
    made = (await changed(gateway, "createDevice", input_, "device { id }"))["device"]
    await changed(gateway, "deleteDevice", {"device": made["id"]})
    assert await refused(gateway, "createDevice", input_) == [error("NOT_FOUND", gone(made["id"]), "idempotencyKey")]


async def test_a_group_that_was_made_and_deleted_is_not_made_again(gateway: GatewayClient) -> None:
    input_ = {**NEW_GROUP, **KEY}
    made = (await changed(gateway, "createDeviceGroup", input_, "deviceGroup { id }"))["deviceGroup"]
    await changed(gateway, "deleteDeviceGroup", {"id": made["id"]})
    assert await refused(gateway, "createDeviceGroup", input_) == [
        error("NOT_FOUND", gone(made["id"]), "idempotencyKey")
    ]


@pytest.mark.parametrize("what", ["adapter", "device"])
async def test_an_adapter_that_was_added_and_deleted_is_not_added_again(
    gateway: GatewayClient, factory: RowFactory, what: str
) -> None:
    row = await factory.device()
    input_ = {"device": row["id"], "networkAdapter": CELLULAR, **KEY}
    added = (await changed(gateway, "addNetworkAdapter", input_, ADDED))["networkAdapter"]
    if what == "adapter":
        await changed(gateway, "deleteNetworkAdapter", {"device": row["id"], "networkAdapterId": added["id"]})
    else:
        await changed(gateway, "deleteDevice", {"device": row["id"]})
    assert await refused(gateway, "addNetworkAdapter", input_) == [
        error("NOT_FOUND", gone(added["id"]), "idempotencyKey")
    ]


async def test_an_added_adapter_is_shown_again_after_the_one_that_named_its_device_is_deleted(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    naming = await changed(gateway, "addNetworkAdapter", {"device": row["id"], "networkAdapter": LORA}, ADDED)
    input_ = {"device": f"deveui:{DEV_EUI}", "networkAdapter": GENERIC, **KEY}
    first = await changed(gateway, "addNetworkAdapter", input_, ADDED)
    delete = {"device": row["id"], "networkAdapterId": naming["networkAdapter"]["id"]}
    await changed(gateway, "deleteNetworkAdapter", delete)
    async with nothing_changed(gateway):
        again = await changed(gateway, "addNetworkAdapter", input_, ADDED)
    assert again == {
        "networkAdapter": first["networkAdapter"],
        "device": {"id": row["id"], "urns": [f"urn:dev:dvnuuid:{DVN_UUID}"]},
    }


async def test_an_added_adapter_is_shown_again_with_its_own_device_and_not_with_one_that_took_over_the_name(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row, other = await factory.device(), await factory.device()
    naming = await changed(gateway, "addNetworkAdapter", {"device": row["id"], "networkAdapter": LORA}, ADDED)
    input_ = {"device": f"deveui:{DEV_EUI}", "networkAdapter": GENERIC, **KEY}
    first = await changed(gateway, "addNetworkAdapter", input_, ADDED)
    delete = {"device": row["id"], "networkAdapterId": naming["networkAdapter"]["id"]}
    await changed(gateway, "deleteNetworkAdapter", delete)
    await changed(gateway, "addNetworkAdapter", {"device": other["id"], "networkAdapter": LORA})
    again = await changed(gateway, "addNetworkAdapter", input_, "networkAdapter { ... on Node { id } } device { id }")
    assert again == {"networkAdapter": first["networkAdapter"], "device": {"id": row["id"]}}
