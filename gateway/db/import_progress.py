"""How far an import has come: in a table that is there as long as one is under way, so that it can go on there.

What is saved is saved in the transaction of what has been imported.
"""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.database import Database
from gateway.db.progress import is_under_way
from gateway.db.session import Transaction
from gateway.db.statements.statement import Statement, parameter

# Those who begin an import of a server take this lock: any number that is the same for all.
_LOCK = 4_837_202
_table = Table(
    "import_progress",
    MetaData(),
    Column("file", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("errors_file", Text, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("byte", "line", "created", "updated", "skipped", "failed", "errors_bytes")
    ),
)


class ImportProgress(NamedTuple):
    file: str
    """The name of the file, for people; `digest` tells which it is."""
    digest: str
    options: str
    """How it is imported, as JSON."""
    errors_file: str
    byte: int
    """Where the next record begins."""
    line: int
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    errors_bytes: int = 0
    """How many bytes of the errors file are of what has been imported."""


async def progress_under_way(database: Database) -> ImportProgress | None:
    """Return how far the import that is under way has come; None where there is none."""
    async with database.engine.connect() as connection:
        return await _found(connection)


async def begin_progress(
    database: Database, progress: ImportProgress, *, instead_of: ImportProgress | None = None
) -> bool:
    """Begin an import instead of the one that is given up, if any; return False where another one is under way."""
    async with database.writing() as connection:
        if not database.is_sqlite:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if await _found(connection) != instead_of:
            return False
        # The table stays where it is: who has been given up finds another import in it.
        await connection.run_sync(_table.create, checkfirst=True)
        await connection.execute(delete(_table))
        await connection.execute(insert(_table).values(**progress._asdict()))
    return True


async def end_progress(database: Database, progress: ImportProgress) -> None:
    """Forget an import that has come to its end, unless it was given up for another one."""
    async with database.writing() as connection:
        if await _found(connection) == progress:
            await connection.run_sync(_table.drop)


async def _found(connection: AsyncConnection) -> ImportProgress | None:
    """Return what is under way. In a transaction, others wait that go on with it."""
    if not await connection.run_sync(is_under_way, _table):
        return None
    found = (await connection.execute(select(*_table.c).with_for_update())).first()
    return ImportProgress(*found) if found else None


async def locked_progress(transaction: Transaction) -> ImportProgress:
    """Return how far the import has come. Who else goes on with it waits until the transaction ends."""
    [found] = await transaction.fetch(_LOCKED)
    return ImportProgress(*found)


async def save_progress(transaction: Transaction, progress: ImportProgress) -> None:
    await transaction.execute(_SAVED, progress._asdict())


_LOCKED: Statement[Any] = Statement(select(*_table.c).with_for_update())
_SAVED: Statement[Any] = Statement(update(_table).values({column.name: parameter(column) for column in _table.c}))
