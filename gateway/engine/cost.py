"""What an operation may cost, found before it is executed.

The cost of an operation is how many objects and leaves its response may have, were all its lists as long as they may
be, and the price of what its resolvers do. So it is an upper bound of what the response then has.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    VariableValues,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)

from gateway.engine.arguments import variables_in
from gateway.engine.field_cost import FREE, FieldCost, Number, OfArguments
from gateway.engine.resolvers import ColumnSchema

USUAL_LIST = 50
"""How long a list is taken to be of which the schema says nothing."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A number that may depend on variables: a constant, and parts that are found out in each execution."""

    constant: int = 0
    parts: Sequence["_Part"] = ()

    def value(self, variables: Mapping[str, Any], known: dict[int, int] | None = None) -> int:
        """Return the number. What many places have in common is found once: it is `known`, by its identity, then."""
        if not self.parts:
            return self.constant
        known = {} if known is None else known
        value = known.get(id(self))
        if value is None:
            value = self.constant
            for part in self.parts:
                value += part.value(variables, known)
            known[id(self)] = value
        return value


@dataclass(frozen=True, kw_only=True)
class _Selected:
    """The cost of what is selected of one object: for itself, and for each item of the page that it is."""

    own: Cost
    of_item: Cost


class _Part:
    """What a cost depends on variables by."""

    def value(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class _Items(_Part):
    """The items of a list, each of which costs the same."""

    count: Cost
    item: Cost

    def value(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:
        return self.count.value(variables, known) * self.item.value(variables, known)


@dataclass(frozen=True, kw_only=True)
class _Largest(_Part):
    """The largest of several costs, of which one is incurred."""

    costs: Sequence[Cost]

    def value(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:
        return max(cost.value(variables, known) for cost in self.costs)


class _OfArguments(_Part):
    """What depends on arguments of a field node, and of the one above it."""

    def __init__(self, number: OfArguments, node: FieldNode, parent: FieldNode | None) -> None:
        self._number = number.number
        self._constants: dict[str, Any] = {}
        self._variables: dict[str, str] = {}
        self._others: dict[str, Any] = {}
        for argument in (*_named(node, number.names), *_named(parent, number.parent_names)):
            name, value = argument.name.value, argument.value
            if isinstance(value, VariableNode):
                self._variables[name] = value.name.value
            elif variables_in(value):
                self._others[name] = value
            else:
                self._constants[name] = value_from_ast_untyped(value)
        self.is_constant = not (self._variables or self._others)

    def value(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:  # noqa: ARG002  # it has no costs inside
        arguments = self._constants.copy()
        for name, variable in self._variables.items():
            if variable in variables:
                arguments[name] = variables[variable]
        for name, node in self._others.items():
            arguments[name] = value_from_ast_untyped(node, dict(variables))
        return self._number(arguments)


@dataclass(frozen=True, kw_only=True)
class CostFinder:
    """Finds the cost of an operation, for the values of variables that `@skip` and `@include` read."""

    schema: GraphQLSchema
    columns: ColumnSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    prices: list[Cost] = field(default_factory=list)
    """Of all resolvers, each of which is called once for all its parents."""
    _selected: dict[object, _Selected] = field(default_factory=dict)

    def find(self) -> tuple[Cost, Cost]:
        """Return the cost of the response, and the price of what resolvers do."""
        root = self.schema.get_root_type(self.operation.operation)
        if root is None:
            return Cost(), Cost()
        try:
            fields = collect_fields(self.schema, self.fragments, self.variables, root, self.operation)
        except GraphQLError:
            return _NULL.own, Cost()
        selected = self._of_fields(root, fields.grouped_field_set, None, are_all=True)
        return _sum([selected.own, selected.of_item]), _sum(self.prices)

    def _of_fields(
        self, type_: GraphQLObjectType, fields: GroupedFieldSet, parent: FieldNode | None, *, are_all: bool
    ) -> _Selected:
        """Find the cost of fields of an object that is the value of `parent`, or the root.

        `are_all` tells that it is one of all objects of its type.
        """
        own, of_item = [Cost(constant=1)], []
        for details in fields.values():
            node = details[0].node
            name = node.name.value
            definition = self.schema.get_field(type_, name)
            if definition is None:
                continue
            place = (type_.name, name)
            declared = self.columns.costs.get(place, FREE)
            if declared.price:
                self.prices.append(_number(declared.price, node, parent))
            if place in self.columns.paged:
                of_item.append(self._of_item(definition.type, details))
            else:
                own.append(self._of_value(definition.type, details, declared, are_all=are_all))
        return _Selected(own=_sum(own), of_item=_sum(of_item))

    def _of_value(
        self, type_: GraphQLOutputType, details: FieldDetailsList, declared: FieldCost, *, are_all: bool
    ) -> Cost:
        items = declared.mean if are_all and declared.mean is not None else declared.items
        if is_list_type(get_nullable_type(type_)):
            own = Cost()
            item = self._of_item(type_, details, page=declared.page, are_all=are_all and declared.lists_all)
        else:
            selected = self._of_named(type_, details, are_all=are_all and declared.lists_all)
            own, item = selected.own, selected.of_item
        if not item.constant and not item.parts:
            return own
        count = _number(USUAL_LIST if items is None else items, details[0].node)
        return _sum([own, _list(count, item)])

    def _of_item(
        self, list_type: Any, details: FieldDetailsList, *, page: Number | None = None, are_all: bool = False
    ) -> Cost:
        """Return the cost of an item of a list, with `page` items in it; lists within lists are as long as usual."""
        inner = get_nullable_type(get_nullable_type(list_type).of_type)
        if is_list_type(inner):
            return _list(Cost(constant=USUAL_LIST), self._of_item(inner, details))
        selected = self._of_named(inner, details, are_all=are_all)
        inside = selected.of_item if page is None else _list(_number(page, details[0].node), selected.of_item)
        return _sum([selected.own, inside])

    def _of_named(self, type_: GraphQLOutputType, details: FieldDetailsList, *, are_all: bool) -> _Selected:
        named: Any = get_named_type(type_)
        if is_leaf_type(named):
            return _LEAF
        if not is_abstract_type(named):
            return self._of_object(named, details, are_all=are_all)
        possible = [self._of_object(each, details, are_all=False) for each in self.schema.get_possible_types(named)]
        return _Selected(
            own=_largest(each.own for each in possible), of_item=_largest(each.of_item for each in possible)
        )

    def _of_object(self, type_: GraphQLObjectType, details: FieldDetailsList, *, are_all: bool) -> _Selected:
        key = (type_, are_all, *(id(detail.node) for detail in details))
        if key not in self._selected:
            self._selected[key] = self._of_new_object(type_, details, are_all=are_all)
        return self._selected[key]

    def _of_new_object(self, type_: GraphQLObjectType, details: FieldDetailsList, *, are_all: bool) -> _Selected:
        try:
            fields = collect_subfields(self.schema, self.fragments, self.variables, self.operation, type_, details)
        except GraphQLError:
            return _NULL
        return self._of_fields(type_, fields.grouped_field_set, details[0].node, are_all=are_all)


_LEAF = _Selected(own=Cost(constant=1), of_item=Cost())
# Where a directive's arguments are not as they should be, so that execution will fail there.
_NULL = _LEAF


def _named(node: FieldNode | None, names: Collection[str]) -> list[ArgumentNode]:
    return [each for each in (node.arguments if node else None) or () if each.name.value in names]


def _number(number: Number, node: FieldNode, parent: FieldNode | None = None) -> Cost:
    if isinstance(number, int):
        return Cost(constant=number)
    part = _OfArguments(number, node, parent)
    return Cost(constant=part.value({}, {})) if part.is_constant else Cost(parts=[part])


def _list(count: Cost, item: Cost) -> Cost:
    if count.parts or item.parts:
        return Cost(parts=[_Items(count=count, item=item)])
    return Cost(constant=count.constant * item.constant)


def _largest(costs: Iterable[Cost]) -> Cost:
    several = list(costs)
    if all(not cost.parts for cost in several):
        return Cost(constant=max((cost.constant for cost in several), default=0))
    return Cost(parts=[_Largest(costs=several)])


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(constant=sum(cost.constant for cost in costs), parts=[part for cost in costs for part in cost.parts])


def count(data: object) -> int:
    """Return how many objects and leaves there are in a response's data, nulls left out."""
    if isinstance(data, dict):
        return 1 + sum(map(count, data.values()))
    if isinstance(data, list):
        return sum(map(count, data))
    return 0 if data is None else 1
