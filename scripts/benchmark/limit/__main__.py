"""Serves the limit on loopback."""

import os

import uvicorn

from gateway.web.http_protocol import HttpProtocol

from .app import create_app

uvicorn.run(
    create_app(os.environ["BENCHMARK_DATABASE"], os.environ["BENCHMARK_PRINCIPAL"]),
    port=int(os.environ["BENCHMARK_PORT"]),
    loop="uvloop",
    http=HttpProtocol,
    lifespan="off",
    access_log=False,
)
