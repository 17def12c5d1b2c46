"""`gateway token`."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from tests.cli.support import Invoke, one_line
from tests.client import GatewayClient
from tests.server import output_of

SECRET = "a secret of thirty-two characters"  # noqa: S105  # of a test
CLIENTS = ["7098dc22-fed5-4d9e-8e68-6c6f853eac0c", "1f0d8a5e-0b1f-4c58-9a52-3d4f0c2b7e11"]
SUBJECT = "9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4"
EVERY_SCOPE = "device.read device.write device-group.read device-group.write webhook.read webhook.write"
VIEWER = "{ viewer { principal scopes clientIds } }"


def claims(token: str) -> dict[str, Any]:
    payload = token.strip().split(".")[1]
    return dict(json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def test_a_token_is_good_for_an_hour_and_carries_every_scope_unless_told_otherwise(tmp_path: Path) -> None:
    content = claims(output_of(tmp_path, "token", "--all-clients"))
    assert (content["exp"] - content["iat"], content["scope"], content["client_ids"]) == (3600, EVERY_SCOPE, "*")


@pytest.mark.parametrize(("ttl", "seconds"), [("45s", 45), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800)])
def test_a_token_is_good_for_as_long_as_asked(invoke: Invoke, ttl: str, seconds: int) -> None:
    content = claims(invoke("token", "--all-clients", "--ttl", ttl).stdout)
    assert content["exp"] - content["iat"] == seconds


@pytest.mark.anyio
async def test_a_token_works_and_carries_its_subject_scopes_and_clients(tmp_path: Path) -> None:
    options = ["--subject", SUBJECT, "--scope", "device.read", "--scope", "device-group.read", "--ttl", "5m"]
    token = output_of(tmp_path, "token", *options, "--client", CLIENTS[0], "--client", CLIENTS[1].upper()).strip()
    gateway = GatewayClient(Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/gateway.db"))
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
    ("options", "message"),
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
    invoke: Invoke, options: list[str], message: str
) -> None:
    done = invoke("token", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert list(Path.cwd().iterdir()) == []


def test_no_token_is_made_where_a_key_is_configured(invoke: Invoke) -> None:
    done = invoke("token", "--all-clients", GATEWAY_JWT_SECRET=SECRET)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "A key is configured" in one_line(done.stderr)
    assert list(Path.cwd().iterdir()) == []


def test_a_token_for_a_database_in_no_folder_is_one_clear_line(invoke: Invoke) -> None:
    url = f"sqlite+aiosqlite:///{Path.cwd()}/nowhere/gateway.db"
    done = invoke("token", "--all-clients", GATEWAY_DATABASE_URL=url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nowhere" in one_line(done.stderr)
