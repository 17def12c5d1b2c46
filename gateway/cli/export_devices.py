"""`gateway export`: devices of the database are written to a file, which `gateway import` reads."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from gateway.cli.app import CommandError, app, as_option, few_collections, progress, read_settings, run
from gateway.cli.files.exporting import STANDARD_OUTPUT, Chosen, export_file
from gateway.cli.files.formats import Format, format_of
from gateway.db.database import Database
from gateway.domain.enums import DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.filters import DeviceFilter, Period
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.principal import THE_GATEWAY, Principal
from gateway.domain.text import search_term
from gateway.domain.uuids import Uuid, parse_uuid

Item = TypeVar("Item")


def _uuids(help_: str) -> Any:
    return typer.Option(parser=as_option(parse_uuid), help=f"{help_} May be given again.")


def _instant(help_: str) -> Any:
    return typer.Option(parser=as_option(parse_instant), help=help_)


def _text(name: str, help_: str) -> Any:
    def parse_text(text: str) -> str | None:
        return search_term(f"--{name}", text)

    return typer.Option(parser=as_option(parse_text), help=help_)


@app.command(name="export")
def export_command(
    file: Annotated[Path, typer.Argument(help="A file that is made or replaced; - for standard output.")],
    *,
    form: Annotated[Format | None, typer.Option("--format", help="Where the name of the file does not tell.")] = None,
    client: Annotated[list[Uuid] | None, _uuids("Devices of this client alone.")] = None,
    project: Annotated[list[Uuid] | None, _uuids("Devices of this project.")] = None,
    specification: Annotated[list[Uuid] | None, _uuids("Devices of this specification.")] = None,
    group: Annotated[list[Uuid] | None, _uuids("Devices in this group.")] = None,
    status: Annotated[list[DeviceStatus] | None, typer.Option(help="Devices of this status.")] = None,
    adapter_type: Annotated[
        list[NetworkAdapterType] | None, typer.Option(help="Devices with an adapter of this type. May be given again.")
    ] = None,
    search: Annotated[str | None, _text("search", "Part of the name or of the description.")] = None,
    barcode_contains: Annotated[str | None, _text("barcode-contains", "Part of the barcode.")] = None,
    created_since: Annotated[Instant | None, _instant("Created at this instant or after it.")] = None,
    created_before: Annotated[Instant | None, _instant("Created before this instant.")] = None,
    modified_since: Annotated[Instant | None, _instant("Last changed at this instant or after it.")] = None,
    modified_before: Annotated[Instant | None, _instant("Last changed before this instant.")] = None,
) -> None:
    """Write the devices that match, as they are at one moment, to a file that `gateway import` reads."""
    principal = Principal(subject=THE_GATEWAY.subject, scopes=frozenset(Scope), clients=frozenset(client or ()) or None)
    filter_ = DeviceFilter(
        search=search,
        barcode_contains=barcode_contains,
        project_ids=_tuple(project),
        device_specification_ids=_tuple(specification),
        statuses=_tuple(status),
        created=Period(since=created_since, before=created_before),
        modified=Period(since=modified_since, before=modified_before),
        device_group_ids=_tuple(group),
        network_adapter_types=_tuple(adapter_type),
    )
    is_file = file != STANDARD_OUTPUT

    async def work(database: Database) -> int:
        format_ = format_of(file, form)
        with few_collections(), progress("devices") if is_file else nullcontext(lambda *_: None) as advance:
            try:
                return await export_file(database, file, format_, Chosen(principal, filter_), advance)
            except OSError as error:
                if error.strerror is None:
                    raise  # It is one of the database's.
                raise CommandError(f"{file}: {error.strerror}.") from error

    count = run(read_settings(), work)
    if is_file:
        print(f"Exported {count} devices.")


def _tuple(items: Iterable[Item] | None) -> tuple[Item, ...] | None:
    """Return what a filter takes; None where no option was given."""
    return tuple(items) if items else None
