"""What a program does with gql: a fleet page by page, a change and a refusal by HTTP, and what changed by WebSocket."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

URL, TOKEN = sys.argv[1:]
DOCUMENTS = Path("documents.graphql").read_text()
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
PAGE = 2


def request(operation: str, **variables: Any) -> GraphQLRequest:
    return GraphQLRequest(DOCUMENTS, variable_values=variables, operation_name=operation)


async def walk() -> None:
    transport = HTTPXAsyncTransport(url=URL, headers=AUTHORIZATION)
    # It introspects the schema, and validates each document before it is sent.
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:

        async def devices(first: int) -> list[dict[str, Any]]:
            page = await session.execute(request("FleetPage", first=first))
            return [edge["node"] for edge in page["devices"]["edges"]]

        async def rename(device: str, name: str) -> dict[str, Any]:
            answer = await session.execute(request("RenameDevice", input={"device": device, "name": name}))
            payload: dict[str, Any] = answer["updateDevice"]
            return payload

        show(await devices(PAGE))
        show(await devices(2 * PAGE))
        [first, *_] = await devices(PAGE)
        print("adapters:", *(adapter["__typename"] for adapter in first["networkAdapters"]))
        await rename(first["id"], "Pump One")
        show(await devices(2 * PAGE))
        for error in (await rename(first["id"], " "))["userErrors"]:
            print("refused:", error["code"], ".".join(error["field"]))
        node = (await session.execute(request("Refetch", id=first["id"])))["node"]
        print("node:", node["__typename"], node["name"])
        now = await session.execute(GraphQLRequest("{ deviceEvents(last: 2) { edges { cursor } } }"))
    await follow(now["deviceEvents"]["edges"][0]["cursor"])


async def follow(cursor: str) -> None:
    """Show the first event after the cursor."""
    transport = WebsocketsTransport(url=URL.replace("http", "ws"), init_payload=AUTHORIZATION)
    async with Client(transport=transport) as session:
        async for event in session.subscribe(request("DeviceChanges", after=cursor)):
            print("event:", event["deviceEvents"]["node"]["type"])
            return


def show(devices: list[dict[str, Any]]) -> None:
    print(", ".join(device["name"] for device in devices))


asyncio.run(walk())
