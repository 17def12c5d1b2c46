"""An import that is cut short goes on exactly where it was, whatever has cut it short."""

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli.app import CommandError
from gateway.cli.files.importing import BATCH
from gateway.db.database import Database
from gateway.db.import_progress import ImportProgress, begin_progress, end_progress, progress_under_way
from gateway.services.imports import ImportDevices, ImportedMeanwhile, OnConflict, SaveProgress, import_devices
from tests.cli.files.support import (
    OWNERS,
    counts,
    csv_file,
    errors,
    errors_file,
    exported,
    imported,
    lines_of,
    text_file,
)
from tests.databases import SQLiteDatabases, file_of
from tests.forked import Forked
from tests.services.support import execute

ROWS = 6 * BATCH
FAULTY = {f"{number:015}" for number in range(99, ROWS, 100)}
SECONDS = 30


class CutShort(Exception):
    pass


class CutAfter:
    """Cuts an import short once so many bytes of its file have been read."""

    def __init__(self, most: int) -> None:
        self._left = most

    def __call__(self, count: int, _: int) -> None:
        self._left -= count
        if self._left < 0:
            raise CutShort


@pytest.fixture
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.files.importing.BATCH", 7)


def large_file(folder: Path, count: int) -> Path:
    """Make a file of which each hundredth record is faulty."""
    imeis = (f"{number:015}" for number in range(count))
    return csv_file(folder, "imei", *(f"{' ' if imei in FAULTY else f'Pump {imei}'},{imei}" for imei in imeis))


def good(path: Path) -> set[str]:
    """Return what an export has of a large file."""
    names = (line.split(",")[3:] for line in lines_of(path)[1:])
    return {f"{name},ACTIVE,,,{OWNERS},{imei},,," for name, imei in names if imei not in FAULTY}


@pytest.mark.anyio
@pytest.mark.usefixtures("_small_batches")
async def test_it_goes_on_after_each_batch_in_any_place(database: Database, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "imei", *(f"{number % 5 or ' '},{number:015}" for number in range(60)))
    cut = 0
    while True:
        try:
            done = await imported(database, path, advance=CutAfter(path.stat().st_size // 6 + cut * 700))
        except CutShort:
            cut += 1
            with errors_file(path).open("a") as file:
                file.write("of a batch that is not there")
        else:
            break
    assert cut >= 3
    assert counts(done) == (48, 0, 0, 12)
    assert len(await exported(database, tmp_path / "out.csv")) == 48
    assert [line.rpartition(",")[2] for line in errors(path)[1:]] == [f"{number:015}" for number in range(0, 60, 5)]


def test_it_is_killed_twice_and_the_database_is_equal_to_the_file(sqlite: SQLiteDatabases, tmp_path: Path) -> None:
    path = large_file(tmp_path, ROWS)
    with sqlite.copy() as url:
        done = 0
        for _ in range(2):
            process = _started(tmp_path, url)
            _wait_for_more(file_of(url), done)
            process.kill()
            assert process.wait(SECONDS) == -signal.SIGKILL
            done = _done(file_of(url))
        assert _started(tmp_path, url).wait(SECONDS) == 1
        output = lines_of(tmp_path / "output.txt")
        assert output[-1] == f"Created {ROWS - len(FAULTY)}, updated 0, skipped 0, failed {len(FAULTY)}."
        assert [line.partition(" ")[0] for line in output].count("Goes") == 2
        with closing(sqlite3.connect(file_of(url))) as connection:
            found = connection.execute(
                "SELECT name, identifier FROM device d JOIN network_adapter a ON a.device_id = d.id"
            )
            [(events,)] = connection.execute("SELECT count(*) FROM device_event")
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
            made = [f"{name},ACTIVE,,,{OWNERS},{imei},,," for name, imei in found]
    assert len(made) == events == ROWS - len(FAULTY)
    assert set(made) == good(path)
    assert {line.rpartition(",")[2] for line in errors(path)[1:]} == FAULTY
    assert len(errors(path)) == 1 + len(FAULTY)
    assert ("import_progress",) not in tables


def _started(folder: Path, url: str) -> Forked:
    environment = {**os.environ, "GATEWAY_DATABASE_URL": url}
    output, failures = folder / "output.txt", folder / "failures.txt"
    return Forked(["import", "fleet.csv"], folder=folder, environment=environment, output=output, errors=failures)


def _wait_for_more(file: Path, count: int) -> None:
    """Wait until more records have been imported."""
    deadline = time.monotonic() + SECONDS
    while _done(file) <= count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _done(file: Path) -> int:
    """Return how many records have been imported."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            found = connection.execute("SELECT created + failed FROM import_progress").fetchall()
        except sqlite3.OperationalError:
            return 0  # It has not begun.
    return sum(done for (done,) in found)


@pytest.mark.anyio
@pytest.mark.usefixtures("_small_batches")
async def test_another_file_is_refused_by_the_name_of_the_first(database: Database, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "imei", *(f"Pump,{number:015}" for number in range(30)))
    other = csv_file(tmp_path, "imei", "Lamp,", name="other.csv")
    with pytest.raises(CutShort):
        await imported(database, path, advance=CutAfter(1_500))
    with pytest.raises(CommandError) as raised:
        await imported(database, other)
    assert str(raised.value) == (
        f"The import of {path} was cut short at line 16; import it again to go on there, or give it up with --restart."
    )
    with pytest.raises(CommandError, match=r"and was of .*fail.*, not .*skip.*; import it again as it was to go on"):
        await imported(database, path, on_conflict=OnConflict.SKIP)
    assert counts(await imported(database, other, is_restarted=True)) == (1, 0, 0, 0)
    assert counts(await imported(database, path, on_conflict=OnConflict.SKIP)) == (16, 0, 14, 0)


@pytest.mark.anyio
async def test_of_two_processes_one_alone_goes_on(database: Database) -> None:
    progress = ImportProgress("fleet.csv", "digest", "{}", "fleet.errors.csv", byte=10, line=2)
    await begin_progress(database, progress)
    save = SaveProgress(before=progress, after=lambda _: progress._replace(byte=20))
    await execute(database, import_devices, ImportDevices((), OnConflict.FAIL, save))
    with pytest.raises(ImportedMeanwhile):
        await execute(database, import_devices, ImportDevices((), OnConflict.FAIL, save))
    assert await progress_under_way(database) == progress._replace(byte=20)


@pytest.mark.anyio
async def test_of_two_that_begin_at_once_one_does_and_no_other_ends_it(database: Database) -> None:
    first = ImportProgress("one.csv", "1", "{}", "one.errors.csv", byte=10, line=2)
    second = ImportProgress("two.csv", "2", "{}", "two.errors.csv", byte=10, line=2)
    begun = await asyncio.gather(*(begin_progress(database, each) for each in (first, second)))
    assert sorted(begun) == [False, True]
    if begun[1]:
        first, second = second, first
    assert await begin_progress(database, second, instead_of=first)
    await end_progress(database, first)
    assert await progress_under_way(database) == second
    await end_progress(database, second)
    assert await progress_under_way(database) is None


@pytest.mark.anyio
@pytest.mark.usefixtures("_small_batches")
async def test_a_file_that_is_changed_meanwhile_is_not_imported_any_further(database: Database, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "imei", *(f"Pump,{number:015}" for number in range(20)))

    def change(*_: int) -> None:
        with path.open("a") as file:
            file.write(" ")

    with pytest.raises(CommandError) as raised:
        await imported(database, path, advance=change)
    assert str(raised.value) == (
        "The file was changed while it was imported, which stopped at line 9; import one that nobody changes, with "
        "--restart."
    )


@pytest.mark.anyio
@pytest.mark.usefixtures("_small_batches")
async def test_records_that_fail_are_those_of_the_file_that_was_opened(database: Database, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "imei", *(f"Pump,{number}" for number in range(10)))

    def replace(*_: int) -> None:
        text_file(tmp_path, "x" * 1_000, "other").replace(path)

    assert counts(await imported(database, path, advance=replace)) == (0, 0, 0, 10)
    assert [line.rpartition(",")[2] for line in errors(path)[1:]] == [str(number) for number in range(10)]


@pytest.mark.anyio
@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize("left", ["", None])
async def test_without_what_it_has_written_of_failures_it_does_not_go_on(
    database: Database, tmp_path: Path, left: str | None
) -> None:
    path = csv_file(tmp_path, "imei", *(f"Pump,{number}" for number in range(20)))
    with pytest.raises(CutShort):
        await imported(database, path, advance=CutAfter(path.stat().st_size // 2))
    whole = errors_file(path).read_text()
    errors_file(path).unlink()
    if left is not None:
        errors_file(path).write_text(left)
    with pytest.raises(CommandError, match="has no longer what the import has written to it; put it back to go on"):
        await imported(database, path)
    errors_file(path).write_text(whole)
    assert counts(await imported(database, path)) == (0, 0, 0, 20)
    assert len(errors(path)) == 21
