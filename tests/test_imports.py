"""The direction of imports: `domain ← db ← services ← graphql ← web ← cli`, and that between the rooms of `db`."""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

GATEWAY = Path(__file__).parent.parent / "gateway"
FILES = sorted(GATEWAY.rglob("*.py"))

# What each module and package may import of the gateway, beside itself.
LAYERS: dict[str, set[str]] = {
    "addresses": set(),
    "settings": {"addresses", "auth", "db", "domain", "graphql", "web"},
    "domain": set(),
    "auth": {"domain"},
    "engine": set(),
    "db": {"domain"},
    "services": {"domain", "db"},
    "events": {"domain", "db", "services"},
    "graphql": {"domain", "db", "services", "events", "engine"},
    "web": {"domain", "db", "services", "events", "graphql", "auth", "addresses", "settings"},
    "cli": {"domain", "auth", "engine", "db", "services", "graphql", "web", "settings"},
}
# What each module and package of `db` may import of the others.
ROOMS: dict[str, set[str]] = {
    "tables": set(),
    "search_indexes": set(),
    "cluster": set(),
    "progress": set(),
    "stores": {"cluster"},
    "rows": {"tables"},
    "statements": {"tables", "rows", "search_indexes", "stores"},
    "database": {"stores"},
    "session": {"database", "statements", "stores"},
    "queries": {"tables", "rows", "session", "statements", "stores"},
    "changes": {"tables", "rows", "session", "statements", "stores"},
    "bulk": {"cluster", "search_indexes"},
    "snapshot": {"database", "statements", "stores"},
    "import_progress": {"database", "progress", "session", "statements"},
    "migrations": {"cluster", "database", "progress", "search_indexes", "session", "statements", "stores"},
}


def imported(file: Path) -> Iterator[str]:
    """Yield the full names of all that a file imports, wherever in the file it does."""
    package = ".".join(file.relative_to(GATEWAY.parent).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def members(package: Path) -> set[str]:
    """Return the names of the modules and packages that lie in a package."""
    modules = {file.stem for file in package.glob("*.py")} - {"__init__"}
    return modules | {file.parent.name for file in package.glob("*/__init__.py")}


def imported_siblings(package: Path, member: str) -> set[str]:
    """Return which other members of its package a module or package imports."""
    files = [package / f"{member}.py"] if (package / f"{member}.py").exists() else (package / member).rglob("*.py")
    prefix = ".".join(package.relative_to(GATEWAY.parent).parts) + "."
    names = {name.removeprefix(prefix) for file in files for name in imported(file) if name.startswith(prefix)}
    return {name.split(".")[0] for name in names} - {member}


def test_every_package_has_its_layer() -> None:
    assert members(GATEWAY) == set(LAYERS)


def test_every_member_of_db_has_its_room() -> None:
    assert members(GATEWAY / "db") == set(ROOMS)


@pytest.mark.parametrize("package", LAYERS)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    assert imported_siblings(GATEWAY, package) <= LAYERS[package]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_db_imports_only_what_lies_below_it(room: str) -> None:
    assert imported_siblings(GATEWAY / "db", room) <= ROOMS[room]


@pytest.mark.parametrize("allowed", [LAYERS, ROOMS], ids=["layers", "rooms"])
def test_what_may_be_imported_makes_no_ring(allowed: dict[str, set[str]]) -> None:
    below: set[str] = {"settings"}
    while further := {name for name, others in allowed.items() if name not in below and others <= below}:
        below |= further
    assert set(allowed) <= below


def test_imports_are_seen() -> None:
    # Or the tests above would pass for having found nothing.
    assert {"gateway.db.database.Database", "gateway.settings.Settings"} <= set(imported(GATEWAY / "web" / "app.py"))
    assert {"db", "graphql", "web"} <= imported_siblings(GATEWAY, "cli")
    assert {"database", "statements", "stores"} <= imported_siblings(GATEWAY / "db", "session")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(GATEWAY)))
def test_nothing_is_imported_inside_a_function(file: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    inside = [node for function in functions for node in ast.walk(function)]
    assert [node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)] == []
