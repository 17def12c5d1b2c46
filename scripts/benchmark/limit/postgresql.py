"""PostgreSQL on as many connections as the gateway has. An answer is made, and a device created, in one statement."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import asyncpg
import orjson

from gateway.db.stores.pool import Pool
from gateway.db.stores.postgresql import CONNECTIONS
from gateway.domain.cursors import encode_cursor

from .database import Values, statements

SECONDS_TO_WAIT = 10

_PARAMETER = re.compile(r"\$([a-zA-Z_]+)")
_END_CURSOR = "@end_cursor@"
"""Stands for the cursor in the JSON, since PostgreSQL has no function of its checksum."""


def _numbered(text: str) -> tuple[str, list[str]]:
    """`text` with the parameters as asyncpg takes them, and their names."""
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    return _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", text), names


_STATEMENTS = {name: _numbered(text) for name, text in statements("postgresql").items()}


class PostgreSQL:
    def __init__(self, url: str) -> None:
        self._pool = Pool(partial(_connected, url), CONNECTIONS, SECONDS_TO_WAIT)

    async def answer(self, name: str, parameters: Values) -> bytes:
        """A statement returns the JSON, and the order and the values of the cursor where there is one in it."""
        [(json, *position)] = await self._fetch(name, parameters)
        if position:
            order, *values = position
            json = json.replace(_END_CURSOR, encode_cursor(order, tuple(values)))
        return bytes(json, "utf-8")

    async def create(self, device: Values, adapters: Sequence[Values]) -> None:
        await self._fetch("create_device", {**device, "adapters": orjson.dumps(adapters).decode()})

    async def _fetch(self, name: str, parameters: Values) -> list[Any]:
        text, names = _STATEMENTS[name]
        connection = await self._pool.acquire()
        try:
            rows: list[Any] = await connection.fetch(text, *(parameters[name] for name in names))
            return rows
        finally:
            self._pool.release(connection, in_doubt=False)


async def _connected(url: str) -> Any:
    # To plan these statements anew for each number of devices takes longer than it saves.
    settings = {"timezone": "UTC", "datestyle": "ISO", "plan_cache_mode": "force_generic_plan"}
    connection = await asyncpg.connect(url, server_settings=settings)
    # UUIDs and instants as text; asyncpg would take and make objects.
    for name in ("uuid", "timestamptz"):
        await connection.set_builtin_type_codec(name, schema="pg_catalog", codec_name="text", format="text")
    return connection
