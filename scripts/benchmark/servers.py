"""The contenders, each in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from .environment import FOLDER, environment
from .gateway import COMMAND, SUBJECT, token
from .workloads import VIEWER

SECONDS_TO_START = 60
SECONDS_TO_END = 10


@dataclass(frozen=True, kw_only=True)
class Contender:
    name: str
    command: tuple[str | Path, ...]
    variables: Mapping[str, str]


GATEWAY_ITSELF = Contender(name="gateway", command=(COMMAND, "serve"), variables={})
ON_GRAPHQL_CORE = Contender(
    name="graphql_core", command=(COMMAND, "serve"), variables={"GATEWAY_EXECUTOR": "graphql-core"}
)
BEFORE = "before"
LIMIT = Contender(name="limit", command=(sys.executable, "-m", "scripts.benchmark.limit"), variables={})


def of_checkout(folder: Path) -> Contender:
    """The gateway of another checkout, which has to have an environment."""
    return Contender(name=BEFORE, command=(folder / ".venv" / "bin" / "gateway", "serve"), variables={})


class ServerFailed(Exception):
    """A contender did not start, or did not answer as it has to."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A contender that answers."""

    name: str
    url: str
    token: str
    process_id: int

    def post(self, body: str) -> httpx.Response:
        return httpx.post(self.url, content=body, headers=self.headers, timeout=SECONDS_TO_START)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}


@contextmanager
def serving(contenders: list[Contender], urls: Mapping[str, str]) -> Iterator[list[Server]]:
    """`urls` are those of the databases, by contender. All servers have ended after the block."""
    one_token = token()
    with ExitStack() as stack:
        yield [stack.enter_context(_running(each, urls[each.name], one_token)) for each in contenders]


@contextmanager
def _running(contender: Contender, database_url: str, token: str) -> Iterator[Server]:
    port = str(free_port())
    own = {"GATEWAY_PORT": port, "BENCHMARK_PORT": port, "BENCHMARK_PRINCIPAL": f"principal/{SUBJECT}"}
    log = _log(contender)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # the commands are ours
            contender.command,
            env=environment(database_url, **own, **contender.variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}/graphql"
        server = Server(name=contender.name, url=url, token=token, process_id=process.pid)
        _wait_until_ready(server, process, log)
        yield server
    finally:
        _end(process)


def log_of(contender: Contender) -> str:
    """Return what a contender printed when it ran last."""
    return _log(contender).read_text()


def _log(contender: Contender) -> Path:
    return FOLDER / f"{contender.name}.log"


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if server.post(VIEWER.body).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise ServerFailed(f"{server.name} does not answer:\n{log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
