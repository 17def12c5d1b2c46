"""INSERT, UPDATE and DELETE of one row, or of many by one statement.

A row of its own version is changed only where it is still as it was loaded.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, delete, literal_column, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from gateway.db.rows import DeviceGroupRow, DeviceRow, WebhookRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, within_reach
from gateway.db.statements.kept import kept
from gateway.db.statements.row_sets import Rows, row_set
from gateway.db.statements.search import folded_columns
from gateway.db.statements.statement import Statement, parameter
from gateway.db.stores.store import ChangedMeanwhile
from gateway.domain.principal import Reach

_PRESENT = ("client_id", "id", "version")
Versioned = TypeVar("Versioned", DeviceRow, DeviceGroupRow)
AnyVersioned = DeviceRow | DeviceGroupRow | WebhookRow
Copied = tuple[tuple[str, str], ...]
"""The names of columns, each with that of the column whose value it gets."""


async def insert(
    transaction: Transaction, table: Table, values: Mapping[str, Any], unique: tuple[str, ...] = ()
) -> bool:
    """Insert a row; return False where another row has the same values in the `unique` columns.

    The index decides, and not a look before the insert, which another transaction could overtake. That it refused is
    an answer and not an error, so that the transaction goes on and can find out who holds the value.
    """
    statement = kept(transaction.dialect, _insert, table, tuple(values), unique)
    return await transaction.execute(statement, values) == 1


async def insert_many(transaction: Transaction, table: Table, rows: Rows, unique: tuple[str, ...] = ()) -> int:
    """Insert rows that have the same columns, in their order, by one statement; return how many were inserted.

    Not inserted is a row where another one has the same values in the `unique` columns, as by `insert`.
    """
    if not rows:
        return 0
    dialect = transaction.dialect
    statement = kept(dialect, _insert_many, dialect.name, table, tuple(rows[0]), unique)
    if not unique:
        return await transaction.execute(statement, {"given": rows})
    # They are returned, since a cluster would count those that it did not insert.
    return len(await transaction.fetch(statement, {"given": rows}))


async def update_version(
    transaction: Transaction, table: Table, row: Versioned, values: Mapping[str, Any]
) -> Versioned:
    """Return the next version of a row, with new `values`. Raise ChangedMeanwhile unless `row` is the present one."""
    changed = next_version(transaction, row, values)
    await update_present(transaction, table, row, {**changed, **folded_columns(changed)})
    return row._replace(**changed)


async def update_present(
    transaction: Transaction, table: Table, row: AnyVersioned, values: Mapping[str, Any], copied: Copied = ()
) -> None:
    """Give columns new values; each of those `copied` gets what another one had. Raise ChangedMeanwhile as above."""
    statement = kept(transaction.dialect, _update_present, table, tuple(values), copied, transaction.principal.reach)
    if await transaction.execute(statement, {**values, **_present_parameters(transaction, row)}) != 1:
        raise ChangedMeanwhile


def next_version(transaction: Transaction, row: AnyVersioned, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the next version of a row with new `values` has other than the row."""
    return {**values, "version": row.version + 1, **_modified(transaction)}


async def update_versions(
    transaction: Transaction, table: Table, rows: Sequence[Versioned], steps: Sequence[int], values: Mapping[str, Any]
) -> None:
    """Give rows new `values`, and versions that are so many steps on. Raise ChangedMeanwhile as `update_version`."""
    dialect, reach = transaction.dialect, transaction.principal.reach
    given = [{**_key(row), "steps": step} for row, step in zip(rows, steps, strict=True)]
    written = {**values, **folded_columns(values), **_modified(transaction)}
    statement = kept(dialect, _update_given, dialect.name, table, tuple(written), reach)
    parameters = {**written, "given": given, "reached": transaction.principal.reached}
    if await transaction.execute(statement, parameters) != len(given):
        raise ChangedMeanwhile


async def delete_versions(transaction: Transaction, table: Table, rows: Iterable[Versioned]) -> None:
    """Delete rows. Raise ChangedMeanwhile where one of them is not the present version."""
    dialect, reach = transaction.dialect, transaction.principal.reach
    given = list(map(_key, rows))
    statement = kept(dialect, _delete_given, dialect.name, table, reach)
    if await transaction.execute(statement, {"given": given, "reached": transaction.principal.reached}) != len(given):
        raise ChangedMeanwhile


async def delete_version(transaction: Transaction, table: Table, row: AnyVersioned) -> None:
    """Delete a row. Raise ChangedMeanwhile where `row` is not the present version."""
    statement = kept(transaction.dialect, _delete_present, table, transaction.principal.reach)
    if await transaction.execute(statement, _present_parameters(transaction, row)) != 1:
        raise ChangedMeanwhile


def _insert(table: Table, names: tuple[str, ...], unique: tuple[str, ...]) -> Statement[Any]:
    statement = postgresql.insert(table).values({name: parameter(table.c[name]) for name in names})
    return Statement(statement.on_conflict_do_nothing(index_elements=unique) if unique else statement)


def _insert_many(dialect: str, table: Table, names: tuple[str, ...], unique: tuple[str, ...]) -> Statement[Any]:
    # With a condition, without which SQLite's parser would take ON CONFLICT for one of a join.
    rows = select(row_set(dialect, {name: table.c[name].type for name in names})).where(_ALWAYS)
    statement = postgresql.insert(table).from_select(names, rows)
    if not unique:
        return Statement(statement)
    skipping = statement.on_conflict_do_nothing(index_elements=unique)
    return Statement(skipping.returning(table.c[unique[0]]))


_ALWAYS: ColumnElement[bool] = literal_column("1 = 1")


def _update_present(table: Table, names: tuple[str, ...], copied: Copied, reach: Reach) -> Statement[Any]:
    values: dict[str, ColumnElement[Any]] = {name: parameter(table.c[name]) for name in names}
    values |= {name: table.c[source] for name, source in copied}
    return Statement(update(table).where(*_is_present(table, reach)).values(values))


def _delete_present(table: Table, reach: Reach) -> Statement[Any]:
    return Statement(delete(table).where(*_is_present(table, reach)))


def _update_given(dialect: str, table: Table, names: tuple[str, ...], reach: Reach) -> Statement[Any]:
    given = row_set(dialect, {**_key_types(table), "steps": table.c.version.type})
    is_given = [table.c[name] == given.c[name] for name in _PRESENT]
    values = {name: parameter(table.c[name]) for name in names}
    versions = {"version": table.c.version + given.c.steps}
    return Statement(update(table).where(*is_given, within_reach(table.c.client_id, reach)).values(values | versions))


def _delete_given(dialect: str, table: Table, reach: Reach) -> Statement[Any]:
    given = row_set(dialect, _key_types(table))
    is_given = tuple_(*(table.c[name] for name in _PRESENT)).in_(select(given))
    return Statement(delete(table).where(is_given, within_reach(table.c.client_id, reach)))


def _key_types(table: Table) -> dict[str, TypeEngine[Any]]:
    return {name: table.c[name].type for name in _PRESENT}


def _key(row: AnyVersioned) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _PRESENT}


def _modified(transaction: Transaction) -> dict[str, Any]:
    return {"modified_at": transaction.instant, "modified_by": transaction.principal.name}


def _is_present(table: Table, reach: Reach) -> list[ColumnElement[bool]]:
    """Return the condition that a row is as it was loaded, and still within the caller's reach."""
    same = [equals_parameter(table.c[name], f"present_{name}") for name in _PRESENT]
    return [*same, within_reach(table.c.client_id, reach)]


def _present_parameters(transaction: Transaction, row: AnyVersioned) -> dict[str, Any]:
    present = {f"present_{name}": getattr(row, name) for name in _PRESENT}
    return {**present, "reached": transaction.principal.reached}
