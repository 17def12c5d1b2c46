"""Files of devices as tests make them, import them and look at what has come of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.cli.files.exporting import Chosen, export_file
from gateway.cli.files.formats import Format
from gateway.cli.files.importing import ImportOptions, import_file
from gateway.db.database import Database
from gateway.db.import_progress import ImportProgress
from gateway.domain.uuids import Uuid
from gateway.services.imports import OnConflict
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.services.support import caller

HEAD = "clientId,projectId,deviceSpecificationId,name"
OWNERS = f"{CLIENT},{PROJECT},{SPECIFICATION}"
COUNTS = ("created", "updated", "skipped", "failed")


def csv_file(folder: Path, columns: str, *rows: str, name: str = "fleet.csv") -> Path:
    """Make a file whose rows are of the usual owners, and have a name and then the values of `columns`."""
    lines = [f"{HEAD},{columns}", *(f"{OWNERS},{row}" for row in rows)]
    return text_file(folder, "\n".join(lines) + "\n", name)


def text_file(folder: Path, text: str | bytes, name: str = "fleet.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


async def imported(
    database: Database,
    path: Path,
    *,
    on_conflict: OnConflict = OnConflict.FAIL,
    clients: Sequence[Uuid] = (),
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    advance: Any = lambda *_: None,
    told: list[str] | None = None,
    **options: Any,
) -> ImportProgress:
    """Import a file, for a caller who reaches these clients, or every client."""
    format_ = Format(path.suffix[1:])
    given = ImportOptions(
        format=format_,
        errors_file=errors_file(path),
        principal=caller(*clients),
        on_conflict=on_conflict,
        mapping=mapping or {},
        constants=constants or {},
        **options,
    )
    return await import_file(database, path, given, advance, (told if told is not None else []).append)


def counts(progress: ImportProgress) -> tuple[int, ...]:
    """Return how many records were created, updated, skipped, and have failed."""
    return tuple(getattr(progress, name) for name in COUNTS)


def errors_file(path: Path) -> Path:
    return path.with_suffix(f".errors{path.suffix}")


def errors(path: Path) -> list[str]:
    """Return the lines of the errors file of a file; none where there is no such file."""
    return lines_of(errors_file(path))


async def exported(database: Database, path: Path, chosen: Chosen | None = None) -> list[str]:
    """Return the lines of the file of an export, but for those that name columns."""
    await export_file(database, path, Format(path.suffix[1:]), chosen or Chosen(caller()), lambda *_: None)
    return lines_of(path)[1 if path.suffix == ".csv" else 0 :]


def lines_of(path: Path) -> list[str]:
    return path.read_text().removesuffix("\n").split("\n") if path.exists() else []
