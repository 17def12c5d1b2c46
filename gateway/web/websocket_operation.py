"""One operation of a WebSocket, from `subscribe` to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from time import perf_counter
from typing import Any

import orjson
from starlette.requests import ClientDisconnect

from gateway.db.session import Session
from gateway.domain.errors import BadUserInput, RequestError
from gateway.domain.principal import Principal
from gateway.graphql.context import Context
from gateway.graphql.errors import FormattedError, internal_error, request_error
from gateway.graphql.execution import POSITION
from gateway.graphql.rate_limits import RateLimited
from gateway.graphql.request import Request
from gateway.graphql.response_streams import ResponseStream
from gateway.web.graphql_endpoint import CLIENT_IS_GONE, GraphQLEndpoint, seen_position
from gateway.web.graphql_request import HttpError, ReceivedRequest
from gateway.web.websocket_messages import MessageType, operation_message


class Operation(ReceivedRequest):
    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        principal: Principal,
        operation_id: str,
        request: Request,
        send: Callable[[str], Awaitable[None]],
    ) -> None:
        self.operation_id = operation_id
        """What its client knows it by."""
        self.id = endpoint.ids.new()
        self.started = self.received = perf_counter()
        self.principal = principal
        if endpoint.rate_limiter is not None:
            self.account = endpoint.rate_limiter.account(principal.subject)
        self._endpoint = endpoint
        self._request = request
        self._send_text = send

    async def run(self) -> int:
        """Execute it, send what comes of it, and return the status for logs."""
        status = CLIENT_IS_GONE
        try:
            status = await self._execute()
        except ClientDisconnect:
            pass
        finally:
            # A subscription ends with its client.
            self._note(200 if self.is_streamed and status == CLIENT_IS_GONE else status)
        return status

    async def refuse(self, error: RequestError) -> None:
        """Answer that it is not executed."""
        await self._send_errors([request_error(error)])
        self._note(200)

    async def _execute(self) -> int:
        try:
            content = await self._respond()
            if isinstance(content, dict):
                await self._send_answer(content)
            else:
                await self._send_stream(content)
        except HttpError as error:
            await self._send_errors([{"message": str(error), "extensions": {"code": BadUserInput.code}}])
            return error.status
        except RequestError as error:
            await self._send_errors([request_error(error)])
            return 429 if isinstance(error, RateLimited) else 200
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is logged, and masked
            self.errors = [internal_error(error, self.id)]
            return 500
        return 200

    async def _respond(self) -> dict[str, Any] | ResponseStream:
        assert self.principal is not None  # noqa: S101  # it is known from the beginning
        seen = seen_position(self._request.extensions.get(POSITION))
        session = Session(self._endpoint.database, seen, self.principal.subject)
        self.context = context = Context(self.principal, session, self.account)
        context.request_id = self.id
        return await self._endpoint.executor.respond(self._request, context)

    async def _send_stream(self, responses: ResponseStream) -> None:
        self.is_streamed = True
        async with aclosing(responses):
            async for body, _ in responses:
                await self._send(MessageType.NEXT, body)
                # Others have their turn, also where neither source nor client has to be waited for.
                await asyncio.sleep(0)
        await self._send(MessageType.COMPLETE)

    async def _send_answer(self, content: dict[str, Any]) -> None:
        if "data" not in content:
            await self._send_errors(content["errors"])
            return
        body = orjson.dumps(content)
        if len(body) > self._endpoint.max_answer_bytes:
            content = self._endpoint.too_large(len(body))
            body = orjson.dumps(content)
        self.errors = content.get("errors")
        await self._send(MessageType.NEXT, body)
        await self._send(MessageType.COMPLETE)

    async def _send_errors(self, errors: list[FormattedError]) -> None:
        self.errors = errors
        await self._send(MessageType.ERROR, orjson.dumps(errors))

    async def _send(self, type_: MessageType, payload: bytes | None = None) -> None:
        await self._send_text(operation_message(self.operation_id, type_, payload))

    def _note(self, status: int) -> None:
        self._endpoint.note(self, status)
