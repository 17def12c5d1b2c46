"""Idempotency keys: a request that comes again gets the first answer again and changes nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gateway.db.tables import idempotency_key
from gateway.domain.instants import now, shifted
from gateway.domain.quoting import quoted
from gateway.domain.uuids import Uuid
from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    ADAPTER,
    CELLULAR,
    DEVICE,
    GROUP,
    NEW_DEVICE,
    NEW_GROUP,
    NOT_BLANK,
    OTHER_IMEI,
    ask,
    changed,
    dump,
    error,
    nothing_changed,
    other_process,
    refused,
    token_of,
)

pytestmark = pytest.mark.anyio

KEY = "order 66"
REUSED = f'idempotencyKey: "{KEY}" was used for another input in the last 24 hours; expected a new key.'
Inputs = dict[str, dict[str, Any]]

MAX = Uuid("c0ffee00-1111-4222-8333-444455556666")
SELECTIONS = {
    "createDevice": f"device {{ {DEVICE} networkAdapters {{ {ADAPTER} }} }} deviceEdge {{ cursor node {{ id }} }}",
    "addNetworkAdapter": f"networkAdapter {{ {ADAPTER} }} device {{ {DEVICE} }}",
    "createDeviceGroup": f"deviceGroup {{ {GROUP} }} deviceEdge: deviceGroupEdge {{ cursor node {{ id }} }}",
}
each_mutation = pytest.mark.parametrize("mutation", SELECTIONS)


@pytest.fixture
async def inputs(factory: RowFactory) -> Inputs:
    row = await factory.device()
    return {
        "createDevice": {**NEW_DEVICE, "networkAdapters": [CELLULAR], "idempotencyKey": KEY},
        "addNetworkAdapter": {"device": row["id"], "networkAdapter": CELLULAR, "idempotencyKey": KEY},
        "createDeviceGroup": {**NEW_GROUP, "idempotencyKey": KEY},
    }


def another(mutation: str, input_: dict[str, Any]) -> dict[str, Any]:
    """An input that differs, and that nothing else is in the way of."""
    other = {"cellular": {"imei": OTHER_IMEI}}
    return {
        "createDevice": {**input_, "networkAdapters": [other]},
        "addNetworkAdapter": {**input_, "networkAdapter": other},
        "createDeviceGroup": {**input_, "name": "South"},
    }[mutation]


async def age_keys(gateway: GatewayClient, by: timedelta) -> None:
    async with gateway.database.engine.begin() as connection:
        await connection.execute(update(idempotency_key).values(created_at=shifted(now(), -by)))


@each_mutation
async def test_the_same_request_gets_the_first_answer_again(
    gateway: GatewayClient, inputs: Inputs, mutation: str
) -> None:
    first = await changed(gateway, mutation, inputs[mutation], SELECTIONS[mutation], token=token_of(gateway))
    async with nothing_changed(gateway):
        # By a newer token of the same caller: what counts is who asks.
        again = await changed(gateway, mutation, inputs[mutation], SELECTIONS[mutation], token=token_of(gateway))
    assert again == first


@each_mutation
async def test_the_same_requests_at_once_get_one_answer(gateway: GatewayClient, inputs: Inputs, mutation: str) -> None:
    before = await dump(gateway.database)
    async with other_process(gateway) as other:
        gateways = [gateway, other] * 3
        first, *others = await asyncio.gather(
            *(changed(each, mutation, inputs[mutation], SELECTIONS[mutation]) for each in gateways)
        )
    assert others == [first] * 5
    after = await dump(gateway.database)
    made = {name: len(rows) - len(before[name]) for name, rows in after.items() if rows != before[name]}
    made.pop("event_log", None)  # Its one row is moved at once on SQLite.
    event_and_key = {"device_event": 1, "idempotency_key": 1}
    assert (
        made
        == {
            "createDevice": {"device": 1, "directory": 2, "network_adapter": 1, **event_and_key},
            # The device is changed in place.
            "addNetworkAdapter": {"device": 0, "directory": 1, "network_adapter": 1, **event_and_key},
            "createDeviceGroup": {"device_group": 1, "idempotency_key": 1},
        }[mutation]
    )


@each_mutation
async def test_the_same_key_with_another_input_is_refused(
    gateway: GatewayClient, inputs: Inputs, mutation: str
) -> None:
    await changed(gateway, mutation, inputs[mutation])
    assert await refused(gateway, mutation, another(mutation, inputs[mutation])) == [
        error("IDEMPOTENCY_KEY_REUSED", REUSED, "idempotencyKey")
    ]


@pytest.mark.parametrize(("first", "second"), [(a, b) for a in SELECTIONS for b in SELECTIONS if a != b])
async def test_the_same_key_of_another_mutation_is_refused(
    gateway: GatewayClient, inputs: Inputs, first: str, second: str
) -> None:
    await changed(gateway, first, inputs[first])
    assert await refused(gateway, second, another(second, inputs[second])) == [
        error("IDEMPOTENCY_KEY_REUSED", REUSED, "idempotencyKey")
    ]


@each_mutation
async def test_another_caller_may_use_the_same_key(gateway: GatewayClient, inputs: Inputs, mutation: str) -> None:
    first = await changed(gateway, mutation, inputs[mutation], SELECTIONS[mutation], token=token_of(gateway))
    input_ = another(mutation, inputs[mutation])
    second = await changed(gateway, mutation, input_, SELECTIONS[mutation], token=token_of(gateway, MAX))
    assert second != first
    assert len((await dump(gateway.database))["idempotency_key"]) == 2


@each_mutation
async def test_a_refused_request_does_not_use_up_its_key(gateway: GatewayClient, inputs: Inputs, mutation: str) -> None:
    wrong = {
        "createDevice": {**inputs["createDevice"], "name": ""},
        "addNetworkAdapter": {**inputs["addNetworkAdapter"], "networkAdapter": {"cellular": {"imei": "1"}}},
        "createDeviceGroup": {**inputs["createDeviceGroup"], "name": ""},
    }[mutation]
    assert len(await refused(gateway, mutation, wrong)) == 1
    await changed(gateway, mutation, inputs[mutation])


async def test_an_identifier_that_is_taken_does_not_use_up_the_key(
    gateway: GatewayClient, factory: RowFactory, inputs: Inputs
) -> None:
    holder = await factory.device()
    adapter = await factory.adapter(holder, identifier=CELLULAR["cellular"]["imei"])
    [refusal] = await refused(gateway, "createDevice", inputs["createDevice"])
    assert refusal["code"] == "IDENTIFIER_TAKEN"
    await changed(gateway, "deleteNetworkAdapter", {"device": holder["id"], "networkAdapterId": adapter["id"]})
    await changed(gateway, "createDevice", inputs["createDevice"])


async def test_the_same_input_written_in_another_way_is_the_same(gateway: GatewayClient) -> None:
    shown = "device { id }"
    first = await changed(gateway, "createDevice", {**NEW_DEVICE, "idempotencyKey": KEY}, shown)
    input_: dict[str, Any] = {
        **dict(reversed(NEW_DEVICE.items())),
        "clientId": CLIENT.upper(),
        "status": "ACTIVE",
        "barcode": None,
        "networkAdapters": [],
        "idempotencyKey": KEY,
    }
    assert await changed(gateway, "createDevice", input_, shown) == first


@pytest.mark.parametrize("mutation", ["createDevice", "createDeviceGroup"])
async def test_a_key_is_remembered_for_24_hours(gateway: GatewayClient, mutation: str) -> None:
    input_: dict[str, Any] = {**(NEW_DEVICE if mutation == "createDevice" else NEW_GROUP), "idempotencyKey": KEY}
    first = await changed(gateway, mutation, input_, SELECTIONS[mutation])
    await age_keys(gateway, timedelta(hours=23, minutes=59))
    assert await changed(gateway, mutation, input_, SELECTIONS[mutation]) == first
    await age_keys(gateway, timedelta(hours=24, seconds=1))
    second = await changed(gateway, mutation, input_, SELECTIONS[mutation])
    assert second != first
    assert await changed(gateway, mutation, input_, SELECTIONS[mutation]) == second


async def test_old_keys_of_every_caller_are_removed_on_the_way_and_others_stay(gateway: GatewayClient) -> None:
    for key in ("1", "2"):
        await changed(gateway, "createDevice", {**NEW_DEVICE, "idempotencyKey": key}, token=token_of(gateway, MAX))
    await age_keys(gateway, timedelta(hours=25))
    for key in ("3", "4"):
        await changed(gateway, "createDeviceGroup", {**NEW_GROUP, "idempotencyKey": key}, token=token_of(gateway))
    keys = {row["key"] for row in (await dump(gateway.database))["idempotency_key"]}
    assert keys == {"3", "4"}


async def test_requests_without_a_key_are_each_new(gateway: GatewayClient) -> None:
    first, second = [await changed(gateway, "createDevice", NEW_DEVICE, "device { id }") for _ in range(2)]
    assert first != second
    assert (await dump(gateway.database))["idempotency_key"] == []


@pytest.mark.parametrize(
    ("key", "code", "rule"),
    [
        ("", "BLANK", f"is blank; {NOT_BLANK}."),
        ("\N{EM SPACE}", "BLANK", f"is blank; {NOT_BLANK}."),
        ("k" * 256, "TOO_LONG", "has 256 characters; expected at most 255."),
        ("k\0", "INVALID_FORMAT", "contains NUL, which is not accepted."),
    ],
)
async def test_a_key_that_breaks_its_rule_is_refused(
    gateway: GatewayClient, inputs: Inputs, key: str, code: str, rule: str
) -> None:
    for mutation, input_ in inputs.items():
        assert await refused(gateway, mutation, {**input_, "idempotencyKey": key}) == [
            error(code, f"idempotencyKey: {quoted(key)} {rule}", "idempotencyKey")
        ]


async def test_the_longest_key_is_remembered(gateway: GatewayClient) -> None:
    input_ = {**NEW_DEVICE, "idempotencyKey": "\N{ELECTRIC PLUG}" * 255}
    first, second = [await changed(gateway, "createDevice", input_, "device { id }") for _ in range(2)]
    assert first == second


async def test_who_does_not_reach_the_client_any_more_is_not_shown_what_was_made(
    gateway: GatewayClient, inputs: Inputs
) -> None:
    await changed(gateway, "createDevice", inputs["createDevice"], token=token_of(gateway))
    async with nothing_changed(gateway):
        answer = await ask(
            gateway,
            "createDevice",
            inputs["createDevice"],
            "device { id }",
            token=token_of(gateway, clients=[OTHER_CLIENT]),
        )
    [refusal] = answer.data["createDevice"].pop("userErrors")
    assert answer.data == {"createDevice": {"device": None}}
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", ["idempotencyKey"])
