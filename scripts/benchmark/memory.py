"""How much memory the serving process has while it answers many fleet pages."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx

from .load import CONNECTIONS
from .servers import Server
from .workloads import Workload

REQUESTS = 50_000
STEP = 5_000


def memory_use(server: Server, workload: Workload) -> Iterator[tuple[int, float]]:
    """The number of requests answered, and the resident memory in MB, now and after each step."""
    yield 0, resident_mb(server.process_id)
    for done in range(STEP, REQUESTS + 1, STEP):
        asyncio.run(_answered(server, workload.body, STEP))
        yield done, resident_mb(server.process_id)


async def _answered(server: Server, body: str, count: int) -> None:
    async with httpx.AsyncClient(headers=server.headers, timeout=30) as client:

        async def ask(count: int) -> None:
            for _ in range(count):
                (await client.post(server.url, content=body)).raise_for_status()

        await asyncio.gather(*(ask(count // CONNECTIONS) for _ in range(CONNECTIONS)))


def resident_mb(process_id: int) -> float:
    [kilobytes] = re.findall(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{process_id}/status").read_text(), re.MULTILINE)
    return int(kilobytes) / 1024
