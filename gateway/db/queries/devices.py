"""Devices by what names them, and lists of them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from gateway.db import orders
from gateway.db.conditions import Reach, among_given, reach_of, reached_by, within_reach
from gateway.db.engine import Reader
from gateway.db.filters import device_condition
from gateway.db.listing import KEPT_LISTINGS, Listing, NestedListing
from gateway.db.queries.adapters import identified_by, identifiers_by_type
from gateway.db.rows import DEVICE_COLUMNS, LINK_COLUMNS, DeviceRow, LinkedDeviceRow, row_of
from gateway.db.tables import device, device_group_link, network_adapter
from gateway.domain.filters import DeviceFilter
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid


async def devices_by_id(reader: Reader, principal: Principal, ids: Iterable[Uuid]) -> dict[Uuid, DeviceRow]:
    found = await reader.fetch(_devices_by_id(reach_of(principal)), {"ids": set(ids), **reached_by(principal)})
    return {row.id: row for row in map(row_of(DeviceRow), found)}


@lru_cache
def _devices_by_id(reach: Reach) -> Select[Any]:
    return select(*DEVICE_COLUMNS).where(among_given(device.c.id, "ids"), within_reach(device.c.client_id, reach))


async def devices_by_identifier(
    reader: Reader, principal: Principal, identifiers: Sequence[DeviceIdentifier]
) -> dict[DeviceIdentifier, DeviceRow]:
    """One statement for device ids and one for adapters' identifiers, each only where it is needed."""
    found: dict[DeviceIdentifier, DeviceRow] = {}
    if ids := {Uuid(each.value) for each in identifiers if each.adapter_type is None}:
        devices = await devices_by_id(reader, principal, ids)
        found |= {DeviceIdentifier(value=id_): row for id_, row in devices.items()}
    if by_type := identifiers_by_type(identifiers):
        statement = _devices_by_identifier(reach_of(principal), tuple(sorted(by_type)))
        for *row, type_, value in await reader.fetch(statement, {**by_type, **reached_by(principal)}):
            found[DeviceIdentifier(value=value, adapter_type=NetworkAdapterType(type_))] = DeviceRow._make(row)
    return found


@lru_cache
def _devices_by_identifier(reach: Reach, types: tuple[str, ...]) -> Select[Any]:
    return (
        select(*DEVICE_COLUMNS, network_adapter.c.type, network_adapter.c.identifier)
        .join(network_adapter, network_adapter.c.device_id == device.c.id)
        .where(identified_by(types), within_reach(device.c.client_id, reach))
    )


@lru_cache(KEPT_LISTINGS)
def devices(reach: Reach, wanted: DeviceFilter, order: orders.Fields) -> Listing[DeviceRow]:
    return Listing(
        columns=DEVICE_COLUMNS,
        row=row_of(DeviceRow),
        source=device,
        conditions=_conditions(reach, wanted),
        order=orders.order_by(orders.DEVICES, order),
    )


@lru_cache(KEPT_LISTINGS)
def devices_of_groups(reach: Reach, wanted: DeviceFilter, order: orders.Fields) -> NestedListing[LinkedDeviceRow]:
    """The parent is the group's id."""
    return NestedListing(
        columns=[*DEVICE_COLUMNS, *LINK_COLUMNS],
        row=row_of(LinkedDeviceRow),
        source=device.join(device_group_link, device_group_link.c.device_id == device.c.id),
        conditions=_conditions(reach, wanted),
        order=orders.order_by(orders.DEVICES, order),
        parent=device_group_link.c.device_group_id,
    )


def _conditions(reach: Reach, wanted: DeviceFilter) -> list[ColumnElement[bool]]:
    return [within_reach(device.c.client_id, reach), device_condition(wanted, reach)]
