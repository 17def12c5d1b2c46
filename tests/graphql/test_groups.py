"""Groups, and the links between them and devices."""

from itertools import product

import pytest

from gateway.cli.demo_data import load_demo_data
from gateway.domain.enums import DeviceStatus
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, PROJECT, RowFactory, new_uuid
from tests.statements import Statements

pytestmark = pytest.mark.anyio


async def test_a_group_shows_its_row(gateway: GatewayClient, factory: RowFactory) -> None:
    group = await factory.group(name="North", description="Beyond the river", version=2)
    query = """query ($id: ID!) { deviceGroup(id: $id) {
      id name description clientId projectId createdAt createdBy modifiedAt modifiedBy version
    } }"""
    assert await gateway.data(query, {"id": group["id"]}) == {
        "deviceGroup": {
            "id": group["id"],
            "name": "North",
            "description": "Beyond the river",
            "clientId": CLIENT,
            "projectId": PROJECT,
            "createdAt": "2025-03-01T12:00:00.000Z",
            "createdBy": PRINCIPAL,
            "modifiedAt": "2025-03-01T12:00:00.000Z",
            "modifiedBy": PRINCIPAL,
            "version": 2,
        }
    }


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('search: "ÄPF"', ["äpfel"]),
        ('search: "e"', ["äpfel", "Birnen"]),
        ('search: "obst"', ["Birnen"]),
        (f'clientId: "{OTHER_CLIENT}"', ["Birnen"]),
        (f'projectId: "{PROJECT}"', ["äpfel"]),
        ('createdSince: "2025-03-02T01:00:00+01:00"', ["Birnen"]),
        ('createdBefore: "2025-03-02T00:00:00Z"', ["äpfel"]),
        ('modifiedSince: "2025-03-03T00:00:00.001Z"', []),
        ('modifiedBefore: "2025-03-03T00:00:00.001Z"', ["äpfel", "Birnen"]),
        (f'search: "e", clientId: "{CLIENT}"', ["äpfel"]),
    ],
)
async def test_groups_are_filtered(
    gateway: GatewayClient, factory: RowFactory, condition: str, expected: list[str]
) -> None:
    await factory.group(name="äpfel", modified_at="2025-03-03T00:00:00.000Z")
    await factory.group(
        name="Birnen",
        description="Obst",
        client_id=OTHER_CLIENT,
        project_id=new_uuid(),
        created_at="2025-03-02T00:00:00.000Z",
    )
    query = f"{{ deviceGroups(filter: {{ {condition} }}) {{ totalCount nodes {{ name }} }} }}"
    assert (await gateway.data(query))["deviceGroups"] == {
        "totalCount": len(expected),
        "nodes": [{"name": name} for name in expected],
    }


@pytest.mark.parametrize("field", ["CREATED_AT", "MODIFIED_AT", "NAME", "ID"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_groups_are_walked_in_each_order(
    gateway: GatewayClient, factory: RowFactory, field: str, direction: str
) -> None:
    groups = [
        await factory.group(name=name, created_at=created, modified_at=modified)
        for name, created, modified in product(
            ["Äpfel", "B", "b"], ["2025-03-01T00:00:00.000Z", "2025-03-02T00:00:00.000Z"], ["2025-03-03T00:00:00.000Z"]
        )
    ]
    expected = sorted(groups, key=lambda group: (group[field.lower()], group["id"]), reverse=direction == "DESC")
    query = """query ($after: String, $orderBy: [DeviceGroupOrder!]) {
      deviceGroups(first: 1, after: $after, orderBy: $orderBy) { nodes { id } pageInfo { hasNextPage endCursor } }
    }"""
    walked = []
    after, more = None, True
    while more:
        variables = {"after": after, "orderBy": [{"field": field, "direction": direction}]}
        page = (await gateway.data(query, variables))["deviceGroups"]
        walked += [node["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert walked == [group["id"] for group in expected]


async def test_groups_of_each_device_are_paged_in_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    groups = [await factory.group(name=name) for name in "CAB"]
    for name in ("first", "second", "third"):
        device = await factory.device(name=name)
        for day, group in enumerate(groups if name != "third" else [], start=1):
            await factory.link(
                device, group, created_at=f"2025-03-0{day}T00:00:00.000Z", created_by=f"principal/{name}"
            )
    query = """query ($after: String, $before: String, $first: Int, $last: Int, $orderBy: [DeviceGroupLinkOrder!]) {
      devices(orderBy: [{ field: NAME }]) { nodes {
        deviceGroups(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
          totalCount
          edges { cursor createdAt createdBy node { name } }
          pageInfo { hasNextPage hasPreviousPage }
        }
      } }
    }"""
    by_name = [{"field": "NAME", "direction": "DESC"}]
    with statements.recorded() as recorded:
        data = await gateway.data(query, {"first": 2, "orderBy": by_name})
    assert len(recorded) == 3
    first, second, third = (node["deviceGroups"] for node in data["devices"]["nodes"])
    assert [(edge["node"]["name"], edge["createdAt"], edge["createdBy"]) for edge in second["edges"]] == [
        ("C", "2025-03-01T00:00:00.000Z", "principal/second"),
        ("B", "2025-03-03T00:00:00.000Z", "principal/second"),
    ]
    assert [edge["node"]["name"] for edge in first["edges"]] == ["C", "B"]
    assert first["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False}
    assert (first["totalCount"], third["totalCount"], third["edges"]) == (3, 0, [])

    cursor = first["edges"][1]["cursor"]
    data = await gateway.data(query, {"first": 2, "after": cursor, "orderBy": by_name})
    assert _names(data) == [["A"], ["A"], []]
    data = await gateway.data(query, {"last": 1, "before": cursor, "orderBy": by_name})
    assert _names(data) == [["C"], ["C"], []]
    data = await gateway.data(query, {})
    assert _names(data) == [["C", "A", "B"], ["C", "A", "B"], []]


async def test_groups_of_a_device_are_filtered_by_when_it_was_linked(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    device = await factory.device()
    for day in (1, 2, 3):
        group = await factory.group(name=f"day {day}")
        await factory.link(device, group, created_at=f"2025-03-0{day}T00:00:00.000Z")
    query = """{ devices { nodes {
      deviceGroups(createdSince: "2025-03-02T00:00:00Z", createdBefore: "2025-03-03T00:00:00Z") {
        totalCount nodes { name }
      }
    } } }"""
    assert (await gateway.data(query))["devices"]["nodes"] == [
        {"deviceGroups": {"totalCount": 1, "nodes": [{"name": "day 2"}]}}
    ]


async def test_devices_of_each_group_are_filtered_and_ordered_in_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    north, south = await factory.group(name="North"), await factory.group(name="South")
    for name, status in (("a", DeviceStatus.ACTIVE), ("b", DeviceStatus.INACTIVE), ("c", DeviceStatus.ACTIVE)):
        device = await factory.device(name=name, status=status, barcode=None if name == "a" else name)
        await factory.link(device, north, created_by=f"principal/{name}")
    await factory.link(device, south)
    query = """{ deviceGroups(orderBy: [{ field: NAME }]) { nodes {
      devices(first: 1, filter: { statuses: [ACTIVE] }, orderBy: [{ field: BARCODE, direction: DESC }]) {
        totalCount edges { cursor createdBy node { name } }
      }
    } } }"""
    with statements.recorded() as recorded:
        data = await gateway.data(query)
    north_page, south_page = (node["devices"] for node in data["deviceGroups"]["nodes"])
    assert (north_page["totalCount"], south_page["totalCount"]) == (2, 1)
    assert [(edge["node"]["name"], edge["createdBy"]) for edge in north_page["edges"]] == [("a", "principal/a")]
    assert [edge["node"]["name"] for edge in south_page["edges"]] == ["c"]
    assert len(recorded) == 3

    after = north_page["edges"][0]["cursor"]
    data = await gateway.data(query.replace("first: 1,", f'first: 1, after: "{after}",'))
    north_page, _ = (node["devices"] for node in data["deviceGroups"]["nodes"])
    assert [edge["node"]["name"] for edge in north_page["edges"]] == ["c"]


async def test_a_link_shows_both_ends(gateway: GatewayClient, factory: RowFactory, statements: Statements) -> None:
    group = await factory.group(name="North")
    for name in ("linked", "single"):
        device = await factory.device(name=name)
        if name == "linked":
            await factory.link(device, group, created_at="2025-03-05T00:00:00.000Z")
    query = """query ($id: ID!) { devices(orderBy: [{ field: NAME }]) { nodes {
      deviceGroupLink(deviceGroupId: $id) { createdAt createdBy device { name } deviceGroup { name } }
    } } }"""
    with statements.recorded() as recorded:
        data = await gateway.data(query, {"id": group["id"]})
    assert [node["deviceGroupLink"] for node in data["devices"]["nodes"]] == [
        {
            "createdAt": "2025-03-05T00:00:00.000Z",
            "createdBy": PRINCIPAL,
            "device": {"name": "linked"},
            "deviceGroup": {"name": "North"},
        },
        None,
    ]
    assert len(recorded) == 2


def _names(data: dict[str, dict[str, list[dict[str, dict[str, list[dict[str, dict[str, str]]]]]]]]) -> list[list[str]]:
    return [[edge["node"]["name"] for edge in node["deviceGroups"]["edges"]] for node in data["devices"]["nodes"]]


@pytest.mark.parametrize("page", ["first: 2", "last: 3"])
async def test_many_lists_too_long_to_be_read_whole_have_the_pages_that_each_has_alone(
    gateway: GatewayClient, statements: Statements, page: str
) -> None:
    await load_demo_data(gateway.database, 700, seed=1)
    devices = f"""devices({page}, orderBy: [{{ field: NAME, direction: DESC }}]) {{
      nodes {{ id name }} pageInfo {{ hasNextPage hasPreviousPage }} }}"""
    with statements.recorded() as recorded:
        data = await gateway.data(f"{{ deviceGroups(first: 250) {{ nodes {{ id {devices} }} }} }}")
    groups = data["deviceGroups"]["nodes"]
    assert [("row_number" in each.text) for each in recorded] == [False, False, True]
    assert any(group["devices"]["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False} for group in groups) is (
        page == "first: 2"
    )
    query = f"query ($id: ID!) {{ deviceGroup(id: $id) {{ id {devices} }} }}"
    assert [(await gateway.data(query, {"id": group["id"]}))["deviceGroup"] for group in groups] == groups
