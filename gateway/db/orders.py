"""The orders that lists may be asked for, by the names that the GraphQL enums give their fields."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.sql.elements import KeyedColumnElement

from gateway.db.keyset import Order, SortKey
from gateway.db.tables import device, device_event, device_group, device_group_link
from gateway.domain.instants import is_instant
from gateway.domain.pagination import Kind, is_text, is_version
from gateway.domain.uuids import is_uuid

SortKeys = Mapping[str, SortKey]
Fields = tuple[tuple[str, bool], ...]
"""Names of sort keys, and whether each is descending."""


_KINDS: Mapping[str, Kind] = {
    "created_at": is_instant,
    "modified_at": is_instant,
    "name": is_text,
    "status": is_text,
    "barcode_order": is_text,
    "version": is_version,
}
"""Of columns. The others have UUIDs."""


def _key(column: KeyedColumnElement[Any], name: str | None = None) -> SortKey:
    """`name` is where a fetched row has the value, if not under the name of the column."""
    name = name or column.key
    return SortKey(name=name, column=column, attribute=name, kind=_KINDS.get(column.key, is_uuid))


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
EVENTS = Order(keys=(_key(device_event.c.version),))


def order_by(keys: SortKeys, wanted: Fields) -> Order:
    """By the `wanted` fields, oldest first where there are none, and then by id.

    The id follows the direction of the field before it, so that one index serves an order and its reverse.
    """
    chosen: dict[str, bool] = {}
    for field, descending in wanted or [("CREATED_AT", False)]:
        chosen.setdefault(field, descending)
    chosen.setdefault("ID", next(reversed(chosen.values())))
    return Order(keys=tuple(keys[field].directed(descending=descending) for field, descending in chosen.items()))
