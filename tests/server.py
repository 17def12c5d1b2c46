"""A gateway in a process of its own, as an operator runs it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid
from tests.forked import Forked

COMMAND = Path(sys.executable).with_name("gateway")
SERVE = (COMMAND, "serve")
"""What an operator types. Without it, servers begin with their modules imported (`forked.py`)."""
SECONDS_TO_END = 30
SECONDS_TO_START = 20


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command `gateway`, run to its end in `folder`, where its database is unless `variables` name another."""
    with TemporaryDirectory() as outputs:
        output, errors = Path(outputs) / "output", Path(outputs) / "errors"
        process = Forked([*arguments], folder=folder, environment=_environment(variables), output=output, errors=errors)
        try:
            status = process.wait(SECONDS_TO_END)
        finally:
            process.kill()
        return subprocess.CompletedProcess([COMMAND, *arguments], status, output.read_text(), errors.read_text())


def output_of(folder: Path, *arguments: str, **variables: str) -> str:
    """What a command that succeeds prints."""
    done = run(folder, *arguments, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


class Server:
    """`gateway serve` on loopback, with `folder` to work in; it holds the database and the output."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 1,
        command: Sequence[str | Path] | None = None,
        port: int | None = None,
        **variables: str,
    ) -> None:
        """Serve, or run another command that does."""
        self.folder = folder
        self._key_file = folder / "gateway.db.key"
        if "GATEWAY_DATABASE_URL" in variables:
            variables = {"GATEWAY_KEY_FILE": str(self._key_file), **variables}
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._output = folder / f"output-{self.port}.txt"
        self._output.write_bytes(b"")
        options = ["--port", str(self.port), "--workers", str(workers)]
        self._process = (
            self._forked(options, variables) if command is None else self._begun(command, options, variables)
        )

    def _forked(self, options: list[str], variables: dict[str, str]) -> Forked:
        return Forked(
            ["serve", *options],
            folder=self.folder,
            environment=_environment(variables),
            output=self._output,
            errors=self._output,
        )

    def _begun(
        self, command: Sequence[str | Path], options: list[str], variables: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        with self._output.open("wb") as output:
            return subprocess.Popen(  # noqa: S603  # the command is ours
                [*command, *options],
                cwd=self.folder,
                env=_environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """All it has printed so far."""
        return self._output.read_text()

    @property
    def link(self) -> str:
        """The address of GraphiQL with a token, where the server was told to print it."""
        [link] = re.findall(r"http://\S+#\S+", self.output)
        return str(link)

    def wait_until_ready(self) -> Self:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=5).status_code == httpx.codes.OK:
                    return self
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"The server did not become ready:\n{self.output}")

    def token(self, clients: Iterable[Uuid] | None = None) -> str:
        """One with every right, for these clients or for all, signed with the embedded key."""
        secret = embedded_secret(self._key_file)
        return issue_token(secret, subject=None, scopes=Scope, clients=clients, ttl=timedelta(minutes=5))

    def data(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors, for a caller with `token` or with every right."""
        response = httpx.post(
            f"{self.url}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token or self.token()}"},
            timeout=10,
        )
        assert response.json().keys() == {"data"}, response.text
        return response.json()["data"]

    @property
    def workers(self) -> list[int]:
        """The processes that serve, where there are several."""
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in _command_line(child)]

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Return the status that it ends with. Raise subprocess.TimeoutExpired where it does not end in time."""
        return self._process.wait(seconds)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Without a chance to put anything in order."""
        self._process.kill()
        self._process.wait(10)


@contextmanager
def running_server(
    folder: Path,
    *,
    workers: int = 1,
    command: Sequence[str | Path] | None = None,
    port: int | None = None,
    **variables: str,
) -> Iterator[Server]:
    server = Server(folder, workers=workers, command=command, port=port, **variables)
    try:
        yield server.wait_until_ready()
    finally:
        server.stop()


def _command_line(process_id: str) -> bytes:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""  # It has ended meanwhile.


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _environment(variables: dict[str, str]) -> dict[str, str]:
    """That of this process, but with no settings of the gateway except `variables`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")} | variables
