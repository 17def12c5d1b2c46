"""Records the SQL statements that a database runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from gateway.db.database import Database
from gateway.db.session import Transaction
from gateway.db.statements.reader import NO_PARAMETERS


class Statement(NamedTuple):
    text: str
    parameters: Any


class Statements:
    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def recorded(self, *, lookups: bool = False, numbering: bool = False) -> Iterator[list[Statement]]:
        """Yield a list to which each statement is added that runs inside the block.

        Without `numbering`, what gives positions to events is left out, which is part of a change on SQLite alone;
        without `lookups`, what asks a cluster where devices are. So tests count the same everywhere.
        """
        statements: list[Statement] = []
        store = self._database.store
        read, fetch, execute = store.fetch, Transaction.fetch, Transaction.execute

        def record_read(text: str, parameters: Sequence[Any]) -> Any:
            statements.append(Statement(text, parameters))
            return read(text, parameters)

        def record(transaction: Transaction, statement: Any, parameters: Any) -> None:
            statements.append(Statement(*statement.compiled(transaction.dialect).bind(parameters)))

        def record_fetch(transaction: Transaction, statement: Any, parameters: Any = NO_PARAMETERS) -> Any:
            record(transaction, statement, parameters)
            return fetch(transaction, statement, parameters)

        def record_execute(transaction: Transaction, statement: Any, parameters: Any) -> Any:
            record(transaction, statement, parameters)
            return execute(transaction, statement, parameters)

        with (
            patch.object(store, "fetch", record_read),
            patch.object(Transaction, "fetch", record_fetch),
            patch.object(Transaction, "execute", record_execute),
        ):
            yield statements
        if not numbering:
            statements[:] = [each for each in statements if not is_numbering(each)]
        if store.is_distributed and not lookups:
            statements[:] = [each for each in statements if not is_lookup(each)]


def is_numbering(statement: Statement) -> bool:
    """Tell whether a statement gives positions to events."""
    return "event_log" in statement.text or statement.text.startswith("UPDATE device_event SET position")


def is_lookup(statement: Statement) -> bool:
    """Tell whether a statement asks for the location of devices, and nothing else."""
    return statement.text.startswith("SELECT directory.identifier, directory.client_id,")
