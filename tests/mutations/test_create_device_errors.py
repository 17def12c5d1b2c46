"""createDevice: what it refuses, with nothing made."""

from typing import Any

import pytest

from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.quoting import quoted
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    CELLULAR,
    DEV_EUI,
    DVN_UUID,
    GENERIC,
    IMEI,
    LONG,
    LORA,
    NEW_DEVICE,
    NO_SUCH_ID,
    NOT_A_UUID,
    OTHER_IMEI,
    OWNERS,
    ask,
    assert_forbidden,
    error,
    mismatch,
    nothing_changed,
    refused,
    without,
    wrong_texts,
)

pytestmark = pytest.mark.anyio

ONE_ONLY = "it is one adapter's only."


def with_adapters(*adapters: dict[str, Any]) -> dict[str, Any]:
    return {**NEW_DEVICE, "networkAdapters": list(adapters)}


@pytest.mark.parametrize(("field", "value", "code", "rule"), wrong_texts("barcode", "description"))
async def test_text_that_breaks_its_rule_is_refused(
    gateway: GatewayClient, field: str, value: str, code: str, rule: str
) -> None:
    assert await refused(gateway, "createDevice", {**NEW_DEVICE, field: value}) == [
        error(code, f"{field}: {quoted(value)} {rule}", field)
    ]


async def test_a_client_outside_the_callers_is_refused(gateway: GatewayClient) -> None:
    token = gateway.token(clients=[CLIENT])
    assert await refused(gateway, "createDevice", {**NEW_DEVICE, "clientId": OTHER_CLIENT}, token=token) == [
        error("NOT_ALLOWED", f"clientId: the token does not reach the client {OTHER_CLIENT}.", "clientId")
    ]


@pytest.mark.parametrize(
    ("adapter", "message", "field"),
    [
        ({"cellular": {"imei": "12"}}, 'imei: "12" is not an IMEI of 15 digits or an IMEISV of 16.', "cellular.imei"),
        (
            {"cellular": {"imei": "٤٩٠١٥٤٢٠٣٢٣٧٥١٨"}},
            'imei: "٤٩٠١٥٤٢٠٣٢٣٧٥١٨" is not an IMEI of 15 digits or an IMEISV of 16.',
            "cellular.imei",
        ),
        (
            {"cellular": {"imei": f"{IMEI}\n"}},
            f'imei: "{IMEI}\\n" is not an IMEI of 15 digits or an IMEISV of 16.',
            "cellular.imei",
        ),
        (
            {"lora": {"devEui": f"{DEV_EUI}0"}},
            f'devEui: "{DEV_EUI}0" is not a DevEUI of 16 hexadecimal digits.',
            "lora.devEui",
        ),
        (
            {"generic": {"dvnUuid": DVN_UUID.replace("-", "")}},
            f"dvnUuid: {quoted(DVN_UUID.replace('-', ''))} is not a DvnUUID of 32 hexadecimal digits with hyphens.",
            "generic.dvnUuid",
        ),
    ],
)
async def test_a_malformed_identifier_is_refused(
    gateway: GatewayClient, adapter: dict[str, Any], message: str, field: str
) -> None:
    assert await refused(
        gateway, "createDevice", with_adapters(GENERIC if "generic" not in adapter else LORA, adapter)
    ) == [error("INVALID_FORMAT", message, "networkAdapters", "1", *field.split("."))]


async def test_an_identifier_that_comes_twice_is_refused_where_it_comes_again(gateway: GatewayClient) -> None:
    again = {"lora": {"devEui": DEV_EUI.lower()}}
    assert await refused(gateway, "createDevice", with_adapters(LORA, CELLULAR, again)) == [
        error(
            "IDENTIFIER_TAKEN",
            f"devEui: {DEV_EUI} comes twice in this input; {ONE_ONLY}",
            *("networkAdapters", "2", "lora", "devEui"),
        )
    ]


async def test_taken_identifiers_are_each_refused_and_show_who_has_them(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    holder, other = await factory.device(), await factory.device()
    await factory.adapter(holder, NetworkAdapterType.LORA, identifier=DEV_EUI)
    await factory.adapter(other, identifier=IMEI)
    input_ = with_adapters({"cellular": {"imei": OTHER_IMEI}}, {"lora": {"devEui": DEV_EUI.lower()}}, CELLULAR)
    assert await refused(gateway, "createDevice", input_) == [
        error(
            "IDENTIFIER_TAKEN",
            f"devEui: {DEV_EUI} belongs to an adapter already; {ONE_ONLY}",
            *("networkAdapters", "1", "lora", "devEui"),
            conflicting=holder["id"],
        ),
        error(
            "IDENTIFIER_TAKEN",
            f"imei: {IMEI} belongs to an adapter already; {ONE_ONLY}",
            *("networkAdapters", "2", "cellular", "imei"),
            conflicting=other["id"],
        ),
    ]


@pytest.mark.parametrize("reach", ["clients", "scopes"])
async def test_who_has_a_taken_identifier_is_not_shown_to_a_caller_who_may_not_see_it(
    gateway: GatewayClient, factory: RowFactory, reach: str
) -> None:
    await factory.adapter(await factory.device(client_id=OTHER_CLIENT), NetworkAdapterType.GENERIC, identifier=DVN_UUID)
    tokens = {
        "clients": gateway.token(clients=[CLIENT]),
        "scopes": gateway.token(scopes=without(Scope.DEVICE_READ)),
    }
    assert await refused(gateway, "createDevice", with_adapters(GENERIC), token=tokens[reach], selection="") == [
        error(
            "IDENTIFIER_TAKEN",
            f"dvnUuid: {DVN_UUID} belongs to an adapter already; {ONE_ONLY}",
            *("networkAdapters", "0", "generic", "dvnUuid"),
        )
    ]


async def test_more_than_a_hundred_adapters_or_groups_are_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    group = await factory.group()
    input_ = {
        **with_adapters(*({"cellular": {"imei": str(490154203237000 + serial)}} for serial in range(101))),
        "deviceGroupIds": [group["id"]] * 102,
    }
    assert await refused(gateway, "createDevice", input_) == [
        error("TOO_MANY", "networkAdapters has 101 items; expected at most 100.", "networkAdapters"),
        error("TOO_MANY", "deviceGroupIds has 102 items; expected at most 100.", "deviceGroupIds"),
    ]


async def test_groups_that_it_cannot_be_in_are_each_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    _, _, project = OWNERS["project"]
    own, elsewhere = await factory.group(), await factory.group(project_id=project)
    foreign = await factory.group(client_id=OTHER_CLIENT)
    ids = [own["id"], "nonsense", NO_SUCH_ID, elsewhere["id"], foreign["id"]]
    token = gateway.token(clients=[CLIENT])
    assert await refused(gateway, "createDevice", {**NEW_DEVICE, "deviceGroupIds": ids}, token=token) == [
        error("INVALID_FORMAT", f"deviceGroupIds: {NOT_A_UUID}", "deviceGroupIds", "1"),
        error("NOT_FOUND", f"deviceGroupIds: there is no device group {NO_SUCH_ID}.", "deviceGroupIds", "2"),
        mismatch("project", elsewhere["id"], "deviceGroupIds", "3", conflicting=elsewhere["id"]),
        error("NOT_FOUND", f"deviceGroupIds: there is no device group {foreign['id']}.", "deviceGroupIds", "4"),
    ]


async def test_a_group_of_another_client_that_the_caller_reaches_is_refused(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    own, foreign = await factory.group(), await factory.group(client_id=OTHER_CLIENT)
    input_ = {**NEW_DEVICE, "deviceGroupIds": [own["id"], foreign["id"].upper()]}
    token = gateway.token(clients=[CLIENT, OTHER_CLIENT])
    assert await refused(gateway, "createDevice", input_, token=token) == [
        mismatch("client", foreign["id"], "deviceGroupIds", "1", conflicting=foreign["id"])
    ]


@pytest.mark.parametrize("owner", OWNERS)
async def test_a_group_in_the_way_is_not_shown_to_who_may_not_read_groups(
    gateway: GatewayClient, factory: RowFactory, owner: str
) -> None:
    code, _, other = OWNERS[owner]
    group = await factory.group(**{f"{owner}_id": other})
    token = gateway.token(scopes=without(Scope.DEVICE_GROUP_READ))
    input_ = {**NEW_DEVICE, "deviceGroupIds": [group["id"]]}
    [refusal] = await refused(gateway, "createDevice", input_, token=token)
    assert (refusal["code"], refusal["conflictingNode"]) == (code, None)


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient, factory: RowFactory) -> None:
    holder = await factory.device()
    await factory.adapter(holder, identifier=IMEI)
    input_ = {
        **NEW_DEVICE,
        "name": " ",
        "barcode": LONG + "\0",
        "clientId": OTHER_CLIENT,
        "networkAdapters": [CELLULAR, {"lora": {"devEui": "x"}}, GENERIC, GENERIC],
        "deviceGroupIds": [NO_SUCH_ID],
        "idempotencyKey": "",
    }
    refusals = await refused(gateway, "createDevice", input_, token=gateway.token(clients=[CLIENT]))
    assert [(each["code"], ".".join(each["field"]), each["conflictingNode"]) for each in refusals] == [
        ("BLANK", "name", None),
        ("TOO_LONG", "barcode", None),
        ("INVALID_FORMAT", "barcode", None),
        ("NOT_ALLOWED", "clientId", None),
        ("INVALID_FORMAT", "networkAdapters.1.lora.devEui", None),
        ("IDENTIFIER_TAKEN", "networkAdapters.3.generic.dvnUuid", None),
        ("NOT_FOUND", "deviceGroupIds.0", None),
        ("BLANK", "idempotencyKey", None),
        ("IDENTIFIER_TAKEN", "networkAdapters.0.cellular.imei", {"id": holder["id"]}),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"status": None},
        {"clientId": "nonsense"},
        {"networkAdapters": [{}]},
        {"networkAdapters": [{"cellular": None}]},
        {"networkAdapters": [{**CELLULAR, **LORA}]},
    ],
)
async def test_an_input_that_the_schema_does_not_allow_is_an_error_of_the_request(
    gateway: GatewayClient, wrong: dict[str, Any]
) -> None:
    async with nothing_changed(gateway):
        answer = await ask(gateway, "createDevice", {**NEW_DEVICE, **wrong})
    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


async def test_creating_needs_the_scope_to_write_devices(gateway: GatewayClient) -> None:
    await assert_forbidden(gateway, "createDevice", NEW_DEVICE, Scope.DEVICE_WRITE)


async def test_putting_a_new_device_into_groups_needs_the_scope_to_write_groups(gateway: GatewayClient) -> None:
    input_ = {**NEW_DEVICE, "deviceGroupIds": [NO_SUCH_ID]}
    await assert_forbidden(gateway, "createDevice", input_, Scope.DEVICE_GROUP_WRITE)
