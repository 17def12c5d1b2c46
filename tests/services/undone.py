"""What use cases would make of one database: each runs in a transaction that is undone once it has been read."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import SQLModel

from gateway.db.database import Database
from gateway.db.session import Session, Transaction
from gateway.db.statements.statement import Statement
from gateway.domain.history import GROUPS
from gateway.domain.instants import Instant
from gateway.domain.principal import Principal
from gateway.domain.user_errors import Refused, UserError
from gateway.domain.uuids import Uuid
from tests.mutations.support import Dump

UseCase = Callable[[Transaction, Any], Awaitable[Any]]
Outcome = tuple[Any, Dump]


async def outcome(database: Database, principal: Principal, at: Instant, use_case: UseCase, command: Any) -> Outcome:
    """Return what a use case returns, and all that the database holds then; nothing of it is kept."""

    async def undone(transaction: Transaction, command: Any) -> Outcome:
        transaction.instant = at
        result = await use_case(transaction, command)
        transaction.undo()
        return result, await _dump(transaction)

    return await Session(database).change(principal, undone, command)


async def attempted(transaction: Transaction, use_case: UseCase, command: Any) -> tuple[Any, Sequence[UserError]]:
    """Return what a use case returns, or why it is refused, within a transaction that goes on."""
    await _run(transaction, "SAVEPOINT attempt")
    try:
        return await use_case(transaction, command), ()
    except Refused as refused:
        await _run(transaction, "ROLLBACK TO SAVEPOINT attempt")
        return None, refused.user_errors
    finally:
        await _run(transaction, "RELEASE SAVEPOINT attempt")


def with_names(value: Any, names: Mapping[Uuid, str]) -> Any:
    """Return a value as JSON, which has names in place of the ids of new devices."""
    text = json.dumps(value)
    for id_, name in names.items():
        text = text.replace(id_, name)
    return json.loads(text)


def sorted_rows(tables: Dump) -> Dump:
    return {table: sorted(rows, key=str) for table, rows in tables.items()}


async def _dump(transaction: Transaction) -> Dump:
    """Return the rows of all tables, without what is new each time."""
    return {table.name: await _rows(transaction, table) for table in SQLModel.metadata.sorted_tables}


async def _rows(transaction: Transaction, table: Table) -> list[dict[str, Any]]:
    columns = [each for each in table.columns if (table.name, each.name) not in _NEW]
    names = [each.name for each in columns]
    found = await transaction.fetch(Statement[Any](select(*columns)))
    return [_without_order(dict(zip(names, values, strict=True))) for values in found]


_NEW = {("network_adapter", "id"), ("device_event", "id"), ("device_event", "sequence")}


def _without_order(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row; the groups of a device are in no order, so those of an event are sorted here."""
    if "changes" not in row:
        return row
    changes = json.loads(row["changes"])
    return {**row, "changes": sorted(changes, key=lambda change: str(change) if change[0] == GROUPS else "")}


async def _run(transaction: Transaction, text: str) -> None:
    await transaction._fetch(text, ())
