"""Checkpoints that are made while the embedded database is changed much."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.db.stores import sqlite_checkpoints
from gateway.db.stores.sqlite_changes import SQLiteChanges
from gateway.db.stores.sqlite_checkpoints import CheckpointsBeside
from gateway.db.stores.sqlite_file import SQLiteFile
from gateway.db.stores.store import Connection, Options

pytestmark = pytest.mark.anyio

MOST_CHANGES = 200


async def add(connection: Connection) -> int:
    return await connection.execute("INSERT INTO number VALUES (1)", ())


def in_file_alone(path: Path, copy: Path) -> int:
    """Return how many rows the file has without its log; 0 where it is being written."""
    shutil.copy(path, copy)
    try:
        with closing(sqlite3.connect(copy)) as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM number").fetchall()
    except sqlite3.DatabaseError:
        return 0
    return int(count)


def _read_something(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT count(*) FROM number").fetchall()


@pytest.fixture
def file(tmp_path: Path) -> SQLiteFile:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE number (value INTEGER)")
    return SQLiteFile(str(tmp_path / "some.db"), _read_something, timeout_seconds=5)


@pytest.mark.parametrize("changes_much", [True, False])
async def test_what_is_committed_comes_to_its_place_while_much_is_changed(
    file: SQLiteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, changes_much: bool
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "SECONDS_BETWEEN", 0.0)
    changes = SQLiteChanges(file, Options(timeout_seconds=5, changes_much=changes_much))
    found = 0
    for _ in range(MOST_CHANGES):
        await changes.change(add)
        if found := in_file_alone(tmp_path / "some.db", tmp_path / "copy.db"):
            break
        await asyncio.sleep(0.001)
    assert (found > 0) is changes_much
    await changes.close()
    file.close()


async def test_a_checkpoint_that_cannot_be_made_leaves_changes_alone(
    file: SQLiteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_checkpoints, "SECONDS_BETWEEN", 0.0)
    path, away = tmp_path / "some.db", tmp_path / "away.db"
    checkpoints = CheckpointsBeside(file)
    path.rename(away)
    checkpoints.go_on()
    checkpoints.close()
    away.rename(path)
    changes = SQLiteChanges(file, Options(timeout_seconds=5, changes_much=True))
    assert await changes.change(add) == 1
    await changes.close()
    file.close()
