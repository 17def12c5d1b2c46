"""The SQL statements that a database runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from sqlalchemy import event

from gateway.db.engine import Database


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
        reads, engine = self._database._reads, self._database.engine.sync_engine
        fetch = reads.fetch

        def record_read(text: str, parameters: Sequence[Any]) -> Any:
            statements.append(Statement(text, parameters))
            return fetch(text, parameters)

        def record(_connection: object, _cursor: object, text: str, parameters: Any, *_: object) -> None:
            statements.append(Statement(text, parameters))

        event.listen(engine, "before_cursor_execute", record)
        try:
            with patch.object(reads, "fetch", record_read):
                yield statements
        finally:
            event.remove(engine, "before_cursor_execute", record)
