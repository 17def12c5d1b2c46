"""A database with demo data, made in this process: a command of its own takes seconds to start."""

import asyncio
from pathlib import Path

from gateway.cli.demo_data import load_demo_data
from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate


def make_demo_file(file: Path, devices: int) -> Path:
    """Make what `gateway demo-data` does with its own seed, and return the file."""

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await migrate(database)
        assert await load_demo_data(database, devices, seed=1)
        await database.close()

    asyncio.run(make())
    return file
