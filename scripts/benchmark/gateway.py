"""The command `gateway`, and tokens for it."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid

from .environment import KEY_FILE, environment

COMMAND = Path(sys.executable).with_name("gateway")
SUBJECT = Uuid("7d8a1c3e-52b0-4f0e-9a67-3c1d2e4f5a6b")
"""Whom tokens are for."""
SECONDS_TO_END = 3600


def run(database_url: str, *arguments: str, command: Path = COMMAND) -> None:
    subprocess.run(  # noqa: S603  # the command is ours
        [command, *arguments],
        env=environment(database_url),
        stdin=subprocess.DEVNULL,
        timeout=SECONDS_TO_END,
        check=True,
    )


def token() -> str:
    """One with every right, for every gateway of a run."""
    secret = embedded_secret(KEY_FILE)
    return issue_token(secret, subject=SUBJECT, scopes=list(Scope), clients=None, ttl=timedelta(days=1))
