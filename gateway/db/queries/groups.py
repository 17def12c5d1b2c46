"""Device groups by id, lists of them, and the links between devices and groups."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from gateway.db import orders
from gateway.db.compiling import Statement
from gateway.db.conditions import among_given, during, is_given, within_reach
from gateway.db.engine import Reader, Transaction
from gateway.db.filters import device_group_condition
from gateway.db.listing import KEPT_LISTINGS, Listing, NestedListing
from gateway.db.rows import GROUP_COLUMNS, LINK_COLUMNS, DeviceGroupRow, LinkedGroupRow, row_of
from gateway.db.tables import device_group, device_group_link
from gateway.domain.filters import DeviceGroupFilter, Period
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

_LINKED_GROUP_COLUMNS = {**GROUP_COLUMNS, **LINK_COLUMNS}
_GROUPS_AND_LINKS = device_group.join(device_group_link, device_group_link.c.device_group_id == device_group.c.id)


async def groups_by_id(reader: Reader, principal: Principal, ids: Collection[Uuid]) -> dict[Uuid, DeviceGroupRow]:
    if not ids:
        return {}  # Most devices are created without groups.
    found = await reader.fetch(_groups_by_id(principal.reach), {"ids": set(ids), "reached": principal.reached})
    return {row.id: row for row in found}


@lru_cache
def _groups_by_id(reach: Reach) -> Statement[DeviceGroupRow]:
    statement = select(*GROUP_COLUMNS.values()).where(
        among_given(device_group.c.id, "ids"), within_reach(device_group.c.client_id, reach)
    )
    return Statement(statement, row_of(DeviceGroupRow))


async def group_to_change(transaction: Transaction, id_: Uuid) -> DeviceGroupRow | None:
    """Within the caller's reach; others who want to change it, or its members, wait until the transaction ends."""
    return await _locked(transaction, id_, to_keep=False)


async def group_to_keep(transaction: Transaction, id_: Uuid) -> DeviceGroupRow | None:
    """Within the caller's reach; it stays as it is until the transaction ends."""
    return await _locked(transaction, id_, to_keep=True)


async def _locked(transaction: Transaction, id_: Uuid, *, to_keep: bool) -> DeviceGroupRow | None:
    statement = _locking_group(transaction.principal.reach, to_keep=to_keep)
    found = await transaction.fetch(statement, {"id": id_, "reached": transaction.principal.reached})
    return found[0] if found else None


@lru_cache
def _locking_group(reach: Reach, *, to_keep: bool) -> Statement[DeviceGroupRow]:
    statement = select(*GROUP_COLUMNS.values()).where(
        is_given(device_group.c.id, "id"), within_reach(device_group.c.client_id, reach)
    )
    return Statement(statement.with_for_update(read=to_keep), row_of(DeviceGroupRow))


async def links_to_group(
    reader: Reader, principal: Principal, device_ids: Iterable[Uuid], group_id: Uuid
) -> dict[Uuid, LinkedGroupRow]:
    """By device id, for the devices that are in the group."""
    parameters = {"group_id": group_id, "device_ids": set(device_ids), "reached": principal.reached}
    found = await reader.fetch(_links_to_group(principal.reach), parameters)
    return {row.device_id: row for row in found}


@lru_cache
def _links_to_group(reach: Reach) -> Statement[LinkedGroupRow]:
    columns = {**_LINKED_GROUP_COLUMNS, "device_id": device_group_link.c.device_id}
    statement = (
        select(*columns.values())
        .select_from(_GROUPS_AND_LINKS)
        .where(
            is_given(device_group.c.id, "group_id"),
            among_given(device_group_link.c.device_id, "device_ids"),
            within_reach(device_group.c.client_id, reach),
        )
    )
    return Statement(statement, row_of(LinkedGroupRow, columns))


async def group_ids_of_device(reader: Reader, device_id: Uuid) -> list[Uuid]:
    """Of every client: a rule on a device's groups holds for those that the caller does not see too."""
    return [group_id for (group_id,) in await reader.fetch(_GROUP_IDS_OF_DEVICE, {"device_id": device_id})]


_GROUP_IDS_OF_DEVICE: Statement[Any] = Statement(
    select(device_group_link.c.device_group_id).where(is_given(device_group_link.c.device_id, "device_id"))
)


@lru_cache(KEPT_LISTINGS)
def groups(reach: Reach, wanted: DeviceGroupFilter, order: orders.Fields) -> Listing[DeviceGroupRow]:
    return Listing(
        columns=GROUP_COLUMNS,
        row=DeviceGroupRow,
        source=device_group,
        conditions=[within_reach(device_group.c.client_id, reach), device_group_condition(wanted)],
        order=orders.order_by(orders.DEVICE_GROUPS, order),
    )


@lru_cache(KEPT_LISTINGS)
def groups_of_devices(reach: Reach, period: Period, order: orders.Fields) -> NestedListing[LinkedGroupRow]:
    """The parent is the device's id; `period` is when the device was put into the group."""
    return NestedListing(
        columns=_LINKED_GROUP_COLUMNS,
        row=LinkedGroupRow,
        source=_GROUPS_AND_LINKS,
        conditions=[within_reach(device_group.c.client_id, reach), *during(device_group_link.c.created_at, period)],
        order=orders.order_by(orders.GROUPS_OF_DEVICE, order),
        parent=device_group_link.c.device_id,
    )
