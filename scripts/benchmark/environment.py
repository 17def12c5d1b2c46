"""The environment of every process of a run."""

import os
from pathlib import Path

FOLDER = Path("build/benchmark").absolute()
KEY_FILE = FOLDER / "gateway.key"
_SQLITE = "sqlite+aiosqlite:///"


def sqlite_url(file: Path) -> str:
    return f"{_SQLITE}{file}"


def environment(database_url: str, **variables: str) -> dict[str, str]:
    """That of this process, but with no settings of the gateway except database, key and `variables`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {
        **own,
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_KEY_FILE": str(KEY_FILE),
        # A file, or a URL as PostgreSQL's own programs take it.
        "BENCHMARK_DATABASE": database_url.removeprefix(_SQLITE).replace("postgresql+asyncpg:", "postgresql:", 1),
        **variables,
    }
