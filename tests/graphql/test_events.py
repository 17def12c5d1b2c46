"""Events: what happened to devices, as lists and as nodes, and who sees what of a device that has moved."""

from typing import Any

import pytest

from gateway.domain.enums import DeviceEventType, Scope
from gateway.domain.uuids import Uuid
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, Row, RowFactory, new_uuid
from tests.statements import Statements

pytestmark = pytest.mark.anyio

EVENT = "id type deviceId clientId version occurredAt occurredBy changes { field before after } device { name }"
NODE = f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on DeviceEvent {{ {EVENT} }} }} }}"


async def test_history_is_paged_oldest_first(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    await factory.event(device, 1, type=DeviceEventType.DEVICE_CREATED, changes=[["name", None, "Pump"]])
    for version in range(2, 12):
        await factory.event(device, version)
    query = """query ($after: String) { devices { nodes { history(first: 4, after: $after) {
      totalCount nodes { type version deviceId occurredAt occurredBy changes { field before after } }
      pageInfo { hasNextPage endCursor }
    } } } }"""
    history = (await gateway.data(query))["devices"]["nodes"][0]["history"]
    assert history["totalCount"] == 11
    assert history["nodes"][0] == {
        "type": "DEVICE_CREATED",
        "version": 1,
        "deviceId": device["id"],
        "occurredAt": "2025-03-01T12:00:00.000Z",
        "occurredBy": PRINCIPAL,
        "changes": [{"field": "name", "before": None, "after": "Pump"}],
    }
    versions = []
    after = None
    for _ in range(3):
        history = (await gateway.data(query, {"after": after}))["devices"]["nodes"][0]["history"]
        versions += [event["version"] for event in history["nodes"]]
        after = history["pageInfo"]["endCursor"]
    assert versions == list(range(1, 12))
    assert not history["pageInfo"]["hasNextPage"]


async def test_an_event_is_a_node(gateway: GatewayClient, factory: RowFactory, statements: Statements) -> None:
    device = await factory.device(name="Pump")
    event = await factory.event(device, 3, changes=[["barcode", None, "1"], ["description", "new", None]])
    with statements.recorded() as recorded:
        data = await gateway.data(NODE, {"id": event["id"].upper()})
    assert data["node"] == {
        "__typename": "DeviceEvent",
        "id": event["id"],
        "type": "DEVICE_UPDATED",
        "deviceId": device["id"],
        "clientId": CLIENT,
        "version": 3,
        "occurredAt": "2025-03-01T12:00:00.000Z",
        "occurredBy": PRINCIPAL,
        "changes": [
            {"field": "barcode", "before": None, "after": "1"},
            {"field": "description", "before": "new", "after": None},
        ],
        "device": {"name": "Pump"},
    }
    # An id does not tell its type: one statement for each of four, and one for the device. A cluster's directory has
    # told already that it is no device's.
    assert len(recorded) == (4 if gateway.database.store.is_distributed else 5)


async def test_events_come_among_other_nodes_in_the_order_of_their_ids(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    device, group = await factory.device(name="Pump"), await factory.group()
    first, second = await factory.event(device, 1), await factory.event(device, 2)
    ids = [second["id"], group["id"], new_uuid(), first["id"], device["id"], second["id"]]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
      __typename id ... on DeviceEvent { version device { name } }
    } }"""
    with statements.recorded() as recorded:
        nodes = (await gateway.data(query, {"ids": ids}))["nodes"]
    assert [node and node["id"] for node in nodes] == [None if place == 2 else id_ for place, id_ in enumerate(ids)]
    assert nodes[0] == {"__typename": "DeviceEvent", "id": second["id"], "version": 2, "device": {"name": "Pump"}}
    assert [node and node["__typename"] for node in nodes] == [
        "DeviceEvent",
        "DeviceGroup",
        None,
        "DeviceEvent",
        "Device",
        "DeviceEvent",
    ]
    assert len(recorded) == 6


async def test_the_id_of_an_event_in_a_history_leads_to_it(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    await factory.event(device, 1, type=DeviceEventType.DEVICE_CREATED, changes=[["name", None, "Device"]])
    query = f"query ($id: ID!) {{ deviceHistory(deviceId: $id) {{ nodes {{ __typename {EVENT} }} }} }}"
    [event] = (await gateway.data(query, {"id": device["id"]}))["deviceHistory"]["nodes"]
    assert (await gateway.data(NODE, {"id": event["id"]}))["node"] == event


async def test_the_devices_of_events_are_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    for name in ("Lamp", "Pump"):
        device = await factory.device(name=name)
        for version in (1, 2, 3):
            await factory.event(device, version)
    query = """{ devices(orderBy: [{ field: NAME }]) { nodes {
      history(first: 2) { nodes { version device { name } } }
    } } }"""
    with statements.recorded() as recorded:
        nodes = (await gateway.data(query))["devices"]["nodes"]
    assert [node["history"]["nodes"] for node in nodes] == [
        [{"version": version, "device": {"name": name}} for version in (1, 2)] for name in ("Lamp", "Pump")
    ]
    assert len(recorded) == 3


async def test_an_event_of_a_deleted_device_has_no_device(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    event = await factory.event(device)
    await factory.delete_device(device["id"])
    node = (await gateway.data(NODE, {"id": event["id"]}))["node"]
    assert (node["deviceId"], node["device"]) == (device["id"], None)


async def test_an_event_needs_the_scope_to_read_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    event, group = await factory.event(await factory.device()), await factory.group()
    answer = await gateway.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        {"ids": [event["id"], group["id"]]},
        token=gateway.token(scopes=[Scope.DEVICE_GROUP_READ]),
    )
    assert answer.data == {"nodes": [None, {"id": group["id"]}]}
    assert [(error["path"], error["message"]) for error in answer.errors] == [
        (["nodes", 0], "The token lacks the scope device.read.")
    ]


@pytest.mark.parametrize("scopes", [[*Scope], []])
async def test_an_event_of_another_client_is_absent(
    gateway: GatewayClient, factory: RowFactory, scopes: list[Scope]
) -> None:
    # Whatever the token allows: that there is something to be forbidden would tell that it exists.
    own, foreign = await factory.device(), await factory.device(client_id=OTHER_CLIENT)
    events = [await factory.event(foreign), await factory.event(own, client_id=OTHER_CLIENT)]
    token = gateway.token(clients=[CLIENT], scopes=scopes)
    query = "query ($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }"
    for event in events:
        variables = {"id": event["id"], "ids": [each["id"] for each in events]}
        assert await gateway.data(query, variables, token=token) == {"node": None, "nodes": [None, None]}


@pytest.fixture
async def moved(gateway: GatewayClient, factory: RowFactory) -> Row:
    """A device that has gone from one client to another and back, which each time changed its name too."""
    device = await factory.device(name="0")
    owners = {"1": CLIENT, "2": OTHER_CLIENT, "3": OTHER_CLIENT, "4": CLIENT}
    for name, client_id in owners.items():
        update = "mutation ($input: UpdateDeviceInput!) { updateDevice(input: $input) { userErrors { code } } }"
        input_ = {"device": device["id"], "name": name, "clientId": client_id}
        assert await gateway.data(update, {"input": input_}) == {"updateDevice": {"userErrors": []}}
    return device


async def changes_of(gateway: GatewayClient, device: Row, *clients: Uuid) -> dict[int, list[Any]]:
    """Return the changes that a caller of these clients sees in a device's history, by the version that they made."""
    selection = "nodes { id version changes { field before after } }"
    query = f"query ($id: ID!) {{ deviceHistory(deviceId: $id) {{ totalCount {selection} }} }}"
    token = gateway.token(clients=clients)
    history = (await gateway.data(query, {"id": device["id"]}, token=token))["deviceHistory"]
    assert history["totalCount"] == len(history["nodes"])
    for event in history["nodes"]:
        node = (await gateway.data(NODE, {"id": event["id"]}, token=token))["node"]
        assert node["changes"] == event["changes"]
    return {event["version"]: [tuple(change.values()) for change in event["changes"]] for event in history["nodes"]}


async def test_an_owner_of_a_moved_device_sees_the_events_of_its_own_time_without_the_others_values(
    gateway: GatewayClient, moved: Row
) -> None:
    assert await changes_of(gateway, moved, CLIENT) == {
        2: [("name", "0", "1")],
        # It came back: from where, and what it was there, is the other client's affair.
        5: [("name", None, "4"), ("clientId", None, CLIENT)],
    }
    assert await changes_of(gateway, moved, OTHER_CLIENT) == {
        3: [("name", None, "2"), ("clientId", None, OTHER_CLIENT)],
        4: [("name", "2", "3")],
    }


async def test_a_caller_of_both_clients_sees_all_that_happened_to_a_moved_device(
    gateway: GatewayClient, moved: Row
) -> None:
    assert await changes_of(gateway, moved, CLIENT, OTHER_CLIENT) == {
        2: [("name", "0", "1")],
        3: [("name", "1", "2"), ("clientId", CLIENT, OTHER_CLIENT)],
        4: [("name", "2", "3")],
        5: [("name", "3", "4"), ("clientId", OTHER_CLIENT, CLIENT)],
    }


async def test_no_answer_to_an_owner_of_a_moved_device_has_the_id_of_the_other(
    gateway: GatewayClient, moved: Row
) -> None:
    query = f"""query ($id: ID!, $device: DeviceIdentifier!) {{
      deviceHistory(deviceId: $id) {{ nodes {{ {EVENT} }} }}
      device(identifier: $device) {{ clientId history {{ nodes {{ {EVENT} }} }} }}
    }}"""
    variables = {"id": moved["id"], "device": moved["id"]}
    for own, other in ((CLIENT, OTHER_CLIENT), (OTHER_CLIENT, CLIENT)):
        data = await gateway.data(query, variables, token=gateway.token(clients=[own]))
        assert own in str(data)
        assert other not in str(data)


async def test_a_former_owner_sees_the_event_but_not_the_device(gateway: GatewayClient, moved: Row) -> None:
    query = f"query ($id: ID!) {{ deviceHistory(deviceId: $id) {{ nodes {{ {EVENT} }} }} }}"
    nodes = {
        client: (await gateway.data(query, {"id": moved["id"]}, token=gateway.token(clients=[client])))[
            "deviceHistory"
        ]["nodes"]
        for client in (CLIENT, OTHER_CLIENT)
    }
    assert [(event["clientId"], event["device"]) for event in nodes[CLIENT]] == [(CLIENT, {"name": "4"})] * 2
    assert [(event["clientId"], event["device"]) for event in nodes[OTHER_CLIENT]] == [(OTHER_CLIENT, None)] * 2
