"""A bare ASGI function that returns the JSON which one statement of the database makes."""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.cursors import decode_cursor, is_text
from gateway.domain.uuids import is_uuid

from .create_device import create_device
from .database import Database

Variables = dict[str, Any]

_JSON = (b"content-type", b"application/json")


def create_app(database: Database, principal: str) -> ASGIApp:
    """Requests are those of GraphQL, of which only the operation's name and the variables are looked at."""
    viewer = orjson.dumps({"data": {"viewer": {"principal": principal}}})

    async def answer(name: str, variables: Variables) -> bytes:
        if name == "viewer":
            return viewer
        if name == "create_device":
            return await create_device(database, variables["input"], principal)
        return await database.answer(name, _PARAMETERS[name](variables))

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        request = orjson.loads(await _body(receive))
        body = await answer(request["operationName"], request["variables"])
        headers = [_JSON, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _imei(variables: Variables) -> Variables:
    return {"imei": variables["identifier"].removeprefix("imei:")}


def _position(variables: Variables) -> Variables:
    status, name, id_ = decode_cursor(variables["after"], "-status,name,id", (is_text, is_text, is_uuid))
    return {
        "first": variables["first"],
        "client_id": variables["clientId"],
        "created_since": variables["createdSince"],
        "status": status,
        "name": name,
        "id": id_,
    }


def _term(variables: Variables) -> Variables:
    return {"first": variables["first"], "term": variables["search"].casefold()}


_PARAMETERS: dict[str, Callable[[Variables], Variables]] = {
    "fleet_page": dict,
    "device_by_imei": _imei,
    "deep_page": _position,
    "search": _term,
}
