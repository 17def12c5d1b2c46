"""Requests at once: of one process or of two, none is lost, refused without a reason, or a server error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.client import GatewayClient
from tests.factories import CLIENT, OTHER_CLIENT, RowFactory
from tests.mutations.support import (
    CELLULAR,
    IMEI,
    LORA,
    NEW_DEVICE,
    ask,
    changed,
    device,
    dump,
    error,
    history,
    other_process,
)

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def gateways(gateway: GatewayClient, processes: int) -> AsyncIterator[list[GatewayClient]]:
    """Yield two gateways to ask at once, which are one process or two."""
    async with other_process(gateway) as other:
        yield [gateway, other if processes == 2 else gateway]


@pytest.mark.parametrize("processes", [1, 2])
async def test_of_two_updates_of_one_version_exactly_one_succeeds(
    gateway: GatewayClient, factory: RowFactory, processes: int
) -> None:
    row = await factory.device(name="0")
    input_ = {"device": row["id"], "expectedVersion": 1}
    async with gateways(gateway, processes) as two:
        asking = [
            ask(each, "updateDevice", {**input_, "name": name}, "device { name version }")
            for each, name in zip(two, "12", strict=True)
        ]
        answers = await asyncio.gather(*asking)
    won, lost = sorted((answer.data["updateDevice"] for answer in answers), key=lambda each: len(each["userErrors"]))
    assert (won["device"]["version"], won["userErrors"]) == (2, [])
    message = "expectedVersion: 1 was expected, but the present version is 2."
    assert lost == {
        "device": None,
        "userErrors": [error("VERSION_MISMATCH", message, "expectedVersion", conflicting=row["id"])],
    }
    assert await device(gateway, row["id"], "name version") == won["device"]
    assert [each["version"] for each in await history(gateway, row["id"])] == [2]


@pytest.mark.parametrize("processes", [1, 2])
async def test_of_two_new_devices_with_one_identifier_exactly_one_is_made(
    gateway: GatewayClient, processes: int
) -> None:
    # In the second input the identifier stands in the second place.
    inputs = [{**NEW_DEVICE, "networkAdapters": adapters} for adapters in ([CELLULAR], [LORA, CELLULAR])]
    async with gateways(gateway, processes) as two:
        asking = [ask(each, "createDevice", input_, "device { id }") for each, input_ in zip(two, inputs, strict=True)]
        payloads = [answer.data["createDevice"] for answer in await asyncio.gather(*asking)]
    [holder] = [payload["device"]["id"] for payload in payloads if payload["device"]]
    [place] = [place for place, payload in enumerate(payloads) if payload["device"] is None]
    assert payloads[place]["userErrors"] == [
        error(
            "IDENTIFIER_TAKEN",
            f"imei: {IMEI} belongs to an adapter already; it is one adapter's only.",
            *("networkAdapters", str(place), "cellular", "imei"),
            conflicting=holder,
        )
    ]
    tables = await dump(gateway.database)
    assert [row["device_id"] for row in tables["device_event"]] == [holder]
    assert len(tables["network_adapter"]) == 2 - place


@pytest.mark.parametrize("processes", [1, 2])
async def test_twenty_writers_of_one_device_each_make_a_version_while_readers_go_on(
    gateway: GatewayClient, factory: RowFactory, processes: int
) -> None:
    row = await factory.device(name="0")
    seen: tuple[list[int], list[int]] = ([], [])
    done = asyncio.Event()

    async def read(versions: list[int]) -> None:
        while not done.is_set():
            versions.append((await device(gateway, row["id"], "version"))["version"])
            await asyncio.sleep(0)  # As a client on a socket would, let others go on.

    async def write(two: list[GatewayClient]) -> list[int]:
        asking = [
            changed(two[name % 2], "updateDevice", {"device": row["id"], "name": str(name)}, "device { version }")
            for name in range(1, 21)
        ]
        try:
            return [payload["device"]["version"] for payload in await asyncio.gather(*asking)]
        finally:
            done.set()

    async with gateways(gateway, processes) as two:
        written, _, _ = await asyncio.gather(write(two), read(seen[0]), read(seen[1]))
    assert sorted(written) == list(range(2, 22))
    assert [each["version"] for each in await history(gateway, row["id"])] == list(range(2, 22))
    for versions in seen:
        assert versions == sorted(versions)
        assert len(versions) > 1


async def test_a_device_that_others_move_to_another_client_is_found_by_those_who_wait_for_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    row = await factory.device()
    await factory.adapter(row, identifier=IMEI)
    moves = [{"clientId": client} for client in (OTHER_CLIENT, CLIENT) * 4]
    names = [{"name": str(number)} for number in range(8)]
    async with gateways(gateway, processes=2) as two:
        answers = await asyncio.gather(
            *(
                ask(two[place % 2], "updateDevice", {"device": f"imei:{IMEI}", **change}, "device { id }")
                for place, change in enumerate([change for both in zip(moves, names, strict=True) for change in both])
            )
        )
    payloads = [answer.data["updateDevice"] for answer in answers]
    assert payloads == [{"device": {"id": row["id"]}, "userErrors": []}] * 16
