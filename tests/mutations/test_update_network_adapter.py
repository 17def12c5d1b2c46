"""updateNetworkAdapter: an adapter's identifier and type never change, so it writes nothing at all."""

from typing import Any

import pytest

from gateway.domain.enums import NetworkAdapterType, Scope
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, PRINCIPAL, RowFactory
from tests.mutations.support import (
    ADAPTER,
    CELLULAR,
    DAY_SHOWN,
    DEV_EUI,
    DVN_UUID,
    GENERIC,
    IMEI,
    LORA,
    NO_SUCH_ID,
    NOT_A_UUID,
    OTHER_IMEI,
    ask,
    assert_forbidden,
    changed,
    error,
    history,
    nothing_written,
    refused,
    token_of,
    without,
)

pytestmark = pytest.mark.anyio

IDENTIFIERS = {
    NetworkAdapterType.CELLULAR: IMEI,
    NetworkAdapterType.LORA: DEV_EUI,
    NetworkAdapterType.GENERIC: DVN_UUID,
}


@pytest.mark.parametrize(
    ("type_", "same", "shown"),
    [
        (NetworkAdapterType.CELLULAR, CELLULAR, {"__typename": "CellularNetworkAdapter", "imei": IMEI}),
        (NetworkAdapterType.LORA, LORA, {"__typename": "LoraNetworkAdapter", "devEui": DEV_EUI}),
        (
            NetworkAdapterType.LORA,
            {"lora": {"devEui": DEV_EUI.lower()}},
            {"__typename": "LoraNetworkAdapter", "devEui": DEV_EUI},
        ),
        (NetworkAdapterType.GENERIC, GENERIC, {"__typename": "GenericNetworkAdapter", "dvnUuid": DVN_UUID}),
        (
            NetworkAdapterType.GENERIC,
            {"generic": {"dvnUuid": DVN_UUID.upper()}},
            {"__typename": "GenericNetworkAdapter", "dvnUuid": DVN_UUID},
        ),
    ],
)
async def test_the_same_identifier_in_any_letter_case_writes_nothing_and_shows_the_adapter(
    gateway: GatewayClient, factory: RowFactory, type_: NetworkAdapterType, same: dict[str, Any], shown: dict[str, str]
) -> None:
    row = await factory.device(version=2)
    adapter = await factory.adapter(row, type_, identifier=IDENTIFIERS[type_])
    input_ = {"device": row["id"].upper(), "networkAdapterId": adapter["id"].upper(), "networkAdapter": same}
    async with nothing_written(gateway):
        payload = await changed(
            gateway,
            "updateNetworkAdapter",
            input_,
            f"networkAdapter {{ {ADAPTER} }} device {{ id version modifiedAt modifiedBy }}",
            token=token_of(gateway),
        )
    assert payload["networkAdapter"].pop("urn").endswith(IDENTIFIERS[type_].lower())
    assert payload == {
        "networkAdapter": {
            **shown,
            "id": adapter["id"],
            "type": type_,
            "createdAt": DAY_SHOWN,
            "createdBy": PRINCIPAL,
            "modifiedAt": DAY_SHOWN,
            "modifiedBy": PRINCIPAL,
        },
        "device": {"id": row["id"], "version": 2, "modifiedAt": DAY_SHOWN, "modifiedBy": PRINCIPAL},
    }
    assert await history(gateway, row["id"]) == []


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"cellular": {"imei": OTHER_IMEI}}, "cellular.imei"),
        ({"cellular": {"imei": f"{IMEI}0"}}, "cellular.imei"),
        (LORA, "lora.devEui"),
        # Another type is another identifier, the same digits or not.
        ({"lora": {"devEui": f"{IMEI}0"}}, "lora.devEui"),
        (GENERIC, "generic.dvnUuid"),
    ],
)
async def test_another_identifier_or_type_is_refused(
    gateway: GatewayClient, factory: RowFactory, other: dict[str, Any], field: str
) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"], "networkAdapter": other}
    path = field.split(".")
    async with nothing_written(gateway):
        assert await refused(gateway, "updateNetworkAdapter", input_) == [
            error(
                "IMMUTABLE",
                f"{path[-1]}: the adapter is urn:dev:imei:{IMEI}, which never changes.",
                "networkAdapter",
                *path,
            )
        ]


async def test_an_identifier_that_another_adapter_has_is_refused_like_any_other(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    await factory.adapter(await factory.device(client_id=OTHER_CLIENT), identifier=OTHER_IMEI)
    input_ = {
        "device": row["id"],
        "networkAdapterId": adapter["id"],
        "networkAdapter": {"cellular": {"imei": OTHER_IMEI}},
    }
    [refusal] = await refused(gateway, "updateNetworkAdapter", input_)
    assert (refusal["code"], refusal["conflictingNode"]) == ("IMMUTABLE", None)


async def test_a_malformed_identifier_is_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"], "networkAdapter": {"cellular": {"imei": "1"}}}
    assert await refused(gateway, "updateNetworkAdapter", input_) == [
        error(
            "INVALID_FORMAT",
            'imei: "1" is not an IMEI of 15 digits or an IMEISV of 16.',
            *("networkAdapter", "cellular", "imei"),
        )
    ]


async def test_another_type_with_a_malformed_identifier_is_refused_for_both(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"], "networkAdapter": {"lora": {"devEui": "1"}}}
    path = ("networkAdapter", "lora", "devEui")
    assert await refused(gateway, "updateNetworkAdapter", input_) == [
        error("INVALID_FORMAT", 'devEui: "1" is not a DevEUI of 16 hexadecimal digits.', *path),
        error("IMMUTABLE", f"devEui: the adapter is urn:dev:imei:{IMEI}, which never changes.", *path),
    ]


@pytest.mark.parametrize("identifier", [NO_SUCH_ID, "foreign id", f"urn:dev:imei:{IMEI}"])
async def test_a_device_that_the_caller_does_not_reach_is_not_found(
    gateway: GatewayClient, factory: RowFactory, identifier: str
) -> None:
    foreign = await factory.device(client_id=OTHER_CLIENT)
    adapter = await factory.adapter(foreign, identifier=IMEI)
    identifier = identifier.replace("foreign id", foreign["id"])
    input_ = {"device": identifier, "networkAdapterId": adapter["id"], "networkAdapter": CELLULAR}
    [refusal] = await refused(gateway, "updateNetworkAdapter", input_, token=gateway.token(clients=[CLIENT]))
    assert refusal == error("NOT_FOUND", f"device: there is no device {identifier}.", "device")


async def test_an_adapter_that_the_device_does_not_have_is_not_found(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    of_another = await factory.adapter(await factory.device(), identifier=IMEI)
    for id_ in (NO_SUCH_ID, of_another["id"], row["id"]):
        input_ = {"device": row["id"], "networkAdapterId": id_, "networkAdapter": CELLULAR}
        assert await refused(gateway, "updateNetworkAdapter", input_) == [
            error("NOT_FOUND", f"networkAdapterId: there is no network adapter {id_}.", "networkAdapterId")
        ]


async def test_an_adapters_id_that_is_none_is_refused(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    input_ = {"device": row["id"], "networkAdapterId": "nonsense", "networkAdapter": CELLULAR}
    assert await refused(gateway, "updateNetworkAdapter", input_) == [
        error("INVALID_FORMAT", f"networkAdapterId: {NOT_A_UUID}", "networkAdapterId")
    ]


async def test_all_errors_of_one_input_come_together(gateway: GatewayClient) -> None:
    input_ = {
        "device": NO_SUCH_ID,
        "networkAdapterId": "nonsense",
        "networkAdapter": {"cellular": {"imei": "1"}},
    }
    refusals = await refused(gateway, "updateNetworkAdapter", input_)
    assert sorted((".".join(each["field"]), each["code"]) for each in refusals) == [
        ("device", "NOT_FOUND"),
        ("networkAdapter.cellular.imei", "INVALID_FORMAT"),
        ("networkAdapterId", "INVALID_FORMAT"),
    ]


async def test_updating_needs_the_scope_to_write_devices(gateway: GatewayClient, factory: RowFactory) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"], "networkAdapter": CELLULAR}
    await assert_forbidden(gateway, "updateNetworkAdapter", input_, Scope.DEVICE_WRITE)


@pytest.mark.parametrize("field", ["networkAdapter", "device"])
async def test_an_adapter_is_not_shown_to_who_may_not_read_devices(
    gateway: GatewayClient, factory: RowFactory, field: str
) -> None:
    row = await factory.device()
    adapter = await factory.adapter(row, identifier=IMEI)
    input_ = {"device": row["id"], "networkAdapterId": adapter["id"], "networkAdapter": CELLULAR}
    token = gateway.token(scopes=without(Scope.DEVICE_READ))
    answer = await ask(gateway, "updateNetworkAdapter", input_, f"{field} {{ __typename }}", token=token)
    assert answer.data == {"updateNetworkAdapter": {field: None, "userErrors": []}}
    assert answer.codes == ["FORBIDDEN"]
