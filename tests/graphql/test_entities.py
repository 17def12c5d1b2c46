"""`_entities`: what other subgraphs name, whatever names it, within the reach and the scopes of the caller."""

from typing import Any

import pytest

from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.settings import Settings
from tests.client import Answer, GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, Row, RowFactory, new_uuid
from tests.statements import Statements

pytestmark = pytest.mark.anyio

IMEI, DEV_EUI, DVN_UUID = "490154203237518", "70B3D5E75E001A2B", "0b0c5b1e-7a53-4e0a-9c2b-2f5c1d3e4f60"
ENTITIES = """query ($all: [_Any!]!) { _entities(representations: $all) {
  __typename
  ... on Node { id }
} }"""


both_executors = pytest.mark.parametrize("executor", ["columns", "graphql-core"])


@pytest.fixture
def executor() -> str:
    return "columns"


@pytest.fixture
def settings(settings: Settings, executor: str) -> Settings:
    return settings.model_copy(update={"federation": True, "executor": executor})


def representation(type_name: str, **fields: Any) -> dict[str, Any]:
    return {"__typename": type_name, **fields}


def entity(type_name: str, row: Row) -> dict[str, Any]:
    return {"__typename": type_name, "id": row["id"]}


async def ask(gateway: GatewayClient, *representations: object, token: str | None = None) -> Answer:
    return await gateway.ask(ENTITIES, {"all": representations}, token=token)


async def entities(gateway: GatewayClient, *representations: object, token: str | None = None) -> Any:
    return (await gateway.data(ENTITIES, {"all": representations}, token=token))["_entities"]


def faults(answer: Answer) -> list[tuple[list[str | int], str, str]]:
    """Return the path, the code and the message of each error."""
    return [(error["path"], error["extensions"]["code"], error["message"]) for error in answer.errors]


async def adapters_of(factory: RowFactory, device: Row) -> list[Row]:
    identifiers = {"CELLULAR": IMEI, "LORA": DEV_EUI, "GENERIC": DVN_UUID}
    return [
        await factory.adapter(device, NetworkAdapterType(type_), identifier=identifier)
        for type_, identifier in identifiers.items()
    ]


@both_executors
async def test_each_key_of_each_type_names_its_object_and_each_kind_of_key_is_one_statement(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    device, group = await factory.device(), await factory.group()
    cellular, lora, generic = await adapters_of(factory, device)
    event = await factory.event(device)
    expected = [
        (representation("Device", id=device["id"]), entity("Device", device)),
        (representation("Device", identifier=f"imei:{IMEI}"), entity("Device", device)),
        (representation("CellularNetworkAdapter", id=cellular["id"]), entity("CellularNetworkAdapter", cellular)),
        (representation("CellularNetworkAdapter", imei=IMEI), entity("CellularNetworkAdapter", cellular)),
        (representation("CellularNetworkAdapter", imei=f"{IMEI}9"), None),
        (representation("LoraNetworkAdapter", id=lora["id"]), entity("LoraNetworkAdapter", lora)),
        (representation("LoraNetworkAdapter", devEui=DEV_EUI.lower()), entity("LoraNetworkAdapter", lora)),
        (representation("GenericNetworkAdapter", id=generic["id"]), entity("GenericNetworkAdapter", generic)),
        (representation("GenericNetworkAdapter", dvnUuid=DVN_UUID.upper()), entity("GenericNetworkAdapter", generic)),
        (representation("DeviceGroup", id=group["id"]), entity("DeviceGroup", group)),
        (representation("DeviceEvent", id=event["id"]), entity("DeviceEvent", event)),
        (representation("Device", id=new_uuid()), None),
        (representation("Device", id=device["id"]), entity("Device", device)),
    ]
    with statements.recorded() as recorded:
        found = await entities(gateway, *(each for each, _ in expected))
    assert found == [each for _, each in expected]
    # By their ids: devices, adapters, groups and events. By what they are known by elsewhere: devices and adapters.
    assert len(recorded) == 4 + 2


async def test_a_device_is_named_in_any_format_of_an_identifier(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    device = await factory.device()
    await adapters_of(factory, device)
    names = [f"imei:{IMEI}", f"deveui:{DEV_EUI}", f"dvnuuid:{DVN_UUID}"]
    identifiers = [device["id"].upper(), *names, *(f"urn:dev:{name}:" for name in names)]
    query = """query ($all: [_Any!]!) { _entities(representations: $all) { ... on Device { identifier } } }"""
    with statements.recorded() as recorded:
        data = await gateway.data(query, {"all": [representation("Device", identifier=each) for each in identifiers]})
    assert data["_entities"] == [{"identifier": device["id"]}] * 7
    assert len(recorded) == 1


async def test_a_device_has_an_identifier_wherever_it_is_read(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    assert await gateway.data("{ devices { nodes { identifier } } }") == {
        "devices": {"nodes": [{"identifier": device["id"]}]}
    }


async def test_what_entities_lead_to_is_one_statement_for_all_of_them(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    devices = [await factory.device(name=name) for name in ("first", "second")]
    adapters = [await factory.adapter(device) for device in devices]
    query = """query ($all: [_Any!]!) { _entities(representations: $all) {
      ... on Device { name networkAdapters { ... on CellularNetworkAdapter { imei } } }
    } }"""
    with statements.recorded() as recorded:
        data = await gateway.data(query, {"all": [representation("Device", id=device["id"]) for device in devices]})
    assert data["_entities"] == [
        {"name": device["name"], "networkAdapters": [{"imei": adapter["identifier"]}]}
        for device, adapter in zip(devices, adapters, strict=True)
    ]
    assert len(recorded) == 2


async def test_an_id_of_another_type_names_nothing(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    adapter = await factory.adapter(device)
    assert await entities(
        gateway,
        representation("LoraNetworkAdapter", id=adapter["id"]),
        representation("Device", id=adapter["id"]),
        representation("DeviceGroup", id=device["id"]),
    ) == [None, None, None]


async def test_the_first_key_counts_and_other_fields_are_ignored(gateway: GatewayClient, factory: RowFactory) -> None:
    device, another = await factory.device(), await factory.device()
    given = representation("Device", dueAt=None, identifier=another["id"], id=device["id"], name=["no name"])
    assert await entities(gateway, given) == [entity("Device", device)]


async def test_what_is_out_of_reach_is_null_like_what_does_not_exist(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    device, foreign = await factory.device(), await factory.device(client_id=OTHER_CLIENT)
    group, event = await factory.group(client_id=OTHER_CLIENT), await factory.event(foreign)
    cellular, *_ = await adapters_of(factory, foreign)
    for clients in ([CLIENT], [CLIENT, new_uuid()]):
        assert await entities(
            gateway,
            representation("Device", id=foreign["id"]),
            representation("Device", identifier=f"imei:{IMEI}"),
            representation("CellularNetworkAdapter", id=cellular["id"]),
            representation("CellularNetworkAdapter", imei=IMEI),
            representation("DeviceGroup", id=group["id"]),
            representation("DeviceEvent", id=event["id"]),
            representation("Device", id=device["id"]),
            token=gateway.token(clients=clients),
        ) == [*[None] * 6, entity("Device", device)]


@both_executors
async def test_a_missing_scope_is_an_error_of_the_entities_that_need_it(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    device, group = await factory.device(), await factory.group()
    with statements.recorded() as recorded:
        answer = await ask(
            gateway,
            representation("Device", id=device["id"]),
            representation("DeviceGroup", id=group["id"]),
            representation("LoraNetworkAdapter", devEui=DEV_EUI),
            token=gateway.token(scopes=[Scope.DEVICE_GROUP_READ]),
        )
    assert answer.data == {"_entities": [None, entity("DeviceGroup", group), None]}
    lacks = "The token lacks the scope device.read."
    assert faults(answer) == [(["_entities", 0], "FORBIDDEN", lacks), (["_entities", 2], "FORBIDDEN", lacks)]
    assert len(recorded) == 1


@both_executors
async def test_what_is_wrong_with_a_representation_is_an_error_of_that_one(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    device = await factory.device()
    types = (
        "Device or CellularNetworkAdapter or LoraNetworkAdapter or GenericNetworkAdapter or DeviceGroup or DeviceEvent"
    )
    uuid_rule = "expected 32 hexadecimal digits with hyphens, such as 36e75427-4c6e-438c-89b5-0cbdb0d4068c."
    wrong: list[tuple[object, str]] = [
        ("Device", ': "Device" is no object; expected one with __typename and a key.'),
        ([], ": [] is no object; expected one with __typename and a key."),
        ({"id": device["id"]}, f": its __typename, null, is no entity's; expected {types}."),
        (representation("Devise"), f': its __typename, "Devise", is no entity\'s; expected {types}.'),
        (representation("Viewer"), f': its __typename, "Viewer", is no entity\'s; expected {types}.'),
        ({"__typename": ["Device"]}, f': its __typename, ["Device"], is no entity\'s; expected {types}.'),
        (representation("Device", imei=IMEI), ": it has no key of Device; expected id or identifier."),
        (representation("Device", id=7), f".id: 7 is not a UUID; {uuid_rule}"),
        (representation("Device", id=None, identifier=device["id"]), f".id: null is not a UUID; {uuid_rule}"),
        (
            representation("CellularNetworkAdapter", imei=int(IMEI)),
            f".imei: {IMEI} is not an IMEI of 15 digits or an IMEISV of 16.",
        ),
        (
            representation("LoraNetworkAdapter", devEui={"a": [1]}),
            '.devEui: {"a": [1]} is not a DevEUI of 16 hexadecimal digits.',
        ),
    ]
    answer = await ask(gateway, *(each for each, _ in wrong), representation("Device", id=device["id"]))
    assert answer.data == {"_entities": [*[None] * len(wrong), entity("Device", device)]}
    assert faults(answer) == [
        (["_entities", index], "BAD_USER_INPUT", f"representations[{index}]{rule}")
        for index, (_, rule) in enumerate(wrong)
    ]


async def test_an_identifier_that_is_none_gets_the_formats(gateway: GatewayClient) -> None:
    [(path, code, message)] = faults(await ask(gateway, representation("Device", identifier=IMEI)))
    assert (path, code) == (["_entities", 0], "BAD_USER_INPUT")
    assert message.startswith(f'representations[0].identifier: "{IMEI}" is not a device identifier; expected <uuid>, ')
    assert message.endswith(f" Did you mean imei:{IMEI}?")


async def test_representations_may_be_written_in_the_document(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    query = f"""query ($id: ID) {{
      constant: _entities(representations: {{ __typename: "Device", id: "{device["id"]}" }}) {{ ...Id }}
      variable: _entities(representations: [{{ __typename: "Device", id: $id }}]) {{ ...Id }}
    }}
    fragment Id on Device {{ id }}"""
    assert await gateway.data(query, {"id": device["id"]}) == {
        "constant": [{"id": device["id"]}],
        "variable": [{"id": device["id"]}],
    }


async def test_as_many_as_a_list_may_have_are_read_at_once(
    gateway: GatewayClient, factory: RowFactory, statements: Statements
) -> None:
    device = await factory.device()
    all_ = [representation("Device", id=new_uuid()) for _ in range(999)]
    with statements.recorded() as recorded:
        found = await entities(gateway, *all_, representation("Device", id=device["id"]))
    assert found == [*[None] * 999, entity("Device", device)]
    assert len(recorded) == 1
    answer = await ask(gateway, *all_, *all_[:2])
    assert answer.data is None
    assert [error["message"] for error in answer.errors] == [
        "The limit on the length of a list is 1000, but the request has 1001."
    ]
