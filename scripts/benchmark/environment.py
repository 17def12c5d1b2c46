"""The environment of every process of a run."""

import os
from pathlib import Path


def environment(database_file: Path, **variables: str) -> dict[str, str]:
    """That of this process, but with no settings of the gateway except the database and `variables`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {
        **own,
        "GATEWAY_DATABASE_URL": f"sqlite+aiosqlite:///{database_file}",
        "BENCHMARK_DATABASE": str(database_file),
        **variables,
    }
