"""Importing a file, batch by batch."""

import asyncio
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from gateway.cli.app import FAULTS, reason_of
from gateway.cli.files.csv_file import CsvFile
from gateway.cli.files.dry_run import ClaimedIdentifiers, result_after
from gateway.cli.files.errors_file import ErrorsFile
from gateway.cli.files.formats import Format
from gateway.cli.files.json_file import JsonFile
from gateway.cli.files.lines import Place
from gateway.cli.files.records import DeviceFile, Record
from gateway.cli.files.resuming import CannotImport, another_process, begun_import
from gateway.db.bulk.ahead import made_ahead
from gateway.db.database import Database
from gateway.db.import_progress import ImportProgress, end_progress
from gateway.db.migrations.migrate import check_version
from gateway.db.session import Session
from gateway.domain.principal import Principal
from gateway.services.imports import (
    ImportDevices,
    ImportedDevice,
    ImportedMeanwhile,
    ImportResult,
    OnConflict,
    Outcome,
    SaveProgress,
    counted,
    import_devices,
)
from gateway.services.log import give_positions
from gateway.services.use_case import change

# The more, the fewer writes: devices share pages of indexes. The fewer, the sooner come changes of others between.
BATCH = 1_000


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    format: Format
    errors_file: Path
    principal: Principal
    on_conflict: OnConflict = OnConflict.FAIL
    mapping: Mapping[str, str]
    """The fields of columns that are called otherwise; an empty one for those that are to be ignored."""
    constants: Mapping[str, str]
    """The texts of fields that records have none of."""
    is_dry_run: bool = False
    is_restarted: bool = False
    """Whether an import that was cut short is given up."""

    def text(self) -> str:
        """Return what has to be the same for an import to go on."""
        return json.dumps(
            {
                "--format": self.format,
                "--subject": self.principal.subject,
                "--client": sorted(self.principal.clients or ()),
                "--on-conflict": self.on_conflict,
                "--map": dict(self.mapping),
                "--set": dict(self.constants),
            }
        )


async def import_file(
    database: Database,
    path: Path,
    options: ImportOptions,
    advance: Callable[[int, int], object],
    tell: Callable[[str], object],
) -> ImportProgress:
    """Import a file, and return what has come of it. Raise CommandError and UnusableDatabase.

    An import that was cut short goes on where it stopped. `advance` is called with the number of bytes that have been
    read since the last call, and of all; `tell` with lines for a person.
    """
    await check_version(database)
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        devices = _device_file(file, size, path, options)
        if devices.ignored:
            tell(f"Ignored columns: {', '.join(devices.ignored)}.")
        new = ImportProgress(
            file=str(path),
            digest=_digest(file),
            options=options.text(),
            errors_file=str(options.errors_file.absolute()),
            byte=devices.first.byte,
            line=devices.first.line,
        )
        begun = await begun_import(database, new, is_dry_run=options.is_dry_run, is_restarted=options.is_restarted)
        if begun.byte > new.byte:
            tell(f"Goes on at line {begun.line}, where it was cut short.")
        advance(begun.byte, size)
        run = _Run(database, file, devices, options, begun)
        try:
            await run.go_on(lambda count: advance(count, size))
        except ImportedMeanwhile as error:
            raise another_process(path) from error
        except FAULTS as fault:
            goes_on = "" if options.is_dry_run else f" The same command goes on at line {run.progress.line}."
            raise CannotImport(f"{reason_of(fault)}.{goes_on}") from fault
    if not options.is_dry_run:
        await end_progress(database, run.progress)
    return run.progress


class _Run:
    def __init__(
        self, database: Database, file: BinaryIO, devices: DeviceFile, options: ImportOptions, progress: ImportProgress
    ) -> None:
        self.progress = progress
        """How far it has come."""
        self._database = database
        self._file = file
        self._state = _state(file)
        self._devices = devices
        self._options = options
        self._errors = ErrorsFile(Path(progress.errors_file), devices, file)

    async def go_on(self, advance: Callable[[int], object]) -> None:
        """Import batch after batch. `advance` is called with how many bytes each was."""
        self._errors.keep(self.progress.errors_bytes)
        records = self._devices.records(Place(self.progress.byte, self.progress.line))
        async with aclosing(made_ahead(lambda: asyncio.to_thread(_first, BATCH, records))) as batches:
            with closing(ClaimedIdentifiers()) as claimed:
                async for batch in batches:
                    self._check_unchanged()
                    before = self.progress.byte
                    await (self._judge(batch, claimed) if self._options.is_dry_run else self._import(batch))
                    advance(self.progress.byte - before)

    def _check_unchanged(self) -> None:
        """Raise CannotImport where the file was changed meanwhile: what was read may be of neither version."""
        if _state(self._file) != self._state:
            raise CannotImport(
                f"The file was changed while it was imported, which stopped at line {self.progress.line}; import one "
                "that nobody changes, with --restart."
            )

    async def _import(self, batch: Sequence[Record]) -> None:
        done: list[ImportProgress] = []

        def next_progress(results: Sequence[ImportResult]) -> ImportProgress:
            done.append(self._after(batch, results))
            return done[-1]

        save = SaveProgress(before=self.progress, after=next_progress)
        await self._change(ImportDevices(_imported(batch), self._options.on_conflict, save))
        self.progress = done[-1]
        if not self._database.is_sqlite:
            # To give positions to very many events at once takes long.
            await give_positions(Session(self._database))

    async def _judge(self, batch: Sequence[Record], claimed: ClaimedIdentifiers) -> None:
        """Find what would come of a batch after those before it, of which nothing is there."""
        imported, on_conflict = _imported(batch), self._options.on_conflict
        owners = list(map(claimed.owners, imported))
        # Those that are in the way of earlier records are in the way of no other one.
        first = tuple(each for each, found in zip(imported, owners, strict=True) if not found)
        judged = iter(await self._change(ImportDevices(first, on_conflict)))
        results = []
        lines = (str(record.begins.line) for record in batch if record.device)
        for line, each, found in zip(lines, imported, owners, strict=True):
            if found:
                [alone] = await self._change(ImportDevices((each,), on_conflict))
                result = result_after(alone, each, found, on_conflict)
            else:
                result = next(judged)
            if result.outcome in {Outcome.CREATED, Outcome.UPDATED}:
                claimed.claim(each, result.device_id or next(iter(found.values()), line))
            results.append(result)
        self.progress = self._after(batch, results)

    async def _change(self, command: ImportDevices) -> list[ImportResult]:
        return await change(Session(self._database), self._options.principal, import_devices, command)

    def _after(self, batch: Sequence[Record], results: Sequence[ImportResult]) -> ImportProgress:
        """Write down what has failed of a batch, and return how far the import has come with it."""
        left = iter(results)
        failed = []
        for record in batch:
            user_errors = next(left).user_errors if record.device else ()
            if errors := [*record.errors, *map(self._devices.record_error, user_errors)]:
                failed.append((record, errors))
        before, count = self.progress, counted(results)
        return before._replace(
            **batch[-1].ends._asdict(),
            created=before.created + count[Outcome.CREATED],
            updated=before.updated + count[Outcome.UPDATED],
            skipped=before.skipped + count[Outcome.SKIPPED],
            failed=before.failed + len(failed),
            errors_bytes=self._errors.write(before.errors_bytes, failed),
        )


def _first(count: int, records: Iterator[Record]) -> list[Record]:
    return list(islice(records, count))


def _imported(batch: Sequence[Record]) -> tuple[ImportedDevice, ...]:
    return tuple(ImportedDevice(record.device, record.given) for record in batch if record.device)


def _opened(path: Path) -> BufferedReader:
    """Open a file for this process alone. Raise CommandError."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise CannotImport(f"{path} is a pipe or a device; expected a file, in which reading can go on anywhere.")
        file = path.open("rb")
    except OSError as error:
        raise CannotImport(f"{path}: {error.strerror}.") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise another_process(path) from error
    return file


def _device_file(file: BinaryIO, size: int, path: Path, options: ImportOptions) -> DeviceFile:
    make = CsvFile if options.format is Format.CSV else JsonFile
    return make(file, size, str(path), options.mapping, options.constants)


def _state(file: BinaryIO) -> tuple[int, int]:
    """Return what any change of a file changes."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _digest(file: BufferedReader) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "blake2b").hexdigest()
