"""The command `gateway`."""

import asyncio
import gc
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from copy import deepcopy
from datetime import timedelta
from typing import Annotated, Any, NoReturn, TypeVar

import typer
import uvicorn
from pydantic import ValidationError
from rich.progress import Progress
from uvicorn.config import LOGGING_CONFIG

from gateway.auth.keys import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.copying import CannotCopy
from gateway.copying import copy as copy_database
from gateway.db.engine import Database
from gateway.db.migrate import UnusableDatabase, check_version, migrate
from gateway.db.sqlite import sqlite_file
from gateway.demo_data import load_demo_data
from gateway.domain.errors import BadUserInput
from gateway.domain.kinds import Scope
from gateway.domain.uuids import Uuid, parse_uuid
from gateway.graphql.schema import schema as strawberry_schema
from gateway.settings import Settings
from gateway.web.http_protocol import HttpProtocol

app = typer.Typer(
    help="The Devices gateway.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

Result = TypeVar("Result")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not a duration; expected a number with s, m, h or d, such as 1h.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _uuid(text: str) -> Uuid:
    try:
        return parse_uuid(text)
    except BadUserInput as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def serve(
    host: Annotated[str, typer.Option(envvar="GATEWAY_HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="GATEWAY_PORT", help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes serve.")] = 1,
) -> None:
    """Serve the API. An embedded database is made, or brought to this version, first."""
    # Each process reads its settings from the environment.
    os.environ |= {"GATEWAY_HOST": host, "GATEWAY_PORT": str(port)}
    settings = _settings()
    _run(settings, migrate if sqlite_file(settings.database_url) else check_version)
    uvicorn.run(
        "gateway.web.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=HttpProtocol,
        log_config=_log_config(settings.log_level),
        # An address may hold a query with its variables, which are not for logs.
        access_log=False,
        # Nothing here asks where a request came from.
        proxy_headers=False,
        # Nor need anybody know what serves.
        server_header=False,
    )


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to this version."""
    _run(_settings(), migrate)


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    print(strawberry_schema)


@app.command()
def demo_data(
    devices: Annotated[int, typer.Option(min=1, help="How many devices.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same fleet.")] = 1,
) -> None:
    """Fill an empty database with believable fleets."""
    settings = _settings()
    _run(settings, migrate)
    gc.disable()  # Rows hold no rings of references, and looking for some takes a quarter of the time.
    with _progress("devices") as advance:
        added = _run(
            settings, lambda database: load_demo_data(database, devices, seed, lambda count: advance(count, devices))
        )
    print(f"Added {devices} devices." if added else "The database holds devices already; nothing was added.")


@app.command()
def copy(
    source: Annotated[str, typer.Option("--from", help="The URL of a database.")],
    target: Annotated[str, typer.Option("--to", help="The URL of an empty one.")],
) -> None:
    """Move everything from one database to another. Nobody may change either; one that was cut short goes on."""

    source_settings = _settings(database_url=source)

    async def work(to: Database) -> int:
        async with _opened(source_settings) as database:
            with _progress("rows") as advance:
                return await copy_database(database, to, advance)

    print(f"Copied {_run(_settings(database_url=target), work)} rows.")


@app.command()
def token(
    subject: Annotated[Uuid | None, typer.Option(parser=_uuid, help="A UUID; a random one where not given.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be given again; all scopes where not given.")] = None,
    client: Annotated[
        list[Uuid] | None, typer.Option(parser=_uuid, help="A client's UUID; may be given again.")
    ] = None,
    *,
    all_clients: Annotated[bool, typer.Option("--all-clients", help="Reach the devices of every client.")] = False,
    ttl: Annotated[str, typer.Option(help="For example 30m, 1h or 7d.")] = "1h",
) -> None:
    """Print a token that is signed with the embedded key."""
    if bool(client) is all_clients:
        raise typer.BadParameter("expected either --client or --all-clients.")
    lifetime = _duration(ttl)
    settings = _settings()
    if settings.has_own_key:
        _fail("A key is configured, so tokens come from whoever holds its other half; there is no embedded key.")
    try:
        secret = embedded_secret(settings.embedded_key_file)
    except OSError as error:
        _fail(f"The key {settings.embedded_key_file} cannot be made or read: {error.strerror}.")
    print(issue_token(secret, subject=subject, scopes=scope or list(Scope), clients=client or None, ttl=lifetime))


def _log_config(level: str) -> dict[str, Any]:
    """uvicorn's, for the gateway's own messages too."""
    config = deepcopy(LOGGING_CONFIG)
    config["loggers"] = {name: {"handlers": ["default"], "level": level} for name in ("uvicorn", "gateway")}
    return config


def _settings(database_url: str | None = None) -> Settings:
    """Those of the environment, but for what is given."""
    try:
        return Settings() if database_url is None else Settings(database_url=database_url)
    except ValidationError as error:
        faults = (
            (".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()
        )
        _fail(f"The settings are not valid: {'; '.join(': '.join(filter(None, fault)) for fault in faults)}.")


def _run(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    async def with_database() -> Result:
        async with _opened(settings) as database:
            return await work(database)

    try:
        return asyncio.run(with_database())
    except (CannotCopy, UnusableDatabase) as error:
        _fail(str(error))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url, settings.database_options)
    try:
        yield database
    finally:
        await database.close()


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(1)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, and a line for each tenth elsewhere; told what has been done, and of how many."""
    done = 0
    with Progress(disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(what)

        def advance(count: int, total: int) -> None:
            nonlocal done
            tenths_before, done = done * 10 // (total or 1), done + count
            bar.update(task, completed=done, total=total)
            if bar.disable and done * 10 // (total or 1) > tenths_before:
                print(f"{done} of {total} {what}")

        yield advance
