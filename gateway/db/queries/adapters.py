"""Network adapters by id, and those of devices."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from gateway.db.compiling import KEPT_STATEMENTS, Statement
from gateway.db.conditions import among_given, is_given, within_reach
from gateway.db.engine import Reader
from gateway.db.rows import ADAPTER_COLUMNS, NetworkAdapterRow, row_of, wanted_columns
from gateway.db.tables import network_adapter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid


async def adapters_by_id(reader: Reader, principal: Principal, ids: Collection[Uuid]) -> dict[Uuid, NetworkAdapterRow]:
    found = await reader.fetch(_adapters_by_id(principal.reach), {"ids": ids, "reached": principal.reached})
    return {row.id: row for row in found}


@lru_cache
def _adapters_by_id(reach: Reach) -> Statement[NetworkAdapterRow]:
    statement = select(*ADAPTER_COLUMNS.values()).where(
        among_given(network_adapter.c.id, "ids"), within_reach(network_adapter.c.client_id, reach)
    )
    return Statement(statement, row_of(NetworkAdapterRow))


async def adapters_of_devices(
    reader: Reader,
    principal: Principal,
    device_ids: Collection[Uuid],
    types: Collection[NetworkAdapterType] | None = None,
    wanted: frozenset[str] | None = None,
) -> dict[Uuid, list[NetworkAdapterRow]]:
    """By device id, oldest first; only adapters of `types`, and only their `wanted` attributes, where given.

    Every device has an entry.
    """
    found: dict[Uuid, list[NetworkAdapterRow]] = {id_: [] for id_ in device_ids}
    only_one = len(found) == 1  # Which is found in half the time.
    statement = _adapters_of_devices(principal.reach, wanted, only_one=only_one, of_types=types is not None)
    devices = next(iter(found)) if only_one else found
    parameters = {"devices": devices, "types": types, "reached": principal.reached}
    for row in await reader.fetch(statement, parameters):
        found[row.device_id].append(row)
    return found


@lru_cache(KEPT_STATEMENTS)
def _adapters_of_devices(
    reach: Reach, wanted: frozenset[str] | None, *, only_one: bool, of_types: bool
) -> Statement[NetworkAdapterRow]:
    """The device, and the type, which tells what an adapter is in the schema, are always wanted."""
    columns = ADAPTER_COLUMNS if wanted is None else wanted_columns(ADAPTER_COLUMNS, {"device_id", "type", *wanted})
    statement = select(*columns.values()).where(
        (is_given if only_one else among_given)(network_adapter.c.device_id, "devices"),
        within_reach(network_adapter.c.client_id, reach),
    )
    if of_types:
        statement = statement.where(among_given(network_adapter.c.type, "types"))
    statement = statement.order_by(network_adapter.c.device_id, network_adapter.c.created_at, network_adapter.c.id)
    return Statement(statement, row_of(NetworkAdapterRow, columns))


async def taken_identifiers(reader: Reader, wanted: Sequence[DeviceIdentifier]) -> set[DeviceIdentifier]:
    """Those that adapters have, of any client: identifiers are unique on the whole platform."""
    by_type = identifiers_by_type(wanted)
    rows = await reader.fetch(_taken_identifiers(tuple(sorted(by_type))), by_type)
    return {DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_)) for type_, value in rows}


@lru_cache
def _taken_identifiers(types: tuple[str, ...]) -> Statement[Any]:
    return Statement(select(network_adapter.c.type, network_adapter.c.identifier).where(identified_by(types)))


def identifiers_by_type(identifiers: Iterable[DeviceIdentifier]) -> dict[str, list[str]]:
    """Those of adapters; a device's own id is none of them."""
    by_type: dict[str, list[str]] = {}
    for each in identifiers:
        if each.adapter_type is not None:
            by_type.setdefault(each.adapter_type, []).append(each.value)
    return by_type


def identified_by(types: Iterable[str]) -> ColumnElement[bool]:
    """Adapters with any of the identifiers that are given, when the statement runs, under the name of each type."""
    conditions = (
        and_(network_adapter.c.type == type_, among_given(network_adapter.c.identifier, type_)) for type_ in types
    )
    return or_(false(), *conditions)
