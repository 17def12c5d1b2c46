"""What statements are read with, whether in a transaction or not."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect

from gateway.db.statements.statement import AnyStatement, CompiledStatement, Row
from gateway.db.stores.store import Rows

NO_PARAMETERS: Mapping[str, Any] = {}
# So many rows are made of what was read before others have their turns.
MANY = 5_000


class Reader:
    """Runs a SELECT and makes rows of what comes."""

    dialect: Dialect
    _fetch: Callable[[str, Sequence[Any]], Awaitable[Rows]]
    """Returns the rows of a SELECT, given as its text and the values of its placeholders."""

    async def fetch(self, statement: AnyStatement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Return the rows of a SELECT. Raise Unavailable where the database does not answer."""
        compiled = statement.compiled(self.dialect)
        found = await self._fetch(*compiled.bind(parameters))
        return compiled.rows(found) if len(found) <= MANY else await self._make_many(compiled, found)

    async def _make_many(self, compiled: CompiledStatement[Row], found: Rows) -> list[Row]:
        return compiled.rows(found)
