"""How answers go out on a connection."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def connection(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        yield connection


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def read_to_end(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def test_head_and_body_come_in_one_piece(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(get("/graphql?query={__typename}"))
        answer = connection.recv(1 << 20)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert answer.endswith(b'"extensions":{"code":"UNAUTHENTICATED"}}]}')


def test_requests_that_are_sent_together_are_answered_in_their_order(connection: socket.socket) -> None:
    connection.sendall(get("/health/live") + get("/graphql") + get("/health/ready", "Connection: close"))
    answers = read_to_end(connection).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"401", b"200"]


def test_a_large_answer_comes_whole_before_the_connection_closes(connection: socket.socket) -> None:
    file = Path("gateway/web/graphiql/assets/graphiql.js").read_bytes()
    connection.sendall(get("/graphiql/assets/graphiql.js", "Connection: close"))
    head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert len(body) == len(file)
    assert body == file


def test_a_client_that_leaves_amid_an_answer_is_no_error_of_the_server(server: Server) -> None:
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(get("/graphiql/assets/graphiql.js"))
            connection.recv(100)
    assert server.data("{ __typename }") == {"__typename": "Query"}
    assert "Traceback" not in server.output
