"""Devices by what names them, and lists of them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

from sqlalchemy import ColumnElement, select

from gateway.db import orders
from gateway.db.compiling import KEPT_STATEMENTS, Statement
from gateway.db.conditions import among_given, is_given, within_reach
from gateway.db.engine import Reader, Transaction
from gateway.db.filters import device_condition
from gateway.db.listing import KEPT_LISTINGS, Listing, NestedListing
from gateway.db.queries.adapters import identified_by, identifiers_by_type
from gateway.db.rows import DEVICE_COLUMNS, LINK_COLUMNS, DeviceRow, LinkedDeviceRow, row_of, wanted_columns
from gateway.db.tables import device, device_group_link, network_adapter
from gateway.domain.filters import DeviceFilter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid


async def devices_by_id(reader: Reader, principal: Principal, ids: Iterable[Uuid]) -> dict[Uuid, DeviceRow]:
    found = await reader.fetch(_devices_by_id(principal.reach), {"ids": set(ids), "reached": principal.reached})
    return {row.id: row for row in found}


@lru_cache
def _devices_by_id(reach: Reach) -> Statement[DeviceRow]:
    statement = select(*DEVICE_COLUMNS.values()).where(
        among_given(device.c.id, "ids"), within_reach(device.c.client_id, reach)
    )
    return Statement(statement, row_of(DeviceRow))


async def device_to_change(transaction: Transaction, identifier: DeviceIdentifier) -> DeviceRow | None:
    """Within the caller's reach; others who want to change it wait until the transaction ends."""
    return await device_by_identifier(transaction, transaction.principal, identifier, to_change=True)


async def device_by_identifier(
    reader: Reader,
    principal: Principal,
    identifier: DeviceIdentifier,
    wanted: frozenset[str] | None = None,
    *,
    to_change: bool = False,
) -> DeviceRow | None:
    """Only its `wanted` attributes, where given."""
    statement = _device_by_identifier(principal.reach, identifier.adapter_type, wanted, to_change=to_change)
    found = await reader.fetch(statement, {"identifier": identifier.value, "reached": principal.reached})
    return found[0] if found else None


@lru_cache(KEPT_STATEMENTS)
def _device_by_identifier(
    reach: Reach, adapter_type: NetworkAdapterType | None, wanted: frozenset[str] | None, *, to_change: bool
) -> Statement[DeviceRow]:
    columns = DEVICE_COLUMNS if wanted is None else wanted_columns(DEVICE_COLUMNS, {"id", *wanted})
    statement = select(*columns.values()).where(within_reach(device.c.client_id, reach))
    if adapter_type is None:
        statement = statement.where(is_given(device.c.id, "identifier"))
    else:
        statement = statement.join(network_adapter, network_adapter.c.device_id == device.c.id).where(
            network_adapter.c.type == adapter_type, is_given(network_adapter.c.identifier, "identifier")
        )
    if to_change:
        statement = statement.with_for_update()
    return Statement(statement, row_of(DeviceRow, columns))


async def devices_by_identifier(
    reader: Reader, principal: Principal, identifiers: Sequence[DeviceIdentifier]
) -> dict[DeviceIdentifier, DeviceRow]:
    """One statement for device ids and one for adapters' identifiers, each only where it is needed."""
    found: dict[DeviceIdentifier, DeviceRow] = {}
    if ids := {Uuid(each.value) for each in identifiers if each.adapter_type is None}:
        devices = await devices_by_id(reader, principal, ids)
        found |= {DeviceIdentifier(value=id_): row for id_, row in devices.items()}
    if by_type := identifiers_by_type(identifiers):
        statement = _devices_by_identifier(principal.reach, tuple(sorted(by_type)))
        for row in await reader.fetch(statement, {**by_type, "reached": principal.reached}):
            type_, value = cast("tuple[str, str]", row[-2:])
            found[DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_))] = row
    return found


@lru_cache
def _devices_by_identifier(reach: Reach, types: tuple[str, ...]) -> Statement[DeviceRow]:
    """Rows end with the type and the identifier."""
    columns = {**DEVICE_COLUMNS, "type": network_adapter.c.type, "identifier": network_adapter.c.identifier}
    statement = (
        select(*columns.values())
        .join(network_adapter, network_adapter.c.device_id == device.c.id)
        .where(identified_by(types), within_reach(device.c.client_id, reach))
    )
    return Statement(statement, row_of(DeviceRow, columns))


@lru_cache(KEPT_LISTINGS)
def devices(reach: Reach, wanted: DeviceFilter, order: orders.Fields) -> Listing[DeviceRow]:
    return Listing(
        columns=DEVICE_COLUMNS,
        row=DeviceRow,
        source=device,
        conditions=_conditions(reach, wanted),
        order=orders.order_by(orders.DEVICES, order),
    )


@lru_cache(KEPT_LISTINGS)
def devices_of_groups(reach: Reach, wanted: DeviceFilter, order: orders.Fields) -> NestedListing[LinkedDeviceRow]:
    """The parent is the group's id."""
    return NestedListing(
        columns={**DEVICE_COLUMNS, **LINK_COLUMNS},
        row=LinkedDeviceRow,
        source=device.join(device_group_link, device_group_link.c.device_id == device.c.id),
        conditions=_conditions(reach, wanted),
        order=orders.order_by(orders.DEVICES, order),
        parent=device_group_link.c.device_group_id,
    )


def _conditions(reach: Reach, wanted: DeviceFilter) -> list[ColumnElement[bool]]:
    return [within_reach(device.c.client_id, reach), device_condition(wanted, reach)]
