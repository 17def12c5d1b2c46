"""A program that asks a gateway on a new database in its working directory: `python -m tests.ask_gateway QUERY`.

It prints the data of the answer, and the headers, as JSON. The gateway is that of the first folder of `PYTHONPATH`.
"""

import asyncio
import json
import sys
from pathlib import Path

from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate
from gateway.settings import Settings
from tests.client import GatewayClient


async def ask(query: str) -> None:
    settings = Settings(database_url="sqlite+aiosqlite:///gateway.db", key_file=Path("gateway.key"))
    database = Database(settings.database_url)
    await migrate(database)
    await database.close()
    client = GatewayClient(settings)
    response = await client.http.post(
        "/graphql", json={"query": query}, headers={"Authorization": f"Bearer {client.token()}"}
    )
    print(json.dumps({**response.json(), "headers": dict(response.headers)}))
    await client.close()


if __name__ == "__main__":
    asyncio.run(ask(sys.argv[1]))
