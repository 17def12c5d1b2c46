"""What a run was made on."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from .data import Databases
from .node import MERCURIUS
from .node import versions as node_versions
from .servers import Contender

PACKAGES = (
    "strawberry-graphql",
    "graphql-core",
    "sqlalchemy",
    "aiosqlite",
    "asyncpg",
    "orjson",
    "uvicorn",
    "uvloop",
    "httptools",
)


def machine(contenders: list[Contender], databases: Databases) -> dict[str, str]:
    """The versions of Node's packages only where one of the contenders is made of them."""
    on_node = any(contender.name == MERCURIUS for contender in contenders)
    return {
        "CPU": _cpu(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "Python": platform.python_version(),
        **databases.versions(),
        **{name: version(name) for name in PACKAGES},
        **(node_versions() if on_node else {}),
    }


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    model = re.search(r"^model name\s*: (.*)$", information.read_text(), re.MULTILINE) if information.exists() else None
    return model[1] if model else platform.processor()
