"""The messages of `graphql-transport-ws`, and how its connections are closed.

It is a subprotocol of WebSocket, which the PROTOCOL.md of the npm package graphql-ws describes.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from starlette.types import Message as WebSocketMessage

from gateway.domain.quoting import ELLIPSIS, quoted

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_ID = 256
LONGEST_REASON = 123
"""In bytes (RFC 6455, section 5.5)."""


class Close(NamedTuple):
    """How a connection is closed: the code tells its client whether to come back."""

    code: int
    reason: str


SERVICE_RESTART = Close(1012, "Service restart")
TRY_AGAIN_LATER = Close(1013, "Try again later")
UNAUTHORIZED = Close(4401, "Unauthorized: a connection begins with connection_init")
SUBPROTOCOL_NOT_ACCEPTABLE = Close(4406, f"Subprotocol not acceptable: expected {SUBPROTOCOL}")
INITIALISATION_TIMEOUT = Close(4408, "Connection initialisation timeout")
TOO_MANY_INITIALISATIONS = Close(4429, "Too many initialisation requests")
INTERNAL_ERROR = Close(4500, "Internal server error")


def bad_message(reason: str) -> Close:
    return Close(4400, _cut(reason))


def forbidden(reason: str) -> Close:
    return Close(4403, _cut(reason))


def id_in_use(id_: str) -> Close:
    return Close(4409, _cut(f"Subscriber for {id_} already exists"))


class Closing(Exception):
    """A connection has to be closed."""

    def __init__(self, close: Close) -> None:
        super().__init__(close)
        self.close = close


class MessageType(StrEnum):
    CONNECTION_INIT = "connection_init"
    CONNECTION_ACK = "connection_ack"
    PING = "ping"
    PONG = "pong"
    SUBSCRIBE = "subscribe"
    NEXT = "next"
    ERROR = "error"
    COMPLETE = "complete"


# What clients send. The payload of the others is an object, if anything.
_FROM_CLIENTS = [
    MessageType.CONNECTION_INIT,
    MessageType.PING,
    MessageType.PONG,
    MessageType.SUBSCRIBE,
    MessageType.COMPLETE,
]
_OF_OPERATIONS = {MessageType.SUBSCRIBE, MessageType.COMPLETE}
_TYPES = ", ".join(_FROM_CLIENTS)


class Message(NamedTuple):
    type: MessageType
    id: str
    """The id of its operation; empty text where it is of none."""
    payload: Mapping[str, Any] | None


def read_message(received: WebSocketMessage) -> Message:
    """Return the message that a client has sent. Raise Closing where it is none of the protocol."""
    text = received.get("text")
    if text is None:
        raise Closing(bad_message("A binary message was sent; expected text"))
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Closing(bad_message(f"The message is not JSON: {error}")) from error
    if not isinstance(content, dict):
        raise Closing(bad_message(f"{quoted(content)} is not a message; expected an object with type"))
    type_, id_, payload = content.get("type"), content.get("id"), content.get("payload")
    if type_ not in _FROM_CLIENTS:
        raise Closing(bad_message(f"type: {quoted(type_)} is unknown; expected one of {_TYPES}"))
    if type_ not in _OF_OPERATIONS:
        id_ = ""
    elif not isinstance(id_, str) or not 0 < len(id_) <= LONGEST_ID:
        raise Closing(bad_message(f"id: {quoted(id_)} was given; expected text of 1 to {LONGEST_ID} characters"))
    if payload is not None and not isinstance(payload, dict):
        raise Closing(bad_message(f"payload: {quoted(payload)} was given; expected an object"))
    return Message(MessageType(type_), id_, payload)


def message(type_: MessageType, payload: Any = None) -> str:
    """Return a message that is of no operation."""
    return orjson.dumps({"type": type_} if payload is None else {"type": type_, "payload": payload}).decode()


def operation_message(id_: str, type_: MessageType, payload: bytes | None = None) -> str:
    """Return a message of an operation, whose payload is JSON already."""
    head = b'{"id":%s,"type":"%s"' % (orjson.dumps(id_), type_.encode())
    return (head + (b"}" if payload is None else b',"payload":%s}' % payload)).decode()


def _cut(reason: str) -> str:
    """Return a reason as far as it fits into the frame that closes a connection."""
    if len(reason.encode()) <= LONGEST_REASON:
        return reason
    return reason.encode()[: LONGEST_REASON - len(ELLIPSIS.encode())].decode(errors="ignore") + ELLIPSIS
