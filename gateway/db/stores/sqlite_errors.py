"""What an error of SQLite's means for those who asked."""

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway.db.stores.faults import DAMAGED, DISK_FAILS, FULL, READ_ONLY, TRY_AGAIN, Fault

logger = logging.getLogger(__name__)

MISSING = "The database file is missing"
MOVED = "The database file was deleted or replaced"
CANNOT_OPEN = "The database file cannot be opened"
EMPTY = "The database file has no tables of the gateway"
BUSY = "Another process keeps the database busy"

# By primary result code, which is the lowest byte of every extended one. All others are mistakes of the gateway's.
_REASONS: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: DISK_FAILS,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: CANNOT_OPEN,
    sqlite3.SQLITE_PERM: CANNOT_OPEN,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
}


def primary_code(error: sqlite3.Error) -> int | None:
    """Return the code of an error without its extension; None for an error that Python's module found itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def reason_of(error: sqlite3.Error) -> str | None:
    """Return the reason of the fault of the database's that an error tells of; None where it tells of another."""
    code = primary_code(error)
    return None if code is None else _REASONS.get(code)


def fault_of(error: sqlite3.Error, advice: str = TRY_AGAIN) -> Fault | None:
    """Return the fault of the database's that an error tells of, and log it; None where it tells of another."""
    reason = reason_of(error)
    if reason is None:
        return None
    logger.warning("%s: %s (%s)", reason, error, error.sqlite_errorname)
    return Fault(reason, advice)


@contextmanager
def translated(advice: str = TRY_AGAIN) -> Iterator[None]:
    """Raise faults of the database's as Fault, and other errors as they are."""
    try:
        yield
    except sqlite3.Error as error:
        if fault := fault_of(error, advice):
            raise fault from error
        raise
