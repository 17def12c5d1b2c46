"""How `gateway serve` ends: requests are served for a while, open ones are answered, and no client can hold it up."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.server import SERVE, Server, running_server

DRAIN_SECONDS = 0.8
SHUTDOWN_SECONDS = 1.5
# The parent of several workers looks for signals twice a second, and the rest is for a busy machine.
SECONDS_TO_SPARE = 4.0
QUERY = "{ __typename }"
ANSWER = {"data": {"__typename": "Query"}}
LARGE_FILE = "/graphiql/assets/graphiql.js"


def connected(server: Server) -> socket.socket:
    connection = socket.socket()
    # So that little of an answer that is not read waits anywhere but in the server.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", server.port))
    return connection


def hold_up(server: Server) -> dict[str, socket.socket]:
    """Return connections of clients that do not do their part."""
    post = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token()}\r\n"
    sent = {
        "nothing": "",
        "half a head": "GET /health/live HTTP/1.1\r\nHost:",
        "half a body": f"{post}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n" + '{"query"',
        "an answer that is not read": f"GET {LARGE_FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "several of them": f"GET {LARGE_FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5,
        "an idle connection": "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    }
    connections = {}
    for what, text in sent.items():
        connections[what] = connected(server)
        connections[what].sendall(text.encode())
    assert connections["an idle connection"].recv(1000).startswith(b"HTTP/1.1 200 ")
    return connections


@dataclass(frozen=True)
class Stopped:
    """What was seen of a server that was told to end while its clients held it up."""

    readiness: httpx.Response
    served: httpx.Response
    idle_ended_after: float
    seconds: float
    status: int
    output: str


def stop(server: Server, workers: int) -> Stopped:
    with ExitStack() as stack:
        connections = hold_up(server)
        for connection in connections.values():
            stack.enter_context(connection)
        token = server.token()
        start = time.monotonic()
        # A service manager may tell each process of a service, and the parent tells its workers too.
        for worker in server.workers if workers > 1 else []:
            os.kill(worker, signal.SIGTERM)
        server.signal(signal.SIGTERM)
        time.sleep(DRAIN_SECONDS / 2)
        readiness = httpx.get(f"{server.url}/health/ready", timeout=5)
        headers = {"Authorization": f"Bearer {token}"}
        served = httpx.post(f"{server.url}/graphql", json={"query": QUERY}, headers=headers, timeout=5)
        assert connections["an idle connection"].recv(1000) == b""
        idle_ended_after = time.monotonic() - start
        status = server.wait(20)
        return Stopped(readiness, served, idle_ended_after, time.monotonic() - start, status, server.output)


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "two workers"])
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stopped]:
    with running_server(
        tmp_path_factory.mktemp("server"),
        workers=request.param,
        GATEWAY_DRAIN_SECONDS=str(DRAIN_SECONDS),
        GATEWAY_SHUTDOWN_TIMEOUT=str(SHUTDOWN_SECONDS),
    ) as server:
        yield stop(server, request.param)


def test_a_server_that_is_about_to_end_is_not_ready(stopped: Stopped) -> None:
    assert (stopped.readiness.status_code, stopped.readiness.json()) == (503, {"status": "the process is about to end"})


def test_a_server_that_is_about_to_end_still_answers_and_sends_its_clients_elsewhere(stopped: Stopped) -> None:
    assert (stopped.served.status_code, stopped.served.json()) == (200, ANSWER)
    assert stopped.served.headers["connection"] == "close"


def test_idle_connections_are_closed_when_draining_is_over(stopped: Stopped) -> None:
    assert DRAIN_SECONDS * 0.9 < stopped.idle_ended_after < DRAIN_SECONDS + SECONDS_TO_SPARE


def test_the_server_ends_in_time_whatever_its_clients_do(stopped: Stopped) -> None:
    assert stopped.seconds < DRAIN_SECONDS + SHUTDOWN_SECONDS + SECONDS_TO_SPARE
    assert stopped.status in {-signal.SIGTERM, 0}
    assert [line for line in stopped.output.splitlines() if "ERROR" in line or "Traceback" in line] == []


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGTERM), (2, signal.SIGINT)], ids=["SIGTERM", "SIGINT"])
def test_a_second_signal_ends_the_server_at_once(tmp_path: Path, workers: int, number: int) -> None:
    with running_server(tmp_path, workers=workers, GATEWAY_DRAIN_SECONDS="60") as server:
        processes = server.workers if workers > 1 else []
        server.signal(number)
        while httpx.get(f"{server.url}/health/ready", timeout=5).status_code != 503:
            time.sleep(0.02)
        start = time.monotonic()
        server.signal(number)
        server.wait(20)
        assert time.monotonic() - start < SECONDS_TO_SPARE
        assert [process for process in processes if Path(f"/proc/{process}").exists()] == []


def test_with_uvicorns_own_protocol_the_server_ends_in_time_as_well(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, GATEWAY_HTTP_PROTOCOL="uvicorn", GATEWAY_SHUTDOWN_TIMEOUT="1") as server,
        ExitStack() as stack,
    ):
        assert server.data(QUERY) == ANSWER["data"]
        for connection in hold_up(server).values():
            stack.enter_context(connection)
        start = time.monotonic()
        server.signal(signal.SIGTERM)
        server.wait(20)
        assert time.monotonic() - start < 1 + SECONDS_TO_SPARE


def test_workers_that_are_told_to_end_while_they_start_hold_up_nobody(tmp_path: Path) -> None:
    server = Server(tmp_path, workers=2, command=SERVE)
    try:
        deadline = time.monotonic() + 20
        while len(server.workers) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.6)  # By then the parent waits for one of them to answer.
        start = time.monotonic()
        for worker in server.workers:
            os.kill(worker, signal.SIGTERM)
        server.signal(signal.SIGTERM)
        server.wait(30)
        assert time.monotonic() - start < SECONDS_TO_SPARE
    finally:
        server.stop()
