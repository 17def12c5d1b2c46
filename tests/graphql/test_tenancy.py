"""A token for one client gets nothing of another, through any field that can return a device or a group."""

from dataclasses import dataclass

import pytest
from graphql import GraphQLObjectType, get_named_type

from gateway.domain.enums import NetworkAdapterType
from gateway.graphql.schema import graphql_schema
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, Row, RowFactory

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Two:
    """A device in a group of the caller's client, and a device in a group of another."""

    device: Row
    group: Row
    adapter: Row
    foreign_device: Row
    foreign_group: Row
    foreign_adapter: Row


@pytest.fixture
async def two(factory: RowFactory) -> Two:
    device, foreign_device = (
        await factory.device(name="ours"),
        await factory.device(name="theirs", client_id=OTHER_CLIENT),
    )
    group, foreign_group = await factory.group(name="ours"), await factory.group(name="theirs", client_id=OTHER_CLIENT)
    for each, of in ((device, group), (foreign_device, foreign_group)):
        await factory.link(each, of)
        await factory.event(each)
    # A device that belonged to the other client for some time has events of that time.
    await factory.event(device, version=2, client_id=OTHER_CLIENT)
    return Two(
        device,
        group,
        await factory.adapter(device),
        foreign_device,
        foreign_group,
        await factory.adapter(foreign_device),
    )


@pytest.fixture
def token(gateway: GatewayClient) -> str:
    return gateway.token(clients=[CLIENT])


async def test_a_foreign_device_answers_to_no_identifier(gateway: GatewayClient, two: Two, token: str) -> None:
    identifiers = [two.foreign_device["id"], f"imei:{two.foreign_adapter['identifier']}"]
    query = """
    query ($id: DeviceIdentifier!, $imei: DeviceIdentifier!, $all: [DeviceIdentifier!]!) {
      byId: device(identifier: $id) { id }
      byImei: device(identifier: $imei) { id }
      devicesByIdentifier(identifiers: $all) { id }
    }
    """
    variables = {"id": identifiers[0], "imei": identifiers[1], "all": [*identifiers, two.device["id"]]}
    assert await gateway.data(query, variables, token=token) == {
        "byId": None,
        "byImei": None,
        "devicesByIdentifier": [None, None, {"id": two.device["id"]}],
    }


async def test_a_foreign_node_is_not_found(gateway: GatewayClient, two: Two, token: str) -> None:
    foreign = [row["id"] for row in (two.foreign_device, two.foreign_group, two.foreign_adapter)]
    own = [row["id"] for row in (two.device, two.group, two.adapter)]
    query = (
        "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } deviceGroup(id: $id) { id } }"
    )
    for id_ in foreign:
        assert await gateway.data(query, {"id": id_, "ids": [*foreign, *own]}, token=token) == {
            "node": None,
            "nodes": [None, None, None, *({"id": each} for each in own)],
            "deviceGroup": None,
        }


async def test_lists_neither_show_nor_count_what_is_foreign(gateway: GatewayClient, two: Two, token: str) -> None:
    query = """{
      devices { totalCount nodes { id } edges { node { id } } }
      deviceGroups { totalCount nodes { id } edges { node { id } } }
    }"""
    assert await gateway.data(query, token=token) == {
        "devices": _only(two.device),
        "deviceGroups": _only(two.group),
    }


async def test_a_filter_for_what_is_foreign_finds_nothing(gateway: GatewayClient, two: Two, token: str) -> None:
    query = """query ($client: UUID!, $device: ID!, $group: ID!) {
      ofClient: devices(filter: { clientId: $client }) { totalCount nodes { id } }
      notOfClient: devices(filter: { not: { clientId: $client } }) { totalCount nodes { id } }
      ofClients: devices(filter: { clientIds: [$client] }) { totalCount nodes { id } }
      byId: devices(filter: { ids: [$device] }) { totalCount nodes { id } }
      inGroup: devices(filter: { deviceGroupIds: [$group] }) { totalCount nodes { id } }
      search: devices(filter: { search: "theirs" }) { totalCount nodes { id } }
      groups: deviceGroups(filter: { clientId: $client }) { totalCount nodes { id } }
    }"""
    nothing = {"totalCount": 0, "nodes": []}
    variables = {"client": OTHER_CLIENT, "device": two.foreign_device["id"], "group": two.foreign_group["id"]}
    assert await gateway.data(query, variables, token=token) == {
        "ofClient": nothing,
        "notOfClient": {"totalCount": 1, "nodes": [{"id": two.device["id"]}]},
        "ofClients": nothing,
        "byId": nothing,
        "inGroup": nothing,
        "search": nothing,
        "groups": nothing,
    }


async def test_what_a_device_leads_to_leaves_out_what_is_foreign(gateway: GatewayClient, two: Two, token: str) -> None:
    query = """query ($id: DeviceIdentifier!, $own: ID!, $foreign: ID!) {
      device(identifier: $id) {
        deviceGroups { totalCount nodes { id } edges { node { id } } }
        own: deviceGroupLink(deviceGroupId: $own) { device { id } deviceGroup { id } }
        foreign: deviceGroupLink(deviceGroupId: $foreign) { deviceGroup { id } }
        history { totalCount nodes { version } edges { node { version } } }
        networkAdapters { ... on CommonNetworkAdapter { id device { id } } }
      }
    }"""
    variables = {"id": two.device["id"], "own": two.group["id"], "foreign": two.foreign_group["id"]}
    assert (await gateway.data(query, variables, token=token))["device"] == {
        "deviceGroups": _only(two.group),
        "own": {"device": {"id": two.device["id"]}, "deviceGroup": {"id": two.group["id"]}},
        "foreign": None,
        "history": {"totalCount": 1, "nodes": [{"version": 1}], "edges": [{"node": {"version": 1}}]},
        "networkAdapters": [{"id": two.adapter["id"], "device": {"id": two.device["id"]}}],
    }


async def test_history_shows_only_events_of_the_time_when_the_client_had_the_device(
    gateway: GatewayClient, two: Two, token: str
) -> None:
    query = "query ($id: ID!) { deviceHistory(deviceId: $id) { totalCount nodes { version } } }"
    assert await gateway.data(query, {"id": two.device["id"]}, token=token) == {
        "deviceHistory": {"totalCount": 1, "nodes": [{"version": 1}]}
    }
    assert await gateway.data(query, {"id": two.foreign_device["id"]}, token=token) == {
        "deviceHistory": {"totalCount": 0, "nodes": []}
    }
    old_owner = gateway.token(clients=[OTHER_CLIENT])
    assert await gateway.data(query, {"id": two.device["id"]}, token=old_owner) == {
        "deviceHistory": {"totalCount": 1, "nodes": [{"version": 2}]}
    }


async def test_the_log_shows_only_events_of_the_clients_time(gateway: GatewayClient, two: Two, token: str) -> None:
    query = """query ($id: ID!) {
      deviceEvents(filter: { deviceIds: [$id] }) { totalCount nodes { deviceId version } }
    }"""
    own, foreign = two.device["id"], two.foreign_device["id"]
    assert await gateway.data(query, {"id": own}, token=token) == {
        "deviceEvents": {"totalCount": 1, "nodes": [{"deviceId": own, "version": 1}]}
    }
    assert await gateway.data(query, {"id": foreign}, token=token) == {"deviceEvents": {"totalCount": 0, "nodes": []}}
    old_owner = gateway.token(clients=[OTHER_CLIENT])
    assert await gateway.data(query, {"id": own}, token=old_owner) == {
        "deviceEvents": {"totalCount": 1, "nodes": [{"deviceId": own, "version": 2}]}
    }


async def test_what_a_group_leads_to_leaves_out_what_is_foreign(gateway: GatewayClient, two: Two, token: str) -> None:
    query = """query ($id: ID!) {
      deviceGroup(id: $id) { devices { totalCount nodes { id } edges { node { id } } } }
    }"""
    data = await gateway.data(query, {"id": two.group["id"]}, token=token)
    assert data == {"deviceGroup": {"devices": _only(two.device)}}


@pytest.mark.parametrize("type_", NetworkAdapterType)
async def test_adapters_of_each_type_stay_with_their_client(
    gateway: GatewayClient, factory: RowFactory, token: str, type_: NetworkAdapterType
) -> None:
    own = await factory.adapter(await factory.device(), type_)
    foreign = await factory.adapter(await factory.device(client_id=OTHER_CLIENT), type_)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    data = await gateway.data(query, {"ids": [own["id"], foreign["id"]]}, token=token)
    assert data == {"nodes": [{"id": own["id"]}, None]}


async def test_a_token_for_several_clients_reaches_just_these(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.device(name="third", client_id="00000000-0000-4000-8000-000000000000")
    await factory.device(name="first")
    await factory.device(name="second", client_id=OTHER_CLIENT)
    token = gateway.token(clients=[CLIENT, OTHER_CLIENT])
    data = await gateway.data("{ devices(orderBy: [{ field: NAME }]) { nodes { name } } }", token=token)
    assert data == {"devices": {"nodes": [{"name": "first"}, {"name": "second"}]}}


@pytest.mark.usefixtures("two")
async def test_a_token_for_no_client_reaches_nothing(gateway: GatewayClient) -> None:
    data = await gateway.data("{ devices { totalCount } deviceGroups { totalCount } }", token=gateway.token(clients=[]))
    assert data == {"devices": {"totalCount": 0}, "deviceGroups": {"totalCount": 0}}


def test_these_are_all_the_fields_that_lead_to_rows_of_a_client() -> None:
    """A new one belongs into the tests above."""
    of_a_client = {"Device", "DeviceGroup", "DeviceEvent", "DeviceDeviceGroupLink", "NetworkAdapter", "Node", "Webhook"}
    fields = {
        f"{type_.name}.{name}"
        for type_ in graphql_schema.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        and not type_.name.endswith(("Edge", "Connection", "Payload", "UserError"))
        for name, field in type_.fields.items()
        if get_named_type(field.type).name in of_a_client or get_named_type(field.type).name.endswith("Connection")
    }
    assert fields == {
        "Query.node",
        "Query.nodes",
        "Query.device",
        "Query.devicesByIdentifier",
        "Query.devices",
        "Query.deviceGroup",
        "Query.deviceGroups",
        "Query.deviceHistory",
        "Query.deviceEvents",
        "Query.webhooks",  # tests/mutations/test_create_webhook.py
        "CreateDeviceResult.device",  # tests/mutations/test_create_devices.py
        "Device.networkAdapters",
        "Device.deviceGroups",
        "Device.deviceGroupLink",
        "Device.history",
        "DeviceGroup.devices",
        "DeviceDeviceGroupLink.device",
        "DeviceDeviceGroupLink.deviceGroup",
        "DeviceEvent.device",
        "CellularNetworkAdapter.device",
        "LoraNetworkAdapter.device",
        "GenericNetworkAdapter.device",
    }


def _only(row: Row) -> dict[str, object]:
    node = {"id": row["id"]}
    return {"totalCount": 1, "nodes": [node], "edges": [{"node": node}]}
