"""A server whose primary ends, falls silent or becomes read-only, while a standby takes its place."""

import asyncio
import itertools
import json
import math
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

from gateway.db.queries.events import events_cursor
from tests.databases import fetched, replicated_servers
from tests.factories import CLIENT, PROJECT, SPECIFICATION
from tests.postgres import PostgresServer
from tests.server import Server, running_server

CREATE = "mutation ($input: CreateDeviceInput!) { createDevice(input: $input) { device { name } } }"
FOLLOW = "subscription { deviceEvents { node { changes { field after } } } }"
NAMED = "query ($name: String!) { devices(filter: { search: $name }) { nodes { name } } }"
NEW = {"clientId": CLIENT, "projectId": PROJECT, "deviceSpecificationId": SPECIFICATION}
NOTHING: Any = {"data": {"devices": {"nodes": []}}}
AWAY = "The database does not answer; nothing was changed, try again later."
READ_ONLY = "The database is read-only; nothing was changed, try again later."
IN_DOUBT = "The database went away in the middle of a change; look whether it was made before you try again."
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
    with replicated_servers() as servers:
        execute(servers.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        execute(servers.primary, "SELECT pg_reload_conf()")
        yield Pair(*servers)


def execute(server: PostgresServer, statement: str) -> None:
    asyncio.run(fetched(server.url(), statement))


class Traffic:
    """A writer, two readers, of which one sends the position of the last write, and a subscriber.

    All remember what they were told.
    """

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
        self.followed: list[str] = []
        """The names of the devices whose creation the subscriber was told of."""
        self._cursor = events_cursor(0)

    @property
    def names_acknowledged(self) -> set[str]:
        return {name for _, name, _ in self.acknowledged}

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor() as threads:
            running = [threads.submit(self._again, work) for work in (self._write, self._read, self._read_own)]
            running.append(threads.submit(self._follow))
            try:
                yield
            finally:
                self._ends.set()
        for each in running:
            each.result()
        written = [name for _, name, _ in self.acknowledged]
        assert [name for name in self.followed if name in self.names_acknowledged] == written
        assert len(set(self.followed)) == len(self.followed)

    def wait_for_write(self, since: float, seconds: float = MOST_SECONDS) -> float:
        """Return how many seconds after an instant the first write was acknowledged that began after it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if later := [at for at, _, _ in self.acknowledged if at > since]:
                return later[0] - since
            time.sleep(0.02)
        raise AssertionError(f"Nothing was written: {self.refused[-1:]}\n{self._server.output}")

    def ask(self, query: str, variables: Any, position: str = "") -> httpx.Response:
        headers = {**self._headers, **({"Gateway-Position": position} if position else {})}
        return self._http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    def close(self) -> None:
        self._http.close()

    def create(self, name: str) -> str:
        """Return the message of a SERVICE_UNAVAILABLE, or nothing where a device was created."""
        answer = self.ask(CREATE, {"input": {**NEW, "name": name}})
        if "errors" in answer.json():
            [error] = answer.json()["errors"]
            assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE", error
            return str(error["message"])
        self.acknowledged.append((time.monotonic(), name, answer.headers["gateway-position"]))
        return ""

    def names(self, name: str, position: str = "") -> Any:
        return self.ask(NAMED, {"name": name}, position).json()

    def _again(self, work: Callable[[int], None]) -> None:
        for number in itertools.count():
            if self._ends.wait(0.01):
                return
            work(number)

    def _follow(self) -> None:
        """Follow all creations, and come back with the last cursor when nothing has come for a second."""
        late = math.inf
        while not (self._ends.is_set() and set(self.followed) >= self.names_acknowledged):
            late = min(late, time.monotonic() + MOST_SECONDS) if self._ends.is_set() else late
            if time.monotonic() > late:
                return
            headers = {**self._headers, "Accept": "text/event-stream", "Last-Event-ID": self._cursor}
            following = self._http.stream(
                "GET", "/graphql", params={"query": FOLLOW}, headers=headers, timeout=httpx.Timeout(20, read=1)
            )
            try:
                with following as response:
                    if response.status_code == httpx.codes.OK:
                        for line in response.iter_lines():
                            self._take(line)
            except httpx.TransportError:
                pass

    def _take(self, line: str) -> None:
        kind, _, value = line.partition(": ")
        if kind == "id":
            self._cursor = value
        elif kind == "data" and value:
            changes = json.loads(value)["data"]["deviceEvents"]["node"]["changes"]
            self.followed += [change["after"] for change in changes if change["field"] == "name"]

    def _write(self, number: int) -> None:
        if message := self.create(f"Device {number:05}"):
            self.refused.append(message)

    def _read(self, _number: int) -> None:
        answer = self.names("nothing")
        self.reads += 1
        if answer != NOTHING:
            self.unread.append(answer)

    def _read_own(self, _number: int) -> None:
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


@pytest.fixture
def server(pair: Pair, tmp_path: Path) -> Iterator[Server]:
    """Yield a server that knows both, and is never started again."""
    with running_server(tmp_path, GATEWAY_DATABASE_URL=pair.url, GATEWAY_REPLICA_URLS=pair.replica_urls) as server:
        yield server
    assert "Traceback" not in server.output


@pytest.fixture
def traffic(server: Server) -> Iterator[Traffic]:
    """Yield traffic of a server whose replica answers."""
    traffic = Traffic(server)
    deadline = time.monotonic() + MOST_SECONDS
    while "answers reads." not in server.output and time.monotonic() < deadline:
        traffic.names("nothing")
    yield traffic
    traffic.close()


def promote(server: PostgresServer) -> float:
    """Return when it began."""
    began = time.monotonic()
    execute(server, "SELECT pg_promote()")
    return began


def report(what: str, seconds: float, traffic: Traffic) -> None:
    """Print what `pytest -s` shows of a failover."""
    print(
        f"\n{what}: writes went on {seconds:.2f} s after the promotion began; {len(traffic.acknowledged)} writes and "
        f"{traffic.reads} reads were answered, {len(traffic.refused)} writes refused: {sorted(set(traffic.refused))}"
    )


def test_reads_never_fail_and_writes_go_on_when_a_primary_ends(pair: Pair, server: Server, traffic: Traffic) -> None:
    with traffic.running():
        traffic.wait_for_write(time.monotonic())
        pair.primary.stop("immediate")
        time.sleep(0.5)
        assert readiness(server) == (200, "reads only: the database does not answer")
        seconds = traffic.wait_for_write(promote(pair.standby))
        time.sleep(0.5)
        assert readiness(server) == (200, "ok")
    report("A primary was killed", seconds, traffic)
    assert traffic.unread == []
    assert set(traffic.refused) <= {AWAY, IN_DOUBT}
    assert traffic.names_acknowledged <= names_in(pair.standby)
    assert f"The replica 127.0.0.1:{pair.standby.port} is left out: It is no replica." in server.output

    # A position of a log that ended further on is not waited for.
    assert traffic.names("nothing", "FFFFFFFF/FFFFFFFF") == NOTHING
    pair.standby.stop()
    assert readiness(server) == (503, "the database does not answer")

    # The former primary comes back as one, and is left alone.
    pair.primary.start()
    assert traffic.create("meanwhile") == AWAY
    pair.standby.start()
    assert traffic.create("after") == ""
    assert "after" in names_in(pair.standby)


def test_reads_never_fail_and_writes_go_on_when_a_primary_falls_silent(
    pair: Pair, server: Server, traffic: Traffic
) -> None:
    with traffic.running():
        traffic.wait_for_write(time.monotonic())
        signal_all(pair.primary, signal.SIGSTOP)
        try:
            assert readiness(server) == (200, "reads only: the database does not answer")
            seconds = traffic.wait_for_write(promote(pair.standby))
            assert readiness(server) == (200, "ok")
        finally:
            signal_all(pair.primary, signal.SIGCONT)
    report("A primary fell silent", seconds, traffic)
    assert traffic.unread == []
    assert traffic.names_acknowledged <= names_in(pair.standby)


def test_a_primary_that_became_read_only_is_told_and_left_for_the_new_one(
    pair: Pair, server: Server, traffic: Traffic
) -> None:
    with traffic.running():
        traffic.wait_for_write(time.monotonic())
        execute(pair.primary, "ALTER SYSTEM SET default_transaction_read_only = on")
        execute(pair.primary, "SELECT pg_reload_conf()")
        time.sleep(0.5)
        assert readiness(server) == (200, "reads only: the database is read-only")
        seconds = traffic.wait_for_write(promote(pair.standby))
        assert readiness(server) == (200, "ok")
    report("A primary became read-only", seconds, traffic)
    assert traffic.unread == []
    assert set(traffic.refused) == {READ_ONLY}
    assert traffic.names_acknowledged <= names_in(pair.standby)
