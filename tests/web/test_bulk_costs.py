"""What mutations of many devices cost: it grows with what is given, and with what is expected."""

from typing import Any

import pytest

from gateway.graphql.costs import SCAN, STATEMENT, TRANSACTION
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT
from tests.mutations.support import NEW_DEVICE

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateDevicesInput!) { createDevices(input: $input) {
  results { device { id } userErrors { code message field conflictingNode { id } } } created failed
} }"""
DELETE = "mutation ($input: DeleteDevicesInput!) { deleteDevices(input: $input) { matched } }"


async def cost(gateway: GatewayClient, query: str, input_: Any, mode: str) -> dict[str, int]:
    headers = {"Authorization": f"Bearer {gateway.token(clients=[CLIENT])}", "GraphQL-Cost": mode}
    request = {"query": query, "variables": {"input": input_}}
    answer = (await gateway.http.post("/graphql", json=request, headers=headers)).json()
    assert "errors" not in answer
    found: dict[str, int] = answer["extensions"]["cost"]
    return found


async def test_500_devices_with_two_adapters_each_cost_less_than_a_request_may(
    gateway: GatewayClient, settings: Settings
) -> None:
    device = {**NEW_DEVICE, "networkAdapters": [{"cellular": {"imei": "1" * 15}}] * 2}
    found = await cost(gateway, CREATE, {"devices": [device] * 500}, "validate")
    # Each result has a device with an id, and 12 errors of nine leaves and two objects; and each adapter one more.
    answer = 4 + (500 + 84) * (1 + 2 + 12 * 11)
    assert found == {"requested": answer + TRANSACTION + 500 * (10 + 2 * 5)}
    assert found["requested"] < settings.max_cost


async def test_no_device_has_more_errors_than_it_costs(gateway: GatewayClient) -> None:
    text = "\0" * 256
    worst = {
        **NEW_DEVICE,
        "name": " \n" * 128,
        "barcode": text,
        "description": text,
        "clientId": OTHER_CLIENT,
        "networkAdapters": [{"cellular": {"imei": "12"}}] * 101,
        "deviceGroupIds": ["nonsense"] * 101,
        "idempotencyKey": text,
    }
    for devices in ([worst], [worst] * 3, [{**NEW_DEVICE, "name": text, "barcode": text}]):
        found = await cost(gateway, CREATE, {"devices": devices}, "report")
        assert found["actual"] <= found["requested"]


async def test_a_change_costs_what_may_change(gateway: GatewayClient) -> None:
    def deletion(count: int, **filter_: Any) -> Any:
        return {"filter": filter_, "expectedCount": count}

    own = 3
    for input_, price in (
        (deletion(0), STATEMENT),
        (deletion(-5), STATEMENT),
        (deletion(20, clientId=CLIENT), STATEMENT + 20 * 10),
        (deletion(10**6, statuses=["ACTIVE"]), SCAN + 2_500 * 10),
    ):
        assert await cost(gateway, DELETE, input_, "validate") == {"requested": own + TRANSACTION + price}
