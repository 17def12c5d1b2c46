"""The data that is measured on: a database of demo data, kept for the next run."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .environment import environment

FOLDER = Path("build/benchmark").absolute()
GATEWAY = Path(sys.executable).with_name("gateway")
SUBJECT = "7d8a1c3e-52b0-4f0e-9a67-3c1d2e4f5a6b"
"""Whom tokens are for."""
SECONDS_TO_MAKE = 3600


def demo_database(devices: int) -> Path:
    """Made whole or not at all, and once."""
    file = FOLDER / f"devices-{devices}.db"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=FOLDER) as folder:
            unfinished = Path(folder, file.name)
            _gateway(unfinished, "demo-data", "--devices", str(devices)).check_returncode()
            unfinished.rename(file)
    return file


def token(file: Path) -> str:
    """One with every right, signed with the key that is embedded beside the database."""
    made = _gateway(file, "token", "--subject", SUBJECT, "--all-clients", "--ttl", "24h", stdout=subprocess.PIPE)
    made.check_returncode()
    return made.stdout.strip()


@contextmanager
def copies(file: Path, names: list[str]) -> Iterator[dict[str, Path]]:
    """A database to write to for each name, on disk before the block begins; the embedded key comes with it."""
    with TemporaryDirectory(dir=FOLDER) as folder:
        made = {name: Path(folder, f"{name}.db") for name in names}
        for copy in made.values():
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            shutil.copy(f"{file}.key", f"{copy}.key")
        yield made


def _gateway(file: Path, *arguments: str, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # the command is ours
        [GATEWAY, *arguments],
        env=environment(file),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        text=True,
        timeout=SECONDS_TO_MAKE,
        check=False,
    )
