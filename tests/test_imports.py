"""The direction of imports: `domain <- db <- services <- graphql <- web`; `engine` knows GraphQL alone."""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

GATEWAY = Path(__file__).parent.parent / "gateway"
FILES = sorted(GATEWAY.rglob("*.py"))

# What each package may import of the gateway, beside itself. The modules at the top compose, and may import anything.
ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "auth": {"domain"},
    "engine": set(),
    "db": {"domain"},
    "services": {"domain", "db"},
    "graphql": {"domain", "db", "services", "engine"},
    "web": {"domain", "db", "services", "graphql", "auth", "settings"},
}


def imported(file: Path) -> Iterator[str]:
    """The full names of all that a file imports, wherever in the file it does."""
    package = ".".join(file.relative_to(GATEWAY.parent).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_every_package_has_its_place_in_the_order() -> None:
    assert {file.parent.name for file in GATEWAY.glob("*/__init__.py")} == set(ALLOWED)


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    found = {name for file in (GATEWAY / package).rglob("*.py") for name in imported(file)}
    of_the_gateway = {name.split(".")[1] for name in found if name.startswith("gateway.")}
    assert of_the_gateway - {package} <= ALLOWED[package]


def test_imports_of_the_gateway_are_seen() -> None:
    # Or the test above would pass for having found nothing.
    assert {"gateway.db.engine.Database", "gateway.settings.Settings"} <= set(imported(GATEWAY / "web" / "app.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(GATEWAY)))
def test_nothing_is_imported_inside_a_function(file: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    inside = [node for function in functions for node in ast.walk(function)]
    assert [node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)] == []
