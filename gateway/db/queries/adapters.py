"""Network adapters by id, and the adapters of devices."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from gateway.db.queries.by_id import rows_by_id
from gateway.db.rows import ADAPTER_COLUMNS, NetworkAdapterRow, columns_read, row_maker
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.kept import kept
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import network_adapter
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

adapters_by_id = rows_by_id(NetworkAdapterRow, ADAPTER_COLUMNS, network_adapter)


async def adapters_of_devices(
    reader: Reader,
    principal: Principal,
    device_ids: Collection[Uuid],
    types: Collection[NetworkAdapterType] | None = None,
    selected: frozenset[str] | None = None,
) -> dict[Uuid, list[NetworkAdapterRow]]:
    """Return the adapters of each device, oldest first, by its id.

    Where they are given, only adapters of `types` are returned, and only their `selected` attributes are read.
    """
    found: dict[Uuid, list[NetworkAdapterRow]] = {id_: [] for id_ in device_ids}
    only_one = len(found) == 1  # Which is found in half the time.
    statement = kept(
        reader.dialect, _adapters_of_devices, principal.reach, selected, only_one=only_one, of_types=types is not None
    )
    devices = next(iter(found)) if only_one else found
    parameters = {"devices": devices, "types": types, "reached": principal.reached}
    for row in await reader.fetch(statement, parameters):
        found[row.device_id].append(row)
    return found


def _adapters_of_devices(
    reach: Reach, selected: frozenset[str] | None, *, only_one: bool, of_types: bool
) -> Statement[NetworkAdapterRow]:
    columns = ADAPTER_COLUMNS
    if selected is not None:
        # The type tells what an adapter is in the schema.
        columns = columns_read(NetworkAdapterRow, columns, {"device_id", "type", *selected})
    statement = select(*columns.values()).where(
        (equals_parameter if only_one else in_parameter)(network_adapter.c.device_id, "devices"),
        within_reach(network_adapter.c.client_id, reach),
    )
    if of_types:
        statement = statement.where(in_parameter(network_adapter.c.type, "types"))
    statement = statement.order_by(network_adapter.c.device_id, network_adapter.c.created_at, network_adapter.c.id)
    return Statement(statement, row_maker(NetworkAdapterRow, columns))


async def taken_identifiers(reader: Reader, identifiers: Sequence[DeviceIdentifier]) -> set[DeviceIdentifier]:
    """Return those that adapters have, of any client: identifiers are unique on the whole platform."""
    by_type = identifiers_by_type(identifiers)
    rows = await reader.fetch(_taken_identifiers(tuple(sorted(by_type))), by_type)
    return {DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_)) for type_, value in rows}


@lru_cache
def _taken_identifiers(types: tuple[str, ...]) -> Statement[Any]:
    return Statement(select(network_adapter.c.type, network_adapter.c.identifier).where(identified_by(types)))


def identifiers_by_type(identifiers: Iterable[DeviceIdentifier]) -> dict[str, list[str]]:
    """Return the identifiers of adapters by their type; a device's own id is none of them."""
    by_type: dict[str, list[str]] = {}
    for each in identifiers:
        if each.adapter_type is not None:
            by_type.setdefault(each.adapter_type, []).append(each.value)
    return by_type


def identified_by(types: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that an adapter is identified by the parameters that are named after the types."""
    conditions = (
        and_(network_adapter.c.type == type_, in_parameter(network_adapter.c.identifier, type_)) for type_ in types
    )
    return or_(false(), *conditions)
