"""deleteDeviceGroup: a group goes with its links, and its devices stay and record it."""

import pytest

from gateway.domain.enums import Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    BY_JOAN,
    NO_SUCH_ID,
    NOT_A_UUID,
    OWNERS,
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
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group, other = await factory.group(), await factory.group()
    rows = [await factory.device(version=version) for version in (1, 5)]
    for row in rows:
        await factory.link(row, group)
    await factory.link(rows[0], other)
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
    links = (await dump(gateway.database))["device_group_link"]
    assert [(link["device_id"], link["device_group_id"]) for link in links] == [(rows[0]["id"], other["id"])]


async def test_devices_outside_the_group_stay_as_they_are(gateway: GatewayClient, factory: RowFactory) -> None:
    group, row = await factory.group(), await factory.device()
    await factory.link(row, await factory.group())
    before = await device(gateway, row["id"])
    await changed(gateway, "deleteDeviceGroup", {"id": group["id"]})
    assert await device(gateway, row["id"]) == before
    assert await history(gateway, row["id"]) == []


async def test_a_caller_of_one_client_deletes_its_group_and_its_device_records_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group, row = await factory.group(), await factory.device()
    await factory.link(row, group)
    await changed(gateway, "deleteDeviceGroup", {"id": group["id"]}, token=token_of(gateway, clients=[CLIENT]))
    [removed] = await history(gateway, row["id"], token=gateway.token(clients=[CLIENT]))
    assert (removed["type"], removed["version"]) == ("REMOVED_FROM_GROUP", 2)


async def test_a_group_of_many_devices_is_deleted_in_as_many_statements_as_one_of_one(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    counts = set()
    for size in (1, 5):
        group = await factory.group()
        for _ in range(size):
            await factory.link(await factory.device(), group)
        with Statements(gateway.database).recorded() as recorded:
            await changed(gateway, "deleteDeviceGroup", {"id": group["id"]})
        counts.add(len(recorded))
    assert len(counts) == 1


@pytest.mark.parametrize("owner", OWNERS)
async def test_a_device_may_move_to_another_client_or_project_once_its_group_is_deleted(
    gateway: GatewayClient, factory: RowFactory, owner: str
) -> None:
    _, _, other = OWNERS[owner]
    group, row = await factory.group(), await factory.device()
    await factory.link(row, group)
    await changed(gateway, "deleteDeviceGroup", {"id": group["id"]})
    input_ = {"device": row["id"], f"{owner}Id": other, "expectedVersion": 2}
    payload = await changed(gateway, "updateDevice", input_, f"device {{ {owner}Id }}")
    assert payload == {"device": {f"{owner}Id": other}}


async def test_a_search_does_not_find_it_any_more(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group(name="Äpfel")
    await changed(gateway, "deleteDeviceGroup", {"id": row["id"]})
    assert await found_by(gateway, "äpfel", field="deviceGroups") == []


async def test_a_group_that_the_caller_does_not_reach_is_not_found(gateway: GatewayClient, factory: RowFactory) -> None:
    foreign, deleted = await factory.group(client_id=OTHER_CLIENT), await factory.group()
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
    gateway: GatewayClient, factory: RowFactory, *, sees: bool
) -> None:
    row = await factory.group(version=3)
    await factory.link(await factory.device(), row)
    token = gateway.token(scopes=Scope if sees else without(Scope.DEVICE_GROUP_READ))
    assert await refused(gateway, "deleteDeviceGroup", {"id": row["id"], "expectedVersion": 4}, token=token) == [
        error(
            "VERSION_MISMATCH",
            "expectedVersion: 4 was expected, but the present version is 3.",
            "expectedVersion",
            conflicting=row["id"] if sees else None,
        )
    ]


async def test_deleting_needs_the_scope_to_write_groups(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group()
    async with nothing_changed(gateway):
        await assert_forbidden(gateway, "deleteDeviceGroup", {"id": row["id"]}, Scope.DEVICE_GROUP_WRITE)


async def test_deleting_needs_no_other_scope(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.group()
    token = token_of(gateway, scopes=[Scope.DEVICE_GROUP_WRITE])
    payload = await changed(gateway, "deleteDeviceGroup", {"id": row["id"]}, "deletedDeviceGroupId", token=token)
    assert payload == {"deletedDeviceGroupId": row["id"]}
