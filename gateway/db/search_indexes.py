"""The indexes that searches use: SQLite's full-text tables, and PostgreSQL's indexes of trigrams."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

SEARCHED_TABLES: Mapping[str, Sequence[str]] = {
    "device": ("name_folded", "description_folded", "barcode_folded"),
    "device_group": ("name_folded", "description_folded"),
}
_TRIGRAM_INDEXES = {
    f"ix_{table_name}_{column}_trigrams": f"ON {table_name} USING gin ({column} gin_trgm_ops)"
    for table_name, columns in SEARCHED_TABLES.items()
    for column in columns
}


def index_name(table_name: str) -> str:
    return f"{table_name}_search"


def create_trigram_indexes(connection: Connection) -> str | None:
    """Create PostgreSQL's indexes where they do not exist; return None, or what keeps searches from using them."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        return f"the extension pg_trgm is not there and cannot be created: {error.orig}"
    for name, definition in _TRIGRAM_INDEXES.items():
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} {definition}")
    if not connection.exec_driver_sql("SELECT show_trgm('é')").scalar_one():
        return "the locale of the database has no letters but those of ASCII"
    return None
