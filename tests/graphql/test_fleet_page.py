"""The page that front ends ask for most: devices with their adapters and groups."""

import pytest

from gateway.domain.enums import NetworkAdapterType
from gateway.graphql.costs import STATEMENT
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.factories import RowFactory
from tests.statements import Statements

pytestmark = pytest.mark.anyio

FLEET = """
query Fleet($first: Int!) {
  devices(first: $first) {
    nodes {
      name
      networkAdapters { __typename ... on CellularNetworkAdapter { imei } ... on LoraNetworkAdapter { devEui } }
      deviceGroups { nodes { name } }
    }
  }
}
"""


async def test_a_page_has_each_device_with_its_own_adapters_and_groups(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    pump, lamp = (
        await factory.device(name="Pump"),
        await factory.device(name="Lamp", created_at="2025-03-02T00:00:00.000Z"),
    )
    north, south = await factory.group(name="North"), await factory.group(name="South")
    await factory.adapter(pump, identifier="490154203237518")
    await factory.adapter(lamp, NetworkAdapterType.LORA, identifier="70B3D5000000000A")
    await factory.link(pump, north)
    await factory.link(lamp, south)
    await factory.link(lamp, north, created_at="2025-03-03T00:00:00.000Z")

    assert await gateway.data(FLEET, {"first": 10}) == {
        "devices": {
            "nodes": [
                {
                    "name": "Pump",
                    "networkAdapters": [{"__typename": "CellularNetworkAdapter", "imei": "490154203237518"}],
                    "deviceGroups": {"nodes": [{"name": "North"}]},
                },
                {
                    "name": "Lamp",
                    "networkAdapters": [{"__typename": "LoraNetworkAdapter", "devEui": "70B3D5000000000A"}],
                    "deviceGroups": {"nodes": [{"name": "South"}, {"name": "North"}]},
                },
            ]
        }
    }


@pytest.mark.parametrize("first", [1, 20])
async def test_a_page_is_three_statements_whatever_its_size(
    gateway: GatewayClient, factory: RowFactory, statements: Statements, first: int
) -> None:
    group = await factory.group()
    for _ in range(20):
        device = await factory.device()
        await factory.adapter(device)
        await factory.link(device, group)

    with statements.recorded() as recorded:
        data = await gateway.data(FLEET, {"first": first})

    assert len(data["devices"]["nodes"]) == first
    assert len(recorded) == 3


async def test_pages_that_multiply_are_refused(settings: Settings, factory: RowFactory) -> None:
    for _ in range(4):
        await factory.device()
    # Two statements; the root and a page; of each of 50 devices itself, its page, and 100 groups with their ids.
    cost = 2 * STATEMENT + 2 + 50 * (2 + 100 * 2)
    gateway = GatewayClient(settings.model_copy(update={"max_cost": cost}))
    query = "query ($size: Int!) { devices { nodes { deviceGroups(first: $size) { nodes { id } } } } }"

    assert len((await gateway.data(query, {"size": 100}))["devices"]["nodes"]) == 4
    answer = await gateway.ask(query, {"size": 101})
    await gateway.close()

    message = (
        f"The cost of the operation is {cost + 100}, were all its lists full; expected at most {cost}. Ask for smaller "
        "pages, or for less in each."
    )
    assert [(error["message"], error["extensions"]["code"]) for error in answer.errors] == [(message, "TOO_EXPENSIVE")]
    assert answer.data is None


async def test_the_total_count_is_one_statement_more(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    await factory.device()
    with statements.recorded() as recorded:
        data = await gateway.data(FLEET.replace("nodes {", "totalCount nodes {", 1), {"first": 1})
    assert data["devices"]["totalCount"] == 1
    assert len(recorded) == 4
