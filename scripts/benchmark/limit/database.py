"""The embedded database on one connection, with the gateway's pragmas and room for more pages."""

import sqlite3
from pathlib import Path

from gateway.domain.pagination import encode_cursor

_FOLDER = Path(__file__).parent
_DEVICE = (_FOLDER / "device_entries.part").read_text()
"""The entries of a device's JSON that more than one statement has; `{device}` stands for them."""

STATEMENTS = {file.stem: file.read_text().replace("{device}", _DEVICE) for file in _FOLDER.glob("*.sql")}
"""By workload: the statement that makes its answer."""

PRAGMAS = (
    "busy_timeout = 10000",
    "synchronous = FULL",
    "foreign_keys = ON",
    "journal_mode = WAL",
    # 16 MB of pages, which better-sqlite3 has without being asked; SQLite's own default is 2 MB.
    "cache_size = -16000",
)


def connect(file: str) -> sqlite3.Connection:
    """Text comes as UTF-8 bytes, which is what an answer is made of."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.text_factory = bytes
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("cursor", -1, lambda order, *values: encode_cursor(order, values), deterministic=True)
    return connection
