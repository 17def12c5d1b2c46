"""What the history of a device says where old events of it have been removed."""

from typing import Any

import pytest
from sqlalchemy import delete

from gateway.db.tables import device_event
from gateway.domain.uuids import Uuid
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, SPECIFICATION, new_uuid

pytestmark = pytest.mark.anyio

PAGE = "{ nodes { version } pageInfo { hasPreviousPage hasNextPage } }"
NEW = {"name": "1", "clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}


async def change(gateway: GatewayClient, mutation: str, selection: str = "", **input_: Any) -> Any:
    type_ = f"{mutation[0].upper()}{mutation[1:]}Input!"
    query = f"mutation ($input: {type_}) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"
    payload = (await gateway.data(query, {"input": input_}))[mutation]
    assert payload["userErrors"] == []
    return payload


@pytest.fixture
async def changed(gateway: GatewayClient) -> str:
    """Return a device that has been changed twice."""
    id_: str = (await change(gateway, "createDevice", "device { id }", **NEW))["device"]["id"]
    for name in ("2", "3"):
        await change(gateway, "updateDevice", device=id_, name=name)
    return id_


async def remove(gateway: GatewayClient, *versions: int) -> None:
    async with gateway.database.writing() as connection:
        await connection.execute(delete(device_event).where(device_event.c.version.in_(versions)))


async def pages(
    gateway: GatewayClient, id_: str, arguments: str = "", *clients: Uuid, exists: bool = True
) -> tuple[list[int], bool]:
    """Return the versions in a page of a device's history, and whether there was more before it.

    Both fields that have it say the same.
    """
    token = gateway.token(clients=clients or None)
    history = f"deviceHistory(deviceId: $id{arguments and ', '}{arguments})"
    argument_list = arguments and f"({arguments})"
    query = f"""query ($id: ID!, $device: DeviceIdentifier!) {{
      past: {history} {PAGE} device(identifier: $device) {{ history{argument_list} {PAGE} }}
    }}"""
    data = await gateway.data(query, {"id": id_, "device": id_}, token=token)
    page = data["past"]
    assert not exists or data["device"]["history"] == page
    return [node["version"] for node in page["nodes"]], page["pageInfo"]["hasPreviousPage"]


WHOLE = {"": ([1, 2, 3], False), "first: 1": ([1], False), "last: 3": ([1, 2, 3], False), "last: 2": ([2, 3], True)}
CUT = {"": ([2, 3], True), "first: 1": ([2], True), "last: 2": ([2, 3], True), "last: 1": ([3], True)}


@pytest.mark.parametrize(("arguments", "expected"), [*WHOLE.items(), ("first: 0", ([], False))])
async def test_a_history_that_is_whole_begins_with_its_first_event(
    gateway: GatewayClient, changed: str, arguments: str, expected: Any
) -> None:
    assert await pages(gateway, changed, arguments) == expected


@pytest.mark.parametrize(("arguments", "expected"), [*CUT.items(), ("first: 0", ([], True))])
async def test_a_history_whose_first_event_was_removed_says_that_there_was_more(
    gateway: GatewayClient, changed: str, arguments: str, expected: Any
) -> None:
    await remove(gateway, 1)
    assert await pages(gateway, changed, arguments) == expected


async def test_that_there_was_more_is_told_without_reading_what_was_changed(
    gateway: GatewayClient, changed: str
) -> None:
    query = "{ devices { nodes { history { pageInfo { hasPreviousPage } } } } }"
    found = []
    for removed in ((), (1,)):
        await remove(gateway, *removed)
        [device] = (await gateway.data(query))["devices"]["nodes"]
        found.append(device["history"]["pageInfo"]["hasPreviousPage"])
    assert found == [False, True]
    assert changed


async def test_a_device_all_of_whose_events_were_removed_had_some(gateway: GatewayClient, changed: str) -> None:
    await remove(gateway, 1, 2, 3)
    for arguments in ("", "first: 0", "last: 1", "last: 0"):
        query = f"query ($id: DeviceIdentifier!) {{ device(identifier: $id) {{ history({arguments}) {PAGE} }} }}"
        history = (await gateway.data(query.replace("()", ""), {"id": changed}))["device"]["history"]
        assert history == {"nodes": [], "pageInfo": {"hasPreviousPage": True, "hasNextPage": False}}
    # Where the device is not looked for, nothing tells that there was one.
    assert await pages(gateway, changed, exists=False) == ([], False)


async def test_of_a_device_that_never_existed_there_was_nothing(gateway: GatewayClient) -> None:
    assert await pages(gateway, new_uuid(), exists=False) == ([], False)


async def test_of_a_deleted_device_there_was_more_than_its_end(gateway: GatewayClient, changed: str) -> None:
    await change(gateway, "deleteDevice", device=changed)
    assert await pages(gateway, changed, exists=False) == ([1, 2, 3, 4], False)
    await remove(gateway, 1, 2, 3)
    assert await pages(gateway, changed, exists=False) == ([4], True)


async def test_for_each_owner_of_a_moved_device_the_history_begins_with_its_own_time(
    gateway: GatewayClient, changed: str
) -> None:
    await change(gateway, "updateDevice", device=changed, clientId=OTHER_CLIENT)
    await change(gateway, "updateDevice", device=changed, name="5")
    assert await pages(gateway, changed, "", OTHER_CLIENT) == ([4, 5], False)
    assert await pages(gateway, changed, "", CLIENT, exists=False) == ([1, 2, 3], False)
    await remove(gateway, 1, 2, 3)
    assert await pages(gateway, changed, "", OTHER_CLIENT) == ([4, 5], False)
    # Who reaches both has lost what was before the move.
    assert await pages(gateway, changed, "", CLIENT, OTHER_CLIENT) == ([4, 5], True)
    assert await pages(gateway, changed) == ([4, 5], True)
    await remove(gateway, 4)
    assert await pages(gateway, changed, "", OTHER_CLIENT) == ([5], True)
