"""The SQL statements that a database runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from gateway.db.engine import Database, Transaction


class Statement(NamedTuple):
    text: str
    parameters: Any


class Statements:
    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def recorded(self) -> Iterator[list[Statement]]:
        """The statements that run inside the block."""
        statements: list[Statement] = []
        reads = self._database._reads
        fetch, run = reads.fetch, Transaction._run

        def record_read(text: str, parameters: Sequence[Any]) -> Any:
            statements.append(Statement(text, parameters))
            return fetch(text, parameters)

        def record_write(transaction: Transaction, statement: Any, parameters: Any) -> Any:
            statements.append(Statement(statement.compiled(transaction.dialect).text, parameters))
            return run(transaction, statement, parameters)

        with patch.object(reads, "fetch", record_read), patch.object(Transaction, "_run", record_write):
            yield statements
