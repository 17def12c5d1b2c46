"""deleteDeviceGroup: a group goes with its links, and its devices stay and record it."""

import pytest

from gateway.domain.instants import now
from gateway.domain.kinds import Scope
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, World, new_uuid
from tests.mutations.support import (
    BY_JOAN,
    NO_SUCH_ID,
    NOT_A_UUID,
    assert_forbidden,
    changed,
    device,
    dump,
    error,
    event,
    found_by,
    history,
    nothing_changed,
    refused,
    token_of,
    without,
)
from tests.statements import Statements

pytestmark = pytest.mark.anyio


async def test_a_deleted_group_is_gone_and_each_of_its_devices_records_that_it_left(
    gateway: GatewayClient, world: World
) -> None:
    group, other = await world.group(), await world.group()
    rows = [await world.device(version=version) for version in (1, 5)]
    for row in rows:
        await world.link(row, group)
    await world.link(rows[0], other)
    before = now()
    payload = await changed(
        gateway,
        "deleteDeviceGroup",
        {"id": group["id"].upper(), "expectedVersion": 1},
        "deletedDeviceGroupId",
        token=token_of(gateway),
    )
    assert payload == {"deletedDeviceGroupId": group["id"]}
    for row, version, groups in zip(rows, (2, 6), ([{"id": other["id"]}], []), strict=True):
        shown = await device(gateway, row["id"], "version modifiedAt modifiedBy deviceGroups { nodes { id } }")
        at = shown.pop("modifiedAt")
        assert before <= at <= now()
        assert shown == {"version": version, "modifiedBy": BY_JOAN, "deviceGroups": {"nodes": groups}}
        assert await history(gateway, row["id"]) == [
            event("REMOVED_FROM_GROUP", row["id"], version, at, ("deviceGroups", group["id"], None))
        ]
    assert await gateway.data("{ deviceGroups { nodes { id } } }") == {"deviceGroups": {"nodes": [{"id": other["id"]}]}}
    assert [link[:2] for link in (await dump(gateway.database))["device_group_link"]] == [(rows[0]["id"], other["id"])]


async def test_devices_outside_the_group_stay_as_they_are(gateway: GatewayClient, world: World) -> None:
    group, row = await world.group(), await world.device()
    await world.link(row, await world.group())
    before = await device(gateway, row["id"])
    await changed(gateway, "deleteDeviceGroup", {"id": group["id"]})
    assert await device(gateway, row["id"]) == before
    assert await history(gateway, row["id"]) == []


async def test_a_device_of_another_client_leaves_the_group_too(gateway: GatewayClient, world: World) -> None:
    group, foreign = await world.group(), await world.device(client_id=OTHER_CLIENT)
    await world.link(foreign, group)
    await changed(gateway, "deleteDeviceGroup", {"id": group["id"]}, token=token_of(gateway, clients=[CLIENT]))
    [removed] = await history(gateway, foreign["id"], token=gateway.token(clients=[OTHER_CLIENT]))
    assert (removed["type"], removed["version"]) == ("REMOVED_FROM_GROUP", 2)


async def test_a_group_of_many_devices_is_deleted_in_as_many_statements_as_one_of_one(
    gateway: GatewayClient, world: World
) -> None:
    counts = set()
    for size in (1, 5):
        group = await world.group()
        for _ in range(size):
            await world.link(await world.device(), group)
        with Statements(gateway.database).recorded() as run:
            await changed(gateway, "deleteDeviceGroup", {"id": group["id"]})
        counts.add(len(run))
    assert len(counts) == 1


async def test_a_device_may_move_to_another_project_once_its_group_is_deleted(
    gateway: GatewayClient, world: World
) -> None:
    group, row, project = await world.group(), await world.device(), new_uuid()
    await world.link(row, group)
    await changed(gateway, "deleteDeviceGroup", {"id": group["id"]})
    wanted = {"device": row["id"], "projectId": project, "expectedVersion": 2}
    assert await changed(gateway, "updateDevice", wanted, "device { projectId }") == {"device": {"projectId": project}}


async def test_a_search_does_not_find_it_any_more(gateway: GatewayClient, world: World) -> None:
    row = await world.group(name="Äpfel")
    await changed(gateway, "deleteDeviceGroup", {"id": row["id"]})
    assert await found_by(gateway, "äpfel", field="deviceGroups") == []


async def test_a_group_that_the_caller_does_not_reach_is_not_found(gateway: GatewayClient, world: World) -> None:
    foreign, deleted = await world.group(client_id=OTHER_CLIENT), await world.group()
    token = gateway.token(clients=[CLIENT])
    await changed(gateway, "deleteDeviceGroup", {"id": deleted["id"]}, token=token)
    for id_ in (NO_SUCH_ID, foreign["id"], deleted["id"]):
        assert await refused(gateway, "deleteDeviceGroup", {"id": id_, "expectedVersion": 9}, token=token) == [
            error("NOT_FOUND", f"id: there is no device group {id_}.", "id")
        ]


async def test_a_groups_id_that_is_none_is_refused(gateway: GatewayClient) -> None:
    assert await refused(gateway, "deleteDeviceGroup", {"id": "nonsense"}) == [
        error("INVALID_FORMAT", f"id: {NOT_A_UUID}", "id")
    ]


@pytest.mark.parametrize("sees", [True, False])
async def test_another_version_than_the_expected_is_not_deleted(
    gateway: GatewayClient, world: World, *, sees: bool
) -> None:
    row = await world.group(version=3)
    await world.link(await world.device(), row)
    token = gateway.token(scopes=Scope if sees else without(Scope.DEVICE_GROUP_READ))
    assert await refused(gateway, "deleteDeviceGroup", {"id": row["id"], "expectedVersion": 4}, token=token) == [
        error(
            "VERSION_MISMATCH",
            "expectedVersion: 4 was expected, but the present version is 3.",
            "expectedVersion",
            conflicting=row["id"] if sees else None,
        )
    ]


async def test_deleting_needs_the_scope_to_write_groups(gateway: GatewayClient, world: World) -> None:
    row = await world.group()
    async with nothing_changed(gateway):
        await assert_forbidden(gateway, "deleteDeviceGroup", {"id": row["id"]}, Scope.DEVICE_GROUP_WRITE)


async def test_deleting_needs_no_other_scope(gateway: GatewayClient, world: World) -> None:
    row = await world.group()
    token = token_of(gateway, scopes=[Scope.DEVICE_GROUP_WRITE])
    payload = await changed(gateway, "deleteDeviceGroup", {"id": row["id"]}, "deletedDeviceGroupId", token=token)
    assert payload == {"deletedDeviceGroupId": row["id"]}
