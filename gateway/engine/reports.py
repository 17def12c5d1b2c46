"""How a caller is told of mistakes that come to light when an operation is executed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from graphql import (
    SKIP,
    ArgumentNode,
    DocumentNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableValues,
    Visitor,
    VisitorAction,
    visit,
)


class ArgumentUse(NamedTuple):
    """The place where a document gives an argument to a field or a directive."""

    name: str
    type: GraphQLInputType
    value: ValueNode


class Reports(Protocol):
    """Words for mistakes. Where a document has no reports, the words are graphql-core's."""

    def of_operation(self, document: DocumentNode, name: str | None) -> GraphQLError:
        """Tell that a document has no operation of the name, or several of which none was named."""

    def of_variables(
        self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
    ) -> list[GraphQLError]:
        """Tell what is wrong with the variables of an operation, if anything is."""

    def of_argument(self, use: ArgumentUse, variables: VariableValues) -> GraphQLError | None:
        """Tell what is wrong with an argument once its variables have values; None if nothing is."""


def argument_uses(schema: GraphQLSchema, document: DocumentNode) -> Mapping[int, ArgumentUse]:
    """Return the uses of arguments by the ids of their values, and of all the values inside these."""
    types = TypeInfo(schema)
    uses = _Uses(types)
    visit(document, TypeInfoVisitor(types, uses))
    return uses.by_value


class _Uses(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.by_value: dict[int, ArgumentUse] = {}
        self._types = types

    def enter_argument(self, node: ArgumentNode, *_: object) -> VisitorAction:
        argument = self._types.get_argument()
        if argument is not None:
            self._add(node.value, ArgumentUse(node.name.value, argument.type, node.value))
        return SKIP

    def _add(self, value: ValueNode, use: ArgumentUse) -> None:
        self.by_value[id(value)] = use
        if isinstance(value, ListValueNode):
            for item in value.values:
                self._add(item, use)
        elif isinstance(value, ObjectValueNode):
            for field in value.fields:
                self._add(field.value, use)
