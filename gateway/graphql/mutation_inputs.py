"""The inputs of mutations, and their way into the domain's commands."""

from typing import Any

import strawberry
from strawberry import Maybe

from gateway.domain import commands
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.kinds import DeviceStatus, NetworkAdapterType
from gateway.domain.uuids import Uuid
from gateway.graphql.inputs import described

NAME = "1 to 255 characters, not all white space."
TEXT = "At most 255 characters."
KEY = (
    "A text of the caller's own, 1 to 255 characters. The same key and input within 24 hours gets the first answer "
    "again and changes nothing."
)
EXPECTED_VERSION = "When given and not the present version, nothing changes and VERSION_MISMATCH comes back."


@strawberry.input
class CellularNetworkAdapterInput:
    imei: str = described("15 digits (IMEI) or 16 (IMEISV).")


@strawberry.input
class LoraNetworkAdapterInput:
    dev_eui: str = described("16 hexadecimal digits, in any letter case.")


@strawberry.input
class GenericNetworkAdapterInput:
    dvn_uuid: str = described("A UUID, in any letter case.")


@strawberry.input(one_of=True)
class NetworkAdapterInput:
    cellular: CellularNetworkAdapterInput | None = strawberry.UNSET
    lora: LoraNetworkAdapterInput | None = strawberry.UNSET
    generic: GenericNetworkAdapterInput | None = strawberry.UNSET

    def command(self, *field: str) -> commands.NewAdapter:
        """`field` is where this input stands."""
        if self.cellular:
            type_, path, identifier = NetworkAdapterType.CELLULAR, ("cellular", "imei"), self.cellular.imei
        elif self.lora:
            type_, path, identifier = NetworkAdapterType.LORA, ("lora", "devEui"), self.lora.dev_eui
        elif self.generic:
            type_, path, identifier = NetworkAdapterType.GENERIC, ("generic", "dvnUuid"), self.generic.dvn_uuid
        return commands.NewAdapter(type=type_, identifier=identifier, field=(*field, *path))


@strawberry.input
class CreateDeviceInput:
    name: str = described(NAME)
    client_id: Uuid
    project_id: Uuid
    device_specification_id: Uuid
    status: DeviceStatus = DeviceStatus.ACTIVE
    barcode: str | None = described(TEXT)
    description: str | None = described(TEXT)
    network_adapters: list[NetworkAdapterInput] | None = described("At most 100.")
    device_group_ids: list[strawberry.ID] | None = described(
        "Groups of the device's project, at most 100. Needs the scope `device-group.write`."
    )
    idempotency_key: str | None = described(KEY)

    def command(self) -> commands.CreateDevice:
        adapters = enumerate(self.network_adapters or ())
        return commands.CreateDevice(
            name=self.name,
            client_id=self.client_id,
            project_id=self.project_id,
            device_specification_id=self.device_specification_id,
            status=self.status,
            barcode=self.barcode,
            description=self.description,
            network_adapters=tuple(adapter.command("networkAdapters", str(place)) for place, adapter in adapters),
            device_group_ids=tuple(self.device_group_ids or ()),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input
class UpdateDeviceInput:
    device: DeviceIdentifier
    name: Maybe[str | None] = described(NAME)
    status: Maybe[DeviceStatus | None]
    barcode: Maybe[str | None] = described(TEXT)
    description: Maybe[str | None] = described(TEXT)
    client_id: Maybe[Uuid | None]
    project_id: Maybe[Uuid | None]
    device_specification_id: Maybe[Uuid | None]
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.UpdateDevice:
        changes = _given(
            name=self.name,
            status=self.status,
            barcode=self.barcode,
            description=self.description,
            client_id=self.client_id,
            project_id=self.project_id,
            device_specification_id=self.device_specification_id,
        )
        return commands.UpdateDevice(device=self.device, changes=changes, expected_version=self.expected_version)


@strawberry.input
class DeleteDeviceInput:
    device: DeviceIdentifier
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.DeleteDevice:
        return commands.DeleteDevice(device=self.device, expected_version=self.expected_version)


@strawberry.input
class AddNetworkAdapterInput:
    device: DeviceIdentifier
    network_adapter: NetworkAdapterInput
    idempotency_key: str | None = described(KEY)

    def command(self) -> commands.AddNetworkAdapter:
        return commands.AddNetworkAdapter(
            device=self.device,
            network_adapter=self.network_adapter.command("networkAdapter"),
            idempotency_key=self.idempotency_key,
        )


@strawberry.input
class UpdateNetworkAdapterInput:
    device: DeviceIdentifier
    network_adapter_id: strawberry.ID
    network_adapter: NetworkAdapterInput

    def command(self) -> commands.UpdateNetworkAdapter:
        return commands.UpdateNetworkAdapter(
            device=self.device,
            network_adapter_id=self.network_adapter_id,
            network_adapter=self.network_adapter.command("networkAdapter"),
        )


@strawberry.input
class DeleteNetworkAdapterInput:
    device: DeviceIdentifier
    network_adapter_id: strawberry.ID

    def command(self) -> commands.DeleteNetworkAdapter:
        return commands.DeleteNetworkAdapter(device=self.device, network_adapter_id=self.network_adapter_id)


@strawberry.input
class CreateDeviceGroupInput:
    name: str = described(NAME)
    description: str | None = described(TEXT)
    client_id: Uuid
    project_id: Uuid
    idempotency_key: str | None = described(KEY)

    def command(self) -> commands.CreateDeviceGroup:
        return commands.CreateDeviceGroup(
            name=self.name,
            description=self.description,
            client_id=self.client_id,
            project_id=self.project_id,
            idempotency_key=self.idempotency_key,
        )


@strawberry.input
class UpdateDeviceGroupInput:
    id: strawberry.ID
    name: Maybe[str | None] = described(NAME)
    description: Maybe[str | None] = described(TEXT)
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.UpdateDeviceGroup:
        changes = _given(name=self.name, description=self.description)
        return commands.UpdateDeviceGroup(id=self.id, changes=changes, expected_version=self.expected_version)


@strawberry.input
class DeleteDeviceGroupInput:
    id: strawberry.ID
    expected_version: int | None = described(EXPECTED_VERSION)

    def command(self) -> commands.DeleteDeviceGroup:
        return commands.DeleteDeviceGroup(id=self.id, expected_version=self.expected_version)


@strawberry.input
class _MembershipInput:
    device: DeviceIdentifier
    device_group_id: strawberry.ID

    def command(self) -> commands.ChangeMembership:
        return commands.ChangeMembership(device=self.device, device_group_id=self.device_group_id)


@strawberry.input
class AddDeviceToGroupInput(_MembershipInput):
    pass


@strawberry.input
class RemoveDeviceFromGroupInput(_MembershipInput):
    pass


def _given(**fields: Maybe[Any]) -> dict[str, Any]:
    """The fields that were given, null or not."""
    return {name: field.value for name, field in fields.items() if field is not None}
