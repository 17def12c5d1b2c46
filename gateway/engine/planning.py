"""Makes plans of documents.

Which fields an operation selects depends on variables only through `@skip` and `@include`, so a plan holds for all
executions that give these variables the same values.
"""

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    BREAK,
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
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    TypeNameMetaFieldDef,
    VariableValues,
    Visitor,
    VisitorAction,
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

from gateway.engine.arguments import FieldArguments, variables_in
from gateway.engine.completion import Completer, LeafCompleter, ListCompleter
from gateway.engine.graphql_core import CoreField
from gateway.engine.objects import AbstractCompleter, ObjectCompleter
from gateway.engine.pieces import Steps
from gateway.engine.planned_fields import ColumnField, PlannedField, TypeNameField
from gateway.engine.resolvers import ColumnResolver, ColumnSchema
from gateway.engine.response_path import PathStep
from gateway.engine.selection_set import SelectionSet


class NotPlannable(Exception):
    """The operation selects what cannot be executed in columns."""


@dataclass(kw_only=True)
class Planner:
    schema: GraphQLSchema
    columns: ColumnSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    fields: int = 0
    """How many fields have been planned."""
    in_columns: bool = True
    """Whether none of them is left to graphql-core."""
    _selection_sets: dict[object, SelectionSet] = field(default_factory=dict)

    async def plan(self, steps: Steps) -> SelectionSet:
        """Return the selection set of the operation; each field of the root is a step. Raise NotPlannable."""
        root_type = self.schema.get_root_type(self.operation.operation)
        if root_type is None:
            raise NotPlannable
        try:
            collected = collect_fields(self.schema, self.fragments, self.variables, root_type, self.operation)
            planned = []
            for rank, (key, details) in enumerate(collected.grouped_field_set.items()):
                planned.append(self._field(root_type, key, rank, details, trusted=False))
                await steps.next()
        except GraphQLError as error:  # A directive's arguments are not as they should be.
            raise NotPlannable from error
        self.fields += len(planned)
        return SelectionSet(fields=planned, trusted=False)

    def _selection_set(self, type_: GraphQLObjectType, fields: GroupedFieldSet, *, trusted: bool) -> SelectionSet:
        self.fields += len(fields)
        planned = [self._field(type_, key, rank, fields[key], trusted=trusted) for rank, key in enumerate(fields)]
        return SelectionSet(fields=planned, trusted=trusted)

    def _field(
        self, parent_type: GraphQLObjectType, key: str, rank: int, details: FieldDetailsList, *, trusted: bool
    ) -> PlannedField:
        name = details[0].node.name.value
        definition = self.schema.get_field(parent_type, name)
        if definition is None:
            raise NotPlannable
        step = PathStep(key, rank, not is_non_null_type(definition.type), parent_type.name)
        if definition is TypeNameMetaFieldDef:
            return TypeNameField(step=step, type_name=parent_type.name)
        resolver = self.columns.resolvers.get((parent_type.name, name))
        if resolver is None:
            self.in_columns = False
            return CoreField(step=step, parent_type=parent_type, details=details)
        return self._column_field(step, definition, resolver, details, trusted=trusted)

    def _column_field(
        self,
        step: PathStep,
        definition: GraphQLField,
        resolver: ColumnResolver,
        details: FieldDetailsList,
        *,
        trusted: bool,
    ) -> ColumnField:
        nodes = [detail.node for detail in details]
        completer = self._completer(
            definition.type,
            details,
            place=f"{step.type_name}.{nodes[0].name.value}",
            # Where parents are trusted, so is what their attributes hold.
            trusted=trusted if resolver.attribute else resolver.trusted,
        )
        arguments = FieldArguments(nodes[0], definition, resolver)
        return ColumnField(step=step, nodes=nodes, resolver=resolver, arguments=arguments, completer=completer)

    def _completer(
        self, type_: GraphQLOutputType, details: FieldDetailsList, *, place: str, trusted: bool
    ) -> Completer:
        inner = get_nullable_type(type_)
        known: Any = {"place": place, "nullable": not is_non_null_type(type_), "trusted": trusted}
        if is_list_type(inner):
            return ListCompleter(**known, item=self._completer(inner.of_type, details, place=place, trusted=trusted))
        if is_leaf_type(inner):
            return LeafCompleter(**known, type=inner)
        if is_object_type(inner):
            return ObjectCompleter(**known, selection_set=self._subselection(inner, details, trusted=trusted))
        if is_abstract_type(inner) and (type_name := self.columns.type_names.get(inner.name)):
            selection_sets = {
                possible.name: self._subselection(possible, details, trusted=trusted)
                for possible in self.schema.get_possible_types(inner)
            }
            return AbstractCompleter(
                **known, type=inner, type_name=type_name, schema=self.schema, selection_sets=selection_sets
            )
        raise NotPlannable

    def _subselection(self, type_: GraphQLObjectType, details: FieldDetailsList, *, trusted: bool) -> SelectionSet:
        """Return the selection set of a field's objects, made once however many ways lead to the same nodes."""
        if type_.is_type_of and type_.name not in self.columns.trusted_types:
            raise NotPlannable
        key = (type_, trusted, *(id(detail.node) for detail in details))
        if key not in self._selection_sets:
            fields = collect_subfields(
                self.schema, self.fragments, self.variables, self.operation, type_, details
            ).grouped_field_set
            self._selection_sets[key] = self._selection_set(type_, fields, trusted=trusted)
        return self._selection_sets[key]


def condition_variables(document: DocumentNode) -> tuple[str, ...]:
    """Return the names of the variables that `@skip` and `@include` read."""
    found = _Conditions()
    visit(document, found)
    return tuple(sorted(variables_in(*found.directives)))


def are_in_columns(schema: GraphQLSchema, columns: ColumnSchema, document: DocumentNode) -> bool:
    """Tell whether the schema says of all fields of a valid document how to execute them in columns."""
    types = TypeInfo(schema)
    found = _Fields(types, schema, columns)
    visit(document, TypeInfoVisitor(types, found))
    return found.are_in_columns


class _Fields(Visitor):
    def __init__(self, types: TypeInfo, schema: GraphQLSchema, columns: ColumnSchema) -> None:
        super().__init__()
        self.are_in_columns = True
        self._types, self._schema, self._columns = types, schema, columns

    def enter_field(self, node: FieldNode, *_: object) -> VisitorAction:
        parent = self._types.get_parent_type()
        types = self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        if self._types.get_field_def() is TypeNameMetaFieldDef:
            return None
        if all(each and (each.name, node.name.value) in self._columns.resolvers for each in types):
            return None
        self.are_in_columns = False
        return BREAK


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.directives: list[DirectiveNode] = []

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {GraphQLSkipDirective.name, GraphQLIncludeDirective.name}:
            self.directives.append(node)
