"""The audits of the npm package graphql-http."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

VERSION, GRAPHQL_VERSION = "1.23.1", "16.11.0"
PACKAGE = f"graphql-http {VERSION}"
FOLDER = Path("build/http-audit").absolute()
SECONDS = 120
_INSTALLED = FOLDER / "node_modules" / "graphql-http"
_SCRIPT = Path(__file__).with_name("audit.mjs")

CONTRADICTED = dict.fromkeys(("423L", "86EE"), "the specification says 422")
"""What the audits ask of `application/graphql-response+json` as it was in drafts, with what the specification says."""


@dataclass(frozen=True, kw_only=True)
class Result:
    id: str
    name: str
    status: str
    """One of ok, notice, warn and error, by what the statement is: MAY, SHOULD or MUST."""
    reason: str | None = None


def can_run() -> bool:
    return shutil.which("node") is not None


def is_installed() -> bool:
    if not (_INSTALLED / "package.json").exists():
        return False
    return bool(json.loads((_INSTALLED / "package.json").read_text())["version"] == VERSION)


def results(url: str, token: str) -> list[Result]:
    """Return what the audits find of a server; the package is installed first where it is missing."""
    if not is_installed():
        FOLDER.mkdir(parents=True, exist_ok=True)
        packages = (f"graphql-http@{VERSION}", f"graphql@{GRAPHQL_VERSION}")
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER), *packages)
    found = json.loads(_run("node", str(_SCRIPT), str(_INSTALLED), url, token))
    return [Result(**each) for each in found]


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout  # noqa: S603  # ours
