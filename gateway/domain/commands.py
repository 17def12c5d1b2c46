"""What callers ask to be changed, as they wrote it: nothing in it has been judged yet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from gateway.domain.faults import Path
from gateway.domain.identifiers import DeviceIdentifier, parse_adapter_identifier
from gateway.domain.kinds import DeviceStatus, NetworkAdapterType, Scope
from gateway.domain.uuids import Uuid


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAdapter:
    type: NetworkAdapterType
    identifier: str
    field: Path
    """Where in the input the identifier stands."""

    @property
    def canonical_identifier(self) -> str:
        """Raises BadUserInput where the identifier is malformed."""
        return parse_adapter_identifier(self.type, self.identifier)


class Command(Protocol):
    @property
    def scopes(self) -> Collection[Scope]:
        """What the caller's token has to allow."""


class _DeviceCommand:
    scopes: ClassVar[Collection[Scope]] = (Scope.DEVICE_WRITE,)


class _GroupCommand:
    scopes: ClassVar[Collection[Scope]] = (Scope.DEVICE_GROUP_WRITE,)


@dataclass(frozen=True, kw_only=True)
class CreateDevice:
    name: str
    client_id: Uuid
    project_id: Uuid
    device_specification_id: Uuid
    status: DeviceStatus
    barcode: str | None
    description: str | None
    network_adapters: tuple[NewAdapter, ...]
    device_group_ids: tuple[str, ...]
    idempotency_key: str | None

    @property
    def scopes(self) -> Collection[Scope]:
        """Groups are not the device's own."""
        return (Scope.DEVICE_WRITE, Scope.DEVICE_GROUP_WRITE) if self.device_group_ids else (Scope.DEVICE_WRITE,)


@dataclass(frozen=True, kw_only=True)
class UpdateDevice(_DeviceCommand):
    """`changes` has the new values by the names of their columns, only of fields that were given."""

    device: DeviceIdentifier
    changes: Mapping[str, Any]
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class DeleteDevice(_DeviceCommand):
    device: DeviceIdentifier
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class AddNetworkAdapter(_DeviceCommand):
    device: DeviceIdentifier
    network_adapter: NewAdapter
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True)
class UpdateNetworkAdapter(_DeviceCommand):
    device: DeviceIdentifier
    network_adapter_id: str
    network_adapter: NewAdapter


@dataclass(frozen=True, kw_only=True)
class DeleteNetworkAdapter(_DeviceCommand):
    device: DeviceIdentifier
    network_adapter_id: str


@dataclass(frozen=True, kw_only=True)
class CreateDeviceGroup(_GroupCommand):
    name: str
    description: str | None
    client_id: Uuid
    project_id: Uuid
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True)
class UpdateDeviceGroup(_GroupCommand):
    """`changes` as in UpdateDevice."""

    id: str
    changes: Mapping[str, Any]
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class DeleteDeviceGroup(_GroupCommand):
    id: str
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class ChangeMembership(_GroupCommand):
    """To add a device to a group, or to remove it."""

    device: DeviceIdentifier
    device_group_id: str
