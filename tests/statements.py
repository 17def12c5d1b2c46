"""The SQL statements that a database runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import event

from gateway.db.engine import Database


class Statement(NamedTuple):
    text: str
    parameters: Any


class Statements:
    def __init__(self, database: Database) -> None:
        self._engines = {database.engine.sync_engine, database._writer.sync_engine}

    @contextmanager
    def recorded(self) -> Iterator[list[Statement]]:
        """The statements that run inside the block."""
        statements: list[Statement] = []

        def record(_connection: object, _cursor: object, text: str, parameters: Any, *_: object) -> None:
            statements.append(Statement(text, parameters))

        for engine in self._engines:
            event.listen(engine, "before_cursor_execute", record)
        try:
            yield statements
        finally:
            for engine in self._engines:
                event.remove(engine, "before_cursor_execute", record)
