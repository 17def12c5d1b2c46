"""What statements are read with, whether in a transaction or not."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, Protocol

from sqlalchemy import Dialect

from gateway.db.statements.statement import AnyStatement, CompiledStatement, Row
from gateway.db.stores.store import Rows, Store
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


class Owned(Protocol):
    """What belongs to a client."""

    @property
    def client_id(self) -> Uuid: ...


NO_PARAMETERS: Mapping[str, Any] = {}
# So many rows are made of what was read before others have their turns.
MANY = 5_000


class Reader:
    """Runs a SELECT, makes rows of what comes, and counts what it takes."""

    caller = ""
    """Whose it is, where that is known."""
    turn_seconds = 0.0
    """What was waited for a connection, or for a transaction to begin."""
    change_seconds = 0.0
    """What was waited for changes to be made, each with all its statements."""
    dialect: Dialect
    _store: Store
    _fetch: Callable[[str, Sequence[Any]], Awaitable[Rows]]
    """Returns the rows of a SELECT, given as its text and the values of its placeholders."""
    ran: list[tuple[float, int]]
    """How many seconds each statement took, its turn included, and how many rows it read or changed."""

    @property
    def statements(self) -> int:
        return len(self.ran)

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.ran)

    @property
    def database_seconds(self) -> float:
        """What was waited for the database, turns included; waits at the same time count each."""
        return self.change_seconds + sum(seconds for seconds, _ in self.ran)

    async def is_on_cluster(self) -> bool:
        """Tell whether the tables are spread over the servers of a cluster. Raise Unavailable."""
        known = self._store.is_distributed
        return await self._store.find_out() if known is None else known

    def narrowed(self, principal: Principal, owned: Iterable[Owned]) -> Principal:
        """Return the caller as one who reaches only the clients of what is `owned`, where that spares servers work.

        What belongs to a client lies on one server of a cluster; a statement that names clients goes to theirs alone.
        """
        return principal.narrowed({each.client_id for each in owned}) if self._store.is_distributed else principal

    async def fetch(self, statement: AnyStatement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """Return the rows of a SELECT. Raise Unavailable where the database does not answer."""
        compiled = statement.compiled(self.dialect)
        text, values = compiled.bind(parameters)
        started = perf_counter()
        found: Rows = ()
        try:
            found = await self._fetch(text, values)
        finally:
            self.ran.append((perf_counter() - started, len(found)))
        return compiled.rows(found) if len(found) <= MANY else await self._make_many(compiled, found)

    async def _make_many(self, compiled: CompiledStatement[Row], found: Rows) -> list[Row]:
        return compiled.rows(found)
