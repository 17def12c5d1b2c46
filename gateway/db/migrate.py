"""Brings a database to the version of the program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, create_engine, inspect
from sqlalchemy.exc import DatabaseError

from gateway.db.engine import Database, sqlite_file

MIGRATIONS = Path(__file__).parent / "migrations"


class UnusableDatabase(Exception):
    """The database cannot be brought to this version, and has not been touched. The message is one line."""


async def migrate(database: Database) -> None:
    """Raises UnusableDatabase."""
    if file := sqlite_file(database.url):
        _check_file(Path(file))
    async with database.writing() as connection:  # A second process that migrates waits here.
        await connection.run_sync(_upgrade)


def _check_file(file: Path) -> None:
    """A look without writing: opening a file for use would already change it."""
    if not file.absolute().parent.is_dir():
        raise UnusableDatabase(f"{file} cannot be made: its folder does not exist.")
    if not file.exists():
        return
    engine = create_engine(f"sqlite:///{file.absolute().as_uri()}?mode=ro&uri=true", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            _check_version(connection, str(file))
    except DatabaseError as error:
        raise UnusableDatabase(f"{file} is not a database that can be read: {error.orig}.") from error


def _check_version(connection: Connection, name: str) -> None:
    connection.exec_driver_sql("BEGIN")  # One view of the file, whatever another process does to it meanwhile.
    version = MigrationContext.configure(connection).get_current_revision()
    if version is None and inspect(connection).get_table_names():
        raise UnusableDatabase(f"{name} is the database of another program: it has tables, but no version of theirs.")
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(version or "base")
    except CommandError as error:
        raise UnusableDatabase(
            f"{name} is from a newer version of the gateway: this one does not know its version {version}."
        ) from error


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
