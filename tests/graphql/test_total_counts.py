"""How long a list is, counted to its end or no further than somebody wants to know."""

from typing import Any

import pytest

from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.graphql.costs import FURTHER_FILTER, SCAN, SORTED, STATEMENT
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.statements import Statements

pytestmark = pytest.mark.anyio


async def test_a_list_is_counted_no_further_than_is_asked_for_in_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    for status in (DeviceStatus.ACTIVE, DeviceStatus.ACTIVE, DeviceStatus.INACTIVE):
        await factory.device(status=status)
    await factory.device(client_id=OTHER_CLIENT)
    await factory.group()
    query = """query ($n: Int) {
      devices(first: 0) { totalCount(atMost: $n) }
      active: devices(first: 0, filter: { statuses: ACTIVE }) { totalCount(atMost: $n) }
      deviceGroups(first: 0) { totalCount(atMost: $n) }
      webhooks(first: 0) { totalCount(atMost: $n) }
    }"""
    token = gateway.token(clients=[CLIENT])
    for most, devices, active, groups in ((1, 1, 1, 1), (2, 2, 2, 1), (3, 3, 2, 1), (10_000, 3, 2, 1), (None, 3, 2, 1)):
        with statements.recorded() as recorded:
            data = await gateway.data(query, {"n": most}, token=token)
        assert [data[name]["totalCount"] for name in data] == [devices, active, groups, 0]
        assert len(recorded) == 4 + 4


async def test_the_lists_of_several_parents_are_counted_in_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    groups = [await factory.group(name=name) for name in "ABC"]
    devices = [await factory.device() for _ in range(3)]
    for size, group in enumerate(groups):
        for device in devices[:size]:
            await factory.link(device, group)
    query = """query ($n: Int) { deviceGroups(orderBy: { field: NAME }) { nodes { devices(first: 0) {
      totalCount(atMost: $n)
    } } } }"""
    for most, counts in ((1, [0, 1, 1]), (2, [0, 1, 2]), (None, [0, 1, 2])):
        with statements.recorded() as recorded:
            nodes = (await gateway.data(query, {"n": most}))["deviceGroups"]["nodes"]
        assert [node["devices"]["totalCount"] for node in nodes] == counts
        assert len(recorded) == 3


@pytest.mark.parametrize("most", [0, -1, 10_001])
async def test_a_number_out_of_bounds_is_refused(gateway: GatewayClient, statements: Statements, most: int) -> None:
    with statements.recorded() as recorded:
        answer = await gateway.ask("query ($n: Int) { devices { totalCount(atMost: $n) } }", {"n": most})
    assert [(each["message"], each["path"]) for each in answer.errors] == [
        (f"atMost: {most} is out of bounds; expected 1 to 10000.", ["devices", "totalCount"])
    ]
    assert answer.codes == ["BAD_USER_INPUT"]
    assert len(recorded) == 1


async def test_devices_are_counted_by_what_many_of_them_have(gateway: GatewayClient, factory: RowFactory) -> None:
    both, inactive, _ = [
        await factory.device(status=status)
        for status in (DeviceStatus.ACTIVE, DeviceStatus.INACTIVE, DeviceStatus.ACTIVE)
    ]
    for type_ in (NetworkAdapterType.LORA, NetworkAdapterType.LORA, NetworkAdapterType.CELLULAR):
        await factory.adapter(both, type_)
    await factory.adapter(inactive, NetworkAdapterType.LORA)
    query = "query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount some: totalCount(atMost: 2) } }"
    for filter_, count in (
        ({"networkAdapterTypes": ["LORA"]}, 2),
        ({"networkAdapterTypes": ["CELLULAR", "LORA"], "statuses": ["ACTIVE"]}, 1),
        ({"not": {"networkAdapterTypes": ["LORA"]}}, 1),
        ({"or": [{"networkAdapterTypes": ["CELLULAR"]}, {"statuses": ["INACTIVE"]}]}, 2),
        ({"networkAdapterTypes": []}, 0),
        ({"not": {"networkAdapterTypes": []}}, 3),
        ({"statuses": []}, 0),
        ({"networkAdapterTypes": ["LORA"], "clientId": CLIENT}, 2),
    ):
        data = await gateway.data(query, {"filter": filter_})
        assert data["devices"] == {"totalCount": count, "some": min(count, 2)}


@pytest.mark.parametrize(
    ("devices", "count", "price"),
    [
        ("", "", SCAN),
        ("", "(atMost: null)", SCAN),
        ("", "(atMost: 10)", STATEMENT),
        ("(orderBy: { field: DEVICE_SPECIFICATION_ID })", "(atMost: 10)", STATEMENT),
        ('(filter: { clientId: "7098dc22-fed5-4d9e-8e68-6c6f853eac0c" })', "(atMost: 10)", STATEMENT),
        ('(filter: { search: "abc" })', "(atMost: $n)", SORTED),
        ('(filter: { search: "ab" })', "(atMost: 10)", SCAN),
        ("(filter: $filter)", "(atMost: $n)", SCAN),
        ('(filter: { and: [{ search: "abc" }] })', "(atMost: $n)", SORTED + FURTHER_FILTER),
    ],
)
async def test_counting_to_a_bound_has_the_price_of_reading_a_page_of_the_filter(
    gateway: GatewayClient, devices: str, count: str, price: int
) -> None:
    async def requested(selected: str) -> int:
        variables = {"$n": "$n: Int", "$filter": "$filter: DeviceFilter"}
        query = f"{{ devices{devices} {{ {selected} }} }}"
        used = [definition for name, definition in variables.items() if name in query]
        body: dict[str, Any] = {
            "query": f"query {'(' + ', '.join(used) + ')' if used else ''} {query}",
            "variables": {"n": 5, "filter": {"networkAdapterTypes": ["LORA"]}},
        }
        headers = {"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": "validate"}
        answer = (await gateway.http.post("/graphql", json=body, headers=headers)).json()
        cost: int = answer["extensions"]["cost"]["requested"]
        return cost

    assert await requested(f"totalCount{count}") - await requested("__typename") == price


async def test_counting_the_lists_of_parents_has_the_price_of_looking_at_every_row(gateway: GatewayClient) -> None:
    query = "{ deviceGroups { nodes { devices { totalCount(atMost: 1) } } } }"
    headers = {"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": "validate"}
    answer = (await gateway.http.post("/graphql", json={"query": query}, headers=headers)).json()
    assert answer["extensions"]["cost"]["requested"] == 2 + 50 * (1 + 2) + STATEMENT + SORTED + SCAN
