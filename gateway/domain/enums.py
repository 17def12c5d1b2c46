"""The closed sets of values that the domain knows."""

from enum import StrEnum


class DeviceStatus(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class NetworkAdapterType(StrEnum):
    CELLULAR = "CELLULAR"
    LORA = "LORA"
    GENERIC = "GENERIC"


class DeviceEventType(StrEnum):
    DEVICE_CREATED = "DEVICE_CREATED"
    DEVICE_UPDATED = "DEVICE_UPDATED"
    DEVICE_DELETED = "DEVICE_DELETED"
    NETWORK_ADAPTER_ADDED = "NETWORK_ADAPTER_ADDED"
    NETWORK_ADAPTER_DELETED = "NETWORK_ADAPTER_DELETED"
    ADDED_TO_GROUP = "ADDED_TO_GROUP"
    REMOVED_FROM_GROUP = "REMOVED_FROM_GROUP"


class BulkMode(StrEnum):
    """What becomes of the other devices of a request where one has a fault."""

    ALL_OR_NOTHING = "ALL_OR_NOTHING"
    EACH = "EACH"


class WebhookStatus(StrEnum):
    ACTIVE = "ACTIVE"
    FAILING = "FAILING"
    DISABLED = "DISABLED"


class Scope(StrEnum):
    """What a token may allow."""

    DEVICE_READ = "device.read"
    DEVICE_WRITE = "device.write"
    DEVICE_GROUP_READ = "device-group.read"
    DEVICE_GROUP_WRITE = "device-group.write"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_WRITE = "webhook.write"
