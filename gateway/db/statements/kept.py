"""Statements that are kept for the next request, as many as fit into a bound of bytes.

What they are made of depends on callers, who have no end of shapes to ask for; it never depends on values.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from cachetools import FIFOCache
from sqlalchemy import Dialect

from gateway.db.statements.statement import CompiledStatement, Row, Statement

KEPT_BYTES = 16_000_000


class KeptStatements:
    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: FIFOCache[Hashable, CompiledStatement[Any]] = FIFOCache(most_bytes, lambda each: each.size)
        # Changes of the embedded database have a thread of their own.
        self._lock = Lock()

    @property
    def size(self) -> int:
        """About how many bytes all that is kept takes."""
        return int(self._kept.currsize)

    def get(
        self, dialect: Dialect, make: Callable[..., Statement[Row]], *arguments: Hashable, **named: Hashable
    ) -> CompiledStatement[Row]:
        """Return the statement that `make` makes of the arguments, made once for as long as it is kept."""
        key = (dialect.name, make, arguments, *named.items())
        try:
            return self._kept[key]
        except KeyError:
            statement = make(*arguments, **named).compiled(dialect)
            if statement.size <= self._most_bytes:
                with self._lock:
                    self._kept[key] = statement
            return statement


kept_statements = KeptStatements(KEPT_BYTES)
kept = kept_statements.get
