"""What a Strawberry schema has that the executor would ignore is refused by name at the start."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pytest
import strawberry
from strawberry.directive import DirectiveLocation
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.graphql.columns import executable_schema
from gateway.graphql.context import Context
from gateway.graphql.fields import attribute, relation


class Row(NamedTuple):
    id: str
    made_on: date


@strawberry.type
class Query:
    version: str = "1"


class Timing(SchemaExtension):
    pass


class OtherContext(StrawberryGraphQLCoreExecutionContext):
    pass


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def shout(value: str) -> str:
    return value.upper()


def _default(source: object, name: str) -> object:
    return getattr(source, name, None)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"extensions": [Timing]}, "extensions of a strawberry.Schema, but it has Timing"),
        ({"directives": [shout]}, "directives of a strawberry.Schema, but it has shout"),
        (
            {"execution_context_class": OtherContext},
            "execution_context_class of a strawberry.Schema, but it has OtherContext",
        ),
        (
            {"config": StrawberryConfig(default_resolver=_default)},
            "config.default_resolver of a strawberry.Schema, but it has _default",
        ),
        (
            {"config": StrawberryConfig(enable_experimental_incremental_execution=True)},
            "config.enable_experimental_incremental_execution of a strawberry.Schema, but it has True",
        ),
    ],
)
def test_what_would_be_ignored_is_refused(options: dict[str, Any], named: str) -> None:
    schema = strawberry.Schema(query=Query, **options)
    with pytest.raises(TypeError) as refusal:
        executable_schema(schema, rows={}, type_names={})
    assert str(refusal.value) == f"The gateway's executor does not support {named}."


async def rows(parents: Sequence[Any], _: Context) -> list[list[Row]]:
    return [[] for _ in parents]


@strawberry.type
class WithDate:
    id: strawberry.ID = attribute("The id.")
    made_on: date = attribute("When it was made.")


@strawberry.type
class WithUnknownRead:
    id: strawberry.ID = attribute("The id.")
    others: list["WithUnknownRead"] = relation(rows, scope=None, reads=("serial",), description="Others.")


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (WithDate, "WithDate.madeOn is an attribute, but values of Date have to be serialized."),
        (WithUnknownRead, "WithUnknownRead.others reads serial, but Row has no such attribute."),
    ],
)
def test_a_field_that_cannot_run_in_columns_is_refused(type_: type, message: str) -> None:
    @strawberry.type
    class Root:
        things: list[type_] = relation(rows, scope=None, reads=(), description="Things.")  # type: ignore[valid-type]  # made here

    schema = strawberry.Schema(query=Root)
    with pytest.raises(TypeError) as refusal:
        executable_schema(schema, rows={type_.__name__: Row}, type_names={})
    assert str(refusal.value) == message


def test_a_relation_without_a_scope_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="scope"):
        relation(rows, reads=(), description="Things.")  # type: ignore[call-arg]  # that is the point
