"""Filters as search conditions of SQL."""

import re
from dataclasses import replace
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, exists, func, literal_column, select, tuple_

from gateway.db.statements.access_paths import REACH, Findable
from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.conditions import Array, among, unsought, within_reach
from gateway.db.statements.predicates import (
    ALWAYS,
    NEVER,
    Enclosure,
    Predicate,
    Predicates,
    SearchCondition,
    all_of,
    enclosed,
    named,
)
from gateway.db.statements.search import found_by_trigrams, rowid, search_predicate, search_predicates
from gateway.db.tables import device, device_event, device_group, device_group_link, network_adapter
from gateway.domain.enums import DeviceEventType
from gateway.domain.filters import EVERY_DEVICE, DeviceEventFilter, DeviceFilter, DeviceGroupFilter
from gateway.domain.principal import Reach


def device_condition(filter_: DeviceFilter) -> SearchCondition:
    """Return a filter's condition, made of DEVICE_PREDICATES."""
    if filter_ is EVERY_DEVICE:
        return all_of()
    values: list[Any] = []
    shape = _shape(filter_, values)
    return SearchCondition(shape, tuple(values))


def _shape(filter_: DeviceFilter, values: list[Any]) -> str:
    """Return the shape of a filter, and append its values."""
    terms = []
    for name, value in zip(_FIELDS, _values_of(filter_), strict=True):
        if value is not None:
            terms.append(named(search_predicate(name, value) if name in _SEARCHED else name))
            values.append(value)
    terms += [_shape(each, values) for each in filter_.all_of]
    terms += [f"NOT ({_shape(each, values)})" for each in filter_.none_of]
    if filter_.any_of is not None:
        alternatives = [f"({_shape(each, values)})" for each in filter_.any_of]
        terms.append(f"({' OR '.join(alternatives) or NEVER})")
    return " AND ".join(terms) or ALWAYS


def device_group_condition(filter_: DeviceGroupFilter) -> SearchCondition:
    """Return a filter's condition, made of DEVICE_GROUP_PREDICATES."""
    search = {} if filter_.search is None else {search_predicate("search", filter_.search): filter_.search}
    return all_of(
        **search,
        client_id=filter_.client_id,
        project_id=filter_.project_id,
        created_since=filter_.created.since,
        created_before=filter_.created.before,
        modified_since=filter_.modified.since,
        modified_before=filter_.modified.before,
    )


def event_condition(filter_: DeviceEventFilter, until: int) -> SearchCondition:
    """Return a filter's condition on the events up to a position, made of EVENT_PREDICATES."""
    given = all_of(
        until=until, types=filter_.types, event_device_ids=filter_.device_ids, event_client_ids=filter_.client_ids
    )
    if filter_.device is None:
        return given
    of_device = device_condition(filter_.device)
    matches = enclosed("devices", of_device.shape)
    values = (*given.values, [DeviceEventType.DEVICE_DELETED], *of_device.values)
    return SearchCondition(f"{given.shape} AND ({named('types')} OR {matches})", values)


def _equals(column: Column[Any]) -> Predicate:
    return Predicate(table=column.table, type=column.type, make=lambda value, *_: column == value)


def _among(column: Column[Any], compared: ColumnElement[Any] | None = None) -> Predicate:
    """`compared` is the column where the database has to see it in other words."""
    compared = column if compared is None else compared
    return Predicate(table=column.table, type=Array(column.type), make=lambda values, *_: among(compared, values))


def _period(name: str, instant: Column[Any]) -> Predicates:
    """Return `…_since`, from an instant on, and `…_before`, strictly before one."""
    return {
        f"{name}_since": Predicate(table=instant.table, type=instant.type, make=lambda value, *_: instant >= value),
        f"{name}_before": Predicate(table=instant.table, type=instant.type, make=lambda value, *_: instant < value),
    }


def _predicates_of_both(table: Table) -> Predicates:
    """Return the predicates that devices and groups have alike."""
    return {
        "client_id": _equals(table.c.client_id),
        "project_id": replace(_equals(table.c.project_id), by_id=True),
        **_period("created", table.c.created_at),
        **_period("modified", table.c.modified_at),
        **search_predicates("search", _searched_columns(table)),
    }


def _searched_columns(table: Table) -> list[Column[Any]]:
    return [table.c.name_folded, table.c.description_folded]


def _in_any_group(ids: ColumnElement[Any], reach: Reach, reached: ColumnElement[Any]) -> ColumnElement[bool]:
    """Compare with a set of devices, which may drive the query: groups are small beside the whole.

    Groups beyond the caller's reach do not exist, so no device is in them.
    """
    link = device_group_link.c
    are_members = (among(link.device_group_id, ids), within_reach(link.client_id, reach, reached))
    return ByDialect(
        # To find that a pair is not among others, SQLite looks at each of them.
        sqlite=device.c.id.in_(select(link.device_id).where(*are_members)),
        postgresql=tuple_(device.c.client_id, device.c.id).in_(
            select(link.client_id, link.device_id).where(*are_members)
        ),
    )


def _has_any_adapter(types: ColumnElement[Any], *_: object) -> ColumnElement[bool]:
    """Look at each device: a set of ids would be about as large as the table."""
    adapter = network_adapter.c
    is_of_device = and_(adapter.device_id == device.c.id, adapter.client_id == device.c.client_id)
    return exists().where(is_of_device, among(adapter.type, types))


def _is_among_those_with_any_adapter(types: ColumnElement[Any], *_: object) -> ColumnElement[bool]:
    """Read all adapters in their order, which takes a fifth of the time of looking for those of each device."""
    adapter = network_adapter.c
    return ByDialect(
        sqlite=unsought(device.c.id).in_(select(adapter.device_id).where(among(adapter.type, types))),
        postgresql=_has_any_adapter(types),
    )


_EMPTY: ColumnElement[str] = literal_column("''")

DEVICE_PREDICATES: Predicates = {
    **_predicates_of_both(device),
    **search_predicates("barcode_contains", [device.c.barcode_folded]),
    "ids": replace(_among(device.c.id), by_id=True),
    "client_ids": _among(device.c.client_id),
    "project_ids": _among(device.c.project_id),
    "device_specification_ids": _among(device.c.device_specification_id),
    # Keeps a column of few values from being read by its index, which would put the rows out of order.
    "statuses": _among(device.c.status, func.coalesce(device.c.status, _EMPTY)),
    "device_group_ids": Predicate(table=device, type=Array(device_group.c.id.type), make=_in_any_group, by_id=True),
    "network_adapter_types": Predicate(table=device, type=Array(network_adapter.c.type.type), make=_has_any_adapter),
}
GROUPED_DEVICE_PREDICATES: Predicates = {
    "statuses": DEVICE_PREDICATES["statuses"],
    "network_adapter_types": replace(DEVICE_PREDICATES["network_adapter_types"], make=_is_among_those_with_any_adapter),
}
COUNTED_DEVICE_PREDICATES: Predicates = {**GROUPED_DEVICE_PREDICATES, "statuses": _among(device.c.status)}
DEVICE_GROUP_PREDICATES: Predicates = _predicates_of_both(device_group)
_PERIODS = {
    "created_at": ("created_since", "created_before"),
    "modified_at": ("modified_since", "modified_before"),
}
_PERIODS_OF_CLIENTS = tuple((REACH, *names) for names in _PERIODS.values())
FINDABLE_DEVICES = Findable(
    table=device,
    key=rowid(device),
    finders=(
        *(("barcode_contains",), ("search",), ("device_group_ids",), ("project_id",), ("project_ids",)),
        *(("device_specification_ids",), *_PERIODS_OF_CLIENTS),
    ),
    columns={
        "project_id": device.c.project_id,
        REACH: device.c.client_id,
        "project_ids": device.c.project_id,
        "device_specification_ids": device.c.device_specification_id,
    },
    lists=frozenset({"project_ids", "device_specification_ids"}),
    by_id="ids",
    periods=_PERIODS,
    found_by={
        "search": found_by_trigrams(_searched_columns(device)),
        "barcode_contains": found_by_trigrams([device.c.barcode_folded]),
    },
    in_rows={"search": "search_short", "barcode_contains": "barcode_contains_short"},
)
FINDABLE_GROUPS = Findable(
    table=device_group,
    key=rowid(device_group),
    finders=(("search",), ("project_id",), *_PERIODS_OF_CLIENTS),
    columns={"project_id": device_group.c.project_id, REACH: device_group.c.client_id},
    periods=_PERIODS,
    found_by={"search": found_by_trigrams(_searched_columns(device_group))},
    in_rows={"search": "search_short"},
)
LINK_PREDICATES: Predicates = _period("linked", device_group_link.c.created_at)
FINDABLE_EVENTS = Findable(
    table=device_event,
    key=device_event.c.position,
    columns={REACH: device_event.c.client_id, "event_client_ids": device_event.c.client_id},
    lists=frozenset({"event_client_ids"}),
    periods={"position": ("until",)},
)


def _of_devices(inside: ColumnElement[bool], reach: Reach, reached: ColumnElement[Any]) -> ColumnElement[bool]:
    found = select(device.c.id).where(within_reach(device.c.client_id, reach, reached), inside)
    return device_event.c.device_id.in_(found)


EVENT_PREDICATES: Predicates = {
    **DEVICE_PREDICATES,
    "until": Predicate(
        table=device_event, type=device_event.c.position.type, make=lambda value, *_: device_event.c.position <= value
    ),
    # Keeps columns of few values from being read by an index, which would put the rows out of order.
    "types": _among(device_event.c.type, func.coalesce(device_event.c.type, _EMPTY)),
    "event_device_ids": replace(_among(device_event.c.device_id), by_id=True),
    "event_client_ids": _among(device_event.c.client_id),
    "devices": Enclosure(table=device_event, make=_of_devices),
}

_SEARCHED = ("search", "barcode_contains")
_FIELDS = (
    *_SEARCHED,
    *("client_id", "project_id", "ids", "client_ids", "project_ids", "device_specification_ids", "statuses"),
    *("created_since", "created_before", "modified_since", "modified_before"),
    *("device_group_ids", "network_adapter_types"),
)
_values_of = attrgetter(*(re.sub("^(created|modified)_", r"\1.", name) for name in _FIELDS))
