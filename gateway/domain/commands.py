"""The commands of callers, which hold what they wrote: nothing in it has been validated yet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from gateway.domain.enums import BulkMode, DeviceEventType, NetworkAdapterType, Scope
from gateway.domain.filters import DeviceFilter
from gateway.domain.identifiers import DeviceIdentifier, parse_adapter_identifier
from gateway.domain.user_errors import InputPath
from gateway.domain.uuids import Uuid
from gateway.domain.webhooks import PrivateHosts


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAdapter:
    type: NetworkAdapterType
    identifier: str
    field: InputPath
    """The path to the identifier in the input."""

    @property
    def canonical_identifier(self) -> str:
        """Return the identifier as it is stored; raise BadUserInput where it is malformed."""
        return parse_adapter_identifier(self.type, self.identifier)


class Command(Protocol):
    @property
    def scopes(self) -> Collection[Scope]:
        """The scopes that the caller's token needs."""


class _DeviceCommand:
    scopes: ClassVar[Collection[Scope]] = (Scope.DEVICE_WRITE,)


class _GroupCommand:
    scopes: ClassVar[Collection[Scope]] = (Scope.DEVICE_GROUP_WRITE,)


class _WebhookCommand:
    scopes: ClassVar[Collection[Scope]] = (Scope.WEBHOOK_WRITE,)


@dataclass(frozen=True, kw_only=True)
class CreateDevice:
    values: Mapping[str, Any]
    """The values of all `DEVICE_FIELDS`, by name."""
    network_adapters: tuple[NewAdapter, ...]
    device_group_ids: tuple[str, ...]
    idempotency_key: str | None

    @property
    def scopes(self) -> Collection[Scope]:
        # Which devices are in a group is the group's affair.
        return (Scope.DEVICE_WRITE, Scope.DEVICE_GROUP_WRITE) if self.device_group_ids else (Scope.DEVICE_WRITE,)


@dataclass(frozen=True, kw_only=True)
class CreateDevices:
    devices: tuple[CreateDevice, ...]
    """The paths in each are those within its own input."""
    mode: BulkMode
    dry_run: bool

    @property
    def scopes(self) -> Collection[Scope]:
        return {Scope.DEVICE_WRITE, *(scope for device in self.devices for scope in device.scopes)}


@dataclass(frozen=True, kw_only=True)
class UpdateDevice(_DeviceCommand):
    device: DeviceIdentifier
    changes: Mapping[str, Any]
    """The new values of those `DEVICE_FIELDS` that were given, by name."""
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class DeleteDevice(_DeviceCommand):
    device: DeviceIdentifier
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class UpdateDevices:
    filter: DeviceFilter
    changes: Mapping[str, Any]
    """The new values of those `DEVICE_FIELDS` that were given, by name."""
    add_to_group_ids: tuple[str, ...]
    remove_from_group_ids: tuple[str, ...]
    expected_count: int
    dry_run: bool

    @property
    def scopes(self) -> Collection[Scope]:
        """What a filter matches is told by the number of devices, so they have to be readable."""
        changes_groups = bool(self.add_to_group_ids or self.remove_from_group_ids)
        scopes = [Scope.DEVICE_READ]
        if self.changes or not changes_groups:
            scopes.append(Scope.DEVICE_WRITE)
        if changes_groups:
            scopes.append(Scope.DEVICE_GROUP_WRITE)
        return scopes


@dataclass(frozen=True, kw_only=True)
class DeleteDevices:
    filter: DeviceFilter
    expected_count: int
    dry_run: bool

    scopes: ClassVar[Collection[Scope]] = (Scope.DEVICE_READ, Scope.DEVICE_WRITE)


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
    values: Mapping[str, Any]
    """The values of all `DEVICE_GROUP_FIELDS`, by name."""
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True)
class UpdateDeviceGroup(_GroupCommand):
    id: str
    changes: Mapping[str, Any]
    """The new values of those `DEVICE_GROUP_FIELDS` that were given, by name."""
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class DeleteDeviceGroup(_GroupCommand):
    id: str
    expected_version: int | None


@dataclass(frozen=True, kw_only=True)
class ChangeMembership(_GroupCommand):
    """Add a device to a group, or remove it, as the use case says that it is given to."""

    device: DeviceIdentifier
    device_group_id: str


@dataclass(frozen=True, kw_only=True)
class CreateWebhook(_WebhookCommand):
    client_id: Uuid
    url: str
    types: list[DeviceEventType]
    """Each once, as in `UpdateWebhook`."""
    after: str | None
    idempotency_key: str | None
    private_hosts: PrivateHosts = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class UpdateWebhook(_WebhookCommand):
    id: str
    changes: Mapping[str, Any]
    """The new values of `url` and `types` that were given, by name."""
    enabled: bool | None
    replay_after: str | None
    rotate_secret: bool
    expected_version: int | None
    private_hosts: PrivateHosts = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class DeleteWebhook(_WebhookCommand):
    id: str
    expected_version: int | None
