"""The data that is measured on: databases of demo data, kept for the next run."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from gateway.db.stores.sqlite import sqlite_file

from . import gateway
from .environment import FOLDER, sqlite_url


class Databases(Protocol):
    """Those of one kind, each named by its URL."""

    def demo(self, devices: int) -> str:
        """One of demo data, made whole or not at all, and once."""

    def copies(self, urls: Mapping[str, str]) -> AbstractContextManager[Mapping[str, str]]:
        """One to write to for each name, of the database that it has, on disk before the block begins."""

    def versions(self) -> Mapping[str, str]:
        """Of what they are made with."""


def demo_file(devices: int, command: Path = gateway.COMMAND, name: str = "devices") -> Path:
    """The embedded database, which the data of the others comes from; or one that another gateway's command makes."""
    file = FOLDER / f"{name}-{devices}-{schema_digest(command)}.db"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=FOLDER) as folder:
            unfinished = Path(folder, file.name)
            gateway.run(sqlite_url(unfinished), "demo-data", "--devices", str(devices), command=command)
            unfinished.rename(file)
    return file


def schema_digest(command: Path = gateway.COMMAND) -> str:
    """Return what tells the tables of a checkout, whose command it is, from those of another."""
    digest = sha256()
    for file in sorted(command.parents[2].glob("gateway/db/migrations/versions/*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


class SQLite:
    def demo(self, devices: int) -> str:
        return sqlite_url(demo_file(devices))

    @contextmanager
    def copies(self, urls: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        with TemporaryDirectory(dir=FOLDER) as folder:
            files = {name: Path(folder, f"{name}.db") for name in urls}
            for name, file in files.items():
                with (
                    closing(sqlite3.connect(sqlite_file(urls[name]) or "")) as source,
                    closing(sqlite3.connect(file)) as target,
                ):
                    source.backup(target)
            yield {name: sqlite_url(file) for name, file in files.items()}

    def versions(self) -> Mapping[str, str]:
        return {"SQLite in Python": sqlite3.sqlite_version}
