"""The two ways in which a caller writes an input value: as JSON, in a variable, and as a literal, in a document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    VariableValues,
)
from graphql.utilities import replace_variables

from gateway.domain.quoting import LONGEST, cut, quoted, text_parts


class Notation(Protocol):
    """Tells what a value is in one notation, as far as input coercion asks (GraphQL specification, section 3)."""

    def resolved(self, value: Any) -> Any:
        """Return the value of a variable in a literal, which may be Undefined; any other value as it is."""

    def is_null(self, value: Any) -> bool:
        """Tell whether a value is null; a variable is not."""

    def items(self, value: Any) -> Sequence[Any] | None:
        """Return the items of a list; None for anything else."""

    def fields(self, value: Any) -> Mapping[str, Any] | None:
        """Return the fields of an object; None for anything else."""

    def enum_name(self, value: Any) -> str | None:
        """Return the name of an enum's value; None for anything else."""

    def text(self, value: Any) -> str | None:
        """Return what a string says; None for anything else."""

    def coerced(self, type_: GraphQLScalarType, value: Any) -> Any:
        """Return what the scalar makes of it: Undefined, or an exception raised, where that is nothing."""

    def quoted(self, value: Any) -> str:
        """Return how a message repeats the value."""

    def node(self, value: Any, field: str | None = None) -> Node | None:
        """Return where the document has the value, or a field of it; None for what is in no document."""


@dataclass(frozen=True, slots=True)
class Json:
    def resolved(self, value: Any) -> Any:
        return value

    def is_null(self, value: Any) -> bool:
        return value is None

    def items(self, value: Any) -> Sequence[Any] | None:
        return value if isinstance(value, list | tuple) else None

    def fields(self, value: Any) -> Mapping[str, Any] | None:
        return value if isinstance(value, dict) else None

    def enum_name(self, value: Any) -> str | None:
        return self.text(value)

    def text(self, value: Any) -> str | None:
        return value if isinstance(value, str) else None

    def coerced(self, type_: GraphQLScalarType, value: Any) -> Any:
        return type_.coerce_input_value(value)

    def quoted(self, value: Any) -> str:
        return quoted(value)

    def node(self, value: Any, field: str | None = None) -> Node | None:  # noqa: ARG002  # see Notation
        return None


@dataclass(frozen=True, slots=True)
class Literal:
    variables: VariableValues | None = None
    """The values of the operation's variables; None while there are none yet: then a variable is its own value."""

    def resolved(self, value: ValueNode) -> Any:
        if self.variables is None or not isinstance(value, VariableNode):
            return value
        return self.variables.coerced.get(value.name.value, Undefined)

    def is_null(self, value: ValueNode) -> bool:
        return isinstance(value, NullValueNode)

    def items(self, value: ValueNode) -> Sequence[ValueNode] | None:
        return value.values if isinstance(value, ListValueNode) else None

    def fields(self, value: ValueNode) -> Mapping[str, ValueNode] | None:
        return {each.name.value: each.value for each in value.fields} if isinstance(value, ObjectValueNode) else None

    def enum_name(self, value: ValueNode) -> str | None:
        return value.value if isinstance(value, EnumValueNode) else None

    def text(self, value: ValueNode) -> str | None:
        return value.value if isinstance(value, StringValueNode) else None

    def coerced(self, type_: GraphQLScalarType, value: ValueNode) -> Any:
        if type_.coerce_input_literal is not None:
            return type_.coerce_input_literal(replace_variables(value, self.variables))
        return type_.parse_literal(value, self.variables.coerced if self.variables else None)

    def quoted(self, value: ValueNode) -> str:
        return quoted_literal(value)

    def node(self, value: ValueNode, field: str | None = None) -> Node | None:
        if field is not None and isinstance(value, ObjectValueNode):
            return next((each for each in value.fields if each.name.value == field), value)
        return value


def quoted_literal(node: ValueNode) -> str:
    """Return a literal as the document writes it, at most 100 characters of it, whatever its size."""
    return quoted(node.value) if isinstance(node, StringValueNode) else cut(_parts(node))


def _parts(node: ValueNode) -> Iterator[str]:
    match node:
        case StringValueNode():
            yield from text_parts(node.value)
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            yield node.value[: LONGEST + 1]
        case BooleanValueNode():
            yield "true" if node.value else "false"
        case NullValueNode():
            yield "null"
        case VariableNode():
            yield f"${node.name.value[:LONGEST]}"
        case ListValueNode():
            yield "["
            for index, item in enumerate(node.values):
                yield ", " if index else ""
                yield from _parts(item)
            yield "]"
        case ObjectValueNode():
            yield "{ " if node.fields else "{"
            for index, field in enumerate(node.fields):
                yield f"{', ' if index else ''}{field.name.value[:LONGEST]}: "
                yield from _parts(field.value)
            yield " }" if node.fields else "}"
