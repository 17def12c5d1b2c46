"""The private parts of dependencies that docs/architecture.md lists are there, in versions that are bounded."""

import importlib
import inspect
import re
import tomllib
from functools import reduce
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = {canonicalize_name(each.name): each for each in map(Requirement, PROJECT["dependencies"])}
SECTION = (ROOT / "docs" / "architecture.md").read_text().split("## Private parts of dependencies")[1].split("## ")[0]
PARTS = re.findall(r"^\| `([\w.]+):([\w.]+)` \|", SECTION, re.MULTILINE)


def test_there_are_some() -> None:
    assert len(PARTS) > 10


@pytest.mark.parametrize(("module", "name"), PARTS)
def test_a_private_part_is_there(module: str, name: str) -> None:
    found: Any = importlib.import_module(module)
    *outer, last = name.split(".")
    holder = reduce(getattr, outer, found)
    # Attributes that are set by a constructor are no attributes of the class.
    assert hasattr(holder, last) or re.search(rf"self\.{last}\b", inspect.getsource(importlib.import_module(module)))


@pytest.mark.parametrize("module", sorted({module.split(".")[0] for module, _ in PARTS}))
def test_the_versions_of_what_has_private_parts_in_use_are_bounded(module: str) -> None:
    [distribution] = set(packages_distributions()[module])
    bounds = [each.operator for each in REQUIREMENTS[canonicalize_name(distribution)].specifier]
    assert "<" in bounds
    assert ">=" in bounds


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=str)
def test_each_dependency_has_a_lowest_version_and_the_pinned_one_fits(requirement: Requirement) -> None:
    constraints = dict(
        line.split("==") for line in (ROOT / "scripts" / "constraints.txt").read_text().splitlines() if "==" in line
    )
    pinned = {canonicalize_name(name): version for name, version in constraints.items()}
    assert ">=" in [each.operator for each in requirement.specifier]
    assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])
