"""The file of those records that an import has failed with, each as it was and with the reason."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from gateway.cli.app import CommandError
from gateway.cli.files.records import DeviceFile, Record, RecordError

PART = 65_536


class ErrorsFile:
    """What is written after a length that has been saved is taken back when an import goes on from there."""

    def __init__(self, path: Path, file: DeviceFile, source: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._source = source

    def write(self, length: int, failed: Iterable[tuple[Record, list[RecordError]]]) -> int:
        """Add records after the first `length` bytes, and return the new length. Raise CommandError."""
        failed = list(failed)
        if not failed:
            return length
        mode = "r+b" if length else "wb"
        with self._reported(), self._path.open(mode) as file:
            file.truncate(length)
            file.seek(length)
            if not length:
                file.write(self._file.head())
            for record, errors in failed:
                file.write(self._file.notes(record, _joined(errors)))
                _copy(record, self._source, file)
            file.flush()
            # What is saved next counts on it.
            os.fsync(file.fileno())
            return file.tell()

    def keep(self, length: int) -> None:
        """Take back what comes after so many bytes. Raise CommandError."""
        with self._reported():
            if not length:
                self._path.unlink(missing_ok=True)
                return
            if not self._path.exists() or self._path.stat().st_size < length:
                raise CommandError(
                    f"{self._path} has no longer what the import has written to it; put it back to go on, or give the "
                    "import up with --restart."
                )
            os.truncate(self._path, length)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CommandError(f"{self._path} cannot be written: {error.strerror}.") from error


def _copy(record: Record, source: IO[bytes], target: IO[bytes]) -> None:
    """Copy the bytes of a record, which may be very many, and end its line. Where the source is read stays."""
    begin, end = record.begins.byte, record.ends.byte
    last = b""
    while begin < end and (part := os.pread(source.fileno(), min(end - begin, PART), begin)):
        target.write(part)
        begin += len(part)
        last = part
    if not last.endswith(b"\n"):
        target.write(b"\n")


def _joined(errors: list[RecordError]) -> RecordError:
    columns = dict.fromkeys(error.column for error in errors if error.column)
    return RecordError(" ".join(columns), " ".join(error.reason for error in errors))
