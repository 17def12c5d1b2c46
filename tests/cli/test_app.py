"""What every command does with wrong settings."""

from pathlib import Path

import pytest

from tests.cli.support import Invoke, one_line
from tests.server import run


@pytest.mark.parametrize(
    ("name", "value", "message"),
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
def test_a_wrong_setting_is_one_clear_line(invoke: Invoke, name: str, value: str, message: str) -> None:
    done = invoke("migrate", **{f"GATEWAY_{name}": value})
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in one_line(done.stderr)
    assert list(Path.cwd().iterdir()) == []


def test_wrong_settings_end_a_process_without_a_traceback(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", GATEWAY_JWT_SECRET="short", GATEWAY_MAX_DEPTH="0")  # noqa: S106  # too short to be one
    assert (done.returncode, done.stdout) == (1, "")
    assert {"jwt_secret", "max_depth"} <= set(one_line(done.stderr).replace(":", "").split())
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_not_in_the_message_about_them(invoke: Invoke) -> None:
    secret = "hunter2"  # noqa: S105  # of a test
    url = f"postgresql+asyncpg://gateway:{secret}@host/gateway"
    done = invoke("migrate", GATEWAY_JWT_SECRET=secret, GATEWAY_DATABASE_URL=url)
    assert done.exit_code == 1
    assert secret not in done.output
