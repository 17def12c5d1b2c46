"""The file of the embedded database, which somebody may delete or replace while it is open.

Who has a deleted file open reads and writes it as if nothing had happened, until it is closed: then all of it is gone.
So connections know which file they have open, and are opened anew where another one lies in its place.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakSet

from gateway.db.stores.faults import READ_ONLY, Fault
from gateway.db.stores.sqlite_errors import CANNOT_OPEN, MISSING, MOVED, primary_code

# Each connection keeps so many prepared.
CACHED_STATEMENTS = 256
# Reads that have begun before another file came keep the log in use.
MOST_SECONDS_TO_PART = 1.0
MOST_MS_TO_TRY = 1_000

LOG_SUFFIXES = ("-wal", "-shm")
"""What the names of the files of the write-ahead log end with: of the log, and of its index in shared memory."""

_Identity = tuple[int, int]
"""A device and the number of a file on it: what tells files apart, whatever they are called."""


class FileMoved(Fault):
    """The database file was deleted or replaced, and what had it open still has. Others close it and try again."""

    def __init__(self) -> None:
        super().__init__(MOVED)


class FileConnection(sqlite3.Connection):
    """A connection to a file that has to be there: to open it makes none."""

    def __init__(self, path: str | Path, **options: Any) -> None:
        """Raise sqlite3.Error."""
        self._path = os.fspath(path)
        self.identity = _identity(self._path)
        # Where the place is a link's, SQLite has the log beside what it leads to.
        self._real_path = os.path.realpath(path)
        self._log = tuple(self._real_path + suffix for suffix in LOG_SUFFIXES)
        self._log_identities: tuple[_Identity | None, ...] | None = None
        self.is_open = True
        # Should it be another one by now, the first look tells.
        super().__init__(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True, **options)

    def remember_log(self) -> None:
        """Remember the files of the log too, once something has been read: that is when SQLite opens them."""
        self._log_identities = tuple(map(_identity, self._log))

    def is_current(self) -> bool:
        """Tell whether the files that are open still lie in their places, which takes some microseconds."""
        return _identity(self._path) == self.identity and not self._has_lost_log()

    def has_old_log(self) -> bool:
        """Tell whether the file that is open still lies in its place, but the log does not."""
        return self.is_open and _identity(self._path) == self.identity and self._has_lost_log()

    def close(self) -> None:
        super().close()
        self.is_open = False

    def part_from_log(self) -> None:
        """Bring all that is in the log into the file that is open, and take the log away from beside another file.

        SQLite would take it for that one's. Raise FileMoved where the log is still read, OSError, and sqlite3.Error.
        """
        if _identity(self._real_path) == self.identity and not self._has_lost_log():
            return  # Only the link leads elsewhere, and others may use the file.
        self._empty_log()
        if not self._left_files():
            return
        # Other processes that part from it at the same time wait here, and then find it gone, or another one there.
        self.execute("BEGIN IMMEDIATE")
        try:
            for left in self._left_files():
                left.unlink()
        finally:
            self.execute("ROLLBACK")

    def _empty_log(self) -> None:
        deadline = time.monotonic() + MOST_SECONDS_TO_PART
        while True:
            [(_, in_log, in_file)] = self.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            if in_log == in_file:
                return
            if time.monotonic() > deadline:
                raise FileMoved
            time.sleep(0.01)

    def _has_lost_log(self) -> bool:
        return self._log_identities is not None and self._log_identities != tuple(map(_identity, self._log))

    def _left_files(self) -> list[Path]:
        """Return those files of the log that are open and still lie in their places."""
        known = zip(self._log, self._log_identities or (), strict=False)
        return [Path(path) for path, identity in known if identity is not None and _identity(path) == identity]


class SQLiteFile:
    """Opens connections to the file that lies in a place. All its methods may be called from any thread."""

    def __init__(self, path: str, set_up: Callable[[sqlite3.Connection], None], timeout_seconds: float) -> None:
        """`set_up` prepares each connection, and reads something. No lock is waited for longer than the timeout."""
        self.path = path
        self._set_up = set_up
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._connections: WeakSet[FileConnection] = WeakSet()
        self._own: FileConnection | None = None
        """Stays open when the file goes, so that what is in the log can be brought to where it belongs."""

    def connect(self, cached_statements: int = CACHED_STATEMENTS) -> FileConnection:
        """Open a connection to the file that lies there now. Raise Fault, FileMoved among them, and sqlite3.Error."""
        with self._lock:
            return self._open(self._renew().identity, cached_statements)

    def try_to_write(self, *, on_disk: bool) -> None:
        """Begin a change that changes nothing, and write it to the disk where `on_disk` says so.

        Raise Fault, and sqlite3.Error.
        """
        with self._lock:
            connection = self._renew()
            connection.execute(f"PRAGMA busy_timeout = {MOST_MS_TO_TRY}")
            if _has_begun(connection):
                try:
                    if not connection.is_current():
                        raise FileMoved
                    if on_disk:
                        [(version,)] = connection.execute("PRAGMA user_version").fetchall()
                        connection.execute(f"PRAGMA user_version = {version}")
                        connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")

    def close(self) -> None:
        with self._lock:
            if self._own is not None:
                self._own.close()
                self._own = None

    def _renew(self) -> FileConnection:
        """Return the own connection, opened anew where another file lies there by now."""
        identity = _identity(self.path)
        if identity is None:
            raise Fault(MISSING)  # It may be put back.
        if self._own is not None and not self._own.is_current():
            try:
                self._own.part_from_log()
            except OSError as error:
                raise Fault(CANNOT_OPEN) from error
            self._own.close()
            self._own = None
        if self._own is None:
            self._own = self._open(identity)
        return self._own

    def _open(self, identity: _Identity | None, cached_statements: int = CACHED_STATEMENTS) -> FileConnection:
        """Open a connection to the file of an identity, beside which lies no log of another one's."""
        if not os.access(self.path, os.W_OK):
            raise Fault(READ_ONLY)  # Where it is so, SQLite cannot open the log, and calls it something else.
        if any(each.has_old_log() for each in self._connections):
            raise FileMoved  # In one process, SQLite would give the new connection their log.
        connection: FileConnection = sqlite3.connect(
            self.path,
            timeout=self._timeout_seconds,
            isolation_level=None,
            cached_statements=cached_statements,
            check_same_thread=False,
            factory=FileConnection,
        )
        try:
            self._prepare(connection, identity)
        except BaseException:
            connection.close()
            raise
        self._connections.add(connection)
        return connection

    def _prepare(self, connection: FileConnection, identity: _Identity | None) -> None:
        # SQLite opens the log when it is first asked for anything, and would take that of the file before.
        if connection.identity != identity or not connection.is_current():
            raise FileMoved
        self._set_up(connection)
        connection.remember_log()
        if not connection.is_current():
            raise FileMoved


def _has_begun(connection: FileConnection) -> bool:
    """Begin a change, unless others are at work on changes of theirs. Raise sqlite3.Error."""
    [before] = connection.execute("PRAGMA data_version").fetchall()
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if primary_code(error) == sqlite3.SQLITE_BUSY and connection.execute("PRAGMA data_version").fetchall() != [
            before
        ]:
            return False
        raise
    return True


def _identity(path: str) -> _Identity | None:
    """Return the identity of the file of a name; None where there is none that can be found."""
    try:
        found = os.stat(path)  # noqa: PTH116  # in half the time
    except OSError:
        return None
    return found.st_dev, found.st_ino
