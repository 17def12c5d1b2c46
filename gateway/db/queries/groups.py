"""Device groups by id, lists of them, and the links between devices and groups."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, and_, bindparam, select

from gateway.db.queries.by_id import locked_row, rows_by_id
from gateway.db.rows import GROUP_COLUMNS, LINK_COLUMNS, DeviceGroupRow, DeviceRow, LinkedGroupRow, row_maker
from gateway.db.session import Transaction
from gateway.db.statements import orders
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.filters import (
    DEVICE_GROUP_PREDICATES,
    FINDABLE_GROUPS,
    LINK_PREDICATES,
    device_group_condition,
)
from gateway.db.statements.listing import Listing, listing
from gateway.db.statements.page_statements import ListDefinition
from gateway.db.statements.predicates import all_of
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device_group, device_group_link
from gateway.domain.filters import DeviceGroupFilter, Period
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

_LINKED_GROUP_COLUMNS = {**GROUP_COLUMNS, **LINK_COLUMNS}
_GROUPS_AND_LINKS = device_group.join(
    device_group_link,
    and_(
        device_group_link.c.device_group_id == device_group.c.id,
        device_group_link.c.client_id == device_group.c.client_id,
    ),
)


groups_by_id = rows_by_id(DeviceGroupRow, GROUP_COLUMNS, device_group)
_kept_groups = rows_by_id(DeviceGroupRow, GROUP_COLUMNS, device_group, to_keep=True)
_locked_group = locked_row(DeviceGroupRow, GROUP_COLUMNS, device_group)


async def group_to_change(transaction: Transaction, id_: Uuid) -> DeviceGroupRow | None:
    """Return a group, locked: others who want to change it, or its members, wait until the transaction ends."""
    return await _locked(transaction, id_, to_keep=False)


async def group_to_keep(transaction: Transaction, id_: Uuid) -> DeviceGroupRow | None:
    """Return a group, which stays as it is until the transaction ends."""
    return await _locked(transaction, id_, to_keep=True)


async def groups_to_keep(transaction: Transaction, ids: Collection[Uuid]) -> dict[Uuid, DeviceGroupRow]:
    """Return groups by id, which stay as they are until the transaction ends.

    Those of several clients may not on a cluster, where nothing locks rows of more than one server. Changes of their
    members find out then that something has changed meanwhile.
    """
    principal = transaction.principal
    if principal.reach is not Reach.ONE_CLIENT and await transaction.is_on_cluster():
        there = await groups_by_id(transaction, principal, ids)
        principal = transaction.narrowed(principal, there.values())
        if principal.reach is not Reach.ONE_CLIENT:
            return there
    return await _kept_groups(transaction, principal, ids)


async def _locked(transaction: Transaction, id_: Uuid, *, to_keep: bool) -> DeviceGroupRow | None:
    principal = transaction.principal
    if principal.reach is not Reach.ONE_CLIENT and await transaction.is_on_cluster():
        # Only one server can lock it, which is known by its client.
        there = await groups_by_id(transaction, principal, [id_])
        if not there:
            return None
        principal = transaction.narrowed(principal, there.values())
    return await _locked_group(transaction, principal, id_, to_keep=to_keep)


async def links_to_group(
    reader: Reader, principal: Principal, devices: Sequence[DeviceRow], group_id: Uuid
) -> dict[Uuid, LinkedGroupRow]:
    """Return the group with its link to each device that is in it, by the device's id."""
    principal = reader.narrowed(principal, devices)
    ids = {device.id for device in devices}
    parameters = {"group_id": group_id, "device_ids": ids, "reached": principal.reached}
    found = await reader.fetch(_links_to_group(principal.reach), parameters)
    return {row.device_id: row for row in found}


@lru_cache
def _links_to_group(reach: Reach) -> Statement[LinkedGroupRow]:
    columns = {**_LINKED_GROUP_COLUMNS, "device_id": device_group_link.c.device_id}
    statement = (
        select(*columns.values())
        .select_from(_GROUPS_AND_LINKS)
        .where(
            equals_parameter(device_group.c.id, "group_id"),
            in_parameter(device_group_link.c.device_id, "device_ids"),
            within_reach(device_group.c.client_id, reach, by_id=True),
        )
    )
    return Statement(statement, row_maker(LinkedGroupRow, columns))


async def first_members(reader: Reader, group: DeviceGroupRow, most: int) -> list[Uuid]:
    """Return the ids of the first devices in a group, in their order."""
    parameters = {"group_id": group.id, "client_id": group.client_id, "most": most}
    return [device_id for (device_id,) in await reader.fetch(_FIRST_MEMBERS, parameters)]


_FIRST_MEMBERS: Statement[Any] = Statement(
    select(device_group_link.c.device_id)
    .where(
        equals_parameter(device_group_link.c.device_group_id, "group_id"),
        equals_parameter(device_group_link.c.client_id, "client_id"),
    )
    .order_by(device_group_link.c.device_id)
    .limit(bindparam("most", type_=Integer))
)


async def group_ids_of_device(reader: Reader, device: DeviceRow) -> list[Uuid]:
    parameters = {"device_id": device.id, "client_id": device.client_id}
    return [group_id for (group_id,) in await reader.fetch(_GROUP_IDS_OF_DEVICE, parameters)]


_GROUP_IDS_OF_DEVICE: Statement[Any] = Statement(
    select(device_group_link.c.device_group_id).where(
        equals_parameter(device_group_link.c.device_id, "device_id"),
        equals_parameter(device_group_link.c.client_id, "client_id"),
    )
)


async def group_ids_of_devices(reader: Reader, device_ids: Collection[Uuid]) -> dict[Uuid, set[Uuid]]:
    """Return the ids of the groups that devices of any client are in, by the devices' ids."""
    found: dict[Uuid, set[Uuid]] = {id_: set() for id_ in device_ids}
    for device_id, group_id in await reader.fetch(_GROUP_IDS_OF_DEVICES, {"device_ids": found}):
        found[device_id].add(group_id)
    return found


_GROUP_IDS_OF_DEVICES: Statement[Any] = Statement(
    select(device_group_link.c.device_id, device_group_link.c.device_group_id).where(
        in_parameter(device_group_link.c.device_id, "device_ids")
    )
)


def groups(principal: Principal, filter_: DeviceGroupFilter, order: orders.OrderFields) -> Listing[DeviceGroupRow]:
    # As `devices` does it.
    if filter_.client_id is not None:
        principal, filter_ = principal.narrowed([filter_.client_id]), replace(filter_, client_id=None)
    return listing(_GROUPS, principal, device_group_condition(filter_), orders.of_device_groups(order))


def groups_of_devices(principal: Principal, period: Period, order: orders.OrderFields) -> Listing[LinkedGroupRow]:
    """Return the lists of devices' groups; the parent is the device's id.

    `period` is the time in which the device was put into the group.
    """
    linked = all_of(linked_since=period.since, linked_before=period.before)
    return listing(_GROUPS_OF_DEVICES, principal, linked, orders.of_groups_of_devices(order))


_GROUPS = ListDefinition(
    columns=GROUP_COLUMNS,
    row=DeviceGroupRow,
    from_clause=device_group,
    client_id=device_group.c.client_id,
    predicates=DEVICE_GROUP_PREDICATES,
    findable=FINDABLE_GROUPS,
)
_GROUPS_OF_DEVICES = ListDefinition(
    columns=_LINKED_GROUP_COLUMNS,
    row=LinkedGroupRow,
    from_clause=_GROUPS_AND_LINKS,
    client_id=device_group.c.client_id,
    predicates=LINK_PREDICATES,
    parent=device_group_link.c.device_id,
)
