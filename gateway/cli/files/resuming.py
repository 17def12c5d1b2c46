"""Where an import begins, or goes on after it was cut short."""

from pathlib import Path

from gateway.cli.app import CommandError
from gateway.db.database import Database
from gateway.db.import_progress import ImportProgress, begin_progress, progress_under_way


class CannotImport(CommandError):
    """Something stands in the way of an import. The message is one line."""


def another_process(path: Path) -> CannotImport:
    return CannotImport(f"Another process imports {path}; let it come to its end.")


async def begun_import(
    database: Database, new: ImportProgress, *, is_dry_run: bool, is_restarted: bool
) -> ImportProgress:
    """Return where an import begins or goes on. Raise CannotImport where another one, or a file, is in its way."""
    under_way = await progress_under_way(database)
    if under_way and not is_restarted:
        _check_same(under_way, new)
        if not is_dry_run:
            return under_way
    _check_free(Path(new.errors_file))
    if not is_dry_run and not await begin_progress(database, new, instead_of=under_way):
        raise CannotImport("Another import has begun meanwhile; let it come to its end.")
    return new


def _check_free(errors_file: Path) -> None:
    """Raise CannotImport where an errors file cannot be made: what fails is to have a place before anything does."""
    try:
        errors_file.touch(exist_ok=False)
        errors_file.unlink()
    except FileExistsError as error:
        raise CannotImport(f"{errors_file} is there already; move it away, or name another one by --errors.") from error
    except OSError as error:
        raise CannotImport(
            f"{errors_file} cannot be written: {error.strerror}; name another one by --errors."
        ) from error


def _check_same(under_way: ImportProgress, new: ImportProgress) -> None:
    """Raise CannotImport unless an import is the one that was cut short."""
    name, line = under_way.file, under_way.line
    if under_way.digest != new.digest:
        raise CannotImport(
            f"The import of {name} was cut short at line {line}; import it again to go on there, or give it up with "
            "--restart."
        )
    for before, now in ((under_way.options, new.options), (under_way.errors_file, new.errors_file)):
        if before != now:
            raise CannotImport(
                f"The import of {name} was cut short at line {line}, and was of {before}, not {now}; import it "
                "again as it was to go on there, or give it up with --restart."
            )
