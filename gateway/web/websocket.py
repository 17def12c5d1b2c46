"""GraphQL over WebSocket: `graphql-transport-ws`, at the path of GraphQL over HTTP."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import INTERNAL_SERVER_ERROR
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway.auth.key_sets import KeysUnavailable
from gateway.auth.tokens import VerifiedToken
from gateway.domain.errors import Unauthenticated, Unavailable
from gateway.web import websocket_messages as messages
from gateway.web.drain import end_now
from gateway.web.graphql_endpoint import GraphQLEndpoint
from gateway.web.graphql_request import HttpError, bearer_token, request_of
from gateway.web.websocket_messages import SUBPROTOCOL, Close, Closing, Message, MessageType, read_message
from gateway.web.websocket_operation import Operation

MOST_OPERATIONS = 100
"""How many operations may be under way on one connection."""


@dataclass(frozen=True, kw_only=True)
class GraphQLWebSocket:
    """An ASGI application for WebSockets, which executes operations as the endpoint for HTTP does."""

    endpoint: GraphQLEndpoint
    initialisation_seconds: float
    """How long a client may take until it has said who it is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # That it is there.
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
        with suppress(ClientDisconnect, OSError):
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            if subprotocol is None:
                close: Close | None = messages.SUBPROTOCOL_NOT_ACCEPTABLE
            elif self.endpoint.drain.has_begun:
                close = messages.SERVICE_RESTART
            else:
                close = await _Connection(self, scope, receive, send).serve()
            if close is not None:
                await send({"type": "websocket.close", "code": close.code, "reason": close.reason})


class _Connection:
    """A connection with all that is under way on it."""

    def __init__(self, websocket: GraphQLWebSocket, scope: Scope, receive: Receive, send: Send) -> None:
        self._endpoint = websocket.endpoint
        self._seconds = websocket.initialisation_seconds
        self._scope = scope
        self._receive = receive
        self._send_event = send
        self._caller: VerifiedToken | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> Close | None:
        """Return how to close the connection once it is over; None where the client has closed it."""
        self._close_at_end = messages.INITIALISATION_TIMEOUT
        try:
            async with asyncio.timeout(self._seconds) as self._time:
                with self._endpoint.drain.ending(partial(self._end, messages.SERVICE_RESTART)):
                    while True:
                        await self._take(await self._next_message())
        except TimeoutError:
            return self._close_at_end
        except Closing as closing:
            return closing.close
        except ClientDisconnect:
            return None
        finally:
            await self._cancel_operations()

    def _end(self, close: Close) -> None:
        self._close_at_end = close
        end_now(self._time)

    async def _next_message(self) -> Message:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise ClientDisconnect
        return read_message(event)

    async def _send(self, text: str) -> None:
        """Send a message, once the client has read enough of those before. Raise ClientDisconnect."""
        try:
            await self._send_event({"type": "websocket.send", "text": text})
        except OSError as error:
            raise ClientDisconnect from error

    async def _take(self, message: Message) -> None:
        match message.type:
            case MessageType.CONNECTION_INIT:
                await self._initialise(message.payload or {})
            case MessageType.PING:
                await self._send(messages.message(MessageType.PONG, message.payload))
            case MessageType.SUBSCRIBE:
                await self._subscribe(message)
            case MessageType.COMPLETE:
                if operation := self._operations.pop(message.id, None):
                    operation.cancel()

    async def _initialise(self, payload: Any) -> None:
        if self._caller is not None:
            raise Closing(messages.TOO_MANY_INITIALISATIONS)
        verifier = self._endpoint.verifier
        try:
            self._caller = caller = await verifier.verified(self._token(payload))
        except Unauthenticated as error:
            raise Closing(messages.forbidden(str(error))) from error
        except KeysUnavailable as error:
            raise Closing(messages.TRY_AGAIN_LATER) from error
        self._close_at_end = messages.forbidden("The token has expired.")
        seconds = caller.expires - verifier.clock()
        self._time.reschedule(asyncio.get_running_loop().time() + seconds)
        await self._send(messages.message(MessageType.CONNECTION_ACK))

    def _token(self, payload: dict[str, Any]) -> str:
        """Return the token of the payload of connection_init, or else of the head."""
        given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
        header = dict(self._scope["headers"]).get(b"authorization", b"")
        token = bearer_token(given.encode() if isinstance(given, str) else header)
        if not token:
            raise Unauthenticated("There is no bearer token; expected Authorization: Bearer <token>")
        return token

    async def _subscribe(self, message: Message) -> None:
        if self._caller is None:
            raise Closing(messages.UNAUTHORIZED)
        if message.id in self._operations:
            raise Closing(messages.id_in_use(message.id))
        try:
            request = request_of(message.payload)
        except HttpError as error:
            raise Closing(messages.bad_message(f"payload: {error}")) from error
        operation = Operation(self._endpoint, self._caller.principal, message.id, request, self._send)
        if len(self._operations) < MOST_OPERATIONS:
            self._operations[message.id] = asyncio.create_task(self._run(operation))
        else:
            # Nothing else is read meanwhile, so that what is refused is not held in memory either.
            await operation.refuse(Unavailable(f"{MOST_OPERATIONS} operations are under way on this connection."))

    async def _run(self, operation: Operation) -> None:
        try:
            status = await operation.run()
        finally:
            # Its client may have begun another one of that id.
            if self._operations.get(operation.operation_id) is asyncio.current_task():
                del self._operations[operation.operation_id]
        if status == INTERNAL_SERVER_ERROR:
            self._end(messages.INTERNAL_ERROR)

    async def _cancel_operations(self) -> None:
        operations = list(self._operations.values())
        for operation in operations:
            operation.cancel()
        await asyncio.gather(*operations, return_exceptions=True)
