"""What is sent to a webhook: an event as JSON, signed (Standard Webhooks 1.0.0)."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from gateway.db.queries.events import events_cursor
from gateway.db.rows import DeviceEventRow
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import visible_changes
from gateway.domain.principal import Principal
from gateway.domain.webhooks import secret_bytes

USER_AGENT = "devices-gateway"
TYPES: Mapping[str, str] = {
    DeviceEventType.DEVICE_CREATED: "device.created",
    DeviceEventType.DEVICE_UPDATED: "device.updated",
    DeviceEventType.DEVICE_DELETED: "device.deleted",
    DeviceEventType.NETWORK_ADAPTER_ADDED: "network_adapter.added",
    DeviceEventType.NETWORK_ADAPTER_DELETED: "network_adapter.deleted",
    DeviceEventType.ADDED_TO_GROUP: "device.added_to_group",
    DeviceEventType.REMOVED_FROM_GROUP: "device.removed_from_group",
}
"""What messages call the types of events."""


class Message(NamedTuple):
    id: str
    body: bytes


def message_of(event: DeviceEventRow, position: int, principal: Principal) -> Message:
    """Return the message of the event at a position for a principal, who may not see all that it changed."""
    data = {
        "id": event.id,
        "type": event.type,
        "deviceId": event.device_id,
        "clientId": event.client_id,
        "version": event.version,
        "occurredAt": event.occurred_at,
        "occurredBy": event.occurred_by,
        "changes": [change._asdict() for change in visible_changes(event.changes, principal)],
        "cursor": events_cursor(position),
    }
    content = {"type": TYPES[event.type], "timestamp": event.occurred_at, "data": data}
    return Message(event.id, orjson.dumps(content))


def signed_headers(message: Message, secrets: Iterable[str], timestamp: int) -> dict[str, str]:
    """Return the headers of a message that is sent at a time, in seconds since 1970: a signature for each secret."""
    signed = b".".join([message.id.encode(), str(timestamp).encode(), message.body])
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
        "content-type": "application/json",
        "user-agent": USER_AGENT,
    }


def _signature(secret: str, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(secret_bytes(secret), signed, "sha256")).decode()
