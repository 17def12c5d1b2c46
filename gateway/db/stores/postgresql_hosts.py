"""The hosts of a PostgreSQL database, and which of them is its primary by now."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

import asyncpg

from gateway.db.stores.faults import AWAY, READ_ONLY
from gateway.db.stores.postgresql_errors import fault_of
from gateway.db.stores.postgresql_url import ServerURL

Connection = Any
"""A connection of asyncpg, whose type is generic."""

logger = logging.getLogger(__name__)

SECONDS_BEFORE_NEXT = 0.5
"""How long a host may take before the next is tried beside it."""
SECONDS_OF_LOOK = 2.0
# Each promotion begins a new timeline, whose number is in the name of each file of the log. NULL at a standby.
_TIMELINE = """SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END"""

_REFUSALS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class NoPrimary(OSError):
    """No host of a database takes changes, for a reason such as `The database does not answer`."""

    def __init__(self, refusals: Sequence[tuple[str, Exception]]) -> None:
        super().__init__("; ".join(f"{host}: {error or type(error).__name__}" for host, error in refusals))
        faults = [fault.reason for _, error in refusals if (fault := fault_of(error))]
        all_answered = all(isinstance(error, asyncpg.TargetServerAttributeNotMatched) for _, error in refusals)
        self.reason = faults[0] if faults else READ_ONLY if all_answered else AWAY


class FormerPrimary(OSError):
    """A server came back as a primary, though another has been promoted, whose changes it does not have."""


class _Host(NamedTuple):
    name: str
    dsn: str


class _Opened(NamedTuple):
    connection: Connection
    timeline: str
    """Empty where the server tells none."""


class Hosts:
    def __init__(self, url: ServerURL, on_move: Callable[[], None] | None = None, **options: Any) -> None:
        """`options` are asyncpg's for each connection.

        `on_move` is called once another host is the primary than before, when no connection to it is used yet.
        """
        self._hosts = [_Host(str(each), each.dsn) for each in url.of_each_host()]
        self._on_move = on_move
        self._options = options
        self._prefers_changes = self.are_several and url.target is None
        if self._prefers_changes:
            self._options["target_session_attrs"] = "primary"
        self._primary: _Host | None = None
        self._timeline = ""
        """That of the primary."""

    @property
    def are_several(self) -> bool:
        return len(self._hosts) > 1

    async def connect(self) -> Connection:
        """Open a connection to the primary, wherever it is. Raise OSError, which NoPrimary is, and asyncpg's errors.

        Where no host takes changes, a primary that is read-only will do for reads, unless the URL says otherwise.
        """
        host, opened = await _Race(self._in_order(), self._open, self._takes_changes).winner()
        self._move_to(host, opened.timeline)
        return opened.connection

    async def look_elsewhere(self) -> None:
        """Find out whether another host has been promoted, and is the primary by now."""
        try:
            async with asyncio.timeout(SECONDS_OF_LOOK):
                host, opened = await _Race(self._others(), self._open, self._takes_changes).winner()
        except _REFUSALS:
            return
        # Others are no better than the one that takes so long, such as a second way to the same server.
        if self._takes_changes(opened) and opened.timeline > self._timeline:
            self._move_to(host, opened.timeline)
        opened.connection.terminate()

    def _in_order(self) -> list[_Host]:
        return [*([self._primary] if self._primary else []), *self._others()]

    def _others(self) -> list[_Host]:
        return [host for host in self._hosts if host is not self._primary]

    def _move_to(self, host: _Host, timeline: str) -> None:
        former, self._primary = self._primary, host
        self._timeline = max(self._timeline, timeline)
        if former and former is not host:
            logger.warning("The primary was %s, and is %s now.", former.name, host.name)
            if self._on_move:
                self._on_move()

    async def _open(self, host: _Host) -> _Opened:
        connection = await asyncpg.connect(host.dsn, **self._options)
        if not self.are_several:
            return _Opened(connection, "")
        try:
            timeline = await _timeline(connection)
        except BaseException:
            connection.terminate()
            raise
        if timeline and timeline < self._timeline:
            connection.terminate()
            raise FormerPrimary("another was promoted since")
        return _Opened(connection, timeline)

    def _takes_changes(self, opened: _Opened) -> bool:
        """Tell whether changes can be made, as far as the server said when it was connected to."""
        settings = opened.connection.get_settings()
        return not (self._prefers_changes and getattr(settings, "default_transaction_read_only", "off") == "on")


async def _timeline(connection: Connection) -> str:
    try:
        return await connection.fetchval(_TIMELINE) or ""
    except asyncpg.PostgresError:
        return ""  # What only speaks PostgreSQL's protocol has no such log.


class _Race:
    """Attempts to connect to hosts: each begins when those before it have failed, or have taken too long."""

    def __init__(
        self,
        hosts: Sequence[_Host],
        open_: Callable[[_Host], Coroutine[Any, Any, _Opened]],
        takes_changes: Callable[[_Opened], bool],
    ) -> None:
        self._waiting = deque(hosts)
        self._open = open_
        self._takes_changes = takes_changes
        self._running: dict[asyncio.Task[_Opened], _Host] = {}
        self._refusals: dict[_Host, Exception] = {}
        self._read_only: tuple[_Host, _Opened] | None = None
        """A primary without changes, which is better than none."""

    async def winner(self) -> tuple[_Host, _Opened]:
        try:
            if found := await self._found():
                return found
            found, self._read_only = self._read_only, None
            if found:
                return found
        finally:
            self._end()
        refusals = [(host.name, error) for host, error in self._refusals.items()]
        if len(refusals) == 1 and isinstance(refusals[0][1], OSError | asyncpg.PostgresError):
            raise refusals[0][1]
        raise NoPrimary(refusals)

    async def _found(self) -> tuple[_Host, _Opened] | None:
        while self._waiting or self._running:
            if self._waiting:
                host = self._waiting.popleft()
                self._running[asyncio.create_task(self._open(host))] = host
            done, _ = await asyncio.wait(
                self._running, timeout=SECONDS_BEFORE_NEXT, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                host = self._running.pop(task)
                if opened := self._opened_by(task, host):
                    return host, opened
            if not done and not self._waiting:
                if self._read_only:
                    return None
                # One host says nothing. Meanwhile another may have become the primary.
                self._waiting.extend(self._refusals)
        return None

    def _opened_by(self, task: asyncio.Task[_Opened], host: _Host) -> _Opened | None:
        """Return what an attempt that has ended opened; None where it cannot be used, or not yet."""
        try:
            opened = task.result()
        except _REFUSALS as error:
            self._refusals[host] = error
            return None
        if self._takes_changes(opened):
            return opened
        if self._read_only:
            opened.connection.terminate()
        else:
            self._read_only = host, opened
        return None

    def _end(self) -> None:
        """Give up what is not needed any more."""
        for task in self._running:
            task.add_done_callback(_give_up)
            task.cancel()
        if self._read_only:
            self._read_only[1].connection.terminate()


def _give_up(task: asyncio.Task[_Opened]) -> None:
    if not task.cancelled() and not task.exception():
        task.result().connection.terminate()
