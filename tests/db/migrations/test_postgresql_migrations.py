"""The migrations of PostgreSQL: what they make, what they refuse, and what becomes of searches without an extension."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlmodel import SQLModel

from gateway.db.database import Database
from gateway.db.migrations.migrate import UnusableDatabase, check_version, migrate
from gateway.db.session import Session
from gateway.db.tables import device
from tests.databases import PostgreSQLDatabases, fetched, migrated
from tests.db.searches import found
from tests.factories import RowFactory
from tests.server import free_port

pytestmark = pytest.mark.anyio

TRIGRAM_INDEXES = [
    "ix_device_barcode_folded_trigrams",
    "ix_device_description_folded_trigrams",
    "ix_device_group_description_folded_trigrams",
    "ix_device_group_name_folded_trigrams",
    "ix_device_name_folded_trigrams",
]
OBJECTS = """
SELECT 'column', table_name || '.' || column_name, concat_ws(' ', udt_name, collation_name, is_nullable, column_default)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'extension', extname, extversion FROM pg_extension
UNION ALL SELECT 'version', version_num, '' FROM alembic_version
ORDER BY 1, 2, 3
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
INDEXES = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix%trigrams' ORDER BY 1"
WARNING = (
    "Searches read whole tables: the extension pg_trgm is not there and cannot be created: "
    'permission denied to create extension "pg_trgm". '
    "Once that has changed, run gateway migrate again."
)


@pytest.fixture
def copy(postgresql: PostgreSQLDatabases) -> Iterator[str]:
    """Yield the URL of a database that has been migrated."""
    with postgresql.copy() as url:
        yield url


@pytest.fixture
def empty(postgresql: PostgreSQLDatabases) -> Iterator[str]:
    with postgresql.new() as url:
        yield url


class Limited(NamedTuple):
    """Names a database, and the same one for a role that may make tables in it, but no extensions."""

    url: str
    of_role: str


@pytest.fixture
async def limited(empty: str) -> Any:
    role = f"gateway_test_{os.getpid()}_limited"
    await fetched(empty, f"CREATE ROLE {role} LOGIN PASSWORD 'limited'")
    await fetched(empty, f"GRANT USAGE, CREATE ON SCHEMA public TO {role}")
    url = make_url(empty).set(username=role, password="limited")  # noqa: S106  # of this role only
    yield Limited(empty, url.render_as_string(hide_password=False))
    await fetched(empty, f"DROP OWNED BY {role}")
    await fetched(empty, f"DROP ROLE {role}")


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "include_name": is_in_models}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


def is_in_models(name: str | None, type_: str, _: object) -> bool:
    """Tell whether the models have it: indexes of trigrams depend on what the server offers."""
    return type_ != "index" or not (name or "").endswith("_trigrams")


async def test_alembic_finds_nothing_left_to_migrate(copy: str) -> None:
    database = Database(copy)
    async with database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    await database.close()
    assert found == []


async def test_text_that_rows_are_sorted_by_compares_by_code_point_whatever_the_locale(copy: str) -> None:
    sorted_text = await fetched(
        copy,
        """SELECT DISTINCT attrelid::regclass::text, attname FROM pg_index
          JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
          WHERE attrelid::regclass::text LIKE ANY ('{device%,network_adapter}')
            AND attcollation NOT IN (0, '"C"'::regcollation)""",
    )
    assert sorted_text == []


async def test_a_migrated_database_has_the_indexes_of_trigrams(copy: str) -> None:
    assert await fetched(copy, INDEXES) == [(name,) for name in TRIGRAM_INDEXES]


async def test_migrating_again_changes_nothing(copy: str) -> None:
    before = await fetched(copy, OBJECTS)
    await migrated(copy)
    assert await fetched(copy, OBJECTS) == before


async def test_migrating_keeps_the_rows(copy: str) -> None:
    database = Database(copy)
    row = await RowFactory(database).device(name="Pump")
    await migrate(database)
    await database.close()
    assert await fetched(copy, "SELECT id::text, name FROM device") == [(row["id"], "Pump")]


async def test_tasks_that_migrate_at_once_all_succeed(empty: str, copy: str) -> None:
    await asyncio.gather(*(migrated(empty) for _ in range(4)))
    assert await fetched(empty, OBJECTS) == await fetched(copy, OBJECTS)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            ["CREATE TABLE invoice (id integer)"],
            "is the database of another program: it has tables, but no version of theirs.",
        ),
        (
            ["CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('9999')"],
            "is from a newer version of the gateway: this one does not know its version 9999.",
        ),
    ],
)
async def test_a_database_that_is_not_ours_to_migrate_is_left_alone(
    empty: str, statements: list[str], message: str
) -> None:
    for statement in statements:
        await fetched(empty, statement)
    before = await fetched(empty, TABLES)
    with pytest.raises(UnusableDatabase) as raised:
        await migrated(empty)
    assert str(raised.value) == f"{name_of(empty)} {message}"
    assert await fetched(empty, TABLES) == before


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_an_encoding_in_which_names_are_not_by_code_point_is_refused(
    postgresql: PostgreSQLDatabases, encoding: str
) -> None:
    with postgresql.new(f"ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'") as url:
        with pytest.raises(UnusableDatabase) as raised:
            await migrated(url)
        assert await fetched(url, TABLES) == []
    assert str(raised.value) == (
        f"{name_of(url)} has the encoding {encoding}; expected UTF8, in which names are by code point."
    )


async def test_a_server_without_such_a_database_is_an_error_of_one_line(empty: str) -> None:
    url = make_url(empty).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(UnusableDatabase) as raised:
        await migrated(url)
    assert str(raised.value) == f'{name_of(url)} cannot be migrated: database "nowhere" does not exist.'


@pytest.mark.parametrize("look", [migrate, check_version])
async def test_a_server_that_cannot_be_reached_is_told_in_one_line(
    look: Callable[[Database], Awaitable[None]],
) -> None:
    database = Database(f"postgresql+asyncpg://postgres@127.0.0.1:{free_port()}/gateway")
    with pytest.raises(
        UnusableDatabase, match=r"^gateway on 127\.0\.0\.1 cannot be reached: .*Connect call failed[^\n]*$"
    ):
        await look(database)
    await database.close()


async def test_a_database_has_to_be_migrated_before_it_is_used(empty: str, copy: str) -> None:
    for url in (empty, copy):
        database = Database(url)
        if url == copy:
            await check_version(database)
        else:
            with pytest.raises(UnusableDatabase, match="is not of this version of the gateway; run gateway migrate"):
                await check_version(database)
        await database.close()


async def test_without_the_extension_searches_are_right_and_with_it_they_have_indexes(
    limited: Limited, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "gateway.db.migrations.migrate"):
        await migrated(limited.of_role)
    assert [record.getMessage() for record in caplog.records] == [WARNING]
    assert await fetched(limited.url, INDEXES) == []

    database = Database(limited.of_role)
    factory = RowFactory(database)
    for name in ("Straßenlaterne", "Pumpe", "100%", "1000"):
        await factory.device(name=name)
    terms = ("strassen", "pum", "u", "00%", "%", "_")
    expected = [["Straßenlaterne"], ["Pumpe"], ["Pumpe"], ["100%"], ["100%"], []]
    assert [await found(Session(database), device, [device.c.name_folded], term) for term in terms] == expected

    await fetched(limited.url, "CREATE EXTENSION pg_trgm")
    caplog.clear()
    await migrate(database)
    assert caplog.records == []
    assert await fetched(limited.url, INDEXES) == [(name,) for name in TRIGRAM_INDEXES]
    assert [await found(Session(database), device, [device.c.name_folded], term) for term in terms] == expected
    await database.close()


async def test_a_role_that_may_not_make_tables_is_told_so_in_one_line(limited: Limited) -> None:
    role = make_url(limited.of_role).username
    await fetched(limited.url, f"REVOKE CREATE ON SCHEMA public FROM {role}")
    with pytest.raises(UnusableDatabase) as raised:
        await migrated(limited.of_role)
    assert str(raised.value) == f"{name_of(limited.url)} cannot be migrated: permission denied for schema public."


def name_of(url: str) -> str:
    parsed = make_url(url)
    return f"{parsed.database} on {parsed.host}"
