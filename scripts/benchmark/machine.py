"""What a run was made on."""

import os
import platform
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path

from .node import MERCURIUS
from .node import versions as node_versions
from .servers import Contender

PACKAGES = ("strawberry-graphql", "graphql-core", "sqlalchemy", "aiosqlite", "orjson", "uvicorn", "uvloop", "httptools")


def machine(contenders: list[Contender]) -> dict[str, str]:
    """The versions of Node's packages only where one of the contenders is made of them."""
    on_node = any(contender.name == MERCURIUS for contender in contenders)
    return {
        "CPU": _cpu(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "Python": platform.python_version(),
        "SQLite in Python": sqlite3.sqlite_version,
        **{name: version(name) for name in PACKAGES},
        **(node_versions() if on_node else {}),
    }


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.*)$", information.read_text(), re.MULTILINE) if information.exists() else None
    return model[1] if model else platform.processor()
