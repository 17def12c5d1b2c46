"""createDevices: what a caller sees of it. What it makes is in tests/services/test_device_batches.py."""

from typing import Any

import pytest

from gateway.domain.enums import Scope
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    BY_JOAN,
    CELLULAR,
    GENERIC,
    IMEI,
    LORA,
    NEW_DEVICE,
    OTHER_IMEI,
    Json,
    ask,
    assert_forbidden,
    changed,
    error,
    history,
    nothing_changed,
    token_of,
    without,
)
from tests.statements import Statements

pytestmark = pytest.mark.anyio

RESULTS = "results { device { id name } userErrors { code message field conflictingNode { id } } } created failed"
TAKEN = "it is one adapter's only."


async def create(gateway: GatewayClient, devices: list[Json], *, token: str | None = None, **options: Any) -> Any:
    return await changed(gateway, "createDevices", {"devices": devices, **options}, RESULTS, token=token)


async def test_each_device_without_a_fault_is_created(gateway: GatewayClient) -> None:
    token = token_of(gateway, clients=[CLIENT])
    group = await changed(
        gateway,
        "createDeviceGroup",
        {"name": "North", "clientId": CLIENT, "projectId": NEW_DEVICE["projectId"]},
        "deviceGroup { id }",
    )
    group_id = group["deviceGroup"]["id"]
    devices = [
        {**NEW_DEVICE, "networkAdapters": [CELLULAR, LORA], "deviceGroupIds": [group_id]},
        {**NEW_DEVICE, "name": " ", "networkAdapters": [{"cellular": {"imei": "12"}}]},
        {**NEW_DEVICE, "name": "Valve", "networkAdapters": [GENERIC, CELLULAR]},
        {**NEW_DEVICE, "name": "Valve", "networkAdapters": [GENERIC]},
    ]
    payload = await create(gateway, devices, token=token)
    first, _, _, last = [each["device"] for each in payload["results"]]
    assert payload == {
        "results": [
            {"device": {"id": first["id"], "name": "Pump"}, "userErrors": []},
            {
                "device": None,
                "userErrors": [
                    error(
                        "BLANK",
                        'name: " " is blank; expected a character that is not white space.',
                        "devices",
                        "1",
                        "name",
                    ),
                    error(
                        "INVALID_FORMAT",
                        'imei: "12" is not an IMEI of 15 digits or an IMEISV of 16.',
                        *("devices", "1", "networkAdapters", "0", "cellular", "imei"),
                    ),
                ],
            },
            {
                "device": None,
                "userErrors": [
                    error(
                        "IDENTIFIER_TAKEN",
                        f"imei: {IMEI} comes twice in this input; {TAKEN}",
                        *("devices", "2", "networkAdapters", "1", "cellular", "imei"),
                        conflicting=first["id"],
                    )
                ],
            },
            {"device": {"id": last["id"], "name": "Valve"}, "userErrors": []},
        ],
        "created": 2,
        "failed": 2,
    }
    [event] = await history(gateway, first["id"])
    assert (event["type"], event["version"], event["occurredBy"]) == ("DEVICE_CREATED", 1, BY_JOAN)
    assert [each["after"] for each in event["changes"]][-3:] == [
        f"urn:dev:imei:{IMEI}",
        "urn:dev:deveui:70b3d57ed0000abc",
        group_id,
    ]


async def test_neither_devices_nor_clients_out_of_reach_are_told(gateway: GatewayClient, factory: RowFactory) -> None:
    holder = await factory.device(client_id=OTHER_CLIENT)
    await factory.adapter(holder, identifier=OTHER_IMEI)
    devices: list[Json] = [
        {**NEW_DEVICE, "networkAdapters": [{"cellular": {"imei": OTHER_IMEI}}]},
        {**NEW_DEVICE, "clientId": OTHER_CLIENT},
    ]
    async with nothing_changed(gateway):
        payload = await create(gateway, devices, token=token_of(gateway, clients=[CLIENT]))
    assert [each["userErrors"] for each in payload["results"]] == [
        [
            error(
                "IDENTIFIER_TAKEN",
                f"imei: {OTHER_IMEI} belongs to an adapter already; {TAKEN}",
                *("devices", "0", "networkAdapters", "0", "cellular", "imei"),
            )
        ],
        [
            error(
                "NOT_ALLOWED",
                f"clientId: the token does not reach the client {OTHER_CLIENT}.",
                "devices",
                "1",
                "clientId",
            )
        ],
    ]


@pytest.mark.parametrize("option", [{"dryRun": True}, {"mode": "ALL_OR_NOTHING"}])
async def test_nothing_is_created_where_nothing_is_to_be(gateway: GatewayClient, option: Json) -> None:
    async with nothing_changed(gateway):
        payload = await create(gateway, [NEW_DEVICE, {**NEW_DEVICE, "name": ""}], **option)
    assert [each["device"] for each in payload["results"]] == [None, None]
    assert (payload["created"], payload["failed"]) == (1 if "dryRun" in option else 0, 1)


async def test_more_than_500_devices_are_refused(gateway: GatewayClient) -> None:
    async with nothing_changed(gateway):
        answer = await ask(gateway, "createDevices", {"devices": [NEW_DEVICE] * 501}, RESULTS)
    assert answer.data["createDevices"] == {
        "results": [],
        "created": 0,
        "failed": 0,
        "userErrors": [error("TOO_MANY", "devices has 501 items; expected at most 500.", "devices")],
    }


async def test_500_devices_with_two_adapters_each_are_four_statements(gateway: GatewayClient) -> None:
    devices = [
        {**NEW_DEVICE, "networkAdapters": [{"cellular": {"imei": f"{2 * n + place:015}"}} for place in (0, 1)]}
        for n in range(500)
    ]
    with Statements(gateway.database).recorded() as recorded:
        payload = await create(gateway, devices)
    assert (payload["created"], payload["failed"], len(payload["results"])) == (500, 0, 500)
    assert len(recorded) == 4


async def test_devices_need_the_scopes_of_create_device(gateway: GatewayClient) -> None:
    await assert_forbidden(gateway, "createDevices", {"devices": [NEW_DEVICE]}, Scope.DEVICE_WRITE)
    in_a_group = {**NEW_DEVICE, "deviceGroupIds": [CLIENT]}
    await assert_forbidden(gateway, "createDevices", {"devices": [NEW_DEVICE, in_a_group]}, Scope.DEVICE_GROUP_WRITE)


async def test_who_may_not_read_devices_creates_them_all_the_same(gateway: GatewayClient) -> None:
    token = gateway.token(scopes=without(Scope.DEVICE_READ))
    answer = await ask(
        gateway, "createDevices", {"devices": [NEW_DEVICE]}, "results { device { id } } created", token=token
    )
    assert answer.data["createDevices"]["created"] == 1
    assert answer.data["createDevices"]["results"] == [{"device": None}]
    assert answer.codes == ["FORBIDDEN"]
