"""How many devices of a list have each value: exactly, with one statement for each field."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.domain.enums import DeviceStatus, NetworkAdapterType, Scope
from gateway.graphql.costs import SCAN, STATEMENT
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PROJECT, Row, RowFactory, new_uuid
from tests.graphql.fleet import FILTERS, Filter, Fleet
from tests.statements import Statements

pytestmark = pytest.mark.anyio

FIELDS = ("STATUS", "CLIENT_ID", "PROJECT_ID", "DEVICE_SPECIFICATION_ID", "NETWORK_ADAPTER_TYPE", "DEVICE_GROUP_ID")
FACETS = """
query Facets($by: [DeviceFacetField!]!, $first: Int = 20, $filter: DeviceFilter) {
  devices(first: 1, filter: $filter) { facets(by: $by, first: $first) { field values { value count } otherValues } }
}
"""


async def facets_of(gateway: GatewayClient, *by: str, token: str | None = None, **variables: Any) -> list[Any]:
    data = await gateway.data(FACETS, {"by": by, **variables}, token=token)
    facets: list[Any] = data["devices"]["facets"]
    return facets


def facet(field: str, *values: tuple[str, int], other: int = 0) -> dict[str, Any]:
    """Return a facet as an answer has it."""
    return {
        "field": field,
        "values": [{"value": value, "count": count} for value, count in values],
        "otherValues": other,
    }


def ranked(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))


async def test_each_field_is_counted_over_the_whole_list_with_a_statement_of_its_own(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    for status in (DeviceStatus.INACTIVE, DeviceStatus.ACTIVE, DeviceStatus.INACTIVE):
        await factory.device(status=status)
    with statements.recorded() as recorded:
        found = await facets_of(gateway, "CLIENT_ID", "STATUS", "PROJECT_ID")
    assert found == [
        facet("CLIENT_ID", (CLIENT, 3)),
        facet("STATUS", ("INACTIVE", 2), ("ACTIVE", 1)),
        facet("PROJECT_ID", (PROJECT, 3)),
    ]
    assert len(recorded) == 1 + 3  # The page is read as well.


async def test_a_device_counts_for_each_type_of_its_adapters_once_and_for_each_of_its_groups(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    both, one, _ = [await factory.device() for _ in range(3)]
    for type_ in (NetworkAdapterType.LORA, NetworkAdapterType.LORA, NetworkAdapterType.CELLULAR):
        await factory.adapter(both, type_)
    await factory.adapter(one, NetworkAdapterType.LORA)
    large, small = await factory.group(), await factory.group()
    for device, group in ((both, large), (one, large), (both, small)):
        await factory.link(device, group)
    assert await facets_of(gateway, "NETWORK_ADAPTER_TYPE", "DEVICE_GROUP_ID") == [
        facet("NETWORK_ADAPTER_TYPE", ("LORA", 2), ("CELLULAR", 1)),
        facet("DEVICE_GROUP_ID", (large["id"], 2), (small["id"], 1)),
    ]


async def test_most_come_first_and_ties_by_value_and_the_rest_is_counted(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    projects = sorted(new_uuid() for _ in range(4))
    for project in (projects[2], projects[3], projects[1], projects[0], projects[2]):
        await factory.device(project_id=project)
    ranks = [(projects[2], 2), (projects[0], 1), (projects[1], 1), (projects[3], 1)]
    for first in (0, 1, 3, 4, 250):
        expected = facet("PROJECT_ID", *ranks[:first], other=max(0, 4 - first))
        assert await facets_of(gateway, "PROJECT_ID", first=first) == [expected]


async def test_twenty_values_are_returned_where_nobody_says_how_many(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    for _ in range(21):
        await factory.device(project_id=new_uuid())
    for arguments in ("by: PROJECT_ID", "by: [PROJECT_ID], first: null"):
        data = await gateway.data(f"{{ devices {{ facets({arguments}) {{ values {{ count }} otherValues }} }} }}")
        assert data["devices"]["facets"] == [{"values": [{"count": 1}] * 20, "otherValues": 1}]


async def test_an_empty_list_has_no_values(gateway: GatewayClient) -> None:
    assert await facets_of(gateway, *FIELDS) == [facet(field) for field in FIELDS]


async def test_what_is_beyond_the_callers_reach_is_not_counted(gateway: GatewayClient, factory: RowFactory) -> None:
    groups: list[Row] = []
    for client in (CLIENT, OTHER_CLIENT, new_uuid()):
        device, group = await factory.device(client_id=client), await factory.group(client_id=client)
        await factory.adapter(device)
        await factory.link(device, group)
        groups.append(group)
    for clients in ([CLIENT], [CLIENT, OTHER_CLIENT], [new_uuid()]):
        reached = [group for group in groups if group["client_id"] in clients]
        cellular = [("CELLULAR", len(reached))] if reached else []
        assert await facets_of(
            gateway, "CLIENT_ID", "DEVICE_GROUP_ID", "NETWORK_ADAPTER_TYPE", token=gateway.token(clients=clients)
        ) == [
            facet("CLIENT_ID", *ranked(group["client_id"] for group in reached)),
            facet("DEVICE_GROUP_ID", *ranked(group["id"] for group in reached)),
            facet("NETWORK_ADAPTER_TYPE", *cellular),
        ]


async def test_the_lists_of_several_groups_are_counted_in_one_statement_for_each_field(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    one, other, _ = [await factory.group(name=name) for name in "ABC"]
    active, inactive = await factory.device(), await factory.device(status=DeviceStatus.INACTIVE)
    for device, group in ((active, one), (inactive, one), (active, other)):
        await factory.link(device, group)
    await factory.adapter(active)
    query = """query ($by: [DeviceFacetField!]!, $filter: DeviceFilter) {
    deviceGroups(orderBy: { field: NAME }) { nodes {
      devices(first: 0, filter: $filter) { facets(by: $by, first: 1) { field values { value count } otherValues } }
    } } }"""
    by = ["STATUS", "DEVICE_GROUP_ID", "NETWORK_ADAPTER_TYPE"]
    with statements.recorded() as recorded:
        data = await gateway.data(query, {"by": by})
    least = min(one["id"], other["id"])
    assert [node["devices"]["facets"] for node in data["deviceGroups"]["nodes"]] == [
        [
            facet("STATUS", ("ACTIVE", 1), other=1),
            facet("DEVICE_GROUP_ID", (one["id"], 2), other=1),
            facet("NETWORK_ADAPTER_TYPE", ("CELLULAR", 1)),
        ],
        [
            facet("STATUS", ("ACTIVE", 1)),
            facet("DEVICE_GROUP_ID", (least, 1), other=1),
            facet("NETWORK_ADAPTER_TYPE", ("CELLULAR", 1)),
        ],
        [facet("STATUS"), facet("DEVICE_GROUP_ID"), facet("NETWORK_ADAPTER_TYPE")],
    ]
    assert len(recorded) == 2 + len(by)
    data = await gateway.data(query, {"by": ["STATUS"], "filter": {"statuses": ["INACTIVE"]}})
    assert [node["devices"]["facets"] for node in data["deviceGroups"]["nodes"]] == [
        [facet("STATUS", ("INACTIVE", 1))],
        [facet("STATUS")],
        [facet("STATUS")],
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("by: []", "by: the list is empty; expected at least one field."),
        ("by: [STATUS, CLIENT_ID, STATUS]", "by[2]: STATUS comes twice; expected each field once."),
        ("by: STATUS, first: -1", "first: -1 is out of bounds; expected 0 to 250."),
        ("by: STATUS, first: 251", "first: 251 is out of bounds; expected 0 to 250."),
    ],
)
async def test_what_cannot_be_counted_is_refused_beside_what_was_read(
    gateway: GatewayClient, factory: RowFactory, statements: Statements, arguments: str, message: str
) -> None:
    device = await factory.device()
    with statements.recorded() as recorded:
        answer = await gateway.ask(f"{{ devices {{ nodes {{ id }} facets({arguments}) {{ field }} }} }}")
    assert answer.data == {"devices": {"nodes": [{"id": device["id"]}], "facets": None}}
    assert [(each["message"], each["extensions"]["code"]) for each in answer.errors] == [(message, "BAD_USER_INPUT")]
    assert len(recorded) == 1


async def test_groups_are_counted_for_those_who_may_read_groups(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.device()
    token = gateway.token(scopes=[Scope.DEVICE_READ])
    answer = await gateway.ask(FACETS, {"by": ["STATUS", "DEVICE_GROUP_ID"]}, token=token)
    assert answer.data == {"devices": {"facets": None}}
    assert [(each["message"], each["extensions"]["code"]) for each in answer.errors] == [
        ("The token lacks the scope device-group.read.", "FORBIDDEN")
    ]
    assert await facets_of(gateway, "STATUS", token=token) == [facet("STATUS", ("ACTIVE", 1))]


def counted(fleet: Fleet, filter_: Filter, field: str) -> list[tuple[str, int]]:
    """Return what plain Python counts."""
    devices = [device for device in fleet.devices if fleet.matches(device, filter_)]
    if field == "NETWORK_ADAPTER_TYPE":
        return ranked(type_ for device in devices for type_ in fleet.types[device["id"]])
    if field == "DEVICE_GROUP_ID":
        ids = {device["id"] for device in devices}
        return ranked(group for group, members in fleet.members.items() for _ in members & ids)
    return ranked(device[field.lower()] for device in devices)


@hypothesis_settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(filter_=FILTERS, by=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True))
async def test_facets_count_what_the_oracle_counts(
    listed: tuple[GatewayClient, Fleet], filter_: Filter, by: list[str]
) -> None:
    gateway, fleet = listed
    found = await facets_of(gateway, *by, filter=filter_)
    assert found == [facet(field, *counted(fleet, filter_, field)) for field in by]


async def test_each_facet_has_the_price_of_looking_at_every_row_and_of_its_values(gateway: GatewayClient) -> None:
    async def requested(arguments: str, variables: Any = None) -> int:
        defined = "query ($by: [DeviceFacetField!]!, $n: Int)" if variables else ""
        query = f"{defined} {{ devices {{ facets({arguments}) {{ field values {{ value count }} }} }} }}"
        headers = {"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": "validate"}
        body = {"query": query, "variables": variables}
        answer = (await gateway.http.post("/graphql", json=body, headers=headers)).json()
        cost: int = answer["extensions"]["cost"]["requested"]
        return cost - 2 - STATEMENT

    # The facet, its field, and an object with two leaves for each value.
    assert await requested("by: STATUS") == SCAN + 2 + 20 * 3
    assert await requested("by: [STATUS, CLIENT_ID], first: 3") == 2 * (SCAN + 2 + 3 * 3)
    assert await requested("by: $by, first: $n", {"by": ["STATUS", "CLIENT_ID"], "n": 250}) == 2 * (SCAN + 2 + 250 * 3)
    # What is refused has the price of all that there are.
    assert await requested("by: $by, first: $n", {"by": ["STATUS"] * 1_000}) == 6 * (SCAN + 2 + 20 * 3)
