"""The orders that lists may be asked for, by the names that the GraphQL enums give their fields."""

from collections.abc import Mapping

from gateway.db.keyset import Order, SortKey
from gateway.db.tables import device, device_event, device_group, device_group_link

SortKeys = Mapping[str, SortKey]
Fields = tuple[tuple[str, bool], ...]
"""Names of sort keys, and whether each is descending."""


def _device_keys() -> SortKeys:
    names = ["created_at", "modified_at", "name", "status", "client_id", "project_id", "device_specification_id", "id"]
    keys = {name.upper(): SortKey(name=name, column=device.c[name], attribute=name) for name in names}
    barcode = SortKey(name="barcode", column=device.c.barcode_order, attribute="barcode_order")
    return {**keys, "BARCODE": barcode}


DEVICES: SortKeys = _device_keys()
DEVICE_GROUPS: SortKeys = {
    name.upper(): SortKey(name=name, column=device_group.c[name], attribute=name)
    for name in ("created_at", "modified_at", "name", "id")
}
GROUPS_OF_DEVICE: SortKeys = {
    "CREATED_AT": SortKey(name="linked_at", column=device_group_link.c.created_at, attribute="linked_at"),
    "NAME": SortKey(name="name", column=device_group.c.name, attribute="name"),
    "ID": SortKey(name="id", column=device_group.c.id, attribute="id"),
}
EVENTS = Order(keys=(SortKey(name="version", column=device_event.c.version, attribute="version", kind=int),))


def order_by(keys: SortKeys, wanted: Fields) -> Order:
    """By the `wanted` fields, oldest first where there are none, and then by id.

    The id follows the direction of the field before it, so that one index serves an order and its reverse.
    """
    chosen: dict[str, bool] = {}
    for field, descending in wanted or [("CREATED_AT", False)]:
        chosen.setdefault(field, descending)
    chosen.setdefault("ID", next(reversed(chosen.values())))
    return Order(keys=tuple(keys[field].directed(descending=descending) for field, descending in chosen.items()))
