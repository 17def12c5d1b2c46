"""Which rows are the values of which object types."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.db.rows import (
    DeviceEventRow,
    DeviceGroupLinkRow,
    DeviceGroupRow,
    DeviceRow,
    NetworkAdapterRow,
    WebhookRow,
)
from gateway.domain.enums import NetworkAdapterType
from gateway.engine.resolvers import TypeName


def is_row(row: type, **values: object) -> Callable[..., bool]:
    """Return Strawberry's `is_type_of` for a type whose values are rows of a class, with these values."""

    def is_type_of(value: object, _: Any) -> bool:
        return isinstance(value, row) and all(getattr(value, name) == given for name, given in values.items())

    return is_type_of


_NODES: Mapping[type, str] = {
    DeviceRow: "Device",
    DeviceGroupRow: "DeviceGroup",
    DeviceEventRow: "DeviceEvent",
    WebhookRow: "Webhook",
}
_ADAPTERS: Mapping[str, str] = {type_: f"{type_.capitalize()}NetworkAdapter" for type_ in NetworkAdapterType}

ROWS: Mapping[str, type] = {
    **{name: row for row, name in _NODES.items()},
    **dict.fromkeys(_ADAPTERS.values(), NetworkAdapterRow),
    "DeviceDeviceGroupLink": DeviceGroupLinkRow,
}
"""The classes of the values of object types, by the name of the type."""


def adapter_type_name(row: NetworkAdapterRow) -> str:
    return _ADAPTERS[row.type]


def node_type_name(row: object) -> str:
    """Return the name of the object type of a row."""
    if isinstance(row, NetworkAdapterRow):
        return adapter_type_name(row)
    return next(name for class_, name in _NODES.items() if isinstance(row, class_))


TYPE_NAMES: Mapping[str, TypeName] = {
    "Node": node_type_name,
    "NetworkAdapter": adapter_type_name,
    "CommonNetworkAdapter": adapter_type_name,
    "_Entity": node_type_name,
}
"""What tells the type of a row, by the name of the interface or union."""
