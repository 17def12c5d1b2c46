"""Filters as conditions of SQL."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true

from gateway.db.statements.conditions import during, in_values, within_reach
from gateway.db.statements.search import contains
from gateway.db.tables import device, device_group, device_group_link, network_adapter
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.filters import DeviceFilter, DeviceGroupFilter
from gateway.domain.principal import Reach
from gateway.domain.uuids import Uuid


def device_condition(filter_: DeviceFilter, reach: Reach) -> ColumnElement[bool]:
    """Return a filter's condition. Groups beyond the caller's reach do not exist, so no device is in them."""
    conditions = [
        *during(device.c.created_at, filter_.created),
        *during(device.c.modified_at, filter_.modified),
        *_text_conditions(filter_),
        *_value_conditions(filter_),
    ]
    if filter_.device_group_ids is not None:
        conditions.append(_in_any_group(filter_.device_group_ids, reach))
    if filter_.network_adapter_types is not None:
        conditions.append(_has_any_adapter(filter_.network_adapter_types))
    conditions += [device_condition(each, reach) for each in filter_.all_of]
    conditions += [not_(device_condition(each, reach)) for each in filter_.none_of]
    if filter_.any_of is not None:
        conditions.append(or_(false(), *(device_condition(each, reach) for each in filter_.any_of)))
    return and_(true(), *conditions)


def _text_conditions(filter_: DeviceFilter) -> Iterator[ColumnElement[bool]]:
    if filter_.search is not None:
        yield contains(filter_.search, [device.c.name_folded, device.c.description_folded])
    if filter_.barcode_contains is not None:
        yield contains(filter_.barcode_contains, [device.c.barcode_folded])


def _value_conditions(filter_: DeviceFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in ((device.c.client_id, filter_.client_id), (device.c.project_id, filter_.project_id)):
        if value is not None:
            yield column == value
    lists: Iterable[tuple[ColumnElement[Any], Iterable[str] | None]] = (
        (device.c.id, filter_.ids),
        (device.c.client_id, filter_.client_ids),
        (device.c.project_id, filter_.project_ids),
        (device.c.device_specification_id, filter_.device_specification_ids),
        (_unindexed(device.c.status), filter_.statuses),
    )
    for among, values in lists:
        if values is not None:
            yield in_values(among, values)


def device_group_condition(filter_: DeviceGroupFilter) -> ColumnElement[bool]:
    conditions = [
        *during(device_group.c.created_at, filter_.created),
        *during(device_group.c.modified_at, filter_.modified),
    ]
    if filter_.search is not None:
        conditions.append(contains(filter_.search, [device_group.c.name_folded, device_group.c.description_folded]))
    if filter_.client_id is not None:
        conditions.append(device_group.c.client_id == filter_.client_id)
    if filter_.project_id is not None:
        conditions.append(device_group.c.project_id == filter_.project_id)
    return and_(true(), *conditions)


def _in_any_group(ids: tuple[Uuid, ...], reach: Reach) -> ColumnElement[bool]:
    """Compare with a set of ids, which may drive the query: groups are small beside the whole."""
    members = select(device_group_link.c.device_id).join(
        device_group, device_group.c.id == device_group_link.c.device_group_id
    )
    reached = within_reach(device_group.c.client_id, reach)
    return device.c.id.in_(members.where(in_values(device_group_link.c.device_group_id, ids), reached))


def _has_any_adapter(types: tuple[NetworkAdapterType, ...]) -> ColumnElement[bool]:
    """Look at each device: a set of ids would be about as large as the table."""
    return exists().where(network_adapter.c.device_id == device.c.id, in_values(network_adapter.c.type, types))


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Keep a column of few values from being read by its index, which would put the rows out of order."""
    return func.coalesce(column, "")
