"""Inputs are made as Strawberry makes them, and sooner."""

import time
from collections.abc import Callable
from typing import Any, Optional

import pytest
import strawberry
from graphql import parse
from graphql.execution.values import get_argument_values
from strawberry import Maybe
from strawberry.types.arguments import convert_arguments

from gateway.graphql.input_conversion import InputConversion


@strawberry.input
class Part:
    name: str | None
    size: int = 3
    labels: list[str | None] | None = None


@strawberry.input
class Whole:
    part: Part
    parts: list[Part | None] | None = None
    wholes: Optional[list["Whole"]] = None  # noqa: UP045  # what Strawberry reads where a type is in itself
    note: Maybe[str | None] = None
    new_part: Maybe[Part | None] = None


@strawberry.input
class Refusing:
    """Refuses null, as Strawberry alone does."""

    whole: Whole
    refusing: Optional["Refusing"] = None  # the same
    note: Maybe[str] = None


@strawberry.type
class Query:
    @strawberry.field
    def whole(self, whole: Whole | None = None, ids: list[strawberry.ID] | None = None) -> str:
        return f"{whole} {ids}"

    @strawberry.field
    def refusing(self, refusing: Refusing) -> str:
        return f"{refusing}"


SCHEMA = strawberry.Schema(Query)


def both(text: str, conversion: InputConversion) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of a field as they are converted, and as Strawberry does it."""
    node: Any = parse(f"{{ {text} }}").definitions[0]
    [selected] = node.selection_set.selections
    field = SCHEMA._schema.query_type.fields[selected.name.value]  # type: ignore[union-attr]
    definition = field.extensions["strawberry-definition"]
    given = get_argument_values(field, selected)
    registry = SCHEMA.schema_converter.scalar_registry
    usual = convert_arguments(given, definition.arguments, scalar_registry=registry, config=SCHEMA.config)
    return conversion.of_arguments(definition)(given), usual


@pytest.mark.parametrize(
    "text",
    [
        "whole",
        "whole(whole: null, ids: null)",
        'whole(ids: ["a", 1])',
        'whole(whole: { part: { name: null, labels: ["a", null] } })',
        "whole(whole: { part: { size: 1 }, parts: [null, { labels: null }], note: null })",
        'whole(whole: { part: {}, wholes: [{ part: {}, note: "a", newPart: { name: "b" } }], newPart: null })',
        'refusing(refusing: { whole: { part: {} }, refusing: { whole: { part: {} }, note: "a" } })',
    ],
)
def test_inputs_are_what_strawberry_makes_of_them(text: str) -> None:
    conversion = InputConversion(SCHEMA)
    for _ in range(2):
        made, usual = both(text, conversion)
        assert made == usual


def test_what_strawberry_alone_knows_to_make_leaves_the_other_inputs_as_they_were() -> None:
    conversion = InputConversion(SCHEMA)
    both("refusing(refusing: { whole: { part: {} } })", conversion)
    made, usual = both('whole(whole: { part: { name: "a" }, note: "b" })', conversion)
    assert made == usual


def test_many_inputs_are_made_in_a_third_of_the_time() -> None:
    parts = f"{{ part: {{ name: null }}, parts: [{'{ size: 1 }, ' * 300}] }}"
    field: Any = SCHEMA._schema.query_type.fields["whole"]  # type: ignore[union-attr]
    node: Any = parse(f"{{ whole(whole: {parts}) }}").definitions[0]
    given = get_argument_values(field, node.selection_set.selections[0])
    definition = field.extensions["strawberry-definition"]
    convert = InputConversion(SCHEMA).of_arguments(definition)
    registry = SCHEMA.schema_converter.scalar_registry

    def usual(given: dict[str, Any]) -> dict[str, Any]:
        return convert_arguments(given, definition.arguments, scalar_registry=registry, config=SCHEMA.config)

    assert 3 * min(_seconds(convert, given) for _ in range(5)) < min(_seconds(usual, given) for _ in range(5))


def _seconds(convert: Callable[[dict[str, Any]], dict[str, Any]], given: dict[str, Any]) -> float:
    began = time.process_time()
    convert(given)
    return time.process_time() - began
