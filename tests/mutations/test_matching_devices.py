"""updateDevices and deleteDevices: what a caller sees of them. What they do is in tests/services/."""

from typing import Any

import pytest

from gateway.domain.enums import Scope
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    LONG,
    Json,
    ask,
    assert_forbidden,
    changed,
    error,
    event,
    found_by,
    history,
    nothing_changed,
    token_of,
)

pytestmark = pytest.mark.anyio

UPDATE, DELETE = ("updateDevices", "matched changed"), ("deleteDevices", "matched deleted")


def update(filter_: Json, expected: int, **changes: Any) -> Json:
    return {"filter": filter_, "expectedCount": expected, "changes": changes}


async def test_devices_of_a_filter_are_changed_within_the_callers_reach(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    old, new = await factory.group(), await factory.group()
    device, other, foreign = [
        await factory.device(name="Pump 1"),
        await factory.device(name="Pump 2", status="INACTIVE", description="Red"),
        await factory.device(name="Pump 3", client_id=OTHER_CLIENT),
    ]
    await factory.link(device, old)
    changes = {
        "status": "INACTIVE",
        "description": "Red",
        "barcode": None,
        "addToGroupIds": [new["id"]],
        "removeFromGroupIds": [old["id"]],
    }
    token = token_of(gateway, clients=[CLIENT])
    input_ = update({"search": "PUMP"}, 2, **changes)
    assert await changed(gateway, UPDATE[0], input_, UPDATE[1], token=token) == {"matched": 2, "changed": 2}
    events = await history(gateway, device["id"])
    at = events[0]["occurredAt"]
    assert events == [
        event("DEVICE_UPDATED", device["id"], 2, at, ("status", "ACTIVE", "INACTIVE"), ("description", None, "Red")),
        event("REMOVED_FROM_GROUP", device["id"], 3, at, ("deviceGroups", old["id"], None)),
        event("ADDED_TO_GROUP", device["id"], 4, at, ("deviceGroups", None, new["id"])),
    ]
    assert await history(gateway, other["id"]) == [
        event("ADDED_TO_GROUP", other["id"], 2, at, ("deviceGroups", None, new["id"]))
    ]
    assert await history(gateway, foreign["id"]) == []
    assert sorted(await found_by(gateway, "red")) == ["Pump 1", "Pump 2"]
    assert await changed(gateway, UPDATE[0], input_, UPDATE[1], token=token) == {"matched": 2, "changed": 0}


async def test_devices_of_a_filter_are_deleted_within_the_callers_reach(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group, device = await factory.group(), await factory.device(name="Pump 1", version=3)
    await factory.device(name="Pump 2", client_id=OTHER_CLIENT)
    await factory.link(device, group)
    adapter = await factory.adapter(device)
    input_ = {"filter": {"search": "pump"}, "expectedCount": 1}
    token = token_of(gateway, clients=[CLIENT])
    dry = {**input_, "dryRun": True}
    async with nothing_changed(gateway):
        assert await changed(gateway, DELETE[0], dry, DELETE[1], token=token) == {"matched": 1, "deleted": 1}
    assert await changed(gateway, DELETE[0], input_, DELETE[1], token=token) == {"matched": 1, "deleted": 1}
    assert await found_by(gateway, "pump") == ["Pump 2"]
    [gone] = await history(gateway, device["id"])
    assert (gone["type"], gone["version"]) == ("DEVICE_DELETED", 4)
    assert [each["before"] for each in gone["changes"]][-2:] == [f"urn:dev:imei:{adapter['identifier']}", group["id"]]
    again = {"name": "Pump 1", "clientId": CLIENT, "projectId": group["project_id"], "deviceSpecificationId": CLIENT}
    adapters = [{"cellular": {"imei": adapter["identifier"]}}]
    await changed(gateway, "createDevice", {**again, "networkAdapters": adapters}, "device { id }")


async def test_what_is_wrong_is_told_with_the_number_that_match(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    group = await factory.group(project_id=CLIENT)
    input_ = update({}, 7, barcode=LONG, addToGroupIds=[group["id"]])
    async with nothing_changed(gateway):
        answer = await ask(gateway, UPDATE[0], input_, UPDATE[1])
    payload = answer.data["updateDevices"]
    assert (payload["matched"], payload["changed"]) == (1, 0)
    assert [(each["code"], each["field"]) for each in payload["userErrors"]] == [
        ("COUNT_MISMATCH", ["expectedCount"]),
        ("TOO_LONG", ["changes", "barcode"]),
        ("PROJECT_MISMATCH", ["changes", "addToGroupIds", "0"]),
    ]
    assert payload["userErrors"][0] == error(
        "COUNT_MISMATCH",
        "expectedCount: 7 was expected, but the number of devices that match is 1.",
        "expectedCount",
    )
    assert payload["userErrors"][2] == error(
        "PROJECT_MISMATCH",
        f"addToGroupIds: the device group {group['id']} holds devices of the project {CLIENT} only; "
        "1 of the devices that match are of another.",
        *("changes", "addToGroupIds", "0"),
        conflicting=device["id"],
    )


@pytest.mark.parametrize(
    ("mutation", "changes", "scope"),
    [
        ("updateDevices", {"status": "ACTIVE"}, Scope.DEVICE_READ),
        ("updateDevices", {"status": "ACTIVE"}, Scope.DEVICE_WRITE),
        ("updateDevices", {}, Scope.DEVICE_WRITE),
        ("updateDevices", {"addToGroupIds": [CLIENT]}, Scope.DEVICE_GROUP_WRITE),
        ("deleteDevices", None, Scope.DEVICE_READ),
        ("deleteDevices", None, Scope.DEVICE_WRITE),
    ],
)
async def test_what_changes_needs_its_scope(
    gateway: GatewayClient, mutation: str, changes: Json | None, scope: Scope
) -> None:
    input_: Json = {"filter": {}, "expectedCount": 0}
    await assert_forbidden(gateway, mutation, input_ if changes is None else {**input_, "changes": changes}, scope)


async def test_groups_alone_need_no_scope_to_write_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    group, _ = await factory.group(), await factory.device()
    token = token_of(gateway, scopes=[Scope.DEVICE_READ, Scope.DEVICE_GROUP_WRITE])
    input_ = update({}, 1, addToGroupIds=[group["id"]])
    assert await changed(gateway, UPDATE[0], input_, UPDATE[1], token=token) == {"matched": 1, "changed": 1}
