"""createDevice: what it makes, answers and records."""

import pytest

from gateway.domain.enums import Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, PROJECT, SPECIFICATION, RowFactory
from tests.mutations.support import (
    ADAPTER,
    BY_JOAN,
    CELLULAR,
    DEV_EUI,
    DEVICE,
    DVN_UUID,
    GENERIC,
    IMEI,
    LORA,
    NEW_DEVICE,
    OTHER_IMEI,
    assert_unreadable,
    changed,
    device,
    event,
    found_by,
    history,
    token_of,
    without,
)
from tests.statements import Statements

pytestmark = pytest.mark.anyio

FULL = {
    **NEW_DEVICE,
    "status": "INACTIVE",
    "barcode": "4006381333931",
    "description": "In the cellar",
    "networkAdapters": [GENERIC, CELLULAR, LORA],
}
ASTRAL = "\N{ELECTRIC PLUG}"


async def test_a_new_device_is_shown_with_all_that_was_made_with_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group = await factory.group(name="North")
    selection = f"""device {{ {DEVICE} urns networkAdapters {{ {ADAPTER} }}
      deviceGroups {{ edges {{ createdAt createdBy node {{ name }} }} }} }}"""
    before = now()
    payload = await changed(
        gateway, "createDevice", {**FULL, "deviceGroupIds": [group["id"]]}, selection, token=token_of(gateway)
    )
    made = payload["device"]
    assert before <= made["createdAt"] <= now()
    recorded = {
        "createdAt": made["createdAt"],
        "createdBy": BY_JOAN,
        "modifiedAt": made["createdAt"],
        "modifiedBy": BY_JOAN,
    }
    urns = [f"urn:dev:dvnuuid:{DVN_UUID}", f"urn:dev:imei:{IMEI}", f"urn:dev:deveui:{DEV_EUI.lower()}"]
    generic, cellular, lora = (adapter.pop("id") for adapter in made["networkAdapters"])
    assert len({made["id"], generic, cellular, lora}) == 4
    assert made == {
        "id": made["id"],
        "name": "Pump",
        "status": "INACTIVE",
        "barcode": "4006381333931",
        "description": "In the cellar",
        "clientId": CLIENT,
        "projectId": PROJECT,
        "deviceSpecificationId": SPECIFICATION,
        **recorded,
        "version": 1,
        "urns": urns,
        "networkAdapters": [
            {"__typename": "GenericNetworkAdapter", "type": "GENERIC", "dvnUuid": DVN_UUID, "urn": urns[0], **recorded},
            {"__typename": "CellularNetworkAdapter", "type": "CELLULAR", "imei": IMEI, "urn": urns[1], **recorded},
            {"__typename": "LoraNetworkAdapter", "type": "LORA", "devEui": DEV_EUI, "urn": urns[2], **recorded},
        ],
        "deviceGroups": {
            "edges": [{"createdAt": made["createdAt"], "createdBy": BY_JOAN, "node": {"name": "North"}}],
        },
    }
    assert await device(gateway, f"imei:{IMEI}") == {name: made[name] for name in DEVICE.split()}


async def test_its_first_event_has_every_value_that_it_was_made_with(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group = await factory.group()
    input_ = {**FULL, "deviceGroupIds": [group["id"]]}
    payload = await changed(gateway, "createDevice", input_, "device { id createdAt }", token=token_of(gateway))
    id_, created_at = payload["device"].values()
    assert await history(gateway, id_) == [
        event(
            "DEVICE_CREATED",
            id_,
            1,
            created_at,
            ("name", None, "Pump"),
            ("status", None, "INACTIVE"),
            ("barcode", None, "4006381333931"),
            ("description", None, "In the cellar"),
            ("clientId", None, CLIENT),
            ("projectId", None, PROJECT),
            ("deviceSpecificationId", None, SPECIFICATION),
            ("networkAdapters", None, f"urn:dev:dvnuuid:{DVN_UUID}"),
            ("networkAdapters", None, f"urn:dev:imei:{IMEI}"),
            ("networkAdapters", None, f"urn:dev:deveui:{DEV_EUI.lower()}"),
            ("deviceGroups", None, group["id"]),
        )
    ]


async def test_a_device_of_just_the_required_fields_is_active_and_has_nothing_else(gateway: GatewayClient) -> None:
    selection = "device { id createdAt status barcode description urns deviceGroups { totalCount } }"
    made = (await changed(gateway, "createDevice", NEW_DEVICE, selection, token=token_of(gateway)))["device"]
    id_, created_at = made.pop("id"), made.pop("createdAt")
    assert made == {
        "status": "ACTIVE",
        "barcode": None,
        "description": None,
        "urns": [],
        "deviceGroups": {"totalCount": 0},
    }
    assert await history(gateway, id_) == [
        event(
            "DEVICE_CREATED",
            id_,
            1,
            created_at,
            ("name", None, "Pump"),
            ("status", None, "ACTIVE"),
            ("clientId", None, CLIENT),
            ("projectId", None, PROJECT),
            ("deviceSpecificationId", None, SPECIFICATION),
        )
    ]


async def test_its_edge_is_the_one_that_the_list_of_devices_has(gateway: GatewayClient, factory: RowFactory) -> None:
    await factory.device(name="before")
    edge = "{ cursor node { name } }"
    payload = await changed(gateway, "createDevice", NEW_DEVICE, f"deviceEdge {edge}")
    await factory.device(name="after", created_at="2999-01-01T00:00:00.000Z")
    edges = (await gateway.data(f"{{ devices {{ edges {edge} }} }}"))["devices"]["edges"]
    assert [each["node"]["name"] for each in edges if each == payload["deviceEdge"]] == ["Pump"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x"),
        ("name", "x" * 255),
        ("name", ASTRAL * 255),
        ("name", " \N{EM SPACE}x\t"),
        ("name", "\N{ZERO WIDTH SPACE}"),  # Unicode does not count it as white space.
        ("name", "e\N{COMBINING ACUTE ACCENT} \N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("barcode", ""),
        ("barcode", ASTRAL * 255),
        ("description", " "),
        ("description", ASTRAL * 255),
        ("description", "line\r\nline"),
    ],
)
async def test_text_is_kept_as_it_was_written(gateway: GatewayClient, field: str, value: str) -> None:
    payload = await changed(gateway, "createDevice", {**NEW_DEVICE, field: value}, f"device {{ id {field} }}")
    assert payload["device"][field] == value
    [created] = await history(gateway, payload["device"]["id"])
    assert {"field": field, "before": None, "after": value} in created["changes"]


async def test_identifiers_are_kept_in_their_canonical_letter_case(gateway: GatewayClient) -> None:
    adapters = [{"lora": {"devEui": DEV_EUI.lower()}}, {"generic": {"dvnUuid": DVN_UUID.upper()}}]
    input_ = {**NEW_DEVICE, "clientId": CLIENT.upper(), "networkAdapters": adapters}
    selection = f"device {{ clientId networkAdapters {{ {ADAPTER} }} }}"
    made = (await changed(gateway, "createDevice", input_, selection))["device"]
    lora, generic = made["networkAdapters"]
    assert (made["clientId"], lora["devEui"], generic["dvnUuid"]) == (CLIENT, DEV_EUI, DVN_UUID)


async def test_a_hundred_adapters_come_in_the_order_of_the_input(gateway: GatewayClient) -> None:
    imeis = [str(490154203237999 - serial) for serial in range(100)]
    input_ = {**NEW_DEVICE, "networkAdapters": [{"cellular": {"imei": imei}} for imei in imeis]}
    payload = await changed(gateway, "createDevice", input_, "device { urns }")
    assert payload["device"]["urns"] == [f"urn:dev:imei:{imei}" for imei in imeis]


async def test_a_group_that_comes_twice_in_any_letter_case_has_the_device_once(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    ids = [(await factory.group(name=name))["id"] for name in ("North", "South")]
    input_ = {**NEW_DEVICE, "deviceGroupIds": [ids[0], ids[1], ids[0].upper()]}
    payload = await changed(gateway, "createDevice", input_, "device { id deviceGroups { nodes { id } } }")
    assert sorted(node["id"] for node in payload["device"]["deviceGroups"]["nodes"]) == sorted(ids)
    [created] = await history(gateway, payload["device"]["id"])
    assert [each["field"] for each in created["changes"]].count("deviceGroups") == 2


async def test_a_device_without_groups_needs_no_scope_of_groups(gateway: GatewayClient) -> None:
    token = token_of(gateway, scopes=[Scope.DEVICE_READ, Scope.DEVICE_WRITE])
    input_ = {**NEW_DEVICE, "deviceGroupIds": []}
    assert await changed(gateway, "createDevice", input_, "device { name }", token=token) == {
        "device": {"name": "Pump"}
    }


async def test_a_device_takes_one_statement_and_another_for_each_adapter_and_what_happened(
    gateway: GatewayClient, statements: Statements
) -> None:
    with statements.recorded() as recorded:
        await changed(gateway, "createDevice", {**NEW_DEVICE, "networkAdapters": [GENERIC, CELLULAR]})
    assert [each.text.split()[:3] for each in recorded] == [
        ["INSERT", "INTO", "device"],
        ["INSERT", "INTO", "directory"],
        *[["INSERT", "INTO", "network_adapter"]] * 2,
        ["INSERT", "INTO", "device_event"],
    ]


async def test_a_caller_of_one_client_creates_there(gateway: GatewayClient) -> None:
    token = token_of(gateway, clients=[CLIENT])
    payload = await changed(gateway, "createDevice", NEW_DEVICE, "device { clientId }", token=token)
    assert payload == {"device": {"clientId": CLIENT}}


async def test_a_new_device_is_found_by_a_search_at_once(gateway: GatewayClient) -> None:
    await changed(gateway, "createDevice", {**NEW_DEVICE, "name": "Äpfel", "description": "Straße"})
    assert await found_by(gateway, "ÄPFEL") == ["Äpfel"]
    assert await found_by(gateway, "STRASSE") == ["Äpfel"]


@pytest.mark.parametrize("field", ["device", "deviceEdge"])
async def test_who_may_not_read_devices_makes_one_but_does_not_see_it(gateway: GatewayClient, field: str) -> None:
    await assert_unreadable(gateway, "createDevice", NEW_DEVICE, field, Scope.DEVICE_READ)


async def test_who_may_just_write_makes_a_device_and_sees_that_nothing_is_wrong(gateway: GatewayClient) -> None:
    input_ = {**NEW_DEVICE, "networkAdapters": [{"cellular": {"imei": OTHER_IMEI}}]}
    token = token_of(gateway, scopes=without(Scope.DEVICE_READ))
    assert await changed(gateway, "createDevice", input_, token=token) == {}
    assert await device(gateway, f"imei:{OTHER_IMEI}", "name createdBy") == {"name": "Pump", "createdBy": BY_JOAN}
