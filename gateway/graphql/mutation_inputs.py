"""The inputs of mutations, and their way into the domain's commands."""

from collections.abc import Iterable
from typing import Any

import strawberry
from strawberry import Maybe

from gateway.domain import commands
from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.domain.fields import DEVICE_FIELDS, DEVICE_GROUP_FIELDS
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.uuids import Uuid
from gateway.graphql.inputs import described

NAME = "The name: 1 to 255 characters on a single line, not all of them white space."
BARCODE = "The barcode on the device, at most 255 characters."
DESCRIPTION = "A text for people, at most 255 characters."
STAYS = "Left out, it stays as it is."
CLEARED = "Left out, it stays as it is; null clears it."
KEY = (
    "A text of the caller's own, 1 to 255 characters, under which a repeated request makes nothing: with the same key "
    "and input within 24 hours, it gets the thing that the first one made, as it is now."
)
EXPECTED_VERSION = "When given and not the present version, nothing changes and VERSION_MISMATCH comes back."
DEVICE = "Any identifier of the device."


@strawberry.input(description="What identifies an adapter on a cellular network.")
class CellularNetworkAdapterInput:
    imei: str = described("The IMEI of 15 digits, or the IMEISV of 16.")


@strawberry.input(description="What identifies an adapter on a LoRaWAN network.")
class LoraNetworkAdapterInput:
    dev_eui: str = described("The DevEUI: 16 hexadecimal digits, in any letter case.")


@strawberry.input(description="What identifies an adapter on the generic internet.")
class GenericNetworkAdapterInput:
    dvn_uuid: str = described("The DvnUUID: a UUID, in any letter case.")


@strawberry.input(one_of=True, description="A network adapter of exactly one type.")
class NetworkAdapterInput:
    cellular: CellularNetworkAdapterInput | None = strawberry.field(
        default=strawberry.UNSET, description="An adapter on a cellular network."
    )
    lora: LoraNetworkAdapterInput | None = strawberry.field(
        default=strawberry.UNSET, description="An adapter on a LoRaWAN network."
    )
    generic: GenericNetworkAdapterInput | None = strawberry.field(
        default=strawberry.UNSET, description="An adapter on the generic internet."
    )

    def command(self, *field: str) -> commands.NewAdapter:
        """Return the new adapter; `field` is the path to this input."""
        if self.cellular:
            type_, path, identifier = NetworkAdapterType.CELLULAR, ("cellular", "imei"), self.cellular.imei
        elif self.lora:
            type_, path, identifier = NetworkAdapterType.LORA, ("lora", "devEui"), self.lora.dev_eui
        elif self.generic:
            type_, path, identifier = NetworkAdapterType.GENERIC, ("generic", "dvnUuid"), self.generic.dvn_uuid
        return commands.NewAdapter(type=type_, identifier=identifier, field=(*field, *path))


@strawberry.input(description="A new device.")
class CreateDeviceInput:
    name: str = described(NAME)
    client_id: Uuid = described("The client that owns the device; the token has to reach it.")
    project_id: Uuid = described("The project that the device belongs to.")
    device_specification_id: Uuid = described("The specification of the device.")
    status: DeviceStatus = strawberry.field(default=DeviceStatus.ACTIVE, description="Whether the device is in use.")
    barcode: str | None = described(BARCODE)
    description: str | None = described(DESCRIPTION)
    network_adapters: list[NetworkAdapterInput] | None = described("The device's network adapters, at most 100.")
    device_group_ids: list[strawberry.ID] | None = described(
        "Groups of the device's client and project that it is put into, at most 100. Needs the scope "
        "`device-group.write`."
    )
    idempotency_key: str | None = described(KEY)

    def command(self) -> commands.CreateDevice:
        adapters = enumerate(self.network_adapters or ())
        return commands.CreateDevice(
            values={name: getattr(self, name) for name in DEVICE_FIELDS},
            network_adapters=tuple(adapter.command("networkAdapters", str(place)) for place, adapter in adapters),
            device_group_ids=tuple(self.device_group_ids or ()),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="What changes of a device.")
class UpdateDeviceInput:
    device: DeviceIdentifier = described(DEVICE)
    name: Maybe[str | None] = described(f"{NAME} {STAYS}")
    status: Maybe[DeviceStatus | None] = described(f"Whether the device is in use. {STAYS}")
    barcode: Maybe[str | None] = described(f"{BARCODE} {CLEARED}")
    description: Maybe[str | None] = described(f"{DESCRIPTION} {CLEARED}")
    client_id: Maybe[Uuid | None] = described(
        f"The client that the device moves to, out of all groups; the token has to reach it. {STAYS}"
    )
    project_id: Maybe[Uuid | None] = described(f"The project that the device moves to, out of all groups. {STAYS}")
    device_specification_id: Maybe[Uuid | None] = described(f"The specification of the device. {STAYS}")
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.UpdateDevice:
        changes = given(self, DEVICE_FIELDS)
        return commands.UpdateDevice(device=self.device, changes=changes, expected_version=self.expected_version)


@strawberry.input(description="A device to delete.")
class DeleteDeviceInput:
    device: DeviceIdentifier = described(DEVICE)
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.DeleteDevice:
        return commands.DeleteDevice(device=self.device, expected_version=self.expected_version)


@strawberry.input(description="A network adapter to add to a device.")
class AddNetworkAdapterInput:
    device: DeviceIdentifier = described(DEVICE)
    network_adapter: NetworkAdapterInput = described("The adapter.")
    idempotency_key: str | None = described(KEY)

    def command(self) -> commands.AddNetworkAdapter:
        return commands.AddNetworkAdapter(
            device=self.device,
            network_adapter=self.network_adapter.command("networkAdapter"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="A network adapter and what it is to be.")
class UpdateNetworkAdapterInput:
    device: DeviceIdentifier = described(DEVICE)
    network_adapter_id: strawberry.ID = described("The id of the adapter, which has to be one of the device.")
    network_adapter: NetworkAdapterInput = described("The adapter.")

    def command(self) -> commands.UpdateNetworkAdapter:
        return commands.UpdateNetworkAdapter(
            device=self.device,
            network_adapter_id=self.network_adapter_id,
            network_adapter=self.network_adapter.command("networkAdapter"),
        )


@strawberry.input(description="A network adapter to delete.")
class DeleteNetworkAdapterInput:
    device: DeviceIdentifier = described(DEVICE)
    network_adapter_id: strawberry.ID = described("The id of the adapter, which has to be one of the device.")

    def command(self) -> commands.DeleteNetworkAdapter:
        return commands.DeleteNetworkAdapter(device=self.device, network_adapter_id=self.network_adapter_id)


@strawberry.input(description="A new device group.")
class CreateDeviceGroupInput:
    name: str = described(NAME)
    description: str | None = described(DESCRIPTION)
    client_id: Uuid = described("The client that owns the group; the token has to reach it.")
    project_id: Uuid = described("The project whose devices the group may hold.")
    idempotency_key: str | None = described(KEY)

    def command(self) -> commands.CreateDeviceGroup:
        return commands.CreateDeviceGroup(
            values={name: getattr(self, name) for name in DEVICE_GROUP_FIELDS},
            idempotency_key=self.idempotency_key,
        )


@strawberry.input(description="What changes of a device group.")
class UpdateDeviceGroupInput:
    id: strawberry.ID = described("The id of the group.")
    name: Maybe[str | None] = described(f"{NAME} {STAYS}")
    description: Maybe[str | None] = described(f"{DESCRIPTION} {CLEARED}")
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.UpdateDeviceGroup:
        changes = given(self, DEVICE_GROUP_FIELDS)
        return commands.UpdateDeviceGroup(id=self.id, changes=changes, expected_version=self.expected_version)


@strawberry.input(description="A device group to delete.")
class DeleteDeviceGroupInput:
    id: strawberry.ID = described("The id of the group.")
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.DeleteDeviceGroup:
        return commands.DeleteDeviceGroup(id=self.id, expected_version=self.expected_version)


@strawberry.input
class _MembershipInput:
    device: DeviceIdentifier = described(DEVICE)
    device_group_id: strawberry.ID = described("The id of the group.")

    def command(self) -> commands.ChangeMembership:
        return commands.ChangeMembership(device=self.device, device_group_id=self.device_group_id)


@strawberry.input(description="A device and the group that it is put into.")
class AddDeviceToGroupInput(_MembershipInput):
    pass


@strawberry.input(description="A device and the group that it is taken out of.")
class RemoveDeviceFromGroupInput(_MembershipInput):
    pass


def given(input_: object, fields: Iterable[str]) -> dict[str, Any]:
    """Return the values of the `fields` that were given, null or not."""
    found = {name: getattr(input_, name, None) for name in fields}
    return {name: field.value for name, field in found.items() if field is not None}
