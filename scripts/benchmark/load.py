"""Load from a process of its own: wrk where it is installed, else autocannon."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from .node import Unavailable, installed_packages
from .servers import Server, ServerFailed
from .workloads import Workload

CONNECTIONS = 8
SECONDS_TO_END = 60

_LUA = Path(__file__).parent / "load.lua"
# Each load has this many numbers to itself.
_serials = count(1_000_000, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one load showed, or the medians of several."""

    rps: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Generator:
    name: str
    command: tuple[str | Path, ...]
    """`{seconds}` and `{url}` stand for what they name."""


def generator() -> Generator:
    """Raises Unavailable where there is none."""
    if wrk := shutil.which("wrk"):
        options = ("-t1", f"-c{CONNECTIONS}", "-d{seconds}s", "--timeout", "30s", "--latency", "-s", _LUA, "{url}")
        return Generator(name="wrk", command=(wrk, *options))
    try:
        packages = installed_packages()
    except Unavailable as error:
        raise Unavailable(f"Nothing can make load: wrk is not installed, and for autocannon: {error}") from error
    return Generator(name="autocannon", command=("node", packages / "load.js"))


def put_under_load(generator: Generator, server: Server, workload: Workload, length: int, seconds: int) -> Load:
    """Raises ServerFailed unless every answer is a success of `length` bytes."""
    words = (str(part).format(seconds=seconds, url=server.url) for part in generator.command)
    variables = {
        "BENCHMARK_URL": server.url,
        "BENCHMARK_CONNECTIONS": str(CONNECTIONS),
        "BENCHMARK_SECONDS": str(seconds),
        "BENCHMARK_BODY": workload.body,
        "BENCHMARK_LENGTH": str(length),
        "BENCHMARK_SERIAL": str(next(_serials)),
        "BENCHMARK_TOKEN": server.token,
    }
    try:
        done = subprocess.run(  # noqa: S603  # the commands are ours
            list(words),
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=seconds + SECONDS_TO_END,
            check=True,
        )
    except subprocess.SubprocessError as error:
        raise ServerFailed(f"{server.name} cannot be put under the load of {workload.name}: {error}") from error
    measured = json.loads(done.stdout.splitlines()[-1])
    if failed := measured.pop("failed"):
        raise ServerFailed(f"{server.name} failed {failed} requests of {workload.name}.")
    return Load(**measured)
