"""addDeviceToGroup returns the link as an edge of both its lists, ready to be put into what a client has of them."""

import pytest

from gateway.domain.enums import Scope
from tests.client import GatewayClient
from tests.factories import PRINCIPAL, Row, RowFactory
from tests.mutations.support import BY_JOAN, Json, ask, assert_unreadable, changed, device, token_of, without
from tests.statements import Statements

pytestmark = pytest.mark.anyio

EDGE = "{ cursor createdAt createdBy node { id name version } }"
EDGES = f"deviceGroupEdge {EDGE} deviceEdge {EDGE}"


async def linked(gateway: GatewayClient, row: Row, group: Row, selection: str = EDGES) -> Json:
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    payload: Json = await changed(gateway, "addDeviceToGroup", input_, selection, token=token_of(gateway))
    return payload


async def devices_of(gateway: GatewayClient, group: Row, arguments: str = "first: 9") -> list[Json]:
    query = f"query ($id: ID!) {{ deviceGroup(id: $id) {{ devices({arguments}) {{ edges {EDGE} }} }} }}"
    edges: list[Json] = (await gateway.data(query, {"id": group["id"]}))["deviceGroup"]["devices"]["edges"]
    return edges


async def groups_of(gateway: GatewayClient, row: Row, arguments: str = "first: 9") -> list[Json]:
    edges: list[Json] = (await device(gateway, row["id"], f"deviceGroups({arguments}) {{ edges {EDGE} }}"))[
        "deviceGroups"
    ]["edges"]
    return edges


async def test_each_edge_is_the_one_that_its_list_has(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(name="Pump", version=2), await factory.group(name="North", version=3)
    payload = await linked(gateway, row, group)
    at = payload["deviceEdge"]["createdAt"]
    assert payload == {
        "deviceGroupEdge": {
            "cursor": payload["deviceGroupEdge"]["cursor"],
            "createdAt": at,
            "createdBy": BY_JOAN,
            "node": {"id": group["id"], "name": "North", "version": 3},
        },
        "deviceEdge": {
            "cursor": payload["deviceEdge"]["cursor"],
            "createdAt": at,
            "createdBy": BY_JOAN,
            "node": {"id": row["id"], "name": "Pump", "version": 3},
        },
    }
    assert await groups_of(gateway, row) == [payload["deviceGroupEdge"]]
    assert await devices_of(gateway, group) == [payload["deviceEdge"]]


async def test_the_cursor_of_the_device_continues_the_list_of_the_group(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    # The devices of a group are in the order in which they were created, whenever they were put into it.
    older, row, newer = [await factory.device(created_at=f"2025-03-0{day}T00:00:00.000Z") for day in (1, 2, 3)]
    group = await factory.group()
    for each in (newer, older):
        await factory.link(each, group)
    cursor = (await linked(gateway, row, group))["deviceEdge"]["cursor"]
    before = await devices_of(gateway, group, f'last: 9, before: "{cursor}"')
    after = await devices_of(gateway, group, f'first: 9, after: "{cursor}"')
    assert [edge["node"]["id"] for edge in before] == [older["id"]]
    assert [edge["node"]["id"] for edge in after] == [newer["id"]]


async def test_the_cursor_of_the_group_continues_the_list_of_the_device(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    # The groups of a device are in the order in which it was put into them.
    row = await factory.device()
    later, group, earlier = [await factory.group() for _ in range(3)]
    await factory.link(row, later, created_at="2999-01-01T00:00:00.000Z")
    await factory.link(row, earlier, created_at="2025-01-01T00:00:00.000Z")
    cursor = (await linked(gateway, row, group))["deviceGroupEdge"]["cursor"]
    before = await groups_of(gateway, row, f'last: 9, before: "{cursor}"')
    after = await groups_of(gateway, row, f'first: 9, after: "{cursor}"')
    assert [edge["node"]["id"] for edge in before] == [earlier["id"]]
    assert [edge["node"]["id"] for edge in after] == [later["id"]]


async def test_a_link_that_was_there_already_has_the_edges_that_it_had(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row, group = await factory.device(), await factory.group()
    await factory.link(row, group, created_at="2025-02-02T00:00:00.000Z")
    edges = {
        "deviceGroupEdge": (await groups_of(gateway, row))[0],
        "deviceEdge": (await devices_of(gateway, group))[0],
    }
    payload = await linked(gateway, row, group)
    assert payload == edges
    for edge in payload.values():
        assert (edge["createdAt"], edge["createdBy"]) == ("2025-02-02T00:00:00.000Z", PRINCIPAL)


def first_looks(gateway: GatewayClient) -> int:
    """Return how many statements find out whose a group is, which a cluster has to know to lock it."""
    return 1 if gateway.database.store.is_distributed else 0


async def test_the_edges_take_no_statement_beyond_those_of_the_change(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    row, group = await factory.device(), await factory.group()
    with statements.recorded() as recorded:
        await linked(gateway, row, group, f"link {{ createdAt device {{ name }} deviceGroup {{ name }} }} {EDGES}")
    verbs = ["SELECT", "SELECT", "INSERT", "SELECT", "UPDATE", "INSERT"]
    assert [each.text.split()[0] for each in recorded] == ["SELECT"] * first_looks(gateway) + verbs


async def test_what_the_nodes_lead_to_takes_one_statement_for_each_edge(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    row, group, other = await factory.device(), await factory.group(), await factory.device(name="Other")
    adapter = await factory.adapter(row)
    await factory.link(other, group)
    selection = """
      deviceGroupEdge { node { devices(first: 5) { nodes { name } } } }
      deviceEdge { node { urns deviceGroups(first: 5) { nodes { name } } } }
    """
    with statements.recorded() as recorded:
        payload = await linked(gateway, row, group, selection)
    names = [node["name"] for node in payload["deviceGroupEdge"]["node"]["devices"]["nodes"]]
    assert sorted(names) == ["Device", "Other"]
    assert payload["deviceEdge"]["node"] == {
        "urns": [f"urn:dev:imei:{adapter['identifier']}"],
        "deviceGroups": {"nodes": [{"name": "Group"}]},
    }
    assert len(recorded) == first_looks(gateway) + 6 + 3


@pytest.mark.parametrize(
    ("field", "scope"), [("deviceGroupEdge", Scope.DEVICE_GROUP_READ), ("deviceEdge", Scope.DEVICE_READ)]
)
async def test_each_edge_needs_the_scope_of_its_node(
    gateway: GatewayClient, factory: RowFactory, field: str, scope: Scope
) -> None:
    input_ = {"device": (await factory.device())["id"], "deviceGroupId": (await factory.group())["id"]}
    await assert_unreadable(gateway, "addDeviceToGroup", input_, field, scope)


async def test_a_forbidden_edge_leaves_the_other(gateway: GatewayClient, factory: RowFactory) -> None:
    row, group = await factory.device(), await factory.group()
    input_ = {"device": row["id"], "deviceGroupId": group["id"]}
    selection = "deviceGroupEdge { node { id } } deviceEdge { node { id } }"
    token = token_of(gateway, scopes=without(Scope.DEVICE_READ))
    answer = await ask(gateway, "addDeviceToGroup", input_, selection, token=token)
    assert answer.data == {
        "addDeviceToGroup": {
            "deviceGroupEdge": {"node": {"id": group["id"]}},
            "deviceEdge": None,
            "userErrors": [],
        }
    }
    assert [each["path"] for each in answer.errors] == [["addDeviceToGroup", "deviceEdge"]]
    assert answer.codes == ["FORBIDDEN"]
