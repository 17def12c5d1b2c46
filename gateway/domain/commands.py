"""What callers ask to be changed, as they wrote it: nothing in it has been judged yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.faults import Path
from gateway.domain.identifiers import DeviceIdentifier, parse_adapter_identifier
from gateway.domain.kinds import DeviceStatus, NetworkAdapterType
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


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateDevice:
    """`changes` has the new values by the names of their columns, only of fields that were given."""

    device: DeviceIdentifier
    changes: Mapping[str, Any]
    expected_version: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteDevice:
    device: DeviceIdentifier
    expected_version: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AddNetworkAdapter:
    device: DeviceIdentifier
    network_adapter: NewAdapter
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateNetworkAdapter:
    device: DeviceIdentifier
    network_adapter_id: str
    network_adapter: NewAdapter


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteNetworkAdapter:
    device: DeviceIdentifier
    network_adapter_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateDeviceGroup:
    name: str
    description: str | None
    client_id: Uuid
    project_id: Uuid
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateDeviceGroup:
    """`changes` as in UpdateDevice."""

    id: str
    changes: Mapping[str, Any]
    expected_version: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeleteDeviceGroup:
    id: str
    expected_version: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeMembership:
    """To add a device to a group, or to remove it."""

    device: DeviceIdentifier
    device_group_id: str
