"""The command `gateway`, and what its subcommands share."""

import asyncio
import gc
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from time import monotonic
from typing import NoReturn, TypeVar

import asyncpg
import typer
from pydantic import ValidationError
from rich.progress import Progress, TaskID
from sqlalchemy.exc import DBAPIError

from gateway.db.database import Database
from gateway.db.migrations.migrate import UnusableDatabase, shown
from gateway.domain.errors import BadUserInput, Contended, Unavailable
from gateway.settings import Settings

app = typer.Typer(
    help="The Devices gateway.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

SECONDS_BETWEEN_LINES = 1.0
OBJECTS_BETWEEN_COLLECTIONS = 200_000

FAULTS = (DBAPIError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, Unavailable, Contended)
"""What is raised where a database fails."""

Result = TypeVar("Result")
Advance = Callable[[int, int], object]
"""Is told how many have been done since it was last called, and how many there are in all."""


class CommandError(Exception):
    """A command cannot do what it was asked for. The message is one line."""


def read_settings(database_url: str | None = None) -> Settings:
    """Return the settings of the environment, but for what is given."""
    try:
        return Settings() if database_url is None else Settings(database_url=database_url)
    except ValidationError as error:
        problems = (
            (".".join(map(str, problem["loc"])), problem["msg"].removeprefix("Value error, "))
            for problem in error.errors()
        )
        fail(f"The settings are not valid: {'; '.join(': '.join(filter(None, problem)) for problem in problems)}.")


def run(settings: Settings, work: Callable[[Database], Awaitable[Result]], *, changes_much: bool = False) -> Result:
    """Return what `work` returns of the database of these settings; exit where it cannot, or the database fails."""

    async def with_database() -> Result:
        async with opened(settings, changes_much=changes_much) as database:
            return await work(database)

    try:
        return asyncio.run(with_database())
    except (CommandError, UnusableDatabase) as error:
        fail(str(error))
    except FAULTS as fault:
        fail(f"{shown(settings.database_url)}: {reason_of(fault)}.")


def reason_of(fault: BaseException) -> str:
    """Return what a database says of a fault, without values of rows: IMEIs are personal data."""
    if isinstance(fault, DBAPIError) and fault.orig:
        fault = fault.orig.__cause__ or fault.orig
    reason, *_ = str(fault).splitlines() or [type(fault).__name__]
    return reason.rstrip(".")


@asynccontextmanager
async def opened(settings: Settings, *, changes_much: bool = False) -> AsyncIterator[Database]:
    database = Database(settings.database_url, replace(settings.database_options, changes_much=changes_much))
    try:
        yield database
    finally:
        await database.close()


def as_option(parse: Callable[[str], Result]) -> Callable[[str], Result]:
    """Return `parse` as typer wants the parser of an option."""

    def parser(text: str) -> Result:
        try:
            return parse(text)
        except BadUserInput as error:
            raise typer.BadParameter(str(error)) from error

    parser.__name__ = parse.__name__.removeprefix("parse_")
    return parser


@contextmanager
def few_collections() -> Iterator[None]:
    """Let Python look for reference cycles rarely, where there are next to none among very many objects."""
    thresholds = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(1)


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a bar on a terminal, and lines elsewhere: one for a tenth, if a second has passed, and the last one."""
    with progress_of(what) as [advance]:
        yield advance


@contextmanager
def progress_of(*parts: str) -> Iterator[list[Advance]]:
    """Show the progress of several parts of a task, one after the other."""
    with Progress(disable=not sys.stdout.isatty()) as bar:
        yield [_advance(bar, part) for part in parts]


def _advance(bar: Progress, what: str) -> Advance:
    task: TaskID | None = None
    done, told_at = 0, monotonic()

    def advance(count: int, total: int) -> None:
        nonlocal task, done, told_at
        if task is None:
            task = bar.add_task(what)
        tenths_before, done = done * 10 // (total or 1), done + count
        bar.update(task, completed=done, total=total)
        is_next = done * 10 // (total or 1) > tenths_before and monotonic() > told_at + SECONDS_BETWEEN_LINES
        if bar.disable and (is_next or (done == total and count)):
            told_at = monotonic()
            print(f"{done} of {total} {what}", flush=True)

    return advance


def unseen(_: int, __: int) -> None:
    """Show nothing of what has been done."""
