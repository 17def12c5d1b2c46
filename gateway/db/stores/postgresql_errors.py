"""What an error of a PostgreSQL server's means for those who asked."""

from collections.abc import Mapping

import asyncpg

from gateway.db.stores.faults import DAMAGED, DISK_FAILS, FULL, NOTHING_CHANGED, READ_ONLY, SLOW, Fault

STARTING = "The database is starting or shutting down"
TOO_MANY_CONNECTIONS = "The database has no connections left"
OUT_OF_MEMORY = "The database has no memory left"
NO_RESOURCES = "The database has reached a limit of its own"

# The first that an error is an instance of.
_REASONS: Mapping[type[asyncpg.PostgresError], str] = {
    asyncpg.ReadOnlySQLTransactionError: READ_ONLY,
    asyncpg.DiskFullError: FULL,
    asyncpg.TooManyConnectionsError: TOO_MANY_CONNECTIONS,
    asyncpg.OutOfMemoryError: OUT_OF_MEMORY,
    asyncpg.InsufficientResourcesError: NO_RESOURCES,
    asyncpg.CannotConnectNowError: STARTING,
    asyncpg.AdminShutdownError: STARTING,
    asyncpg.PostgresSystemError: DISK_FAILS,
    asyncpg.DataCorruptedError: DAMAGED,
    asyncpg.IndexCorruptedError: DAMAGED,
    # By limits of the server's own.
    asyncpg.QueryCanceledError: SLOW,
    asyncpg.LockNotAvailableError: SLOW,
}


def fault_of(error: Exception) -> Fault | None:
    """Return the fault of the database's that an error tells of; None where it tells of another."""
    for type_, reason in _REASONS.items():
        if isinstance(error, type_):
            return Fault(reason, NOTHING_CHANGED)
    return None
