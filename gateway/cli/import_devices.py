"""`gateway import`: devices of a file are created in the database, or updated."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.app import app, as_option, fail, few_collections, progress, read_settings, run
from gateway.cli.files.formats import Format, format_of
from gateway.cli.files.importing import ImportOptions, import_file
from gateway.cli.files.values import FIELDS, GROUPS, parsed_value
from gateway.db.database import Database
from gateway.db.import_progress import ImportProgress
from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput
from gateway.domain.principal import THE_GATEWAY, Principal
from gateway.domain.quoting import quoted
from gateway.domain.uuids import Uuid, parse_uuid
from gateway.services.imports import OnConflict


@app.command(name="import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A file of CSV, or of lines of JSON.", show_default=False)],
    client: Annotated[
        list[Uuid] | None,
        typer.Option(parser=as_option(parse_uuid), help="Reach this client alone; may be given again."),
    ] = None,
    on_conflict: Annotated[
        OnConflict, typer.Option(help="What becomes of a device whose IMEI, DevEUI or DvnUUID is there already.")
    ] = OnConflict.FAIL,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge everything, and change nothing.")] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Where records go that fail; FILE.errors.csv or .jsonl where not given.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="Which field a column has; COLUMN= ignores it."),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="What a field is in records that have nothing there."),
    ] = None,
    subject: Annotated[
        Uuid, typer.Option(parser=as_option(parse_uuid), help="The principal that history names.")
    ] = THE_GATEWAY.subject,
    form: Annotated[Format | None, typer.Option("--format", help="Where the name of the file does not tell.")] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Give up an import that was cut short; what it has made stays.")
    ] = False,
) -> None:
    """Create the devices of a file, or update them. An import that was cut short goes on by the same command."""
    clients = frozenset(client) if client else None
    settings = read_settings()

    async def work(database: Database) -> ImportProgress:
        format_ = format_of(file, form)
        options = ImportOptions(
            format=format_,
            errors_file=errors or file.with_suffix(f".errors.{format_}"),
            principal=Principal(subject=subject, scopes=frozenset(Scope), clients=clients),
            on_conflict=on_conflict,
            mapping=_mapping(columns or ()),
            constants=_constants(values or ()),
            is_dry_run=dry_run,
            is_restarted=restart,
        )
        with few_collections(), progress("bytes") as advance:
            return await import_file(database, file, options, advance, partial(print, flush=True))

    done = run(settings, work, changes_much=True)
    counts = f"created {done.created}, updated {done.updated}, skipped {done.skipped}, failed {done.failed}."
    print(f"Dry run: {counts}" if dry_run else counts.capitalize())
    if done.failed:
        fail(f"{done.errors_file} has the records that failed, each with the reason.")


def _mapping(pairs: Iterable[str]) -> dict[str, str]:
    """Return the fields of columns. Raise BadParameter."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        column, equals, name = pair.rpartition("=")
        if not equals or not column:
            raise typer.BadParameter(f"--map {pair}: expected COLUMN=FIELD.")
        if column in mapping:
            raise typer.BadParameter(f"--map: {quoted(column)} comes twice.")
        mapping[column] = name
    return mapping


def _constants(pairs: Iterable[str]) -> dict[str, str]:
    """Return the texts of fields. Raise BadParameter."""
    constants: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in {*FIELDS, GROUPS}:
            names = ", ".join([*FIELDS, GROUPS])
            raise typer.BadParameter(f"--set {pair}: expected FIELD=VALUE, where FIELD is one of {names}.")
        if name in constants:
            raise typer.BadParameter(f"--set: {name} comes twice.")
        try:
            constants[name] = parsed_value(FIELDS[name], value) if name in FIELDS else value
        except BadUserInput as error:
            raise typer.BadParameter(f"--set {name}: {error}") from error
    return constants
