"""docs/architecture.md keeps its word: each example of an extension is made in a copy of the gateway, and works."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text()


class Example(NamedTuple):
    title: str
    change: str
    query: str
    answer: str


EXAMPLES = [
    Example(*found)
    for found in re.findall(
        r"### ([^\n]+)\n(?:(?!\n### ).)*?```diff\n(.*?)```.*?```graphql\n(.*?)```.*?```json\n(.*?)```", TEXT, re.DOTALL
    )
]


def test_each_extension_point_has_an_example() -> None:
    assert [example.title for example in EXAMPLES] == [
        "A field of Strawberry",
        "A field of a device that callers set",
        "A relation",
        "A filter",
        "A mutation",
        "A type of adapter",
        "A middleware and a setting",
    ]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of a copy of the gateway."""
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__", "assets"))
    (tmp_path / "gateway" / "web" / "graphiql" / "assets").mkdir()
    return tmp_path


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_works_as_it_is_written(copy: Path, example: Example) -> None:
    # Elsewhere than in a repository, git applies a change as it would a patch.
    subprocess.run(  # the command is ours
        ["git", "apply", "--whitespace=nowarn", "-"],  # noqa: S607  # wherever git is
        cwd=copy,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(copy.parent)},
        input=example.change,
        text=True,
        check=True,
    )
    answer = ask(copy, example.query)
    assert answer["data"] == json.loads(example.answer)
    assert answer["headers"].get("x-node") == ("cellar" if "middleware" in example.title else None)


def ask(folder: Path, query: str) -> Any:
    """What a gateway of the folder answers on a new database."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    done = subprocess.run(  # noqa: S603  # the command is ours
        [sys.executable, "-m", "tests.ask_gateway", query],
        cwd=folder,
        env={**environment, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "GATEWAY_NODE": "cellar"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_files_and_folders_that_it_names_are_there() -> None:
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|md))(?::\w+)?", TEXT))
    missing = [name for name in sorted(named) if not any((base / name).exists() for base in (ROOT, ROOT / "gateway"))]
    assert missing == []
