"""The clients that people use follow events over a restart of the server, and miss none.

They are skipped where Node or the packages are missing; `tests/clients/install` fetches these.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.server import Server, free_port, running_server
from tests.web.test_live import CREATE

FOLDER = Path(__file__).parent
NODE = shutil.which("node")
CLIENTS = ("graphql-ws", "graphql-sse", "apollo-ws", "apollo-sse", "urql")
SECONDS = 20
NAMES = ["first", "second", "third"]

pytestmark = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules").exists(), reason="Node or the packages of tests/clients are missing."
)


class Client:
    """A client in a process of its own."""

    def __init__(self, name: str, server: Server, folder: Path) -> None:
        self._shown, self._log = folder / f"{name}.txt", folder / f"{name}.log"
        assert NODE is not None
        with self._shown.open("wb") as shown, self._log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603  # the script is ours
                [NODE, FOLDER / f"{name}.js", f"{server.url}/graphql", server.token()],
                stdin=subprocess.DEVNULL,
                stdout=shown,
                stderr=log,
            )

    @property
    def shown(self) -> list[str]:
        return self._shown.read_text().splitlines()

    @property
    def connections(self) -> int:
        return self._log.read_text().splitlines().count("connected")


def wait_until_all(clients: list[Client], *, shown: int = 0, connections: int = 0) -> None:
    """Wait until each client has shown so many events and connected so often, or the time is over."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and any(
        len(client.shown) < shown or client.connections < connections for client in clients
    ):
        time.sleep(0.05)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """Yield what each client has shown of three events: before, during and after a restart."""
    folder, port = tmp_path_factory.mktemp("clients"), free_port()
    with ExitStack() as stack:
        with running_server(folder, port=port) as server:
            clients = [Client(name, server, folder) for name in CLIENTS]
            for client in clients:
                stack.callback(client.process.wait, SECONDS)
                stack.callback(client.process.kill)
            wait_until_all(clients, connections=1)
            time.sleep(0.5)  # Nothing tells a client that its subscription has begun.
            server.data(CREATE % NAMES[0])
            wait_until_all(clients, shown=1)
            server.kill()
        # Nobody is subscribed to this one, which makes the second event alone.
        with running_server(folder) as elsewhere:
            elsewhere.data(CREATE % NAMES[1])
        with running_server(folder, port=port) as server:
            wait_until_all(clients, shown=2)
            server.data(CREATE % NAMES[2])
            wait_until_all(clients, shown=3)
            yield {name: client.shown for name, client in zip(CLIENTS, clients, strict=True)}


@pytest.mark.parametrize("client", CLIENTS)
def test_it_misses_nothing_and_shows_nothing_twice(shown: dict[str, list[str]], client: str) -> None:
    assert shown[client] == NAMES
