"""The migrations of SQLite make what the models say, whoever runs them and how often."""

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
from sqlalchemy import URL, create_engine, select
from sqlmodel import SQLModel

from gateway.db.database import Database
from gateway.db.migrations.migrate import UnusableDatabase, migrate
from gateway.db.search_indexes import SEARCHED_TABLES
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.tables import device
from tests.databases import SQLiteDatabases
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

MIGRATE = """
import asyncio, sys
from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate

async def main():
    database = Database(sys.argv[1])
    input()
    await migrate(database)
    await database.close()

asyncio.run(main())
"""


@pytest.fixture
def template(sqlite: SQLiteDatabases) -> Path:
    """Return a database that has been migrated, which nobody may change."""
    return sqlite.template


def sql_of(file: Path) -> dict[str, str]:
    """Return the definitions of tables and indexes by name, in normal form."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: normal(sql) for name, sql in rows if "_search" not in name and name != "alembic_version"}


def normal(sql: str) -> str:
    """Return a definition with single spaces, and with its constraints in a fixed order."""
    body, _, options = " ".join(sql.split()).rpartition(")")
    columns, *constraints = body.strip().split(", CONSTRAINT ")
    return ", CONSTRAINT ".join([columns, *sorted(constraints)]) + options


def with_rowid(table: str, sql: str) -> str:
    """Return a definition with the column that full-text indexes refer to, which is in the migrations alone."""
    key = f"CONSTRAINT pk_{table} PRIMARY KEY"
    with_column = sql.replace(" client_id VARCHAR(36)", " rowid INTEGER NOT NULL, client_id VARCHAR(36)")
    unique = f"CONSTRAINT uq_{table}_client_id_id UNIQUE (client_id, id)"
    return with_column.replace(f"{key} (client_id, id)", f"{key} (rowid), {unique}")


def is_in_models(name: str | None, type_: str, _: object) -> bool:
    """Tell whether the models have it: full-text indexes, and what these refer to, are in the migrations alone."""
    rowid = {("rowid", "column"), *((f"uq_{table}_client_id_id", "unique_constraint") for table in SEARCHED_TABLES)}
    return (name, type_) not in rowid and "_search" not in (name or "")


async def migrated(file: Path) -> None:
    database = Database(URL.create("sqlite+aiosqlite", database=str(file)).render_as_string())
    try:
        await migrate(database)
    finally:
        await database.close()


def test_the_migrations_make_the_tables_indexes_and_constraints_of_the_models(template: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'models.db'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    of_models = sql_of(tmp_path / "models.db")
    assert sql_of(template) == of_models | {table: with_rowid(table, of_models[table]) for table in SEARCHED_TABLES}


def test_alembic_finds_nothing_left_to_migrate(template: Path) -> None:
    engine = create_engine(f"sqlite:///{template}")
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": is_in_models}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    engine.dispose()
    assert differences == []


async def test_migrating_again_changes_nothing(template: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(template, tmp_path / "gateway.db"))
    before = dump(file)
    await migrated(file)
    assert dump(file) == before


async def test_migrating_keeps_the_rows(database: Database, factory: RowFactory) -> None:
    row = await factory.device(name="Pump")
    await migrate(database)
    assert await Session(database).fetch(Statement[Any](select(device.c.id, device.c.name))) == [(row["id"], "Pump")]


async def test_tasks_that_migrate_at_once_all_succeed(tmp_path: Path) -> None:
    await asyncio.gather(*(migrated(tmp_path / "gateway.db") for _ in range(4)))
    assert "device" in sql_of(tmp_path / "gateway.db")


def test_processes_that_migrate_at_once_all_succeed(template: Path, tmp_path: Path) -> None:
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
    assert sql_of(tmp_path / "gateway.db") == sql_of(template)


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


def dump(file: Path) -> list[str]:
    def lines() -> Iterator[str]:
        with closing(sqlite3.connect(file)) as connection:
            yield from connection.iterdump()

    return list(lines())
