"""What queries read from and changes write to: the session of a request, and a transaction in it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from gateway.db.database import Database
from gateway.db.statements.reader import MANY, NO_PARAMETERS, Reader
from gateway.db.statements.statement import AnyStatement, CompiledStatement, Row
from gateway.db.stores.store import Connection, Result, Rows
from gateway.db.stores.turns import waiter
from gateway.domain.instants import now
from gateway.domain.positions import Position
from gateway.domain.principal import Principal

EVERYWHERE = Position(0)
"""The position that every replica has reached."""

Command = TypeVar("Command")
UseCase = Callable[["Transaction", Command], Coroutine[Any, Any, Result]]
"""Decides and makes one change. It awaits nothing but its transaction: on SQLite it runs on a thread without a loop."""


class Transaction(Reader):
    """A change on its way into the database: whose it is, and the one instant that all of it is recorded with."""

    def __init__(self, connection: Connection, database: Database, principal: Principal) -> None:
        self.dialect = database.dialect
        self._store = database.store
        self.ran = []
        self._fetch = connection.fetch
        self._execute = connection.execute
        self.principal = principal
        self.instant = now()
        self.has_events = False
        """Whether it has written events."""
        self.is_undone = False
        """Whether nothing of it is kept, although it returns a result."""

    def undo(self) -> None:
        """Let nothing that it has written or will write be kept; what the use case returns is returned all the same."""
        self.is_undone = True

    async def execute(self, statement: AnyStatement[Any], parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """Run a statement and return how many rows it changed."""
        changed = await self._execute(*statement.compiled(self.dialect).bind(parameters))
        self.ran.append((0.0, changed))
        return changed


class Session(Reader):
    """What one request reads and changes. It reads its own writes, and those that its caller has seen."""

    def __init__(self, database: Database, seen: Position = EVERYWHERE, caller: str = "") -> None:
        """`seen` is the position of the earlier writes that the caller has to be shown."""
        waiter.set(self)
        self.caller = caller
        replicas = database.replicas
        self.dialect = database.dialect
        self._store = database.store
        self.ran = []
        self._fetch = partial(replicas.fetch, reached=seen) if replicas else database.store.fetch
        self._database = database
        self.written: Position | None = None
        """The position of what was written, which a replica has to have reached; None where there are no replicas."""

    async def _make_many(self, compiled: CompiledStatement[Row], found: Rows) -> list[Row]:
        rows: list[Row] = []
        for start in range(0, len(found), MANY):
            rows += compiled.rows(found[start : start + MANY])
            await asyncio.sleep(0)
        return rows

    def read_from_primary(self) -> None:
        """Read no more from replicas, which may not have come so far."""
        self._fetch = self._database.store.fetch

    async def change(self, principal: Principal, use_case: UseCase[Command, Result], command: Command) -> Result:
        """Return what a use case returns, in a transaction of its own; an exception undoes it all.

        Raise ChangedMeanwhile where others got in the way, and Unavailable.
        """
        database = self._database
        self.read_from_primary()  # What was written may not be on any replica yet.
        asked, in_turns = perf_counter(), self.turn_seconds
        transactions: list[Transaction] = []

        def work(connection: Connection) -> Coroutine[Any, Any, Result]:
            # Waits for a connection are in it, and at a new attempt also those before.
            self.turn_seconds = in_turns + perf_counter() - asked
            transactions.append(Transaction(connection, database, principal))
            return _run(transactions[-1], use_case, command)

        try:
            result = await database.store.change(work)
        except _Undone as undone:
            returned: Result = undone.result
            return returned
        finally:
            self.change_seconds += perf_counter() - asked
            self.ran += [(0.0, rows) for each in transactions for _, rows in each.ran]
        if database.replicas:
            self.written = await database.replicas.committed()
        if transactions[-1].has_events:
            database.has_new_events.set()
        return result


class _Undone(Exception):
    """A transaction is undone that its use case did not want to be kept."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


async def _run(transaction: Transaction, use_case: UseCase[Command, Result], command: Command) -> Result:
    """Return what a use case returns. Raise _Undone with it, which undoes the transaction, where that is wanted."""
    result = await use_case(transaction, command)
    if transaction.is_undone:
        raise _Undone(result)
    return result
