"""Statements that are kept for the next request, as many as fit into a bound of bytes.

What they are made of depends on callers, who have no end of shapes to ask for; it never depends on values.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from sqlalchemy import Dialect

from gateway.db.statements.statement import CompiledStatement, Row, Statement

KEPT_BYTES = 16_000_000


class KeptStatements:
    def __init__(self, most_bytes: int) -> None:
        self.size = 0
        """About how many bytes all that is kept takes."""
        self._most_bytes = most_bytes
        self._kept: dict[Hashable, CompiledStatement[Any]] = {}
        # Changes of the embedded database have a thread of their own.
        self._lock = Lock()

    def get(
        self, dialect: Dialect, make: Callable[..., Statement[Row]], *arguments: Hashable, **named: Hashable
    ) -> CompiledStatement[Row]:
        """Return the statement that `make` makes of the arguments, made once for as long as it is kept."""
        key = (dialect.name, make, arguments, *named.items())
        statement = self._kept.get(key)
        if statement is None:
            statement = make(*arguments, **named).compiled(dialect)
            self._keep(key, statement)
        return statement

    def _keep(self, key: Hashable, statement: CompiledStatement[Any]) -> None:
        """Keep a statement, and forget those that came first where they leave no room for it."""
        if statement.size > self._most_bytes:
            return
        with self._lock:
            while self.size + statement.size > self._most_bytes:
                self.size -= self._kept.pop(next(iter(self._kept))).size
            if key not in self._kept:
                self._kept[key] = statement
                self.size += statement.size


kept_statements = KeptStatements(KEPT_BYTES)
kept = kept_statements.get
