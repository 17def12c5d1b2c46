"""The object types. Their values are the rows of `db.rows`: a field without a resolver is an attribute of the row."""

from typing import Annotated

import strawberry

from gateway.db.rows import DeviceGroupRow, DeviceRow, NetworkAdapterRow
from gateway.domain.instants import Instant
from gateway.domain.kinds import DeviceEventType, DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.uuids import Uuid
from gateway.graphql import loaders
from gateway.graphql.inputs import described
from gateway.graphql.relation import derived, guarded, relation
from gateway.graphql.relay import Connection, Edge, LinkEdge, Node

strawberry.enum(DeviceStatus)
strawberry.enum(NetworkAdapterType)
strawberry.enum(DeviceEventType)


@strawberry.type
class _Recorded(Node):
    created_at: Instant
    created_by: str = described("`principal/<uuid>`")
    modified_at: Instant
    modified_by: str = described("`principal/<uuid>`")


@strawberry.type
class Device(_Recorded):
    name: str
    status: DeviceStatus
    barcode: str | None
    description: str | None
    client_id: Uuid
    project_id: Uuid
    device_specification_id: Uuid
    version: int = described("Starts at 1 and grows by one with every change to the device, its adapters or its links.")
    urns: list[str] = derived(
        loaders.adapters_of_devices,
        loaders.urns,
        description="Every URN under which the device can be looked up, in RFC 9039 form without a trailing colon.",
    )
    network_adapters: list["NetworkAdapter"] = relation(
        loaders.adapters_of_devices, description="Oldest first. `types` keeps only adapters of those types."
    )
    device_groups: "DeviceDeviceGroupConnection" = relation(
        loaders.groups_of_devices,
        scope=Scope.DEVICE_GROUP_READ,
        description="The groups that the device is in, by default in the order in which it was put into them.",
    )
    device_group_link: "DeviceDeviceGroupLink | None" = relation(
        loaders.links_to_group,
        scope=Scope.DEVICE_GROUP_READ,
        description="The link to one group, or null where the device is not in it.",
        holds_parents=True,
    )
    history: "DeviceEventConnection" = relation(
        loaders.events_of_devices, description="What happened to the device, oldest first."
    )


@strawberry.type
class _NetworkAdapter(_Recorded):
    type: NetworkAdapterType
    urn: str = described("In RFC 9039 form, without a trailing colon.")
    device: Device = relation(loaders.devices_of_adapters)


@strawberry.type
class CellularNetworkAdapter(_NetworkAdapter):
    imei: str = described("15 digits (IMEI) or 16 (IMEISV). Never changes.")


@strawberry.type
class LoraNetworkAdapter(_NetworkAdapter):
    dev_eui: str = described("The LoRaWAN DevEUI: 16 hexadecimal digits, upper case. Never changes.")


@strawberry.type
class GenericNetworkAdapter(_NetworkAdapter):
    dvn_uuid: Uuid = described("The DvnUUID of an adapter on the generic internet, lower case. Never changes.")


NetworkAdapter = Annotated[
    CellularNetworkAdapter | LoraNetworkAdapter | GenericNetworkAdapter, strawberry.union("NetworkAdapter")
]


@strawberry.type
class DeviceGroup(_Recorded):
    name: str
    description: str | None
    client_id: Uuid
    project_id: Uuid = described("A group belongs to one project, and holds only devices of that project.")
    version: int = described("Starts at 1 and grows by one with every change to the group.")
    devices: "DeviceGroupDeviceConnection" = relation(
        loaders.devices_of_groups,
        scope=Scope.DEVICE_READ,
        description="The devices in the group, oldest first by default.",
    )


@strawberry.type(description="That a device is in a group, since when, and by whom.")
class DeviceDeviceGroupLink:
    device: Device = guarded(Scope.DEVICE_READ)
    device_group: DeviceGroup = guarded(Scope.DEVICE_GROUP_READ)
    created_at: Instant
    created_by: str


@strawberry.type(description="One field's value before and after, as text; null where there was none.")
class FieldChange:
    field: str
    before: str | None
    after: str | None


@strawberry.type(description="One committed change, written in the same transaction as the change itself.")
class DeviceEvent:
    type: DeviceEventType
    device_id: strawberry.ID
    version: int = described("The device's version after the change.")
    occurred_at: Instant
    occurred_by: str
    changes: list[FieldChange]


@strawberry.type
class DeviceEdge(Edge[Device]):
    pass


@strawberry.type
class DeviceConnection(Connection[DeviceEdge, Device]):
    pass


@strawberry.type
class DeviceGroupEdge(Edge[DeviceGroup]):
    pass


@strawberry.type
class DeviceGroupConnection(Connection[DeviceGroupEdge, DeviceGroup]):
    pass


@strawberry.type
class DeviceDeviceGroupEdge(LinkEdge[DeviceGroup]):
    pass


@strawberry.type(description="The groups of one device. The edge is the link.")
class DeviceDeviceGroupConnection(Connection[DeviceDeviceGroupEdge, DeviceGroup]):
    pass


@strawberry.type
class DeviceGroupDeviceEdge(LinkEdge[Device]):
    pass


@strawberry.type(description="The devices of one group. The edge is the link.")
class DeviceGroupDeviceConnection(Connection[DeviceGroupDeviceEdge, Device]):
    pass


@strawberry.type
class DeviceEventEdge(Edge[DeviceEvent]):
    pass


@strawberry.type
class DeviceEventConnection(Connection[DeviceEventEdge, DeviceEvent]):
    pass


@strawberry.type
class Viewer:
    principal: str = described("`principal/<uuid>`, as recorded in createdBy and modifiedBy.")
    scopes: list[str]
    client_ids: list[Uuid] | None = described(
        "The clients whose devices the caller may reach; null means every client."
    )


_ADAPTER_TYPE_NAMES = {
    NetworkAdapterType.CELLULAR: "CellularNetworkAdapter",
    NetworkAdapterType.LORA: "LoraNetworkAdapter",
    NetworkAdapterType.GENERIC: "GenericNetworkAdapter",
}


def type_name(row: DeviceRow | DeviceGroupRow | NetworkAdapterRow) -> str:
    """The object type of a node."""
    if isinstance(row, NetworkAdapterRow):
        return _ADAPTER_TYPE_NAMES[row.type]
    return "Device" if isinstance(row, DeviceRow) else "DeviceGroup"
