"""The embedded database on one connection, with the gateway's pragmas and room for more pages."""

import sqlite3
from collections.abc import Sequence

from gateway.domain.cursors import encode_cursor

from .database import Values, statements

PRAGMAS = (
    "busy_timeout = 10000",
    "synchronous = FULL",
    "foreign_keys = ON",
    "journal_mode = WAL",
    # 16 MB of pages, which better-sqlite3 has without being asked; SQLite's own default is 2 MB.
    "cache_size = -16000",
)
_STATEMENTS = statements("sqlite")
_DEVICE = """
    INSERT INTO device (id, name, name_folded, status, client_id, project_id, device_specification_id, version,
        created_at, created_by, modified_at, modified_by)
    VALUES (:id, :name, :name_folded, :status, :clientId, :projectId, :deviceSpecificationId, 1, :at, :by, :at, :by)
"""
_ADAPTER = """
    INSERT INTO network_adapter (id, device_id, client_id, type, identifier, created_at, created_by, modified_at,
        modified_by)
    VALUES (:adapter_id, :id, :clientId, :type, :identifier, :at, :by, :at, :by)
"""
_EVENT = """
    INSERT INTO device_event (id, device_id, version, client_id, type, occurred_at, occurred_by, changes)
    VALUES (:event_id, :id, 1, :clientId, 'DEVICE_CREATED', :at, :by, :changes)
"""


class SQLite:
    def __init__(self, file: str) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        # Text comes as UTF-8 bytes, which is what an answer is made of.
        self._connection.text_factory = bytes
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.create_function("cursor", -1, _cursor, deterministic=True)

    async def answer(self, name: str, parameters: Values) -> bytes:
        [json] = self._connection.execute(_STATEMENTS[name], parameters).fetchone()
        return bytes(json)

    async def create(self, device: Values, adapters: Sequence[Values]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(_DEVICE, device)
        self._connection.executemany(_ADAPTER, [{**device, **adapter} for adapter in adapters])
        self._connection.execute(_EVENT, device)
        self._connection.execute("COMMIT")


def _cursor(order: str, *values: str) -> str:
    return encode_cursor(order, values)
