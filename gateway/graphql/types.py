"""The object types. Their values are rows (`db.rows`), whose attributes their fields are, unless they are relations."""

from typing import Annotated

import strawberry

from gateway.db.rows import DeviceEventRow, DeviceGroupRow, DeviceRow, NetworkAdapterRow
from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.fields import MOST_ADAPTERS, MOST_GROUPS
from gateway.domain.history import MOST_CHANGES
from gateway.domain.instants import Instant
from gateway.domain.uuids import Uuid
from gateway.engine.field_cost import FieldCost
from gateway.graphql import loaders
from gateway.graphql.costs import PAGE_OF_OWNER, rows
from gateway.graphql.facets import DeviceFacet, device_facets
from gateway.graphql.fields import ALL_ATTRIBUTES, attribute, relation
from gateway.graphql.relay import Connection, Edge, LinkEdge, Node, OneListConnection
from gateway.graphql.row_types import is_row

# A token with more clients is longer than the head of a request may be.
MOST_CLIENTS = 2_000

WHO = "as `principal/<uuid>`."


@strawberry.type(description="A device of a client, with the network adapters by which it is reached.")
class Device(Node):
    is_type_of = staticmethod(is_row(DeviceRow))

    name: str = attribute("The name: 1 to 255 characters on a single line.")
    status: DeviceStatus = attribute("Whether the device is in use.")
    barcode: str | None = attribute("The barcode on the device, at most 255 characters.")
    description: str | None = attribute("A text for people, at most 255 characters.")
    client_id: Uuid = attribute("The client that owns the device.")
    project_id: Uuid = attribute("The project that the device belongs to.")
    device_specification_id: Uuid = attribute("The specification of the device.")
    created_at: Instant = attribute("When the device was created.")
    created_by: str = attribute(f"Who created the device, {WHO}")
    modified_at: Instant = attribute("When the device, its adapters or its links last changed.")
    modified_by: str = attribute(f"Who made the last change, {WHO}")
    version: int = attribute("Starts at 1 and grows by one with every change to the device, its adapters or its links.")
    urns: list[str] = relation(
        loaders.adapters_of_devices,
        scope=Scope.DEVICE_READ,
        reads=("id", "client_id"),
        cost=rows(at_most=MOST_ADAPTERS),
        transform=loaders.urns,
        transform_reads=("urn",),
        description="Every URN under which the device can be looked up, in RFC 9039 form without a trailing colon.",
    )
    network_adapters: list["NetworkAdapter"] = relation(
        loaders.adapters_of_devices,
        scope=Scope.DEVICE_READ,
        reads=("id", "client_id"),
        cost=rows(at_most=MOST_ADAPTERS),
        description=f"The network adapters, at most {MOST_ADAPTERS}, oldest first. `types` keeps those of some types.",
    )
    device_groups: "DeviceDeviceGroupConnection | None" = relation(
        loaders.groups_of_devices,
        scope=Scope.DEVICE_GROUP_READ,
        reads=("id", "client_id"),
        description=f"The groups that the device is in, at most {MOST_GROUPS}, by default in the order in which it was "
        "put into them.",
    )
    device_group_link: "DeviceDeviceGroupLink | None" = relation(
        loaders.links_to_group,
        scope=Scope.DEVICE_GROUP_READ,
        reads=ALL_ATTRIBUTES,  # The link has the device itself at its end.
        description="The link to one group, or null where the device is not in it.",
    )
    history: "DeviceEventConnection | None" = relation(
        loaders.events_of_devices,
        scope=Scope.DEVICE_READ,
        reads=("id",),
        description="What happened to the device, oldest first, while it belonged to clients that the caller reaches.",
    )


@strawberry.interface(
    description="What every network adapter has, so that a client asks for it once: "
    "`networkAdapters { ... on CommonNetworkAdapter { id urn } }`."
)
class CommonNetworkAdapter(Node):
    type: NetworkAdapterType = attribute("The kind of network that the adapter is for. Never changes.")
    urn: str = attribute("The adapter's identifier in RFC 9039 form, without a trailing colon.")
    device: Device | None = relation(
        loaders.devices_of_adapters,
        scope=Scope.DEVICE_READ,
        reads=("device_id", "client_id"),
        description="The device that has the adapter.",
    )
    created_at: Instant = attribute("When the adapter was added to the device.")
    created_by: str = attribute(f"Who added the adapter, {WHO}")
    modified_at: Instant = attribute("When the adapter last changed, which is when it was added.")
    modified_by: str = attribute(f"Who made the last change, {WHO}")


@strawberry.type(description="A network adapter for a cellular network.")
class CellularNetworkAdapter(CommonNetworkAdapter):
    is_type_of = staticmethod(is_row(NetworkAdapterRow, type=NetworkAdapterType.CELLULAR))

    imei: str = attribute("The IMEI of 15 digits, or the IMEISV of 16. Never changes.")


@strawberry.type(description="A network adapter for a LoRaWAN network.")
class LoraNetworkAdapter(CommonNetworkAdapter):
    is_type_of = staticmethod(is_row(NetworkAdapterRow, type=NetworkAdapterType.LORA))

    dev_eui: str = attribute("The LoRaWAN DevEUI: 16 hexadecimal digits, upper case. Never changes.")


@strawberry.type(description="A network adapter for the generic internet.")
class GenericNetworkAdapter(CommonNetworkAdapter):
    is_type_of = staticmethod(is_row(NetworkAdapterRow, type=NetworkAdapterType.GENERIC))

    dvn_uuid: Uuid = attribute("The DvnUUID of an adapter on the generic internet, lower case. Never changes.")


NetworkAdapter = Annotated[
    CellularNetworkAdapter | LoraNetworkAdapter | GenericNetworkAdapter,
    strawberry.union("NetworkAdapter", description="A network adapter of one of the types that there are."),
]


@strawberry.type(description="A group of devices, all of one client and one project.")
class DeviceGroup(Node):
    is_type_of = staticmethod(is_row(DeviceGroupRow))

    name: str = attribute("The name: 1 to 255 characters on a single line.")
    description: str | None = attribute("A text for people, at most 255 characters.")
    client_id: Uuid = attribute("The client that owns the group. Never changes.")
    project_id: Uuid = attribute(
        "The project of the group, which never changes. A group holds only devices of its client and project."
    )
    created_at: Instant = attribute("When the group was created.")
    created_by: str = attribute(f"Who created the group, {WHO}")
    modified_at: Instant = attribute("When the group last changed.")
    modified_by: str = attribute(f"Who made the last change, {WHO}")
    version: int = attribute("Starts at 1 and grows by one with every change to the group.")
    devices: "DeviceGroupDeviceConnection | None" = relation(
        loaders.devices_of_groups,
        scope=Scope.DEVICE_READ,
        reads=("id", "client_id"),
        cost=PAGE_OF_OWNER,
        description="The devices in the group, oldest first by default.",
    )


@strawberry.type(description="That a device is in a group, since when, and by whom.")
class DeviceDeviceGroupLink:
    device: Device | None = attribute("The device that is in the group.", scope=Scope.DEVICE_READ)
    device_group: DeviceGroup | None = attribute("The group that the device is in.", scope=Scope.DEVICE_GROUP_READ)
    created_at: Instant = attribute("When the device was put into the group.")
    created_by: str = attribute(f"Who put the device into the group, {WHO}")


@strawberry.type(description="One field's value before and after, as text; null where there was none.")
class FieldChange:
    field: str = attribute(
        "The name of the field in the schema. The values of `networkAdapters` are URNs, those of `deviceGroups` ids."
    )
    before: str | None = attribute(
        "The value before; also null where the device then belonged to a client that the caller does not reach."
    )
    after: str | None = attribute("The value after.")


@strawberry.type(description="One committed change, written in the same transaction as the change itself.")
class DeviceEvent(Node):
    is_type_of = staticmethod(is_row(DeviceEventRow))

    type: DeviceEventType = attribute("What happened.")
    device_id: strawberry.ID = attribute("The id of the device, which may have been deleted since.")
    client_id: Uuid = attribute("The client that the device belonged to after the change, or before it was deleted.")
    device: Device | None = relation(
        loaders.devices_of_events,
        scope=Scope.DEVICE_READ,
        reads=("device_id",),
        description="The device as it is now; null where it has been deleted, or is out of the caller's reach by now.",
    )
    version: int = attribute("The device's version after the change.")
    occurred_at: Instant = attribute("When the change was made.")
    occurred_by: str = attribute(f"Who made the change, {WHO}")
    changes: list[FieldChange] = relation(
        loaders.changes_of_events,
        scope=Scope.DEVICE_READ,
        reads=("changes",),
        cost=FieldCost(items=MOST_CHANGES),
        description="The fields that changed.",
    )


@strawberry.type(description="A device in a page.")
class DeviceEdge(Edge[Device]):
    pass


@strawberry.type(description="A page of devices.")
class DeviceConnection(OneListConnection[DeviceEdge, Device]):
    facets: list[DeviceFacet] | None = device_facets()


@strawberry.type(description="A device group in a page.")
class DeviceGroupEdge(Edge[DeviceGroup]):
    pass


@strawberry.type(description="A page of device groups.")
class DeviceGroupConnection(OneListConnection[DeviceGroupEdge, DeviceGroup]):
    pass


@strawberry.type(description="A group that a device is in. The edge is the link.")
class DeviceDeviceGroupEdge(LinkEdge[DeviceGroup]):
    pass


@strawberry.type(description="A page of the groups of one device. The edge is the link.")
class DeviceDeviceGroupConnection(Connection[DeviceDeviceGroupEdge, DeviceGroup]):
    pass


@strawberry.type(description="A device that is in a group. The edge is the link.")
class DeviceGroupDeviceEdge(LinkEdge[Device]):
    pass


@strawberry.type(description="A page of the devices of one group. The edge is the link.")
class DeviceGroupDeviceConnection(Connection[DeviceGroupDeviceEdge, Device]):
    facets: list[DeviceFacet] | None = device_facets()


@strawberry.type(description="An event in a page.")
class DeviceEventEdge(Edge[DeviceEvent]):
    pass


@strawberry.type(description="A page of events, oldest first.")
class DeviceEventConnection(Connection[DeviceEventEdge, DeviceEvent]):
    pass


@strawberry.type(description="Who the caller is and what it may do.")
class Viewer:
    principal: str = attribute("The caller, as recorded in createdBy and modifiedBy: `principal/<uuid>`.")
    scopes: list[str] = attribute("The scopes of the token, in order.", at_most=len(Scope))
    client_ids: list[Uuid] | None = attribute(
        "The clients whose devices the caller may reach; null means every client.", at_most=MOST_CLIENTS
    )
