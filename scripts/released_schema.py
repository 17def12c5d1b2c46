"""The command `scripts/schema`: the schema of the code beside the one that was released last, which clients rely on."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import (
    DirectiveNode,
    GraphQLSchema,
    Node,
    StringValueNode,
    Visitor,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    is_input_object_type,
    parse,
    visit,
)

from gateway.graphql.schema import schema_text

SCHEMA = Path("schema.graphql")
RELEASED = Path("docs/released.graphql")
CHANGELOG = Path("CHANGELOG.md")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LEAVES = re.compile(rf"\S.* \(removed from ({_DATE.pattern})\)", re.DOTALL)


def main(
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing, and tell what is wrong.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Release it, unless something is wrong.")] = False,
) -> None:
    """Write schema.graphql from the code."""
    schema = f"{schema_text()}\n"
    if not check:
        SCHEMA.write_text(schema)
    if check or release:
        _compare(schema)
    if release:
        RELEASED.write_text(schema)


def _compare(schema: str) -> None:
    """Show what the schema changes of the released one. Raise typer.Exit where something is wrong with it."""
    released = RELEASED.read_text()
    for change in find_dangerous_changes(build_schema(released), build_schema(schema)):
        typer.echo(f"Dangerous: {change.description}")
    problems = [*faults(schema, released, CHANGELOG.read_text())]
    if SCHEMA.read_text() != schema:
        problems.append("schema.graphql is not what the code prints: scripts/schema writes it.")
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


def faults(schema: str, released: str, changelog: str) -> Iterator[str]:
    """Yield what clients are not told in time: changes that break their documents, and ends of what is deprecated."""
    announced = _dated(changelog)
    for change in _breaking_changes(build_schema(released), build_schema(schema)):
        if change not in announced:
            yield f"Breaking, and CHANGELOG.md does not say so under a heading with a date: {change}"
    deprecations = _Deprecations()
    visit(parse(schema), deprecations)
    for coordinate, reason in deprecations.found:
        if not _says_when(reason):
            yield f"{coordinate} is deprecated without an end, such as: Use `name` (removed from 2027-06-01)"


def _breaking_changes(released: GraphQLSchema, schema: GraphQLSchema) -> Iterator[str]:
    for change in find_breaking_changes(released, schema):
        yield change.description
    # graphql-core does not look at this one.
    for name, before in released.type_map.items():
        after = schema.type_map.get(name)
        if is_input_object_type(before) and is_input_object_type(after) and after.is_one_of and not before.is_one_of:
            yield f"{name} takes exactly one of its fields."


def _dated(changelog: str) -> str:
    """Return the sections whose headings have a date, as one line without marks of code."""
    sections = re.split(r"^(?=## )", changelog, flags=re.MULTILINE)
    return " ".join("".join(each for each in sections if _has_date(each.partition("\n")[0])).replace("`", "").split())


def _has_date(text: str) -> bool:
    return any(_is_date(found) for found in _DATE.findall(text))


def _says_when(reason: str) -> bool:
    found = _LEAVES.fullmatch(reason)
    return found is not None and _is_date(found[1])


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


class _Deprecations(Visitor):
    """Collects the schema coordinate of everything that is deprecated, with the reason."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def enter_directive(self, node: DirectiveNode, _key: Any, _parent: Any, _path: Any, ancestors: list[Any]) -> None:
        if node.name.value == "deprecated":
            values = (argument.value for argument in node.arguments or ())
            reason = "".join(value.value for value in values if isinstance(value, StringValueNode))
            self.found.append((_coordinate(ancestors), reason))


def _coordinate(ancestors: list[Any]) -> str:
    """Return how a type, a field or an argument is named: `Device`, `Device.urns`, `Device.urns(types:)`."""
    names = [node.name.value for node in ancestors if isinstance(node, Node) and hasattr(node, "name")]
    return ".".join(names[:2]) + "".join(f"({name}:)" for name in names[2:])


if __name__ == "__main__":
    typer.run(main)
