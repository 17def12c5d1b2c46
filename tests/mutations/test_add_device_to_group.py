"""addDeviceToGroup: what it links, records and refuses."""

import pytest

from gateway.domain.instants import now
from gateway.domain.kinds import Scope
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, PROJECT, World, new_uuid
from tests.mutations.support import (
    BY_JOAN,
    DAY_SHOWN,
    IMEI,
    NO_SUCH_ID,
    NOT_A_UUID,
    OTHER_IMEI,
    ask,
    assert_forbidden,
    assert_unreadable,
    changed,
    device,
    error,
    event,
    history,
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


async def test_a_device_in_a_group_is_a_change_to_the_device(gateway: GatewayClient, world: World) -> None:
    row, group = await world.device(version=2), await world.group(version=3)
    before = now()
    wanted = {"device": row["id"], "deviceGroupId": group["id"].upper()}
    payload = await changed(gateway, "addDeviceToGroup", wanted, LINK, token=token_of(gateway))
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


async def test_a_device_that_is_in_the_group_already_stays_as_it_is(gateway: GatewayClient, world: World) -> None:
    row, group = await world.device(version=2), await world.group()
    await world.link(row, group, created_at="2025-02-02T00:00:00.000Z")
    wanted = {"device": row["id"], "deviceGroupId": group["id"]}
    async with nothing_changed(gateway):
        payload = await changed(gateway, "addDeviceToGroup", wanted, LINK, token=token_of(gateway))
    assert (payload["link"]["createdAt"], payload["link"]["createdBy"]) == ("2025-02-02T00:00:00.000Z", PRINCIPAL)
    assert payload["link"]["device"] == {
        "id": row["id"],
        "version": 2,
        "modifiedAt": DAY_SHOWN,
        "modifiedBy": PRINCIPAL,
        "deviceGroups": {"nodes": [{"id": group["id"]}]},
    }
    assert await history(gateway, row["id"]) == []


async def test_a_device_is_in_several_groups_in_the_order_of_adding(gateway: GatewayClient, world: World) -> None:
    row = await world.device()
    await world.adapter(row, identifier=IMEI)
    earlier, later = await world.group(), await world.group()
    await world.link(row, earlier)
    wanted = {"device": f"imei:{IMEI}", "deviceGroupId": later["id"]}
    payload = await changed(gateway, "addDeviceToGroup", wanted, "link { device { deviceGroups { nodes { id } } } }")
    assert payload["link"]["device"]["deviceGroups"]["nodes"] == [{"id": earlier["id"]}, {"id": later["id"]}]


@pytest.mark.parametrize("sees", [True, False])
async def test_a_device_of_another_project_is_refused(gateway: GatewayClient, world: World, *, sees: bool) -> None:
    project = new_uuid()
    row, group = await world.device(), await world.group(project_id=project)
    token = gateway.token(scopes=Scope if sees else without(Scope.DEVICE_GROUP_READ))
    wanted = {"device": row["id"], "deviceGroupId": group["id"]}
    assert await refused(gateway, "addDeviceToGroup", wanted, token=token, selection="") == [
        error(
            "PROJECT_MISMATCH",
            f"The device group {group['id']} holds devices of the project {project} only; the device is of {PROJECT}.",
            "deviceGroupId",
            conflicting=group["id"] if sees else None,
        )
    ]


@pytest.mark.parametrize("identifier", [NO_SUCH_ID, f"urn:dev:imei:{OTHER_IMEI}", "foreign id", f"urn:dev:imei:{IMEI}"])
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, world: World, identifier: str
) -> None:
    foreign, group = await world.device(client_id=OTHER_CLIENT), await world.group()
    await world.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    wanted = {"device": identifier, "deviceGroupId": group["id"]}
    assert await refused(gateway, "addDeviceToGroup", wanted, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_FOUND", f"device: there is no device {identifier}.", "device")
    ]


async def test_a_group_that_the_caller_does_not_reach_is_not_found(gateway: GatewayClient, world: World) -> None:
    row = await world.device()
    foreign = await world.group(client_id=OTHER_CLIENT)
    # Not even where the device is in it already.
    await world.link(row, foreign)
    for id_ in (NO_SUCH_ID, foreign["id"], row["id"]):
        wanted = {"device": row["id"], "deviceGroupId": id_}
        assert await refused(gateway, "addDeviceToGroup", wanted, token=gateway.token(clients=[CLIENT])) == [
            error("NOT_FOUND", f"deviceGroupId: there is no device group {id_}.", "deviceGroupId")
        ]


async def test_all_faults_of_one_input_come_together(gateway: GatewayClient) -> None:
    wanted = {"device": f"IMEI:{IMEI}", "deviceGroupId": "nonsense"}
    assert await refused(gateway, "addDeviceToGroup", wanted) == [
        error("NOT_FOUND", f"device: there is no device urn:dev:imei:{IMEI}.", "device"),
        error("INVALID_FORMAT", f"deviceGroupId: {NOT_A_UUID}", "deviceGroupId"),
    ]


async def test_adding_needs_the_scope_to_write_groups(gateway: GatewayClient, world: World) -> None:
    wanted = {"device": (await world.device())["id"], "deviceGroupId": (await world.group())["id"]}
    await assert_forbidden(gateway, "addDeviceToGroup", wanted, Scope.DEVICE_GROUP_WRITE)


async def test_who_may_not_read_groups_links_but_does_not_see_the_link(gateway: GatewayClient, world: World) -> None:
    wanted = {"device": (await world.device())["id"], "deviceGroupId": (await world.group())["id"]}
    await assert_unreadable(gateway, "addDeviceToGroup", wanted, "link", Scope.DEVICE_GROUP_READ)


async def test_who_may_not_read_devices_sees_the_link_without_its_device(gateway: GatewayClient, world: World) -> None:
    row, group = await world.device(), await world.group()
    wanted = {"device": row["id"], "deviceGroupId": group["id"]}
    token = token_of(gateway, scopes=[Scope.DEVICE_GROUP_READ, Scope.DEVICE_GROUP_WRITE])
    payload = await changed(gateway, "addDeviceToGroup", wanted, "link { createdBy deviceGroup { id } }", token=token)
    assert payload == {"link": {"createdBy": BY_JOAN, "deviceGroup": {"id": group["id"]}}}
    answer = await ask(gateway, "addDeviceToGroup", wanted, "link { device { id } }", token=token)
    assert answer.data == {"addDeviceToGroup": {"link": None, "userErrors": []}}
    assert [(each["path"], each["extensions"]["code"]) for each in answer.errors] == [
        (["addDeviceToGroup", "link", "device"], "FORBIDDEN")
    ]
    assert (await device(gateway, row["id"], "version"))["version"] == 2
