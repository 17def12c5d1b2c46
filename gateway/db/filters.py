"""Filters as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true

from gateway.db.conditions import among, during, within_reach
from gateway.db.search import contains
from gateway.db.tables import device, device_group, device_group_link, network_adapter
from gateway.domain.filters import DeviceFilter, DeviceGroupFilter
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Reach
from gateway.domain.uuids import Uuid


def device_condition(wanted: DeviceFilter, reach: Reach) -> ColumnElement[bool]:
    """Groups beyond the caller's reach do not exist, so no device is in them."""
    conditions = [*during(device.c.created_at, wanted.created), *during(device.c.modified_at, wanted.modified)]
    if wanted.search is not None:
        conditions.append(contains(wanted.search, [device.c.name_folded, device.c.description_folded]))
    if wanted.barcode_contains is not None:
        conditions.append(contains(wanted.barcode_contains, [device.c.barcode_folded]))
    if wanted.client_id is not None:
        conditions.append(device.c.client_id == wanted.client_id)
    if wanted.project_id is not None:
        conditions.append(device.c.project_id == wanted.project_id)
    if wanted.device_specification_ids is not None:
        conditions.append(among(device.c.device_specification_id, wanted.device_specification_ids))
    if wanted.statuses is not None:
        conditions.append(among(_unindexed(device.c.status), wanted.statuses))
    if wanted.device_group_ids is not None:
        conditions.append(_in_any_group(wanted.device_group_ids, reach))
    if wanted.network_adapter_types is not None:
        conditions.append(_has_any_adapter(wanted.network_adapter_types))
    conditions += [device_condition(each, reach) for each in wanted.all_of]
    conditions += [not_(device_condition(each, reach)) for each in wanted.none_of]
    if wanted.any_of is not None:
        conditions.append(or_(false(), *(device_condition(each, reach) for each in wanted.any_of)))
    return and_(true(), *conditions)


def device_group_condition(wanted: DeviceGroupFilter) -> ColumnElement[bool]:
    conditions = [
        *during(device_group.c.created_at, wanted.created),
        *during(device_group.c.modified_at, wanted.modified),
    ]
    if wanted.search is not None:
        conditions.append(contains(wanted.search, [device_group.c.name_folded, device_group.c.description_folded]))
    if wanted.client_id is not None:
        conditions.append(device_group.c.client_id == wanted.client_id)
    if wanted.project_id is not None:
        conditions.append(device_group.c.project_id == wanted.project_id)
    return and_(true(), *conditions)


def _in_any_group(ids: tuple[Uuid, ...], reach: Reach) -> ColumnElement[bool]:
    """A set of ids, which may drive the query: groups are small beside the whole."""
    members = select(device_group_link.c.device_id).join(
        device_group, device_group.c.id == device_group_link.c.device_group_id
    )
    reached = within_reach(device_group.c.client_id, reach)
    return device.c.id.in_(members.where(among(device_group_link.c.device_group_id, ids), reached))


def _has_any_adapter(types: tuple[NetworkAdapterType, ...]) -> ColumnElement[bool]:
    """A look at each device: a set of ids would be about as large as the table."""
    return exists().where(network_adapter.c.device_id == device.c.id, among(network_adapter.c.type, types))


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Keeps a column of few values from being read by its index, which would put the rows out of order."""
    return func.coalesce(column, "")
