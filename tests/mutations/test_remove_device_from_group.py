"""removeDeviceFromGroup: what it unlinks, records and refuses."""

import pytest

from gateway.domain.enums import Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, RowFactory, new_uuid
from tests.mutations.support import (
    BY_JOAN,
    DAY_SHOWN,
    IMEI,
    NO_SUCH_ID,
    NOT_A_UUID,
    UNREACHED,
    assert_forbidden,
    assert_unreadable,
    changed,
    error,
    event,
    history,
    nothing_changed,
    refused,
    token_of,
)

pytestmark = pytest.mark.anyio

BOTH = """
  device { id version modifiedAt modifiedBy deviceGroups { nodes { id } } }
  deviceGroup { id version modifiedAt devices { totalCount } }
"""


async def test_a_device_out_of_a_group_is_a_change_to_the_device(gateway: GatewayClient, factory: RowFactory) -> None:
    row, stays, other = await factory.device(version=2), await factory.device(), await factory.group()
    await factory.adapter(row, identifier=IMEI)
    group = await factory.group(version=3)
    for each, of in ((row, group), (row, other), (stays, group)):
        await factory.link(each, of)
    before = now()
    input_ = {"device": f"imei:{IMEI}", "deviceGroupId": group["id"].upper()}
    payload = await changed(gateway, "removeDeviceFromGroup", input_, BOTH, token=token_of(gateway))
    at = payload["device"]["modifiedAt"]
    assert before <= at <= now()
    assert payload == {
        "device": {
            "id": row["id"],
            "version": 3,
            "modifiedAt": at,
            "modifiedBy": BY_JOAN,
            "deviceGroups": {"nodes": [{"id": other["id"]}]},
        },
        "deviceGroup": {"id": group["id"], "version": 3, "modifiedAt": DAY_SHOWN, "devices": {"totalCount": 1}},
    }
    assert await history(gateway, row["id"]) == [
        event("REMOVED_FROM_GROUP", row["id"], 3, at, ("deviceGroups", group["id"], None))
    ]


@pytest.mark.parametrize("project", ["the same", "another"])
async def test_a_device_that_is_not_in_the_group_stays_as_it_is(
    gateway: GatewayClient, factory: RowFactory, project: str
) -> None:
    row = await factory.device(version=2)
    group = await factory.group() if project == "the same" else await factory.group(project_id=new_uuid())
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    async with nothing_changed(gateway):
        payload = await changed(gateway, "removeDeviceFromGroup", input_, BOTH, token=token_of(gateway))
    assert payload == {
        "device": {
            "id": row["id"],
            "version": 2,
            "modifiedAt": DAY_SHOWN,
            "modifiedBy": PRINCIPAL,
            "deviceGroups": {"nodes": []},
        },
        "deviceGroup": {"id": group["id"], "version": 1, "modifiedAt": DAY_SHOWN, "devices": {"totalCount": 0}},
    }
    assert await history(gateway, row["id"]) == []


async def test_a_device_can_be_added_again(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(), await factory.group()
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    for mutation in ("addDeviceToGroup", "removeDeviceFromGroup", "removeDeviceFromGroup", "addDeviceToGroup"):
        await changed(gateway, mutation, input_)
    assert [(each["type"], each["version"]) for each in await history(gateway, row["id"])] == [
        ("ADDED_TO_GROUP", 2),
        ("REMOVED_FROM_GROUP", 3),
        ("ADDED_TO_GROUP", 4),
    ]


@pytest.mark.parametrize("identifier", UNREACHED)
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign, group = await factory.device(client_id=OTHER_CLIENT), await factory.group()
    await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "deviceGroupId": group["id"]}
    assert await refused(gateway, "removeDeviceFromGroup", input_, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_FOUND", f"device: there is no device {identifier}.", "device")
    ]


async def test_a_group_that_the_caller_does_not_reach_is_not_found(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    foreign = await factory.group(client_id=OTHER_CLIENT)
    for id_ in (NO_SUCH_ID, foreign["id"]):
        input_ = {"device": row["id"], "deviceGroupId": id_}
        assert await refused(gateway, "removeDeviceFromGroup", input_, token=gateway.token(clients=[CLIENT])) == [
            error("NOT_FOUND", f"deviceGroupId: there is no device group {id_}.", "deviceGroupId")
        ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient) -> None:
    assert await refused(gateway, "removeDeviceFromGroup", {"device": NO_SUCH_ID, "deviceGroupId": "nonsense"}) == [
        error("NOT_FOUND", f"device: there is no device {NO_SUCH_ID}.", "device"),
        error("INVALID_FORMAT", f"deviceGroupId: {NOT_A_UUID}", "deviceGroupId"),
    ]


async def test_removing_needs_the_scope_to_write_groups(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(), await factory.group()
    await factory.link(row, group)
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    await assert_forbidden(gateway, "removeDeviceFromGroup", input_, Scope.DEVICE_GROUP_WRITE)


@pytest.mark.parametrize(("field", "scope"), [("device", Scope.DEVICE_READ), ("deviceGroup", Scope.DEVICE_GROUP_READ)])
async def test_each_end_of_the_link_is_shown_to_who_may_read_it(
    gateway: GatewayClient, factory: RowFactory, field: str, scope: Scope
) -> None:
    row, group = await factory.device(), await factory.group()
    await factory.link(row, group)
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    await assert_unreadable(gateway, "removeDeviceFromGroup", input_, field, scope)
