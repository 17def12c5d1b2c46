"""Checkpoints of the embedded database, which bring what is in the write-ahead log to its places in the file."""

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress

from gateway.db.stores.faults import Fault
from gateway.db.stores.sqlite_file import SQLiteFile

# More often would write the same pages again and again.
SECONDS_BETWEEN = 0.5


class CheckpointsBeside:
    """Makes checkpoints on a thread of its own, while changes go on.

    SQLite's own, which a commit makes when the log has become long, finds little left to do then, and can begin the
    log anew, as nobody else can while changes go on.
    """

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-checkpoints")
        self._last: Future[None] | None = None
        self._next = time.monotonic() + SECONDS_BETWEEN

    def go_on(self) -> None:
        """Begin the next checkpoint, if its time has come."""
        if (self._last is None or self._last.done()) and time.monotonic() >= self._next:
            self._last = self._thread.submit(self._make)

    def close(self) -> None:
        self._thread.shutdown()

    def _make(self) -> None:
        # What is wrong with the file comes to light in the changes themselves.
        with suppress(Fault, sqlite3.Error), closing(self._file.connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._next = time.monotonic() + SECONDS_BETWEEN
