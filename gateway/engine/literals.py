"""Literals in the arguments of a document, and variables in their place.

So a document is planned once for all that write other values. A literal is coerced as a literal is, and not as what a
request gives for a variable, since a scalar may take them in different ways.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    SKIP,
    ArgumentNode,
    DocumentNode,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    NameNode,
    ObjectFieldNode,
    ObjectValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    ValueNode,
    VariableNode,
    Visitor,
    VisitorAction,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    visit,
)
from graphql.utilities import coerce_input_literal

from gateway.engine.arguments import variables_in
from gateway.engine.shapes import ShapedText, literal_node

_Written = Callable[[Sequence[str]], ValueNode]
"""Makes a value of the literals of a document."""


class LiteralVariable(NamedTuple):
    """A variable in the place of a value that has literals and no variables in it."""

    name: str
    """A number, so that no operation has a variable of that name."""
    type: GraphQLInputType
    written: _Written


class LiteralVariables(NamedTuple):
    """The variables of a document that are in the places of its literals."""

    variables: Sequence[LiteralVariable]
    left: Mapping[int, str]
    """The literals, by their number, that are left as they are: of a directive, or the default of a variable."""

    def values(self, literals: Sequence[str]) -> dict[str, Any] | None:
        """Return their values in a document of the same shape; None where its literals do not fit."""
        if any(literals[number] != literal for number, literal in self.left.items()):
            return None
        values = {}
        for name, type_, written in self.variables:
            values[name] = value = coerce_input_literal(written(literals), type_)
            if value is Undefined:
                return None
        return values


def with_variables(
    schema: GraphQLSchema, ast: DocumentNode, shaped: ShapedText
) -> tuple[DocumentNode, LiteralVariables]:
    """Return a valid document, parsed from a text, with variables in place of the literals in arguments of fields."""
    types = TypeInfo(schema)
    replacing = _Replacing(types, shaped)
    replaced = visit(ast, TypeInfoVisitor(types, replacing))
    left = {number: literal for number, literal in enumerate(shaped.literals) if number not in replacing.taken}
    return replaced, LiteralVariables(replacing.variables, left)


class _Replacing(Visitor):
    def __init__(self, types: TypeInfo, shaped: ShapedText) -> None:
        super().__init__()
        self.variables: list[LiteralVariable] = []
        self.taken: set[int] = set()
        """The numbers of literals that variables have taken the place of."""
        self._types = types
        self._numbers = {start: number for number, start in enumerate(shaped.starts())}

    def enter_directive(self, *_: object) -> VisitorAction:
        return SKIP

    def enter_argument(self, node: ArgumentNode, *_: object) -> ArgumentNode | None:
        argument = self._types.get_argument()
        if argument is None:
            return None
        value = self._replaced(node.value, argument.type)
        return None if value is node.value else ArgumentNode(name=node.name, value=value, loc=node.loc)

    def _replaced(self, node: ValueNode, type_: GraphQLInputType) -> ValueNode:
        if variables_in(node):
            return self._replaced_inside(node, get_nullable_type(type_))
        written = self._written(node)
        if written is None:
            return node
        name = str(len(self.variables))
        self.variables.append(LiteralVariable(name, type_, written))
        return VariableNode(name=NameNode(value=name), loc=node.loc)

    def _replaced_inside(self, node: ValueNode, type_: Any) -> ValueNode:
        """Return a value that has variables in it already, with others in the place of literals beside them."""
        if is_list_type(type_) and isinstance(node, ListValueNode):
            items = tuple(self._replaced(item, type_.of_type) for item in node.values)
            return ListValueNode(values=items, loc=node.loc)
        if is_list_type(type_):  # A value in the place of a list is a list of it.
            return self._replaced(node, type_.of_type)
        if is_input_object_type(type_) and isinstance(node, ObjectValueNode):
            return ObjectValueNode(fields=tuple(self._field(each, type_) for each in node.fields), loc=node.loc)
        return node  # A variable, or a scalar that is made of values.

    def _field(self, field: ObjectFieldNode, type_: GraphQLInputObjectType) -> ObjectFieldNode:
        value = self._replaced(field.value, type_.fields[field.name.value].type)
        return ObjectFieldNode(name=field.name, value=value, loc=field.loc)

    def _written(self, node: ValueNode) -> _Written | None:
        """Return what writes a value with other literals; None where it has none."""
        if isinstance(node, ListValueNode):
            return _list([self._written(item) for item in node.values], node)
        if isinstance(node, ObjectValueNode):
            return _object([self._written(each.value) for each in node.fields], node)
        number = self._numbers.get(node.loc.start) if node.loc else None
        if number is None:
            return None
        self.taken.add(number)
        return lambda literals: literal_node(literals[number])


def _list(items: Sequence[_Written | None], node: ListValueNode) -> _Written | None:
    if not any(items):
        return None
    pairs = list(zip(items, node.values, strict=True))
    return lambda literals: ListValueNode(
        values=tuple(written(literals) if written else item for written, item in pairs)
    )


def _object(values: Sequence[_Written | None], node: ObjectValueNode) -> _Written | None:
    if not any(values):
        return None
    pairs = list(zip(values, node.fields, strict=True))
    return lambda literals: ObjectValueNode(
        fields=tuple(
            ObjectFieldNode(name=field.name, value=written(literals)) if written else field for written, field in pairs
        )
    )
