"""Serves the limit on loopback."""

import os

import uvicorn

from .app import create_app

uvicorn.run(
    create_app(os.environ["BENCHMARK_DATABASE"], os.environ["BENCHMARK_PRINCIPAL"]),
    port=int(os.environ["BENCHMARK_PORT"]),
    loop="uvloop",
    http="httptools",
    lifespan="off",
    access_log=False,
)
