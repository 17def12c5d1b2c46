"""The migrations make what the models say, whoever runs them and how often; the full-text index stays in step."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Column, create_engine, select
from sqlmodel import SQLModel

from gateway.db.compiling import Statement
from gateway.db.engine import Database
from gateway.db.migrate import UnusableDatabase, migrate
from gateway.db.search import contains
from gateway.db.tables import device, device_group
from tests.factories import World

pytestmark = pytest.mark.anyio

MIGRATE = """
import asyncio, sys
from gateway.db.engine import Database
from gateway.db.migrate import migrate

async def main():
    database = Database(sys.argv[1])
    input()
    await migrate(database)
    await database.close()

asyncio.run(main())
"""


def sql_of(file: Path) -> dict[str, str]:
    """The definitions of tables and indexes by name: without white space, and with constraints in a fixed order."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: normal(sql) for name, sql in rows if "_search" not in name and name != "alembic_version"}


def normal(sql: str) -> str:
    columns, *constraints = " ".join(sql.removesuffix(")").split()).split(", CONSTRAINT ")
    return ", CONSTRAINT ".join([columns, *sorted(constraints)])


async def migrated(file: Path) -> None:
    database = Database(URL.create("sqlite+aiosqlite", database=str(file)).render_as_string())
    try:
        await migrate(database)
    finally:
        await database.close()


def test_the_migrations_make_the_tables_indexes_and_constraints_of_the_models(
    migrated_file: Path, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    assert sql_of(migrated_file) == sql_of(tmp_path / "models.db")


def test_alembic_finds_nothing_left_to_migrate(migrated_file: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated_file}")
    with engine.connect() as connection:
        # The full-text indexes are in the migrations alone.
        options = {"compare_type": True, "include_name": lambda name, *_: "_search" not in (name or "")}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    engine.dispose()
    assert differences == []


async def test_migrating_again_changes_nothing(migrated_file: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(migrated_file, tmp_path))
    before = dump(file)
    await migrated(file)
    assert dump(file) == before


async def test_migrating_keeps_the_rows(database: Database, world: World) -> None:
    row = await world.device(name="Pump")
    await migrate(database)
    assert await database.fetch(Statement[Any](select(device.c.id, device.c.name))) == [(row["id"], "Pump")]


async def test_tasks_that_migrate_at_once_all_succeed(tmp_path: Path) -> None:
    await asyncio.gather(*(migrated(tmp_path / "gateway.db") for _ in range(4)))
    assert "device" in sql_of(tmp_path / "gateway.db")


def test_processes_that_migrate_at_once_all_succeed(migrated_file: Path, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(  # noqa: S603  # the program above
            [sys.executable, "-c", MIGRATE, f"sqlite+aiosqlite:///{tmp_path / 'gateway.db'}"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:  # All wait for a line, so that they start together.
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [(process.communicate(timeout=30)[1], process.returncode) for process in processes]
    assert ends == [("", 0)] * 3
    assert sql_of(tmp_path / "gateway.db") == sql_of(migrated_file)


def other_program(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE invoice (id INTEGER)")


def newer_version(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.execute("INSERT INTO alembic_version VALUES ('9999')")


@pytest.mark.parametrize(
    ("make", "message"), [(other_program, "another program"), (newer_version, "newer version of the gateway")]
)
async def test_a_database_that_is_not_ours_to_migrate_is_left_alone(tmp_path: Path, make: Any, message: str) -> None:
    file = tmp_path / "gateway.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        make(connection)
    before = file.read_bytes()

    with pytest.raises(UnusableDatabase, match=message):
        await migrated(file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.db"]  # noqa: ASYNC240


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "what?.db", "a#b.db", "Größe.db"])
async def test_the_name_of_the_file_may_have_any_characters(tmp_path: Path, name: str) -> None:
    for _ in range(2):  # Made, then looked at again.
        await migrated(tmp_path / name)
    assert "device" in sql_of(tmp_path / name)


class Index:
    """The full-text index of a table, as searches use it."""

    def __init__(self, database: Database, table: Any, columns: list[Column[Any]]) -> None:
        self.database = database
        self._table = table
        self._columns = columns

    async def finds(self, term: str) -> list[str]:
        rows = await self.database.fetch(
            Statement[Any](select(self._table.c.name).where(contains(term, self._columns)))
        )
        return sorted(name for (name,) in rows)

    async def run(self, statement: str) -> None:
        async with self.database.engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql(statement)

    async def is_in_step(self) -> None:
        """SQLite raises an error where an entry of the index has no row, or a row no entry."""
        name = f"{self._table.name}_search"
        await self.run(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")  # noqa: S608  # a constant


@pytest.fixture
def devices(database: Database) -> Index:
    return Index(database, device, [device.c.name_folded, device.c.description_folded])


@pytest.fixture
def groups(database: Database) -> Index:
    return Index(database, device_group, [device_group.c.name_folded, device_group.c.description_folded])


async def test_a_new_row_is_found_by_parts_of_its_texts(devices: Index, groups: Index, world: World) -> None:
    await world.device(name="Straßenlaterne", description="am Äquator")
    await world.group(name="Nordseite")
    assert [await devices.finds(term) for term in ("strassen", "äqua", "nordseite")] == [["Straßenlaterne"]] * 2 + [[]]
    assert [await groups.finds(term) for term in ("seite", "strassen")] == [["Nordseite"], []]


@pytest.mark.parametrize("table", ["device", "device_group"])
async def test_a_changed_row_is_found_by_its_new_text_only(
    devices: Index, groups: Index, world: World, table: str
) -> None:
    index, make = (devices, world.device) if table == "device" else (groups, world.group)
    await make(name="Pump", description="behind the gate")
    await make(name="Lamp")
    await index.run(f"UPDATE {table} SET name_folded = 'turbine', description_folded = NULL WHERE name = 'Pump'")  # noqa: S608  # a constant
    assert [await index.finds(term) for term in ("turb", "pump", "gate", "lamp")] == [["Pump"], [], [], ["Lamp"]]
    await index.is_in_step()


@pytest.mark.parametrize("table", ["device", "device_group"])
async def test_a_deleted_row_is_found_no_more(devices: Index, groups: Index, world: World, table: str) -> None:
    index, make = (devices, world.device) if table == "device" else (groups, world.group)
    for name in ("Pump one", "Pump two"):
        await make(name=name)
    await index.run(f"DELETE FROM {table} WHERE name = 'Pump one'")  # noqa: S608  # a constant
    assert await index.finds("pump") == ["Pump two"]
    await index.is_in_step()


async def test_a_change_that_is_rolled_back_is_not_in_the_index(devices: Index, world: World) -> None:
    await world.device(name="Pump")
    async with devices.database.engine.connect() as connection:
        await connection.exec_driver_sql("DELETE FROM device")
        await connection.rollback()
    assert await devices.finds("pump") == ["Pump"]
    await devices.is_in_step()


async def test_rows_are_found_after_vacuum(devices: Index, groups: Index, world: World) -> None:
    for name in ("Pump", "Lamp", "Clock"):
        await world.device(name=name)
        await world.group(name=name)
    await devices.run("DELETE FROM device WHERE name = 'Pump'")
    await groups.run("DELETE FROM device_group WHERE name = 'Pump'")
    await devices.run("VACUUM")
    for index in (devices, groups):
        assert [await index.finds(term) for term in ("pump", "lamp", "clock")] == [[], ["Lamp"], ["Clock"]]
        await index.is_in_step()


def dump(file: Path) -> list[str]:
    def lines() -> Iterator[str]:
        with closing(sqlite3.connect(file)) as connection:
            yield from connection.iterdump()

    return list(lines())
