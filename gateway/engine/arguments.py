"""The arguments of a field, as a plan has them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    Node,
    Undefined,
    VariableNode,
    Visitor,
    get_argument_values,
    is_non_null_type,
    visit,
)

from gateway.engine.execution import Execution
from gateway.engine.resolvers import ColumnResolver

_IMMUTABLE = (str, int, float, bool, bytes, tuple, Enum, type(None))


@dataclass(frozen=True, kw_only=True, slots=True)
class VariableArgument:
    """An argument that is a variable."""

    name: str
    variable: str
    nullable: bool
    optional: bool
    """Whether it may be left out, and has no default then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SimpleArguments:
    """Arguments of which each is a variable or a constant. Most are, and need not be coerced in each execution."""

    constants: dict[str, Any]
    variables: Sequence[VariableArgument]
    convert: Callable[[dict[str, Any]], Mapping[str, Any]] | None
    """`ColumnResolver.convert_arguments`, unless all names are those of `ColumnResolver.argument_names`."""

    def values(self, variables: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the arguments as the resolver takes them; raise what their conversion raises.

        None stands for arguments of which one is missing that has to be there or has a default, or is null where it
        may not be.
        """
        given = self.constants.copy()
        for argument in self.variables:
            value = variables.get(argument.variable, Undefined)
            if value is Undefined:
                if not argument.optional:
                    return None
            elif value is None and not argument.nullable:
                return None
            else:
                given[argument.name] = value
        return given if self.convert is None else self.convert(given)


class FieldArguments:
    """The arguments of one field of an operation."""

    def __init__(self, node: FieldNode, definition: GraphQLField, resolver: ColumnResolver) -> None:
        self._node = node
        self._definition = definition
        self._convert = resolver.convert_arguments
        self._simple = simple_arguments(node, definition, resolver)
        self.constant = _constant_values(self._simple)
        """The arguments where they are the same in every execution; None where they have to be found in each."""

    def values(self, execution: Execution) -> Mapping[str, Any]:
        """Return the arguments of an execution. Raise GraphQLError, and what their conversion raises."""
        if self._simple is not None:
            values = self._simple.values(execution.coerced)
            if values is not None:
                return values
        return self._convert(get_argument_values(self._definition, self._node, execution.values))


def simple_arguments(node: FieldNode, definition: GraphQLField, resolver: ColumnResolver) -> SimpleArguments | None:
    """Return None where a variable is part of a value, or a constant is wrong, or one that a resolver could change."""
    variables = []
    others = dict(definition.args)
    for argument in node.arguments or ():
        if isinstance(argument.value, VariableNode):
            name = argument.name.value
            defined = others.pop(name)
            nullable = not is_non_null_type(defined.type)
            variables.append(
                VariableArgument(
                    name=defined.out_name or name,
                    variable=argument.value.name.value,
                    nullable=nullable,
                    optional=nullable and defined.default is None and defined.default_value is Undefined,
                )
            )
        elif variables_in(argument):
            return None
    try:
        constants = get_argument_values(GraphQLField(definition.type, others), node)
    except GraphQLError:
        return None
    renamed = resolver.argument_names
    if renamed.keys() >= {*constants, *(each.name for each in variables)}:
        variables = [replace(each, name=renamed[each.name]) for each in variables]
        constants = {renamed[name]: value for name, value in constants.items()}
        if all(isinstance(value, _IMMUTABLE) for value in constants.values()):
            return SimpleArguments(constants=constants, variables=variables, convert=None)
    elif all(_is_copied(value) for value in constants.values()):
        return SimpleArguments(constants=constants, variables=variables, convert=resolver.convert_arguments)
    return None


def _is_copied(value: object) -> bool:
    """Tell whether conversion makes a new value of this one, so that no resolver gets hold of it."""
    if isinstance(value, dict):
        return all(map(_is_copied, value.values()))
    return all(map(_is_copied, value)) if isinstance(value, list) else isinstance(value, _IMMUTABLE)


def _constant_values(simple: SimpleArguments | None) -> Mapping[str, Any] | None:
    if simple is None or simple.variables or (simple.convert is not None and simple.constants):
        return None
    return simple.values({})


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


def variables_in(*nodes: Node) -> set[str]:
    """Return the names of the variables that are used in nodes."""
    found = _Variables()
    for node in nodes:
        visit(node, found)
    return found.names
