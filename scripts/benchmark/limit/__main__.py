"""Serves the limit on loopback."""

import os
from functools import partial
from typing import Any

import uvicorn
import uvloop

from gateway.web.connections import ConnectionLimits, ConnectionWatch
from gateway.web.http_protocol import HttpProtocol

from .app import create_app
from .database import Database
from .postgresql import PostgreSQL
from .sqlite import SQLite


async def main() -> None:
    where = os.environ["BENCHMARK_DATABASE"]
    database: Database = PostgreSQL(where) if where.startswith("postgresql:") else SQLite(where)
    protocol: Any = partial(HttpProtocol, ConnectionWatch(ConnectionLimits()))
    config = uvicorn.Config(
        create_app(database, os.environ["BENCHMARK_PRINCIPAL"]),
        port=int(os.environ["BENCHMARK_PORT"]),
        http=protocol,
        lifespan="off",
        access_log=False,
    )
    await uvicorn.Server(config).serve()


uvloop.run(main())
