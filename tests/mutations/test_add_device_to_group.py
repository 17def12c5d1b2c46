"""addDeviceToGroup: what it links, records and refuses."""

import pytest

from gateway.domain.enums import Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, RowFactory
from tests.mutations.support import (
    BY_JOAN,
    DAY_SHOWN,
    IMEI,
    NO_SUCH_ID,
    NOT_A_UUID,
    OWNERS,
    UNREACHED,
    ask,
    assert_forbidden,
    assert_unreadable,
    changed,
    device,
    error,
    event,
    history,
    mismatch,
    nothing_changed,
    refused,
    token_of,
    without,
)

pytestmark = pytest.mark.anyio

LINK = """link {
  createdAt createdBy
  device { id version modifiedAt modifiedBy deviceGroups { nodes { id } } }
  deviceGroup { id version modifiedAt devices { nodes { id } } }
}"""


async def test_a_device_in_a_group_is_a_change_to_the_device(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(version=2), await factory.group(version=3)
    before = now()
    input_ = {"device": row["id"], "deviceGroupId": group["id"].upper()}
    payload = await changed(gateway, "addDeviceToGroup", input_, LINK, token=token_of(gateway))
    at = payload["link"]["createdAt"]
    assert before <= at <= now()
    assert payload["link"] == {
        "createdAt": at,
        "createdBy": BY_JOAN,
        "device": {
            "id": row["id"],
            "version": 3,
            "modifiedAt": at,
            "modifiedBy": BY_JOAN,
            "deviceGroups": {"nodes": [{"id": group["id"]}]},
        },
        # The group itself has not changed: a link belongs to the device.
        "deviceGroup": {
            "id": group["id"],
            "version": 3,
            "modifiedAt": DAY_SHOWN,
            "devices": {"nodes": [{"id": row["id"]}]},
        },
    }
    assert await history(gateway, row["id"]) == [
        event("ADDED_TO_GROUP", row["id"], 3, at, ("deviceGroups", None, group["id"]))
    ]
    link = "deviceGroupLink(deviceGroupId: $group) { createdAt createdBy }"
    query = f"query ($device: DeviceIdentifier!, $group: ID!) {{ device(identifier: $device) {{ {link} }} }}"
    assert await gateway.data(query, {"device": row["id"], "group": group["id"]}) == {
        "device": {"deviceGroupLink": {"createdAt": at, "createdBy": BY_JOAN}}
    }


async def test_a_device_that_is_in_the_group_already_stays_as_it_is(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row, group = await factory.device(version=2), await factory.group()
    await factory.link(row, group, created_at="2025-02-02T00:00:00.000Z")
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    async with nothing_changed(gateway):
        payload = await changed(gateway, "addDeviceToGroup", input_, LINK, token=token_of(gateway))
    assert (payload["link"]["createdAt"], payload["link"]["createdBy"]) == ("2025-02-02T00:00:00.000Z", PRINCIPAL)
    assert payload["link"]["device"] == {
        "id": row["id"],
        "version": 2,
        "modifiedAt": DAY_SHOWN,
        "modifiedBy": PRINCIPAL,
        "deviceGroups": {"nodes": [{"id": group["id"]}]},
    }
    assert await history(gateway, row["id"]) == []


async def test_a_device_is_in_several_groups_in_the_order_of_adding(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    await factory.adapter(row, identifier=IMEI)
    earlier, later = await factory.group(), await factory.group()
    await factory.link(row, earlier)
    input_ = {"device": f"imei:{IMEI}", "deviceGroupId": later["id"]}
    payload = await changed(gateway, "addDeviceToGroup", input_, "link { device { deviceGroups { nodes { id } } } }")
    assert payload["link"]["device"]["deviceGroups"]["nodes"] == [{"id": earlier["id"]}, {"id": later["id"]}]


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("sees", [True, False])
async def test_a_device_of_another_client_or_project_is_refused(
    gateway: GatewayClient, factory: RowFactory, owner: str, *, sees: bool
) -> None:
    _, _, other = OWNERS[owner]
    row, group = await factory.device(), await factory.group(**{f"{owner}_id": other})
    token = gateway.token(scopes=Scope if sees else without(Scope.DEVICE_GROUP_READ))
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    assert await refused(gateway, "addDeviceToGroup", input_, token=token, selection="") == [
        mismatch(owner, group["id"], "deviceGroupId", conflicting=group["id"] if sees else None)
    ]


async def test_a_device_of_another_client_and_project_is_refused_for_both(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    others = {f"{owner}_id": other for owner, (_, _, other) in OWNERS.items()}
    row, group = await factory.device(), await factory.group(**others)
    assert await refused(gateway, "addDeviceToGroup", {"device": row["id"], "deviceGroupId": group["id"]}) == [
        mismatch(owner, group["id"], "deviceGroupId", conflicting=group["id"]) for owner in OWNERS
    ]


@pytest.mark.parametrize("identifier", UNREACHED)
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign, group = await factory.device(client_id=OTHER_CLIENT), await factory.group()
    await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "deviceGroupId": group["id"]}
    assert await refused(gateway, "addDeviceToGroup", input_, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_FOUND", f"device: there is no device {identifier}.", "device")
    ]


async def test_a_group_that_the_caller_does_not_reach_is_not_found(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    foreign = await factory.group(client_id=OTHER_CLIENT)
    for id_ in (NO_SUCH_ID, foreign["id"], row["id"]):
        input_ = {"device": row["id"], "deviceGroupId": id_}
        assert await refused(gateway, "addDeviceToGroup", input_, token=gateway.token(clients=[CLIENT])) == [
            error("NOT_FOUND", f"deviceGroupId: there is no device group {id_}.", "deviceGroupId")
        ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient) -> None:
    input_ = {"device": f"IMEI:{IMEI}", "deviceGroupId": "nonsense"}
    assert await refused(gateway, "addDeviceToGroup", input_) == [
        error("NOT_FOUND", f"device: there is no device urn:dev:imei:{IMEI}.", "device"),
        error("INVALID_FORMAT", f"deviceGroupId: {NOT_A_UUID}", "deviceGroupId"),
    ]


async def test_adding_needs_the_scope_to_write_groups(gateway: GatewayClient, factory: RowFactory) -> None:
    input_ = {"device": (await factory.device())["id"], "deviceGroupId": (await factory.group())["id"]}
    await assert_forbidden(gateway, "addDeviceToGroup", input_, Scope.DEVICE_GROUP_WRITE)


async def test_who_may_not_read_groups_links_but_does_not_see_the_link(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    input_ = {"device": (await factory.device())["id"], "deviceGroupId": (await factory.group())["id"]}
    await assert_unreadable(gateway, "addDeviceToGroup", input_, "link", Scope.DEVICE_GROUP_READ)


async def test_who_may_not_read_devices_sees_the_link_without_its_device(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row, group = await factory.device(), await factory.group()
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    token = token_of(gateway, scopes=[Scope.DEVICE_GROUP_READ, Scope.DEVICE_GROUP_WRITE])
    payload = await changed(gateway, "addDeviceToGroup", input_, "link { createdBy deviceGroup { id } }", token=token)
    assert payload == {"link": {"createdBy": BY_JOAN, "deviceGroup": {"id": group["id"]}}}
    answer = await ask(gateway, "addDeviceToGroup", input_, "link { device { id } }", token=token)
    assert answer.data == {"addDeviceToGroup": {"link": {"device": None}, "userErrors": []}}
    assert [(each["path"], each["extensions"]["code"]) for each in answer.errors] == [
        (["addDeviceToGroup", "link", "device"], "FORBIDDEN")
    ]
    assert (await device(gateway, row["id"], "version"))["version"] == 2
