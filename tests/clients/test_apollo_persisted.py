"""Apollo Client's automatic persisted queries, also over a restart of the server, which forgets what it was told."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.test_clients import FOLDER, NODE, SECONDS, pytestmark
from tests.server import Server, free_port, running_server

__all__ = ["pytestmark"]

QUERY = "{ viewer { __typename } }"
PRINTED = "1b18778f7dd72a5bc2126a9683726a31a65d8bf79b3513987ff9034df2b237a7"
"""The SHA-256 of the query as Apollo Client prints it."""
DATA = '{"viewer":{"__typename":"Viewer"}}'


class Client:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self) -> str:
        """Return the requests that a query took, and what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def client_of(server: Server, method: str) -> Iterator[Client]:
    assert NODE is not None
    process = subprocess.Popen(  # noqa: S603  # the script is ours
        [NODE, FOLDER / "apollo-persisted.js", f"{server.url}/graphql", server.token(), QUERY, method],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Client(process)
        finally:
            process.kill()
            process.wait(SECONDS)


@pytest.mark.parametrize("method", ["post", "get"])
def test_the_text_is_sent_once_to_each_server(tmp_path: Path, method: str) -> None:
    port = free_port()
    by_hash = f"{method.upper()} hash"
    expected = [f"{by_hash}, POST text: {DATA}", f"{by_hash}: {DATA}"]
    with running_server(tmp_path, port=port) as server, client_of(server, method) as client:
        assert [client.ask() for _ in range(2)] == expected
        server.kill()
        with running_server(tmp_path, port=port):
            assert [client.ask() for _ in range(2)] == expected


def test_what_no_manifest_has_fails_with_a_reason(tmp_path: Path) -> None:
    manifest = tmp_path / "ids.json"
    manifest.write_text(json.dumps({"a": "{ __typename }"}))
    refused = f"The document sha256:{PRINTED} is in no manifest of this gateway, which executes no others."
    with (
        running_server(tmp_path, GATEWAY_DOCUMENTS=str(manifest), GATEWAY_DOCUMENTS_MODE="only") as server,
        client_of(server, "post") as client,
    ):
        assert client.ask() == f"POST hash, POST text: error: {refused}"
