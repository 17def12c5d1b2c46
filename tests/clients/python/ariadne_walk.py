"""What a program does with the client that ariadne-codegen makes of the documents."""

import asyncio
import sys

from fleet_client import Client, DeviceItem, GraphQLClientGraphQLMultiError, RenameDeviceUpdateDevice, UpdateDeviceInput

URL, TOKEN = sys.argv[1:]
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
PAGE = 2
NOT_AN_IDENTIFIER = "Pump 1"


async def walk() -> None:
    socket = URL.replace("http", "ws")
    async with Client(URL, headers=AUTHORIZATION, ws_url=socket, ws_connection_init_payload=AUTHORIZATION) as client:

        async def devices(first: int) -> list[DeviceItem]:
            page = (await client.fleet_page(first)).devices
            return [edge.node for edge in page.edges] if page else []

        async def rename(device: str, name: str) -> RenameDeviceUpdateDevice | None:
            return (await client.rename_device(UpdateDeviceInput(device=device, name=name))).update_device

        show(await devices(PAGE))
        show(await devices(2 * PAGE))
        [first, *_] = await devices(PAGE)
        print("adapters:", *(adapter.typename__ for adapter in first.network_adapters))
        await rename(first.id, "Pump One")
        show(await devices(2 * PAGE))
        refused = await rename(first.id, " ")
        for error in refused.user_errors if refused else []:
            print("refused:", error.code.value, ".".join(error.field or []))
        node = (await client.refetch(first.id)).node
        print("node:", node and node.typename__, getattr(node, "name", None))
        try:
            await client.device_detail(NOT_AN_IDENTIFIER)
        except GraphQLClientGraphQLMultiError as error:
            print("error:", *(each.extensions and each.extensions["code"] for each in error.errors))
        print("created:", first.created_at.tzinfo, type(first.client_id).__name__)


def show(devices: list[DeviceItem]) -> None:
    print(", ".join(device.name for device in devices))


asyncio.run(walk())
