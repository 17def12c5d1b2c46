"""What statements are read with, whether in a transaction or not."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

from sqlalchemy import Dialect

from gateway.db.statements.statement import AnyStatement, CompiledStatement, Row
from gateway.db.stores.store import Rows

NO_PARAMETERS: Mapping[str, Any] = {}
# So many rows are made of what was read before others have their turns.
MANY = 5_000


class Reader:
    """Runs a SELECT, makes rows of what comes, and counts what it takes."""

    caller = ""
    """Whose it is, where that is known."""
    # Until something is counted, these are the class's, so that a reader that reads nothing costs nothing.
    statements = 0
    rows = 0
    """How many were read or changed."""
    database_seconds = 0.0
    """What was waited for the database, turns included; what was waited for at the same time counts several times."""
    turn_seconds = 0.0
    """What of it was waited for a connection, or for a transaction to begin."""

    dialect: Dialect
    _fetch: Callable[[str, Sequence[Any]], Awaitable[Rows]]
    """Returns the rows of a SELECT, given as its text and the values of its placeholders."""

    async def fetch(self, statement: AnyStatement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Return the rows of a SELECT. Raise Unavailable where the database does not answer."""
        compiled = statement.compiled(self.dialect)
        text, values = compiled.bind(parameters)
        self.statements += 1
        started = perf_counter()
        try:
            found = await self._fetch(text, values)
        finally:
            self.database_seconds += perf_counter() - started
        self.rows += len(found)
        return compiled.rows(found) if len(found) <= MANY else await self._make_many(compiled, found)

    async def _make_many(self, compiled: CompiledStatement[Row], found: Rows) -> list[Row]:
        return compiled.rows(found)
