"""One device, and what is read from it."""

import pytest

from gateway.domain.kinds import DeviceEventType, DeviceStatus, NetworkAdapterType
from tests.client import GatewayClient
from tests.factories import CLIENT, PRINCIPAL, PROJECT, SPECIFICATION, World
from tests.statements import Statements

pytestmark = pytest.mark.anyio

IMEI = "490154203237518"
DEV_EUI = "70B3D5E75E001A2B"
DVN_UUID = "0b0c5b1e-7a53-4e0a-9c2b-2f5c1d3e4f60"


async def test_a_device_shows_its_row(gateway: GatewayClient, world: World) -> None:
    device = await world.device(
        name="Pump \U0001f600",
        status=DeviceStatus.INACTIVE,
        barcode="123456789",
        description="Behind the gate",
        modified_at="2025-04-01T00:00:00.001Z",
        version=3,
    )
    query = """query ($id: DeviceIdentifier!) {
      device(identifier: $id) {
        id name status barcode description clientId projectId deviceSpecificationId
        createdAt createdBy modifiedAt modifiedBy version
      }
    }"""
    assert (await gateway.data(query, {"id": device["id"].upper()}))["device"] == {
        "id": device["id"],
        "name": "Pump \U0001f600",
        "status": "INACTIVE",
        "barcode": "123456789",
        "description": "Behind the gate",
        "clientId": CLIENT,
        "projectId": PROJECT,
        "deviceSpecificationId": SPECIFICATION,
        "createdAt": "2025-03-01T12:00:00.000Z",
        "createdBy": PRINCIPAL,
        "modifiedAt": "2025-04-01T00:00:00.001Z",
        "modifiedBy": PRINCIPAL,
        "version": 3,
    }


@pytest.mark.parametrize(
    "identifier",
    [
        f"imei:{IMEI}",
        f"IMEI:{IMEI}",
        f"urn:dev:imei:{IMEI}",
        f"URN:dev:imei:{IMEI}:",
        f"deveui:{DEV_EUI.lower()}",
        f"urn:dev:deveui:{DEV_EUI}",
        f"dvnuuid:{DVN_UUID.upper()}",
        f"urn:dev:dvnuuid:{DVN_UUID}:",
    ],
)
async def test_a_device_answers_to_its_adapters_identifiers(
    gateway: GatewayClient, world: World, identifier: str
) -> None:
    await world.adapter(await world.device(name="another"))
    device = await world.device(name="wanted")
    await world.adapter(device, identifier=IMEI)
    await world.adapter(device, NetworkAdapterType.LORA, identifier=DEV_EUI)
    await world.adapter(device, NetworkAdapterType.GENERIC, identifier=DVN_UUID)
    query = "query ($identifier: DeviceIdentifier!) { device(identifier: $identifier) { name } }"
    assert await gateway.data(query, {"identifier": identifier}) == {"device": {"name": "wanted"}}


async def test_a_bare_uuid_is_never_a_dvn_uuid(gateway: GatewayClient, world: World) -> None:
    await world.adapter(await world.device(), NetworkAdapterType.GENERIC, identifier=DVN_UUID)
    assert await gateway.data(f'{{ device(identifier: "{DVN_UUID}") {{ id }} }}') == {"device": None}


async def test_many_identifiers_are_two_statements_and_keep_their_order(
    gateway: GatewayClient, world: World, statements: Statements
) -> None:
    first, second = await world.device(name="first"), await world.device(name="second")
    await world.adapter(second, identifier=IMEI)
    await world.adapter(second, NetworkAdapterType.LORA, identifier=DEV_EUI)
    query = "query ($all: [DeviceIdentifier!]!) { devicesByIdentifier(identifiers: $all) { name } }"
    identifiers = [f"imei:{IMEI}", f"imei:{IMEI}9", first["id"], f"deveui:{DEV_EUI}", PROJECT, first["id"]]
    with statements.recorded() as run:
        data = await gateway.data(query, {"all": identifiers})
    assert [device and device["name"] for device in data["devicesByIdentifier"]] == [
        *("second", None, "first"),
        *("second", None, "first"),
    ]
    assert len(run) == 2


async def test_adapters_come_oldest_first_and_by_type(gateway: GatewayClient, world: World) -> None:
    device = await world.device()
    await world.adapter(device, identifier=IMEI, created_at="2025-03-02T00:00:00.000Z")
    await world.adapter(device, NetworkAdapterType.LORA, identifier=DEV_EUI, created_at="2025-03-01T00:00:00.000Z")
    await world.adapter(device, NetworkAdapterType.GENERIC, identifier=DVN_UUID, created_at="2025-03-03T00:00:00.000Z")
    query = """{ devices { nodes {
      all: networkAdapters {
        ... on CellularNetworkAdapter { type imei urn }
        ... on LoraNetworkAdapter { type devEui urn }
        ... on GenericNetworkAdapter { type dvnUuid urn }
      }
      some: networkAdapters(types: [GENERIC, CELLULAR]) { __typename }
      none: networkAdapters(types: []) { __typename }
      urns
    } } }"""
    urns = [f"urn:dev:deveui:{DEV_EUI.lower()}", f"urn:dev:imei:{IMEI}", f"urn:dev:dvnuuid:{DVN_UUID}"]
    assert (await gateway.data(query))["devices"]["nodes"] == [
        {
            "all": [
                {"type": "LORA", "devEui": DEV_EUI, "urn": urns[0]},
                {"type": "CELLULAR", "imei": IMEI, "urn": urns[1]},
                {"type": "GENERIC", "dvnUuid": DVN_UUID, "urn": urns[2]},
            ],
            "some": [{"__typename": "CellularNetworkAdapter"}, {"__typename": "GenericNetworkAdapter"}],
            "none": [],
            "urns": urns,
        }
    ]


async def test_urns_share_the_statement_of_the_adapters(
    gateway: GatewayClient, world: World, statements: Statements
) -> None:
    await world.adapter(await world.device(), identifier=IMEI)
    with statements.recorded() as run:
        data = await gateway.data("{ devices { nodes { urns networkAdapters { __typename } } } }")
    assert data["devices"]["nodes"][0]["urns"] == [f"urn:dev:imei:{IMEI}"]
    assert len(run) == 2


async def test_an_adapter_leads_back_to_its_device_in_one_statement(
    gateway: GatewayClient, world: World, statements: Statements
) -> None:
    for name in ("Lamp", "Pump"):
        await world.adapter(await world.device(name=name))
    query = """{ devices(orderBy: [{ field: NAME }]) { nodes {
      networkAdapters { ... on CellularNetworkAdapter { device { name } } }
    } } }"""
    with statements.recorded() as run:
        data = await gateway.data(query)
    assert [node["networkAdapters"] for node in data["devices"]["nodes"]] == [
        [{"device": {"name": "Lamp"}}],
        [{"device": {"name": "Pump"}}],
    ]
    assert len(run) == 3


async def test_history_is_paged_oldest_first(gateway: GatewayClient, world: World) -> None:
    device = await world.device()
    await world.event(device, 1, type=DeviceEventType.DEVICE_CREATED, changes=[["name", None, "Pump"]])
    for version in range(2, 12):
        await world.event(device, version)
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


async def test_nodes_come_in_the_order_of_their_ids_with_their_types(gateway: GatewayClient, world: World) -> None:
    device, group = await world.device(), await world.group()
    adapters = [await world.adapter(device, type_) for type_ in NetworkAdapterType]
    ids = [group["id"], *(adapter["id"] for adapter in adapters), PROJECT, device["id"].upper(), group["id"]]
    data = await gateway.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": ids})
    assert [node and node["__typename"] for node in data["nodes"]] == [
        "DeviceGroup",
        "CellularNetworkAdapter",
        "LoraNetworkAdapter",
        "GenericNetworkAdapter",
        None,
        "Device",
        "DeviceGroup",
    ]
    assert [node and node["id"] for node in data["nodes"]] == [id_.lower() if id_ != PROJECT else None for id_ in ids]
