"""What the package says it needs, and what the environment is made of, agree."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PINS = (ROOT / "scripts" / "constraints.txt").read_text().splitlines()
PINNED = {canonicalize_name(name): version for name, _, version in (pin.partition("==") for pin in PINS)}

# The pins are those of the oldest Python that the package supports, whichever one runs this test.
PYTHON = {"python_version": "3.11", "python_full_version": "3.11.0"}
# Builds the package, so that no installed one names it.
BUILD_TOOLS = {canonicalize_name("setuptools")}


def needed(requirements: Iterable[str], extras: Iterable[str] = ("",)) -> dict[NormalizedName, set[str]]:
    """Return the packages that requirements ask for under any of the extras, with the extras of their own."""
    asked: dict[NormalizedName, set[str]] = {}
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**PYTHON, "extra": extra}) for extra in extras):
            asked.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    return asked


def needed_by(name: NormalizedName, extras: set[str]) -> dict[NormalizedName, set[str]]:
    """Return what an installed package needs. One that is not installed says nothing, nor do this one's extras."""
    try:
        return {} if name == PROJECT["name"] else needed(requires(name) or (), ("", *extras))
    except PackageNotFoundError:
        return {}


def everything_needed() -> set[NormalizedName]:
    """Return the dependencies, those of every extra, and what these need in turn."""
    declared = [*PROJECT["dependencies"], *(requirement for extra in EXTRAS.values() for requirement in extra)]
    found: set[tuple[NormalizedName, frozenset[str]]] = set()
    waiting = [needed(declared)]
    while waiting:
        for name, extras in waiting.pop().items():
            if (name, frozenset(extras)) not in found:
                found.add((name, frozenset(extras)))
                waiting.append(needed_by(name, extras))
    return {name for name, _ in found} - {canonicalize_name(PROJECT["name"])}


def is_installed(name: str) -> bool:
    try:
        requires(name)
    except PackageNotFoundError:
        return False
    return True


@pytest.mark.parametrize("pin", PINS)
def test_a_pin_is_a_name_and_one_version_and_no_address(pin: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)?", pin)


def test_no_package_is_pinned_twice() -> None:
    assert len(PINNED) == len(PINS)


def test_all_that_is_needed_is_pinned() -> None:
    assert everything_needed() - set(PINNED) == set()


def test_nothing_is_pinned_that_nothing_needs() -> None:
    everything = everything_needed()
    unneeded = set(PINNED) - everything - BUILD_TOOLS
    if not all(map(is_installed, everything)):
        # Where an extra is not installed, nobody knows what it needs; what is installed is known.
        unneeded = set(filter(is_installed, unneeded))
    assert unneeded == set()


def test_the_build_tools_are_pinned() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert set(needed(build)) == BUILD_TOOLS
    assert set(PINNED) >= BUILD_TOOLS


def test_every_pin_fits_what_is_declared_and_no_requirement_is_an_address() -> None:
    declared = [*PROJECT["dependencies"], *(requirement for extra in EXTRAS.values() for requirement in extra)]
    others = [each for each in map(Requirement, declared) if canonicalize_name(each.name) != PROJECT["name"]]
    assert [str(each) for each in others if not each.specifier.contains(PINNED[canonicalize_name(each.name)])] == []
    assert [str(each) for each in others if each.url] == []


OF_LATER_PYTHON = {"compression"}
"""Modules of Python's own that the oldest version has not yet."""


def imported_packages(folder: Path) -> set[str]:
    """Return the top-level names of what the modules in a folder import from other distributions."""
    found = set()
    for node in (node for file in folder.rglob("*.py") for node in ast.walk(ast.parse(file.read_text()))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - OF_LATER_PYTHON - {"gateway"}


def test_every_package_that_the_gateway_imports_is_a_declared_dependency() -> None:
    distributions = packages_distributions()
    imported = {canonicalize_name(distributions[name][0]) for name in imported_packages(ROOT / "gateway")}
    assert imported
    assert imported - set(needed(PROJECT["dependencies"])) == set()
