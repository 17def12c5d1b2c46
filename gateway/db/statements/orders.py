"""The orders that lists may be asked for, by the names that the GraphQL enums give their fields."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy.sql.elements import KeyedColumnElement

from gateway.db.statements.keyset import Order, SortKey
from gateway.db.tables import device, device_event, device_group, device_group_link, webhook
from gateway.domain.cursors import IsSortValue, is_log_position, is_text, is_version
from gateway.domain.instants import is_instant
from gateway.domain.uuids import is_uuid

SortKeys = Mapping[str, SortKey]
OrderFields = tuple[tuple[str, bool], ...]
"""The names of sort keys, each with whether it is descending."""


_SORT_VALUES: Mapping[str, IsSortValue] = {
    "created_at": is_instant,
    "modified_at": is_instant,
    "name": is_text,
    "status": is_text,
    "barcode_order": is_text,
    "version": is_version,
    "position": is_log_position,
}
"""What the values of columns are, by name. Columns that are not named have UUIDs."""


def _key(column: KeyedColumnElement[Any], name: str | None = None) -> SortKey:
    """`name` is the attribute of a row that has the value, where it is not the column's name."""
    name = name or column.key
    return SortKey(name=name, column=column, attribute=name, is_value=_SORT_VALUES.get(column.key, is_uuid))


def _device_keys() -> SortKeys:
    names = ["created_at", "modified_at", "name", "status", "client_id", "project_id", "device_specification_id", "id"]
    keys = {name.upper(): _key(device.c[name]) for name in names}
    return {**keys, "BARCODE": replace(_key(device.c.barcode_order), name="barcode")}


DEVICES: SortKeys = _device_keys()
DEVICE_GROUPS: SortKeys = {
    name.upper(): _key(device_group.c[name]) for name in ("created_at", "modified_at", "name", "id")
}
GROUPS_OF_DEVICE: SortKeys = {
    "CREATED_AT": _key(device_group_link.c.created_at, "linked_at"),
    "NAME": _key(device_group.c.name),
    "ID": _key(device_group.c.id),
}
EVENTS_OF_DEVICE = Order(keys=(_key(device_event.c.version),))
EVENTS = Order(keys=(_key(device_event.c.position),))
WEBHOOKS = Order(keys=(_key(webhook.c.created_at), _key(webhook.c.id)))

# There are more orders than anybody asks for, and each takes about two kilobytes.
_KEPT_ORDERS = 1_000


@lru_cache(_KEPT_ORDERS)
def of_devices(fields: OrderFields) -> Order:
    return _order_by(DEVICES, fields)


@lru_cache(_KEPT_ORDERS)
def of_device_groups(fields: OrderFields) -> Order:
    return _order_by(DEVICE_GROUPS, fields)


@lru_cache(_KEPT_ORDERS)
def of_groups_of_devices(fields: OrderFields) -> Order:
    return _order_by(GROUPS_OF_DEVICE, fields)


def _order_by(keys: SortKeys, fields: OrderFields) -> Order:
    """Return the order by `fields`, oldest first where there are none, and then by id.

    The id follows the direction of the field before it, so that one index serves an order and its reverse.
    """
    chosen: dict[str, bool] = {}
    for field, descending in fields or [("CREATED_AT", False)]:
        chosen.setdefault(field, descending)
    chosen.setdefault("ID", next(reversed(chosen.values())))
    return Order(keys=tuple(keys[field].directed(descending=descending) for field, descending in chosen.items()))
