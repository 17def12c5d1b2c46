"""What the gateway asks of a database, in the words of its own SQL."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

Result = TypeVar("Result")
Rows = Sequence[Sequence[Any]]


class ChangedMeanwhile(Exception):
    """Others changed what a decision was made on. Nothing was changed, and all of it may be tried again."""


class Interrupted(ChangedMeanwhile):
    """A connection came to an end, and the change with it; of a cluster, that may be one between its servers."""


class Connection(Protocol):
    """One transaction."""

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        """Return the rows of a SELECT."""

    async def execute(self, text: str, parameters: Sequence[Any]) -> int:
        """Run a statement and return how many rows it changed."""


Work = Callable[[Connection], Coroutine[Any, Any, Result]]
"""Does the work of a transaction. It awaits nothing but its connection: SQLite's runs on a thread without a loop."""


class Load(NamedTuple):
    """How busy a store is."""

    in_use: int
    """Connections that are in use; of the embedded database, those for long reads."""
    size: int
    """How many there may be."""
    waiting: int
    """What waits for one."""
    waiting_changes: int = 0
    """The changes that wait for each other, where one at a time is made, and the one that is being made."""


class Store(Protocol):
    @property
    def is_distributed(self) -> bool | None:
        """Whether the tables are spread over the servers of a cluster; None until a connection has told."""

    async def find_out(self) -> bool:
        """Tell whether the tables are spread over servers. Raise Unavailable where the database does not answer."""

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        """Return the rows of a SELECT. Raise Unavailable where the database does not answer."""

    async def change(self, work: Work[Result]) -> Result:
        """Return what `work` returns, whose writes are on disk then; an exception undoes them all.

        Raise ChangedMeanwhile where others got in the way, and Unavailable where the database does not answer.
        """

    def load(self) -> Load:
        """Tell how busy it is now."""

    async def news(self, seconds: float) -> None:
        """Return once events may have become readable, here or elsewhere, or after so many seconds at the latest."""

    async def check(self) -> None:
        """Raise Unavailable where changes cannot be made, as far as can be told without making one."""

    async def close(self) -> None:
        """End all connections."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to use a database. `pool_size`, `timeout_seconds` and `changes_much` alone matter to the embedded one."""

    pool_size: int | None = None
    """The most connections of a process; of the embedded database, those for long reads."""
    timeout_seconds: float = 10.0
    """How long to wait for a connection, and then for each statement; of the embedded one, for a lock."""
    pgbouncer: bool = False
    """Whether a pooler gives each transaction another connection of the server, which has nothing prepared."""
    replica_urls: tuple[str, ...] = ()
    replica_max_lag_seconds: float = 10.0
    """A replica that is further behind answers no reads."""
    changes_much: bool = False
    """Whether very many rows are changed: the embedded database then takes more memory, and a longer log."""


DEFAULTS = Options()
ENGINE: Mapping[str, Any] = {
    "pool_size": 1,
    "max_overflow": 0,
    # Values such as IMEIs are personal data and stay out of error messages and logs.
    "hide_parameters": True,
}
"""The options of SQLAlchemy's engines, which are for tasks beside the requests."""
