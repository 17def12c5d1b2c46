"""addNetworkAdapter: what it adds, records and refuses."""

from typing import Any

import pytest

from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.instants import now
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, RowFactory
from tests.mutations.support import (
    ADAPTER,
    BY_JOAN,
    CELLULAR,
    DAY_SHOWN,
    DEV_EUI,
    DVN_UUID,
    GENERIC,
    IMEI,
    LORA,
    NO_SUCH_ID,
    UNREACHED,
    assert_forbidden,
    assert_unreadable,
    changed,
    device,
    error,
    event,
    history,
    refused,
    token_of,
    without,
)

pytestmark = pytest.mark.anyio

ONE_ONLY = "it is one adapter's only."
IMEI_FIELD = ("networkAdapter", "cellular", "imei")


@pytest.mark.parametrize(
    ("adapter", "shown", "urn"),
    [
        (
            CELLULAR,
            {"__typename": "CellularNetworkAdapter", "type": "CELLULAR", "imei": IMEI},
            f"urn:dev:imei:{IMEI}",
        ),
        (
            {"lora": {"devEui": DEV_EUI.lower()}},
            {"__typename": "LoraNetworkAdapter", "type": "LORA", "devEui": DEV_EUI},
            f"urn:dev:deveui:{DEV_EUI.lower()}",
        ),
        (
            {"generic": {"dvnUuid": DVN_UUID.upper()}},
            {"__typename": "GenericNetworkAdapter", "type": "GENERIC", "dvnUuid": DVN_UUID},
            f"urn:dev:dvnuuid:{DVN_UUID}",
        ),
    ],
)
async def test_an_added_adapter_is_a_change_to_its_device(
    gateway: GatewayClient, factory: RowFactory, adapter: dict[str, Any], shown: dict[str, str], urn: str
) -> None:
    row = await factory.device(version=2)
    record = "version createdAt createdBy modifiedAt modifiedBy urns"
    before = now()
    payload = await changed(
        gateway,
        "addNetworkAdapter",
        {"device": row["id"], "networkAdapter": adapter},
        f"networkAdapter {{ {ADAPTER} }} device {{ {record} }}",
        token=token_of(gateway),
    )
    at = payload["device"]["modifiedAt"]
    assert before <= at <= now()
    id_ = payload["networkAdapter"].pop("id")
    assert payload == {
        "networkAdapter": {
            **shown,
            "urn": urn,
            "createdAt": at,
            "createdBy": BY_JOAN,
            "modifiedAt": at,
            "modifiedBy": BY_JOAN,
        },
        "device": {
            "version": 3,
            "createdAt": DAY_SHOWN,
            "createdBy": PRINCIPAL,
            "modifiedAt": at,
            "modifiedBy": BY_JOAN,
            "urns": [urn],
        },
    }
    assert await device(gateway, urn, "id networkAdapters { ... on Node { id } }") == {
        "id": row["id"],
        "networkAdapters": [{"id": id_}],
    }
    assert await history(gateway, row["id"]) == [
        event("NETWORK_ADAPTER_ADDED", row["id"], 3, at, ("networkAdapters", None, urn))
    ]


async def test_a_device_is_named_by_an_adapter_that_it_has(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    await factory.adapter(row, identifier=IMEI)
    input_ = {"device": f"imei:{IMEI}", "networkAdapter": LORA}
    assert await changed(gateway, "addNetworkAdapter", input_, "device { id urns }") == {
        "device": {"id": row["id"], "urns": [f"urn:dev:imei:{IMEI}", f"urn:dev:deveui:{DEV_EUI.lower()}"]}
    }


async def test_the_same_digits_are_another_identifier_in_another_type(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row, digits = await factory.device(), "1234567890123456"
    for adapter in ({"cellular": {"imei": digits}}, {"lora": {"devEui": digits}}):
        await changed(gateway, "addNetworkAdapter", {"device": row["id"], "networkAdapter": adapter})
    assert (await device(gateway, row["id"], "version"))["version"] == 3


@pytest.mark.parametrize(
    ("adapter", "message", "field"),
    [
        ({"cellular": {"imei": ""}}, 'imei: "" is not an IMEI of 15 digits or an IMEISV of 16.', "cellular.imei"),
        (
            {"cellular": {"imei": f" {IMEI}"}},
            f'imei: " {IMEI}" is not an IMEI of 15 digits or an IMEISV of 16.',
            "cellular.imei",
        ),
        (
            {"lora": {"devEui": "70B3D57ED0000ABG"}},
            'devEui: "70B3D57ED0000ABG" is not a DevEUI of 16 hexadecimal digits.',
            "lora.devEui",
        ),
        (
            {"generic": {"dvnUuid": f"urn:uuid:{DVN_UUID}"}},
            f'dvnUuid: "urn:uuid:{DVN_UUID}" is not a DvnUUID of 32 hexadecimal digits with hyphens.',
            "generic.dvnUuid",
        ),
    ],
)
async def test_a_malformed_identifier_is_refused(
    gateway: GatewayClient, factory: RowFactory, adapter: dict[str, Any], message: str, field: str
) -> None:
    row = await factory.device()
    assert await refused(gateway, "addNetworkAdapter", {"device": row["id"], "networkAdapter": adapter}) == [
        error("INVALID_FORMAT", message, "networkAdapter", *field.split("."))
    ]


async def test_an_identifier_that_another_device_has_is_refused_and_shows_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row, holder = await factory.device(), await factory.device()
    await factory.adapter(holder, NetworkAdapterType.LORA, identifier=DEV_EUI)
    input_ = {"device": row["id"], "networkAdapter": {"lora": {"devEui": DEV_EUI.lower()}}}
    assert await refused(gateway, "addNetworkAdapter", input_) == [
        error(
            "IDENTIFIER_TAKEN",
            f"devEui: {DEV_EUI} belongs to an adapter already; {ONE_ONLY}",
            *("networkAdapter", "lora", "devEui"),
            conflicting=holder["id"],
        )
    ]


async def test_an_identifier_that_the_device_has_itself_is_taken_too(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    await factory.adapter(row, NetworkAdapterType.GENERIC, identifier=DVN_UUID)
    assert await refused(gateway, "addNetworkAdapter", {"device": row["id"], "networkAdapter": GENERIC}) == [
        error(
            "IDENTIFIER_TAKEN",
            f"dvnUuid: {DVN_UUID} belongs to an adapter already; {ONE_ONLY}",
            *("networkAdapter", "generic", "dvnUuid"),
            conflicting=row["id"],
        )
    ]


@pytest.mark.parametrize("reach", ["clients", "scopes"])
async def test_who_has_a_taken_identifier_is_not_shown_to_a_caller_who_may_not_see_it(
    gateway: GatewayClient, factory: RowFactory, reach: str
) -> None:
    row = await factory.device()
    await factory.adapter(await factory.device(client_id=OTHER_CLIENT), identifier=IMEI)
    tokens = {
        "clients": gateway.token(clients=[CLIENT]),
        "scopes": gateway.token(scopes=without(Scope.DEVICE_READ)),
    }
    input_ = {"device": row["id"], "networkAdapter": CELLULAR}
    assert await refused(gateway, "addNetworkAdapter", input_, token=tokens[reach], selection="") == [
        error("IDENTIFIER_TAKEN", f"imei: {IMEI} belongs to an adapter already; {ONE_ONLY}", *IMEI_FIELD)
    ]


@pytest.mark.parametrize("identifier", UNREACHED)
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign = await factory.device(client_id=OTHER_CLIENT)
    await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "networkAdapter": LORA}
    assert await refused(gateway, "addNetworkAdapter", input_, token=gateway.token(clients=[CLIENT])) == [
        error("NOT_FOUND", f"device: there is no device {identifier}.", "device")
    ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient, factory: RowFactory) -> None:
    holder = await factory.device()
    await factory.adapter(holder, identifier=IMEI)
    missing = error("NOT_FOUND", f"device: there is no device {NO_SUCH_ID}.", "device")
    input_ = {"device": NO_SUCH_ID, "networkAdapter": {"cellular": {"imei": "1"}}, "idempotencyKey": " "}
    assert [(each["code"], each["field"]) for each in await refused(gateway, "addNetworkAdapter", input_)] == [
        ("BLANK", ["idempotencyKey"]),
        ("INVALID_FORMAT", [*IMEI_FIELD]),
        ("NOT_FOUND", ["device"]),
    ]
    assert await refused(gateway, "addNetworkAdapter", {"device": NO_SUCH_ID, "networkAdapter": CELLULAR}) == [
        missing,
        error(
            "IDENTIFIER_TAKEN",
            f"imei: {IMEI} belongs to an adapter already; {ONE_ONLY}",
            *IMEI_FIELD,
            conflicting=holder["id"],
        ),
    ]


async def test_adding_needs_the_scope_to_write_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    input_ = {"device": row["id"], "networkAdapter": CELLULAR}
    await assert_forbidden(gateway, "addNetworkAdapter", input_, Scope.DEVICE_WRITE)


@pytest.mark.parametrize("field", ["networkAdapter", "device"])
async def test_who_may_not_read_devices_adds_an_adapter_but_does_not_see_it(
    gateway: GatewayClient, factory: RowFactory, field: str
) -> None:
    row = await factory.device()
    input_ = {"device": row["id"], "networkAdapter": CELLULAR}
    await assert_unreadable(gateway, "addNetworkAdapter", input_, field, Scope.DEVICE_READ)
    assert (await device(gateway, row["id"], "urns"))["urns"] == [f"urn:dev:imei:{IMEI}"]
