"""PostgreSQL servers of the tests' own."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from scripts import postgres
from scripts.postgres import initialize, new_folder, program
from tests.server import free_port

# Nothing that a test makes has to outlive the machine.
FAST = ("--fsync=off", "--full_page_writes=off", "--max_connections=300", "--wal_retrieve_retry_interval=100ms")
# Where such servers lie: each database is 300 files, which memory makes in no time.
MEMORY = Path("/dev/shm")  # noqa: S108  # each server has a folder of its own in it
MEMORY_NEEDED = 2 * 1024**3


class PostgresServer(postgres.PostgresServer):
    """One whose data are gone when it has been removed."""

    @classmethod
    def new(cls, options: Sequence[str] = FAST) -> Self:
        """One with nothing in it, which has not been started."""
        data = _folder(options)
        initialize(data)
        return cls(data, free_port(), options)

    @classmethod
    def replica_of(cls, primary: postgres.PostgresServer, options: Sequence[str] = FAST) -> Self:
        """One that streams from a server which runs; it has not been started."""
        data = _folder(options)
        source = f"host=127.0.0.1 port={primary.port} user=postgres"
        program("pg_basebackup", "-D", data, "-d", source, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        return cls(data, free_port(), options)

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.data)


def _folder(options: Sequence[str]) -> Path:
    has_room = options == FAST and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    return new_folder("gateway-postgres-", *([MEMORY] if has_room else []))
