"""The command `gateway serve`: how it starts, what stops it from starting, and what it survives."""

import hashlib
import shutil
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import jwt
import pytest

from tests.demo import make_demo_file
from tests.server import COMMAND, SERVE, Server, free_port, run, running_server

ROOT = Path(__file__).parents[1]
DEVICES = "{ devices(first: 250) { totalCount nodes { id name modifiedAt deviceGroups { totalCount } } } }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that started in an empty folder."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def test_a_missing_database_is_made(server: Server) -> None:
    assert (server.folder / "gateway.db").exists()
    assert server.data(DEVICES) == {"devices": {"totalCount": 0, "nodes": []}}


def test_the_key_is_for_its_owner_only(server: Server) -> None:
    assert stat.filemode((server.folder / "gateway.db.key").stat().st_mode) == "-rw-------"


def test_the_log_has_neither_tokens_nor_queries_nor_client_mistakes(server: Server) -> None:
    token = server.token()
    response = httpx.get(
        f"{server.url}/graphql",
        params={"query": '{ device(identifier: "imei:356938030000013") { nothing } }'},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert not [secret for secret in (token, "356938030000013", "nothing", "ERROR") if secret in server.output]


def test_a_client_that_hangs_up_is_no_error_of_the_server(server: Server) -> None:
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
        f"Authorization: Bearer {server.token()}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(head.encode() + b'{"query"')
    # The server has one loop: once it has answered these, it has dealt with the connection that broke.
    for _ in range(3):
        server.data("{ __typename }")
    assert "Traceback" not in server.output


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"\x00\x01\x02\r\n\r\n", id="no HTTP"),
        pytest.param(b"GET /graphql?\xff HTTP/1.1\r\nHost: localhost\r\n", id="a query of bytes"),
        pytest.param(b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n", id="a path of bytes"),
        pytest.param(b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\n", id="a path of escaped bytes"),
        pytest.param(b"GET //[/ HTTP/1.1\r\nHost: [\r\n", id="half an address"),
        pytest.param(b"GET /graphql HTTP/1.1\r\nHost: \xff\r\nAccept: text/html\r\n", id="a host of bytes"),
        pytest.param(b"GET /graphql HTTP/1.1\r\nAuthorization: Bearer \xff\r\n", id="a token of bytes"),
        pytest.param(b"NOTHING /graphql HTTP/1.1\r\nHost: localhost\r\n", id="an unknown method"),
    ],
)
def test_any_bytes_get_an_answer_that_is_no_server_error(server: Server, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(head + b"Connection: close\r\n\r\n")
        status = connection.makefile("rb").readline().split()[1]
    assert 200 <= int(status) < 500


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with scripts/serve and an environment that fits it, whose programs are those of this process."""
    made_of = hashlib.sha256()
    (tmp_path / "scripts").mkdir()
    for name in ("pyproject.toml", "scripts/constraints.txt", "scripts/environment", "scripts/serve"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", "scripts/constraints.txt"):
        made_of.update((ROOT / name).read_bytes())
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(COMMAND.parent)
    (tmp_path / ".venv" / "made-of-runtime").write_text(f"{made_of.hexdigest()}  -\n")
    return tmp_path


def test_the_script_serves_demo_data_and_prints_a_link_that_works(clone: Path) -> None:
    with running_server(clone, command=[clone / "scripts" / "serve"]) as server:
        address, token = server.link.split("#token=")
        assert address == f"{server.url}/graphql"
        assert httpx.get(address, headers={"Accept": "text/html"}).status_code == 200
        data = server.data("{ viewer { clientIds } devices(first: 0) { totalCount } }", token)
        assert data == {"viewer": {"clientIds": None}, "devices": {"totalCount": 1_000}}
        assert server.output.count("#token=") == 1


def test_a_token_of_a_link_is_good_for_a_day(tmp_path: Path) -> None:
    with running_server(tmp_path, command=[*SERVE, "--link"]) as server:
        claims = jwt.decode(server.link.partition("#token=")[2], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 86_400


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"GATEWAY_JWT_SECRET": "a secret of thirty-two characters"}, "A key is configured"),
        ({"GATEWAY_KEY_FILE": "nowhere/gateway.key"}, "The key nowhere/gateway.key cannot be made or read"),
        ({"GATEWAY_GRAPHIQL": "false"}, "GATEWAY_GRAPHIQL is false"),
        ({"GATEWAY_INTROSPECTION": "false"}, "GATEWAY_INTROSPECTION is false"),
        ({"GATEWAY_PORT": "0"}, "another one than 0"),
    ],
    ids=["a key of one's own", "no folder for the key", "no page", "a hidden schema", "any port"],
)
def test_where_no_link_can_work_the_start_is_refused_in_one_line(
    tmp_path: Path, variables: dict[str, str], complaint: str
) -> None:
    done = run(tmp_path, "serve", "--link", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert (done.stderr.count("\n"), complaint in done.stderr) == (1, True), done.stderr
    assert not list(tmp_path.glob("*.key"))


def test_after_a_kill_the_same_data_is_served(tmp_path: Path) -> None:
    make_demo_file(tmp_path / "gateway.db", 40)
    with running_server(tmp_path) as first:
        before = first.data(DEVICES)
        first.kill()
    with running_server(tmp_path) as second:
        assert second.data(DEVICES) == before
    assert before["devices"]["totalCount"] == 40


def test_a_port_in_use_stops_the_start(server: Server, tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", str(server.port))
    assert done.returncode != 0
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def no_database(file: Path) -> None:
    file.write_bytes(b"These are notes of mine, not a database. " * 50)


def of_another_program(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY)")


def from_a_newer_version(file: Path) -> None:
    make_demo_file(file, 1)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (no_database, "not a database"),
        (of_another_program, "another program"),
        (from_a_newer_version, "newer version"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start_and_is_left_alone(
    tmp_path: Path, make: Callable[[Path], None], complaint: str
) -> None:
    file = tmp_path / "gateway.db"
    make(file)
    before = file.read_bytes()

    done = run(tmp_path, "serve", "--port", str(free_port()))

    assert (done.returncode, done.stdout) == (1, "")
    assert (done.stderr.count("\n"), complaint in done.stderr, "gateway.db" in done.stderr) == (1, True, True)
    assert file.read_bytes() == before
    assert not list(tmp_path.glob("*.key"))


def test_a_folder_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", GATEWAY_DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/nowhere/gateway.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path}/nowhere/gateway.db cannot be made: its folder does not exist.\n"
