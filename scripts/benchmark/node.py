"""Mercurius and what it needs, installed from npm."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .environment import FOLDER
from .servers import Contender

SECONDS_TO_INSTALL = 300
SECONDS_TO_COMPILE = 900
MERCURIUS = "mercurius"
PACKAGES = ("mercurius", "graphql-jit", "graphql", "fastify", "better-sqlite3", "pg", "autocannon")

_SOURCE = Path(__file__).parent / "mercurius"
_INSTALLED = FOLDER / "mercurius"
_SQLITE = _INSTALLED / "node_modules" / "better-sqlite3"
_LOG = FOLDER / "npm.log"


class Unavailable(Exception):
    """Something that a run can do without is missing."""


def mercurius(schema_file: Path) -> Contender:
    """Raises Unavailable where Node is missing or the packages cannot be installed."""
    installed_packages()
    if not (_SQLITE / "build/Release/better_sqlite3.node").exists():
        # The package's own way: it takes a built one from its makers, or compiles one where that is out of reach.
        _npm("run", "install", folder=_SQLITE, seconds=SECONDS_TO_COMPILE)
    variables = {"BENCHMARK_SCHEMA": str(schema_file)}
    return Contender(name=MERCURIUS, command=("node", _INSTALLED / "server.js"), variables=variables)


def installed_packages() -> Path:
    """The folder that they are in. They stay there for the next run, unless what they are made of changes."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Unavailable("Node and npm are not installed.")
    shutil.copytree(_SOURCE, _INSTALLED, dirs_exist_ok=True)
    lock = (_SOURCE / "package-lock.json").read_bytes()
    made_of = f"{hashlib.sha256(lock).hexdigest()} {node('process.version')}"
    stamp = _INSTALLED / "made-of"
    if not stamp.exists() or stamp.read_text() != made_of:
        _npm("ci", folder=_INSTALLED, seconds=SECONDS_TO_INSTALL)
        stamp.write_text(made_of)
    return _INSTALLED


def node(expression: str) -> str:
    """What `expression` is to Node, among the installed packages."""
    return subprocess.run(  # noqa: S603  # the expressions are ours
        ["node", "--print", expression],  # noqa: S607  # whichever comes first is the one to measure
        cwd=_INSTALLED,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


def versions() -> dict[str, str]:
    """Of Node, of the packages, and of the SQLite that one of them has inside."""
    sqlite = node("new (require('better-sqlite3'))(':memory:').prepare('SELECT sqlite_version()').pluck().get()")
    manifests = {name: json.loads((_INSTALLED / f"node_modules/{name}/package.json").read_text()) for name in PACKAGES}
    return {
        "Node": node("process.version").removeprefix("v"),
        **{name: manifest["version"] for name, manifest in manifests.items()},
        "SQLite in better-sqlite3": sqlite,
    }


def _npm(*arguments: str, folder: Path, seconds: int) -> None:
    print(f"npm {' '.join(arguments)} for {folder.name} …", file=sys.stderr)
    with _LOG.open("ab") as log:
        try:
            subprocess.run(  # noqa: S603  # the arguments are ours
                ["npm", *arguments],  # noqa: S607  # see above
                cwd=folder,
                env=os.environ | _headers(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=True,
            )
        except subprocess.SubprocessError as error:
            raise Unavailable(f"{error} Its output is in {_LOG}.") from error


def _headers() -> dict[str, str]:
    """Node's own C++ headers where they are installed with it, so that they need not be downloaded to compile."""
    prefix = Path(node("process.execPath")).parent.parent
    return {"npm_config_nodedir": str(prefix)} if (prefix / "include/node/node.h").exists() else {}
