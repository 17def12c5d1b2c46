"""One device, and what is read from it."""

import pytest

from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from tests.client import GatewayClient
from tests.factories import CLIENT, PRINCIPAL, PROJECT, SPECIFICATION, RowFactory
from tests.statements import Statements

pytestmark = pytest.mark.anyio

IMEI = "490154203237518"
DEV_EUI = "70B3D5E75E001A2B"
DVN_UUID = "0b0c5b1e-7a53-4e0a-9c2b-2f5c1d3e4f60"


async def test_a_device_shows_its_row(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device(
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
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    await factory.adapter(await factory.device(name="another"))
    device = await factory.device(name="Pump")
    await factory.adapter(device, identifier=IMEI)
    await factory.adapter(device, NetworkAdapterType.LORA, identifier=DEV_EUI)
    await factory.adapter(device, NetworkAdapterType.GENERIC, identifier=DVN_UUID)
    query = "query ($identifier: DeviceIdentifier!) { device(identifier: $identifier) { name } }"
    assert await gateway.data(query, {"identifier": identifier}) == {"device": {"name": "Pump"}}


async def test_a_bare_uuid_is_never_a_dvn_uuid(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.adapter(await factory.device(), NetworkAdapterType.GENERIC, identifier=DVN_UUID)
    assert await gateway.data(f'{{ device(identifier: "{DVN_UUID}") {{ id }} }}') == {"device": None}


async def test_many_identifiers_are_one_statement_and_keep_their_order(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    first, second = await factory.device(name="first"), await factory.device(name="second")
    await factory.adapter(second, identifier=IMEI)
    await factory.adapter(second, NetworkAdapterType.LORA, identifier=DEV_EUI)
    query = "query ($all: [DeviceIdentifier!]!) { devicesByIdentifier(identifiers: $all) { name } }"
    identifiers = [f"imei:{IMEI}", f"imei:{IMEI}9", first["id"], f"deveui:{DEV_EUI}", PROJECT, first["id"]]
    with statements.recorded() as recorded:
        data = await gateway.data(query, {"all": identifiers})
    assert [device and device["name"] for device in data["devicesByIdentifier"]] == [
        *("second", None, "first"),
        *("second", None, "first"),
    ]
    assert len(recorded) == 1


async def test_adapters_come_oldest_first_and_by_type(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    await factory.adapter(device, identifier=IMEI, created_at="2025-03-02T00:00:00.000Z")
    await factory.adapter(device, NetworkAdapterType.LORA, identifier=DEV_EUI, created_at="2025-03-01T00:00:00.000Z")
    await factory.adapter(
        device, NetworkAdapterType.GENERIC, identifier=DVN_UUID, created_at="2025-03-03T00:00:00.000Z"
    )
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


async def test_what_adapters_have_in_common_is_asked_for_once(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    device = await factory.device(name="Pump")
    identifiers = {"CELLULAR": IMEI, "LORA": DEV_EUI, "GENERIC": DVN_UUID}
    adapters = [
        await factory.adapter(
            device,
            NetworkAdapterType(type_),
            identifier=identifier,
            created_at=f"2025-03-0{day}T00:00:00.000Z",
        )
        for day, (type_, identifier) in enumerate(identifiers.items(), start=1)
    ]
    query = """{ devices { nodes { networkAdapters {
      __typename
      ... on CommonNetworkAdapter {
        id type urn createdAt createdBy modifiedAt modifiedBy device { name }
        ... on LoraNetworkAdapter { devEui }
      }
      ... on GenericNetworkAdapter { dvnUuid }
    } } } }"""
    with statements.recorded() as recorded:
        [node] = (await gateway.data(query))["devices"]["nodes"]
    own: list[dict[str, str]] = [{}, {"devEui": DEV_EUI}, {"dvnUuid": DVN_UUID}]
    schemes = ["imei", "deveui", "dvnuuid"]
    assert node["networkAdapters"] == [
        {
            "__typename": f"{adapter['type'].capitalize()}NetworkAdapter",
            "id": adapter["id"],
            "type": adapter["type"],
            "urn": f"urn:dev:{scheme}:{adapter['identifier'].lower()}",
            "createdAt": f"2025-03-0{day}T00:00:00.000Z",
            "createdBy": PRINCIPAL,
            "modifiedAt": "2025-03-01T12:00:00.000Z",
            "modifiedBy": PRINCIPAL,
            "device": {"name": "Pump"},
            **fields,
        }
        for day, (adapter, scheme, fields) in enumerate(zip(adapters, schemes, own, strict=True), start=1)
    ]
    # The devices, their adapters, and the devices again of the adapters of each type.
    assert len(recorded) == 2 + 3


async def test_an_adapter_is_a_common_one_wherever_it_is_read(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    adapter = await factory.adapter(device, NetworkAdapterType.LORA, identifier=DEV_EUI)
    urn = f"urn:dev:deveui:{DEV_EUI.lower()}"
    query = """query ($id: ID!, $ids: [ID!]!) {
      node(id: $id) { ... on CommonNetworkAdapter { urn } }
      nodes(ids: $ids) { __typename ...Urn ... on Node { ...Urn } }
      __type(name: "CommonNetworkAdapter") { possibleTypes { name } }
    }
    fragment Urn on CommonNetworkAdapter { urn }"""
    data = await gateway.data(query, {"id": adapter["id"], "ids": [device["id"], adapter["id"]]})
    types = [f"{type_}NetworkAdapter" for type_ in ("Cellular", "Generic", "Lora")]
    assert sorted(each["name"] for each in data.pop("__type")["possibleTypes"]) == types
    assert data == {
        "node": {"urn": urn},
        "nodes": [{"__typename": "Device"}, {"__typename": "LoraNetworkAdapter", "urn": urn}],
    }


async def test_urns_share_the_statement_of_the_adapters(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    await factory.adapter(await factory.device(), identifier=IMEI)
    with statements.recorded() as recorded:
        data = await gateway.data("{ devices { nodes { urns networkAdapters { __typename } } } }")
    assert data["devices"]["nodes"][0]["urns"] == [f"urn:dev:imei:{IMEI}"]
    assert len(recorded) == 2


async def test_an_adapter_leads_back_to_its_device_in_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    for name in ("Lamp", "Pump"):
        await factory.adapter(await factory.device(name=name))
    query = """{ devices(orderBy: [{ field: NAME }]) { nodes {
      networkAdapters { ... on CellularNetworkAdapter { device { name } } }
    } } }"""
    with statements.recorded() as recorded:
        data = await gateway.data(query)
    assert [node["networkAdapters"] for node in data["devices"]["nodes"]] == [
        [{"device": {"name": "Lamp"}}],
        [{"device": {"name": "Pump"}}],
    ]
    assert len(recorded) == 3


async def test_nodes_come_in_the_order_of_their_ids_with_their_types(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    device, group = await factory.device(), await factory.group()
    adapters = [await factory.adapter(device, type_) for type_ in NetworkAdapterType]
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
