"""The enums of the schema, each with what its values mean."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from gateway.domain.enums import BulkMode, DeviceEventType, DeviceStatus, NetworkAdapterType, WebhookStatus
from gateway.domain.user_errors import UserErrorCode

EnumType = TypeVar("EnumType", bound=type[Enum])


def _described(enum: EnumType, description: str, values: Mapping[str, str], name: str | None = None) -> EnumType:
    """Give an enum to Strawberry, with a description of each value. Raise KeyError where one is missing."""
    made = strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # type: ignore[attr-defined]  # set by Strawberry
    for value in definition.values:
        value.description = values[value.name]
    return made


_described(
    DeviceStatus,
    "Whether a device is in use.",
    {"ACTIVE": "The device is in use.", "INACTIVE": "The device is not in use, but keeps its adapters and groups."},
)
_described(
    NetworkAdapterType,
    "The kind of network that an adapter connects a device to.",
    {
        "CELLULAR": "A cellular network; the adapter is identified by an IMEI.",
        "LORA": "A LoRaWAN network; the adapter is identified by a DevEUI.",
        "GENERIC": "The generic internet; the adapter is identified by a DvnUUID.",
    },
)
_described(
    DeviceEventType,
    "What happened to a device.",
    {
        "DEVICE_CREATED": "The device was created, with the adapters and groups that are among the changes.",
        "DEVICE_UPDATED": "Fields of the device changed.",
        "DEVICE_DELETED": "The device was deleted, with its adapters and links.",
        "NETWORK_ADAPTER_ADDED": "A network adapter was added to the device.",
        "NETWORK_ADAPTER_DELETED": "A network adapter of the device was deleted.",
        "ADDED_TO_GROUP": "The device was put into a group.",
        "REMOVED_FROM_GROUP": "The device was taken out of a group, or its group was deleted.",
    },
)
_described(
    BulkMode,
    "What becomes of the other devices of an input where one has a fault.",
    {"ALL_OR_NOTHING": "Nothing at all has changed.", "EACH": "Those without a fault are created all the same."},
)
_described(
    WebhookStatus,
    "Whether events are delivered to a webhook.",
    {
        "ACTIVE": "Each event is delivered at once.",
        "FAILING": "The last delivery failed. It is retried, ever later.",
        "DISABLED": "Nothing is delivered: switched off by its owner, by an answer 410, or after failing too long.",
    },
)
_described(
    UserErrorCode,
    "The rule that an input breaks.",
    {
        "BLANK": "A required value is null, empty, or only white space.",
        "TOO_LONG": "A text has more characters than are allowed.",
        "INVALID_FORMAT": "A value is not of the format that it has to be of.",
        "TOO_MANY": "A list has more items than are allowed.",
        "NOT_FOUND": "What an id or identifier names does not exist, or is out of the caller's reach.",
        "NOT_ALLOWED": "The token does not reach the client that is to own something.",
        "IDENTIFIER_TAKEN": "An adapter has the identifier already; each belongs to one adapter on the whole platform.",
        "IMMUTABLE": "The value never changes.",
        "PROJECT_MISMATCH": "A device and a group belong to different projects.",
        "CLIENT_MISMATCH": "A device and a group belong to different clients.",
        "VERSION_MISMATCH": "The present version is not the one that was expected.",
        "COUNT_MISMATCH": "Another number of devices matches than was expected.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key was used for another input in the last 24 hours.",
        "EVENTS_GONE": "Events after the cursor have been removed from the history.",
    },
    name="UserErrorCode",
)


class OrderDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


class DeviceOrderField(StrEnum):
    CREATED_AT = "CREATED_AT"
    MODIFIED_AT = "MODIFIED_AT"
    NAME = "NAME"
    STATUS = "STATUS"
    BARCODE = "BARCODE"
    CLIENT_ID = "CLIENT_ID"
    PROJECT_ID = "PROJECT_ID"
    DEVICE_SPECIFICATION_ID = "DEVICE_SPECIFICATION_ID"
    ID = "ID"


class DeviceFacetField(StrEnum):
    STATUS = "STATUS"
    CLIENT_ID = "CLIENT_ID"
    PROJECT_ID = "PROJECT_ID"
    DEVICE_SPECIFICATION_ID = "DEVICE_SPECIFICATION_ID"
    NETWORK_ADAPTER_TYPE = "NETWORK_ADAPTER_TYPE"
    DEVICE_GROUP_ID = "DEVICE_GROUP_ID"


class DeviceGroupOrderField(StrEnum):
    CREATED_AT = "CREATED_AT"
    MODIFIED_AT = "MODIFIED_AT"
    NAME = "NAME"
    ID = "ID"


class DeviceGroupLinkOrderField(StrEnum):
    CREATED_AT = "CREATED_AT"
    NAME = "NAME"


_described(
    OrderDirection,
    "The direction of a sort.",
    {
        "ASC": "Smallest, earliest or first in code-point order first; a missing value last.",
        "DESC": "Largest, latest or last in code-point order first; a missing value before all.",
    },
)
_described(
    DeviceOrderField,
    "What devices are sorted by.",
    {
        "CREATED_AT": "When the device was created.",
        "MODIFIED_AT": "When the device, its adapters or its links last changed.",
        "NAME": "The name, by code point.",
        "STATUS": "The status, by its name.",
        "BARCODE": "The barcode, by code point.",
        "CLIENT_ID": "The client's id.",
        "PROJECT_ID": "The project's id.",
        "DEVICE_SPECIFICATION_ID": "The specification's id.",
        "ID": "The id.",
    },
)
_described(
    DeviceFacetField,
    "What devices are counted by.",
    {
        "STATUS": "The status; a filter takes its values as `statuses`.",
        "CLIENT_ID": "The client's id; a filter takes its values as `clientIds`.",
        "PROJECT_ID": "The project's id; a filter takes its values as `projectIds`.",
        "DEVICE_SPECIFICATION_ID": "The specification's id; a filter takes its values as `deviceSpecificationIds`.",
        "NETWORK_ADAPTER_TYPE": "The types of the adapters; a device counts once for each type that it has an adapter "
        "of. A filter takes its values as `networkAdapterTypes`.",
        "DEVICE_GROUP_ID": "The groups; a device counts for each group that it is in. A filter takes its values as "
        "`deviceGroupIds`.",
    },
)
_described(
    DeviceGroupOrderField,
    "What device groups are sorted by.",
    {
        "CREATED_AT": "When the group was created.",
        "MODIFIED_AT": "When the group last changed.",
        "NAME": "The name, by code point.",
        "ID": "The id.",
    },
)
_described(
    DeviceGroupLinkOrderField,
    "What the groups of a device are sorted by.",
    {"CREATED_AT": "When the device was put into the group.", "NAME": "The group's name, by code point."},
)
