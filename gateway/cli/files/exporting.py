"""Exporting devices, page by page, as they were at one moment."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gateway.cli.files.formats import Format
from gateway.cli.files.writing import ExportedDevice, head, written
from gateway.db.database import Database
from gateway.db.migrations.migrate import check_version
from gateway.db.queries.adapters import adapters_of_devices
from gateway.db.queries.devices import devices
from gateway.db.queries.groups import group_ids_of_devices
from gateway.db.rows import DeviceRow
from gateway.db.snapshot import snapshot
from gateway.db.statements.reader import Reader
from gateway.domain.filters import EVERY_DEVICE, DeviceFilter
from gateway.domain.pages import PageArguments
from gateway.domain.principal import Principal

PAGE = 1_000
STANDARD_OUTPUT = Path("-")


class Chosen(NamedTuple):
    """Which devices: those that a principal reaches and that match."""

    principal: Principal
    filter_: DeviceFilter = EVERY_DEVICE


async def export_file(
    database: Database,
    path: Path,
    format_: Format,
    chosen: Chosen,
    advance: Callable[[int, int], object],
) -> int:
    """Write devices, oldest first, and return how many there are.

    `advance` is called with the number of devices written since the last call, and of all. Raise CommandError and
    UnusableDatabase.
    """
    await check_version(database)
    listing = devices(*chosen, ())
    async with snapshot(database) as reader:
        total = (await listing.counts(reader, [None]))[None]
        with _replaced(path) as file:
            file.write(head(format_))
            after, has_more = None, True
            while has_more:
                page = await listing.page(reader, PageArguments(size=PAGE, after=after))
                after, has_more = page.end_cursor, page.has_next_page
                for each in await _exported(reader, chosen.principal, page.nodes):
                    file.write(written(format_, each))
                advance(len(page.nodes), total)
    return total


async def _exported(reader: Reader, principal: Principal, rows: Sequence[DeviceRow]) -> list[ExportedDevice]:
    """Return devices with what they have."""
    adapters = await adapters_of_devices(reader, principal, rows)
    groups = await group_ids_of_devices(reader, [row.id for row in rows])
    return [ExportedDevice(row, adapters[row.id], groups[row.id]) for row in rows]


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """Write to a file that takes the place of another one when it is whole, or to standard output.

    What is no file, such as a pipe or a device, is written to as it is.
    """
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()  # A link goes on to lead there.
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
