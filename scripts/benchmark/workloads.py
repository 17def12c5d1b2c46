"""What is measured: GraphQL operations, each with its variables for the data at hand."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.cursors import encode_cursor

SERIAL = "@serial@"
"""Where a request has a number of ten digits that no other request has."""

_QUERIES = Path(__file__).parent / "queries"
_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Workload:
    name: str
    operation: str
    """Of the file of this name in the folder `queries`."""
    variables: Mapping[str, Any]
    writes: bool = False
    compared: bool = True
    """Whether other contenders than the gateway are measured too."""

    @property
    def body(self) -> str:
        """That of an HTTP request."""
        query = (_QUERIES / f"{self.operation}.graphql").read_text()
        if "...DeviceAndAdapters" in query:
            query += (_QUERIES / "device_and_adapters.graphql").read_text()
        return json.dumps({"operationName": self.operation, "query": query, "variables": self.variables})


VIEWER = Workload(name="viewer", operation="viewer", variables={})


def workloads(database_file: Path) -> list[Workload]:
    with closing(sqlite3.connect(database_file)) as connection:
        return [
            Workload(name="fleet_page", operation="fleet_page", variables={"first": _PAGE}),
            _fleet_page_after(connection, "fleet_page_row_10", 10),
            _fleet_page_after(connection, "fleet_page_row_90_percent", _count(connection) * 9 // 10),
            _device_by_imei(connection),
            _deep_page(connection),
            Workload(name="search", operation="search", variables={"search": "Pumpe Zürich", "first": 20}),
            _create_device(connection),
            VIEWER,
        ]


def _count(connection: sqlite3.Connection) -> int:
    [count] = connection.execute("SELECT count(*) FROM device").fetchone()
    return int(count)


def _fleet_page_after(connection: sqlite3.Connection, name: str, row: int) -> Workload:
    position = connection.execute(
        "SELECT created_at, id FROM device ORDER BY created_at, id LIMIT 1 OFFSET ?", [row - 1]
    ).fetchone()
    after = encode_cursor("created_at,id", position)
    return Workload(name=name, operation="fleet_page", variables={"first": _PAGE, "after": after}, compared=False)


def _device_by_imei(connection: sqlite3.Connection) -> Workload:
    """A device with two adapters."""
    [imei] = connection.execute(
        "SELECT max(identifier) FILTER (WHERE type = 'CELLULAR') FROM network_adapter"
        " GROUP BY device_id HAVING count(*) = 2 AND count(DISTINCT type) = 2 AND max(type = 'CELLULAR')"
        " ORDER BY device_id LIMIT 1"
    ).fetchone()
    return Workload(name="device_by_imei", operation="device_by_imei", variables={"identifier": f"imei:{imei}"})


def _deep_page(connection: sqlite3.Connection) -> Workload:
    """After nine tenths of the devices that the largest client has got in the last half year of the demo data."""
    [client] = connection.execute(
        "SELECT client_id FROM device GROUP BY client_id ORDER BY count(*) DESC, client_id LIMIT 1"
    ).fetchone()
    since = "2026-01-01T00:00:00.000Z"
    rows = connection.execute(
        "SELECT status, name, id FROM device WHERE client_id = ? AND created_at >= ? ORDER BY status DESC, name, id",
        [client, since],
    ).fetchall()
    variables = {
        "first": _PAGE,
        "after": encode_cursor("-status,name,id", rows[len(rows) * 9 // 10 - 1]),
        "clientId": client,
        "createdSince": since,
        "orderBy": [{"field": "STATUS", "direction": "DESC"}, {"field": "NAME", "direction": "ASC"}],
    }
    return Workload(name="deep_page", operation="deep_page", variables=variables)


def _create_device(connection: sqlite3.Connection) -> Workload:
    owners = connection.execute("SELECT client_id, project_id, device_specification_id FROM device LIMIT 1").fetchone()
    values = {
        "name": f"Benchmark {SERIAL}",
        # graphql-jit does not know this field's default.
        "status": "ACTIVE",
        **dict(zip(("clientId", "projectId", "deviceSpecificationId"), owners, strict=True)),
        "networkAdapters": [{"cellular": {"imei": f"49015{SERIAL}"}}, {"lora": {"devEui": f"A84041{SERIAL}"}}],
    }
    return Workload(name="create_device", operation="create_device", variables={"input": values}, writes=True)
