"""A database with demo data, made in this process: a command of its own takes seconds to start."""

import asyncio
from pathlib import Path

from gateway.db.engine import Database
from gateway.db.migrate import migrate
from gateway.demo_data import load_demo_data


def make_demo_file(file: Path, devices: int) -> Path:
    """What `gateway demo-data` makes with its seed."""

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await migrate(database)
        assert await load_demo_data(database, devices, seed=1)
        await database.close()

    asyncio.run(make())
    return file
