"""What is dropped before many rows come, and made anew once all are there, which takes a part of the time.

These are the indexes that only finding needs, foreign keys, and what searches use. They are made as they were: a
database tells the statements that make them.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Row, Table

from gateway.db.cluster import is_cluster, prepare_for_ddl
from gateway.db.search_indexes import SEARCHED_TABLES, index_name

Step = list[str]
"""Statements that belong in one transaction."""

# More than servers have by default, and no less than this one has.
_MEMORY = """
SELECT set_config('maintenance_work_mem', '256MB', true)
 WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('256MB')
"""
_WORKERS = """
SELECT set_config('max_parallel_maintenance_workers', '4', true)
 WHERE current_setting('max_parallel_maintenance_workers')::integer < 4
"""
# Those of keys stay: rows are told apart by them.
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
 WHERE indrelid IN ({tables})
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
 ORDER BY amname = 'gin', 1
"""
_FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS of_table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE contype = 'f' AND conrelid IN ({tables}) ORDER BY 1, 2
"""


def postpone(connection: Connection, tables: Sequence[Table]) -> list[Step]:
    """Drop all that can be made later, and return the steps that make it, in an order that suits them."""
    steps = _in_sqlite if connection.dialect.name == "sqlite" else _in_postgresql
    return list(steps(connection, tables))


def make(connection: Connection, step: Step) -> None:
    """Make what was postponed, or the next part of it."""
    if connection.dialect.name == "postgresql":
        _prepare(connection)
    for statement in step:
        connection.exec_driver_sql(statement)


def _in_sqlite(connection: Connection, tables: Sequence[Table]) -> Iterator[Step]:
    objects = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).all()
    names = {table.name for table in tables}
    indexes = [each for each in objects if each.type == "index" and each.tbl_name in names]
    for index in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index.name}")
        yield [index.sql]
    for table in SEARCHED_TABLES:
        yield _search_of_sqlite(connection, table, [each for each in objects if each.type == "trigger"])


def _search_of_sqlite(connection: Connection, table: str, triggers: Sequence[Row[tuple[str, ...]]]) -> Step:
    """Drop what keeps a full-text index in step with its table."""
    its = [each for each in triggers if each.tbl_name == table]
    for trigger in its:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
    index = index_name(table)
    return [*(each.sql for each in its), f"INSERT INTO {index} ({index}) VALUES ('rebuild')"]  # noqa: S608  # constants


def _in_postgresql(connection: Connection, tables: Sequence[Table]) -> Iterator[Step]:
    _prepare(connection)
    oids = ", ".join(f"'{table.name}'::regclass" for table in tables)
    keys = connection.exec_driver_sql(_FOREIGN_KEYS.format(tables=oids)).all()
    indexes = connection.exec_driver_sql(_INDEXES.format(tables=oids)).all()
    for key in keys:
        connection.exec_driver_sql(f"ALTER TABLE {key.of_table} DROP CONSTRAINT {key.name}")
    for index in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index.name}")
    yield from ([f"ALTER TABLE {key.of_table} ADD CONSTRAINT {key.name} {key.definition}"] for key in keys)
    yield from ([index.definition] for index in indexes)
    yield [f"ANALYZE {', '.join(table.name for table in tables)}"]


def _prepare(connection: Connection) -> None:
    if is_cluster(connection):
        prepare_for_ddl(connection)
    connection.exec_driver_sql(_MEMORY)
    connection.exec_driver_sql(_WORKERS)
