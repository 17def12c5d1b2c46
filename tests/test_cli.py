"""The command `gateway`, as processes of its own."""

import json
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.server import output_of, run

SECRET = "a secret of thirty-two characters"  # noqa: S105  # of a test
CLIENTS = ["7098dc22-fed5-4d9e-8e68-6c6f853eac0c", "1f0d8a5e-0b1f-4c58-9a52-3d4f0c2b7e11"]
SUBJECT = "9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4"
EVERY_SCOPE = "device.read device.write device-group.read device-group.write"
VIEWER = "{ viewer { principal scopes clientIds } }"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where 25 devices of seed 3 were loaded."""
    folder = tmp_path_factory.mktemp("demo")
    lines = output_of(folder, "demo-data", "--devices", "25", "--seed", "3").splitlines()
    assert lines == ["25 of 25 devices", "Added 25 devices."]
    return folder


@pytest.fixture
def in_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command in this process, for the many ways to be refused: a process of its own takes seconds to start."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERMINAL_WIDTH", "300")

    def invoke(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(app, arguments, env=variables)

    return invoke


def ids(folder: Path, table: str = "device") -> list[str]:
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        query = f"SELECT id FROM {table} ORDER BY id"  # noqa: S608  # constants
        return [id_ for (id_,) in connection.execute(query)]


def claims(token: str) -> dict[str, Any]:
    payload = token.strip().split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def one_line(text: str) -> str:
    """The text of an error, which is one line for a person."""
    assert (text.count("\n"), text[-1:]) == (1, "\n"), text
    return text.strip()


def test_migrate_makes_an_empty_database_and_no_key(tmp_path: Path) -> None:
    assert output_of(tmp_path, "migrate") == ""
    assert ids(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.db"]


def test_schema_prints_the_schema_and_needs_no_database(tmp_path: Path) -> None:
    schema = output_of(tmp_path, "schema", GATEWAY_DATABASE_URL="nonsense")
    assert "\ntype Query {\n" in schema
    assert list(tmp_path.iterdir()) == []


def test_demo_data_adds_as_many_devices_as_asked(demo: Path) -> None:
    assert len(ids(demo)) == 25


def test_demo_data_is_not_added_twice(demo: Path) -> None:
    before = ids(demo)
    printed = output_of(demo, "demo-data", "--devices", "10", "--seed", "4")
    assert printed == "The database holds devices already; nothing was added.\n"
    assert ids(demo) == before


@pytest.mark.parametrize(("seed", "same"), [("3", True), ("4", False)])
def test_demo_data_is_the_same_for_the_same_seed_only(demo: Path, tmp_path: Path, seed: str, *, same: bool) -> None:
    output_of(tmp_path, "demo-data", "--devices", "25", "--seed", seed)
    for table in ("device", "device_group", "network_adapter"):
        assert (ids(tmp_path, table) == ids(demo, table)) is same


def test_a_token_is_good_for_an_hour_and_carries_every_scope_unless_told_otherwise(demo: Path) -> None:
    content = claims(output_of(demo, "token", "--all-clients"))
    assert (content["exp"] - content["iat"], content["scope"], content["client_ids"]) == (3600, EVERY_SCOPE, "*")


@pytest.mark.parametrize(("ttl", "seconds"), [("45s", 45), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800)])
def test_a_token_is_good_for_as_long_as_asked(in_process: Callable[..., Result], ttl: str, seconds: int) -> None:
    content = claims(in_process("token", "--all-clients", "--ttl", ttl).stdout)
    assert content["exp"] - content["iat"] == seconds


@pytest.mark.anyio
async def test_a_token_works_and_carries_its_subject_scopes_and_clients(demo: Path) -> None:
    options = ["--subject", SUBJECT, "--scope", "device.read", "--scope", "device-group.read", "--ttl", "5m"]
    token = output_of(demo, "token", *options, "--client", CLIENTS[0], "--client", CLIENTS[1].upper()).strip()
    gateway = GatewayClient(Settings(database_url=f"sqlite+aiosqlite:///{demo}/gateway.db"))
    data = await gateway.data(VIEWER, token=token)
    await gateway.close()
    assert data == {
        "viewer": {
            "principal": f"principal/{SUBJECT}",
            "scopes": ["device-group.read", "device.read"],
            "clientIds": sorted(CLIENTS),
        }
    }


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--ttl", "1h"], "--client or --all-clients"),
        (["--ttl", "1h", "--all-clients", "--client", CLIENTS[0]], "--client or --all-clients"),
        (["--all-clients", "--ttl", "1 hour"], "not a duration"),
        (["--all-clients", "--ttl=-1h"], "not a duration"),
        (["--all-clients", "--ttl", "1h", "--scope", "device.all"], "device-group.write"),
        (["--ttl", "1h", "--client", "mine"], "not a UUID"),
    ],
)
def test_a_token_with_wrong_options_is_refused_with_the_reason(
    in_process: Callable[..., Result], options: list[str], complaint: str
) -> None:
    done = in_process("token", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert list(Path.cwd().iterdir()) == []


def test_no_token_is_made_where_a_key_is_configured(in_process: Callable[..., Result]) -> None:
    done = in_process("token", "--all-clients", GATEWAY_JWT_SECRET=SECRET)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "A key is configured" in one_line(done.stderr)
    assert list(Path.cwd().iterdir()) == []


def test_a_token_for_a_database_in_no_folder_is_one_clear_line(in_process: Callable[..., Result]) -> None:
    url = f"sqlite+aiosqlite:///{Path.cwd()}/nowhere/gateway.db"
    done = in_process("token", "--all-clients", GATEWAY_DATABASE_URL=url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nowhere" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("DATABASE_URL", "nonsense", "database_url"),
        ("DATABASE_URL", "sqlite:///gateway.db", "database_url"),
        ("DATABASE_URL", "sqlite+aiosqlite:///:memory:", "database_url"),
        ("DATABASE_URL", "postgresql://host/name", "database_url"),
        ("JWT_SECRET", "short", "jwt_secret"),
        ("MAX_DEPTH", "0", "max_depth"),
        ("GRAPHIQL", "perhaps", "graphiql"),
        ("LOG_LEVEL", "nonsense", "log_level"),
        ("JWT_ALGORITHMS", "none", "jwt_algorithms"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    in_process: Callable[..., Result], name: str, value: str, complaint: str
) -> None:
    done = in_process("migrate", **{f"GATEWAY_{name}": value})
    assert (done.exit_code, done.stdout) == (1, "")
    assert complaint in one_line(done.stderr)
    assert list(Path.cwd().iterdir()) == []


def test_wrong_settings_end_a_process_without_a_traceback(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", GATEWAY_JWT_SECRET="short", GATEWAY_MAX_DEPTH="0")  # noqa: S106  # too short to be one
    assert (done.returncode, done.stdout) == (1, "")
    assert {"jwt_secret", "max_depth"} <= set(one_line(done.stderr).replace(":", "").split())
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_not_in_the_complaint_about_them(in_process: Callable[..., Result]) -> None:
    secret = "hunter2"  # noqa: S105  # of a test
    url = f"postgresql+asyncpg://gateway:{secret}@host/gateway"
    done = in_process("migrate", GATEWAY_JWT_SECRET=secret, GATEWAY_DATABASE_URL=url)
    assert done.exit_code == 1
    assert secret not in done.output
