"""A server whose primary ends, falls silent or becomes read-only, while a standby takes its place."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.databases import fetched, migrated
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.postgres import PostgresServer
from tests.server import Server, running_server

CREATE = "mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { device { name } } }"
NAMED = "query ($name: String!) { devices(filter: { search: $name }) { nodes { name } } }"
NEW = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
MOST_SECONDS = 5.0
"""Until writes go on, once there is a new primary."""


class Pair(NamedTuple):
    primary: PostgresServer
    standby: PostgresServer

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}/postgres"

    @property
    def replica_urls(self) -> str:
        """Return both, since either may be a replica one day."""
        return f"{self.primary.url()} {self.standby.url()}"


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Yield a primary whose every commit waits for its standby."""
    started = []
    try:
        primary = PostgresServer.new()
        started.append(primary)
        primary.start()
        asyncio.run(migrated(primary.url()))
        standby = PostgresServer.replica_of(primary)
        started.append(standby)
        standby.start()
        execute(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        execute(primary, "SELECT pg_reload_conf()")
        yield Pair(primary, standby)
    finally:
        for server in reversed(started):
            server.remove()


def execute(server: PostgresServer, statement: str) -> None:
    asyncio.run(fetched(server.url(), statement))


class Traffic:
    """A writer and two readers, of which one sends the position of the last write. All remember what they were told."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._http = httpx.Client(base_url=server.url, timeout=20)
        self._headers = {"Authorization": f"Bearer {server.token()}"}
        self._ends = threading.Event()
        self.acknowledged: list[tuple[float, str, str]] = []
        """When, the name and the position."""
        self.refused: list[str] = []
        self.unread: list[Any] = []
        """The answers to reads that were not as they should be."""
        self.reads = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor() as threads:
            running = [threads.submit(self._again, work) for work in (self._write, self._read, self._read_own)]
            try:
                yield
            finally:
                self._ends.set()
        self._http.close()
        for each in running:
            each.result()

    def wait_for_write(self, since: float, seconds: float = MOST_SECONDS) -> float:
        """Return how many seconds after an instant the first write was acknowledged that began after it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for at, _, _ in self.acknowledged:
                if at > since:
                    return at - since
            time.sleep(0.02)
        raise AssertionError(f"Nothing was written: {self.refused[-1:]}\n{self._server.output}")

    def ask(self, query: str, variables: Any, position: str = "") -> httpx.Response:
        headers = {**self._headers, **({"Gateway-Position": position} if position else {})}
        json = {"query": query, "variables": variables}
        return self._http.post("/graphql", json=json, headers=headers)

    def names(self, name: str, position: str = "") -> Any:
        return self.ask(NAMED, {"name": name}, position).json()

    def _again(self, work: Callable[[int], None]) -> None:
        number = 0
        while not self._ends.is_set():
            work(number := number + 1)
            time.sleep(0.01)

    def _write(self, number: int) -> None:
        name = f"Device {number:05}"
        answer = self.ask(CREATE, {"input": {**NEW, "name": name}})
        if "errors" in answer.json():
            [error] = answer.json()["errors"]
            assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE", error
            self.refused.append(error["message"])
        else:
            self.acknowledged.append((time.monotonic(), name, answer.headers["gateway-position"]))

    def _read(self, _: int) -> None:
        answer = self.names("nothing of this name")
        self.reads += 1
        if answer != {"data": {"devices": {"nodes": []}}}:
            self.unread.append(answer)

    def _read_own(self, _: int) -> None:
        if self.acknowledged:
            _, name, position = self.acknowledged[-1]
            answer = self.names(name, position)
            if answer != {"data": {"devices": {"nodes": [{"name": name}]}}}:
                self.unread.append((position, answer))


def readiness(server: Server) -> tuple[int, str]:
    response = httpx.get(f"{server.url}/health/ready", timeout=10)
    return response.status_code, response.json()["status"]


def names_in(server: PostgresServer) -> set[str]:
    return {name for (name,) in asyncio.run(fetched(server.url(), "SELECT name FROM device"))}


def signal_all(server: PostgresServer, number: int) -> None:
    """Send a signal to a server and to the process of each of its connections."""
    assert server._process
    process = server._process.pid
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for each in (process, *map(int, children)):
        os.kill(each, number)


def test_reads_never_fail_and_writes_go_on_within_seconds_when_a_primary_ends(pair: Pair, tmp_path: Path) -> None:
    with running_server(tmp_path, GATEWAY_DATABASE_URL=pair.url, GATEWAY_REPLICA_URLS=pair.replica_urls) as server:
        traffic = Traffic(server)
        with traffic.running():
            traffic.wait_for_write(time.monotonic())
            time.sleep(1)
            pair.primary.stop("immediate")
            time.sleep(1)
            assert readiness(server) == (200, "reads only: the database does not answer")
            promoted = time.monotonic()
            execute(pair.standby, "SELECT pg_promote()")
            seconds = traffic.wait_for_write(promoted)
            time.sleep(1)
        print(
            f"{seconds:.2f} s, {len(traffic.acknowledged)} writes, {traffic.reads} reads, {len(traffic.refused)} {set(traffic.refused)} {traffic.unread[:2]} {len(traffic.unread)}"
        )
        assert traffic.unread == []
        assert {name for _, name, _ in traffic.acknowledged} <= names_in(pair.standby)
        assert readiness(server) == (200, "ok")
        assert "is left out: It is no replica." in server.output
        assert "Traceback" not in server.output

        pair.standby.stop("immediate")
        assert readiness(server) == (503, "the database does not answer")


def test_writes_go_on_within_seconds_when_a_primary_falls_silent(pair: Pair, tmp_path: Path) -> None:
    with running_server(tmp_path, GATEWAY_DATABASE_URL=pair.url, GATEWAY_REPLICA_URLS=pair.replica_urls) as server:
        traffic = Traffic(server)
        with traffic.running():
            traffic.wait_for_write(time.monotonic())
            signal_all(pair.primary, signal.SIGSTOP)
            try:
                time.sleep(1)
                start = time.monotonic()
                assert readiness(server) == (200, "reads only: the database does not answer")
                print(time.monotonic() - start)
                promoted = time.monotonic()
                execute(pair.standby, "SELECT pg_promote()")
                seconds = traffic.wait_for_write(promoted)
                time.sleep(1)
                assert readiness(server) == (200, "ok")
            finally:
                signal_all(pair.primary, signal.SIGCONT)
        print(
            f"{seconds:.2f} s, {len(traffic.acknowledged)} writes, {traffic.reads} reads, {len(traffic.refused)} {set(traffic.refused)} {traffic.unread[:2]} {len(traffic.unread)}"
        )
        print(server.output)
        assert traffic.unread == []
        assert {name for _, name, _ in traffic.acknowledged} <= names_in(pair.standby)
