"""Makes plans out of documents.

Which fields an operation asks for depends on variables only through `@skip` and `@include`, so a plan holds for all
executions that give these variables the same values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLSkipDirective,
    Node,
    OperationDefinitionNode,
    TypeNameMetaFieldDef,
    Undefined,
    VariableNode,
    VariableValues,
    Visitor,
    get_argument_values,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    visit,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)

from gateway.engine.column import Column, column_of, type_name_of
from gateway.engine.failures import Step
from gateway.engine.objects import Abstract, Object
from gateway.engine.plan import Field, GivenArguments, Selection, VariableArgument
from gateway.engine.shapes import Leaf, List, Shape


class NotPlannable(Exception):
    """The operation asks for what cannot be executed in columns."""


class Plan(NamedTuple):
    root: Selection
    shares: bool
    """Whether fields of it may share a call, for which they have to wait side by side."""


@dataclass(frozen=True, kw_only=True)
class Planner:
    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    _selections: dict[object, Selection] = field(default_factory=dict)
    _asked: set[object] = field(default_factory=set)
    _shared: set[object] = field(default_factory=set)
    """The sources of columns that are asked for at all, and more than once."""

    def plan(self) -> Plan:
        """Raises NotPlannable."""
        root_type = self.schema.get_root_type(self.operation.operation)
        if root_type is None:
            raise NotPlannable
        try:
            fields = collect_fields(self.schema, self.fragments, self.variables, root_type, self.operation)
            root = self._selection(root_type, fields.grouped_field_set, trusted=False)
        except GraphQLError as error:  # A directive's arguments are not as they should be.
            raise NotPlannable from error
        return Plan(root=root, shares=bool(self._shared))

    def _selection(self, type_: GraphQLObjectType, fields: GroupedFieldSet, *, trusted: bool) -> Selection:
        planned = [self._field(type_, key, rank, fields[key], trusted=trusted) for rank, key in enumerate(fields)]
        return Selection(fields=planned, trusted=trusted)

    def _field(
        self, parent_type: GraphQLObjectType, key: str, rank: int, details: FieldDetailsList, *, trusted: bool
    ) -> Field:
        nodes = [detail.node for detail in details]
        name = nodes[0].name.value
        definition = self.schema.get_field(parent_type, name)
        column = _column(parent_type, definition)
        if definition is None or column is None:
            raise NotPlannable
        if column.source is not None:
            (self._shared if column.source in self._asked else self._asked).add(column.source)
        given = _given_arguments(nodes[0], definition, column)
        return Field(
            step=Step(key, rank, nullable=not is_non_null_type(definition.type)),
            nodes=nodes,
            definition=definition,
            column=column,
            constant=parent_type.name if definition is TypeNameMetaFieldDef else None,
            arguments=_constant_arguments(given),
            given=given,
            shape=self._shape(
                definition.type,
                details,
                place=f"{parent_type}.{name}",
                # What parents need no look for holds for what their attributes are, too.
                trusted=trusted if column.attribute else column.plain,
            ),
            shared=self._shared,
        )

    def _shape(self, type_: GraphQLOutputType, details: FieldDetailsList, *, place: str, trusted: bool) -> Shape:
        inner = get_nullable_type(type_)
        known: Any = {"place": place, "nullable": not is_non_null_type(type_), "trusted": trusted}
        if is_list_type(inner):
            return List(**known, item=self._shape(inner.of_type, details, place=place, trusted=trusted))
        if is_leaf_type(inner):
            return Leaf(**known, type=inner)
        if is_object_type(inner):
            return Object(**known, selection=self._selection_inside(inner, details, trusted=trusted))
        if is_abstract_type(inner) and (type_name := type_name_of(inner)):
            selections = {
                possible.name: self._selection_inside(possible, details, trusted=trusted)
                for possible in self.schema.get_possible_types(inner)
            }
            return Abstract(**known, type=inner, type_name=type_name, schema=self.schema, selections=selections)
        raise NotPlannable

    def _selection_inside(self, type_: GraphQLObjectType, details: FieldDetailsList, *, trusted: bool) -> Selection:
        """Made once, however many ways through fragments and unions lead to the same nodes."""
        if type_.is_type_of:
            raise NotPlannable
        key = (type_, trusted, *(id(detail.node) for detail in details))
        if key in self._selections:
            # What it asks for, whatever it is, is asked for again.
            self._shared.update(self._asked)
        else:
            fields = collect_subfields(
                self.schema, self.fragments, self.variables, self.operation, type_, details
            ).grouped_field_set
            self._selections[key] = self._selection(type_, fields, trusted=trusted)
        return self._selections[key]


def condition_variables(document: DocumentNode) -> tuple[str, ...]:
    """The names of the variables that `@skip` and `@include` read."""
    found = _Conditions()
    visit(document, found)
    return tuple(sorted(_variables_in(*found.directives)))


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.directives: list[DirectiveNode] = []

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {GraphQLSkipDirective.name, GraphQLIncludeDirective.name}:
            self.directives.append(node)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


def _variables_in(*nodes: Node) -> set[str]:
    found = _Variables()
    for node in nodes:
        visit(node, found)
    return found.names


def _column(parent_type: GraphQLObjectType, definition: GraphQLField | None) -> Column | None:
    if definition is None:
        return None
    if definition is TypeNameMetaFieldDef:
        return Column(resolve=lambda parents, *_: [parent_type.name] * len(parents))
    return column_of(definition)


def _constant_arguments(given: GivenArguments | None) -> Mapping[str, Any] | None:
    """The arguments where they are the same in every execution; None where they have to be found in each."""
    if given is None or given.variables:
        return None
    try:
        return given.values({})
    except Exception:  # noqa: BLE001  # each execution meets it again, and reports it
        return None


def _given_arguments(node: FieldNode, definition: GraphQLField, column: Column) -> GivenArguments | None:
    """None where a variable is part of a larger value, or a constant is not as it should be."""
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
        elif _variables_in(argument):
            return None
    try:
        constants = get_argument_values(GraphQLField(definition.type, others), node)
    except GraphQLError:
        return None
    simple = column.names.keys() >= {*constants, *(each.name for each in variables)}
    if simple:
        variables = [replace(each, name=column.names[each.name]) for each in variables]
        constants = {column.names[name]: value for name, value in constants.items()}
    return GivenArguments(constants=constants, variables=variables, convert=None if simple else column.convert)
