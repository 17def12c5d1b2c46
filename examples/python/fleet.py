"""Onboard the devices of a CSV file, and then follow what changes of them: fleet.py FILE."""

import asyncio
import csv
import os
import sys
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from fleet_client import Client, CreateDeviceInput
from websockets import ConnectionClosed, InvalidStatus, WebSocketException

SECONDS_BETWEEN_CONNECTIONS = 1
REFUSED = range(4400, 4500)  # The codes of graphql-transport-ws with which a server closes on a client's mistake.


async def main(file: Path) -> None:
    url = os.environ.get("GATEWAY", "http://127.0.0.1:8000/graphql")
    headers = {"Authorization": f"Bearer {os.environ['GATEWAY_TOKEN']}"}
    async with Client(url, headers, ws_url=url.replace("http", "ws", 1), ws_headers=headers) as client:
        device_ids = await onboard(client, file)
        if device_ids:
            await follow(client, device_ids, await newest_cursor(client))


async def newest_cursor(client: Client) -> str | None:
    """Return where the log of changes is now; null where it is empty."""
    page = (await client.now()).device_events
    return page.edges[0].cursor if page and page.edges else None


async def onboard(client: Client, file: Path) -> list[str]:
    """Return the ids of the devices of `file`, after printing for each row what became of it.

    The file can be onboarded again, after a break for example: with its key, a row that made a device finds that one.
    """
    device_ids = []
    with file.open(newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows), start=1):
            key = sha256(repr(row).encode()).hexdigest()
            adapters = [{"cellular": {"imei": row.pop("imei")}}]
            device = CreateDeviceInput.model_validate(row | {"networkAdapters": adapters, "idempotencyKey": key})
            payload = (await client.onboard(device)).create_device
            if payload is None:
                continue  # That comes with an error alone, which the client has raised.
            for error in payload.user_errors:
                tell(f"row {number}: {error.message}")
            if payload.device:
                tell(f"row {number}: {payload.device.name} is onboarded")
                device_ids.append(payload.device.id)
    return device_ids


async def follow(client: Client, device_ids: list[str], cursor: str | None) -> None:
    """Print each change of the devices after `cursor`; a connection that is lost is opened again, and goes on there."""
    tell(f"following {len(device_ids)} devices")
    while True:
        try:
            async for change in client.changes(device_ids, cursor):
                cursor, event = change.device_events.cursor, change.device_events.node
                name = event.device.name if event.device else "a device"
                changes = ", ".join(f"{each.field} is {each.after}" for each in event.changes)
                tell(f"{event.type_.value} {name}: {changes}")
        except (OSError, WebSocketException) as error:
            if is_refusal(error):
                raise
            tell(f"connection lost: {error}")
        await asyncio.sleep(SECONDS_BETWEEN_CONNECTIONS)


def is_refusal(error: Exception) -> bool:
    """Tell whether another attempt would end as this one, for want of a good token for example."""
    match error:
        case ConnectionClosed(rcvd=close) if close:
            return close.code in REFUSED
        case InvalidStatus(response=response):
            return response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    return False


def tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
