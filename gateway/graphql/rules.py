"""Validation of documents: graphql-core's rules, with more helpful words for what people get wrong most often."""

from collections.abc import Collection
from typing import Any

from graphql import (
    SKIP,
    ArgumentNode,
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FieldsOnCorrectTypeRule,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    KnownArgumentNamesRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    ProvidedRequiredArgumentsRule,
    ScalarLeafsRule,
    SingleFieldSubscriptionsRule,
    UniqueArgumentNamesRule,
    UniqueDirectivesPerLocationRule,
    ValidationRule,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    VariablesInAllowedPositionRule,
    VisitorAction,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
    is_interface_type,
    is_non_null_type,
    is_object_type,
    specified_rules,
    type_from_ast,
    validate,
)

from gateway.domain.quoting import Bare, quoted
from gateway.graphql.hints import Hints, did_you_mean, listed, near_names
from gateway.graphql.input_errors import InputErrors
from gateway.graphql.notations import Literal
from gateway.graphql.reports import argument_message
from gateway.graphql.rewording import reword

# What the REST API's parameters are here, where the schema has that argument, and that field of its type.
_REST_ARGUMENTS = {
    "offset": ("after", None, 'There are no offsets: "after" takes a cursor, which each page has in "pageInfo".'),
    "page": ("after", None, 'There are no page numbers: "after" takes a cursor, which each page has in "pageInfo".'),
    "sort": ("orderBy", None, "Did you mean orderBy: [{ field: …, direction: … }]?"),
    "q": ("filter", "search", 'Did you mean filter: { search: "…" }?'),
    "barcode": ("filter", "barcodeContains", 'Did you mean filter: { barcodeContains: "…" }?'),
}


Rules = tuple[type[ASTValidationRule], ...]


def validation_errors(
    schema: GraphQLSchema, document: DocumentNode, hints: Hints, rules: Rules | None = None
) -> list[GraphQLError]:
    """Return what graphql-core's `validate` would find, in better words, by all rules or by these alone."""
    rules = rules or RULES
    if hints.hidden and FieldsOnCorrectType in rules:
        rules = (*rules, NoIntrospection)
    errors = validate(schema, document, rules, hide_suggestions=hints.hidden)
    return [error if isinstance(error, _Worded) else reword(error, hidden=hints.hidden) for error in errors]


class _Worded(GraphQLError):
    """An error whose words are the gateway's."""


class ValuesOfCorrectType(ValidationRule):
    """Looks at values whole, from the argument or the variable that has them, to name the place inside."""

    def enter_argument(self, node: ArgumentNode, *_: object) -> VisitorAction:
        input_type = self.context.get_input_type()
        if input_type:
            for error in self._errors().of(node.value, input_type):
                message = argument_message(node.name.value, error)
                self.report_error(_Worded(message, error.node, original_error=error.cause))
        return SKIP

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        input_type = self.context.get_input_type()
        if input_type and node.default_value:
            name = node.variable.name.value
            for error in self._errors().of(node.default_value, input_type):
                at = error.at(quoted(Bare(name)))
                message = f"Variable {quoted(f'${name}')} has invalid default value{at}: {error.message}"
                self.report_error(_Worded(message, error.node, original_error=error.cause))

    def _errors(self) -> InputErrors:
        return InputErrors(Literal(), Hints(hidden=self.context.hide_suggestions))


class FieldsOnCorrectType(FieldsOnCorrectTypeRule):
    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.context.get_parent_type()
        if parent and not self.context.get_field_def():
            name = node.name.value
            place = "here" if self.context.hide_suggestions else f"on type {quoted(parent.name)}"
            message = f"Cannot query field {quoted(name)} {place}.{self._hint(parent, name)}"
            self.report_error(_Worded(message, node))

    def _hint(self, parent: GraphQLCompositeType, name: str) -> str:
        if self.context.hide_suggestions:
            return ""
        if is_abstract_type(parent):
            possible = [each.name for each in self.context.schema.get_possible_types(parent) if name in each.fields]
            if possible:
                return f" Ask for it inside {listed((f'... on {each} {{ … }}' for each in possible), 'or')}."
        if not (is_object_type(parent) or is_interface_type(parent)):
            return ""
        nodes = parent.fields.get("nodes")
        if nodes and name in getattr(get_named_type(nodes.type), "fields", ()):
            return " Ask for it inside nodes { … }."
        return Hints().near(name, parent.fields)


class KnownArgumentNames(KnownArgumentNamesRule):
    def enter_argument(self, node: ArgumentNode, *rest: Any) -> None:
        field, parent = self.context.get_field_def(), self.context.get_parent_type()
        if field and parent and not self.context.get_argument():
            name = node.name.value
            asked = rest[3][-1].name.value
            place = quoted(asked if self.context.hide_suggestions else f"{parent.name}.{asked}")
            message = f"Unknown argument {quoted(name)} on field {place}.{self._hint(field, name)}"
            self.report_error(_Worded(message, node))

    def _hint(self, field: GraphQLField, name: str) -> str:
        if self.context.hide_suggestions:
            return ""
        filter_type = get_named_type(field.args["filter"].type) if "filter" in field.args else None
        filters: Collection[str] = filter_type.fields if is_input_object_type(filter_type) else ()
        argument, condition, hint = _REST_ARGUMENTS.get(name, ("", None, ""))
        if argument in field.args and (condition is None or condition in filters):
            return f" {hint}"
        near = [] if name in filters else near_names(name, field.args)
        if near:
            return did_you_mean(near)
        inside = next(iter(near_names(name, filters)), None)
        return f" Did you mean filter: {{ {inside}: … }}?" if inside else ""


class VariablesInAllowedPosition(VariablesInAllowedPositionRule):
    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: object) -> None:
        """Look also inside one-of input objects that are required, which graphql-core 3.3.2 passes over."""
        super().leave_operation_definition(operation)
        for usage in self.context.get_recursive_variable_usages(operation):
            parent = usage.parent_type.of_type if is_non_null_type(usage.parent_type) else None
            name = usage.node.name.value
            definition = self.var_def_map.get(name)
            if definition and is_input_object_type(parent) and parent.is_one_of:
                type_ = type_from_ast(self.context.schema, definition.type)
                if type_ and not is_non_null_type(type_):
                    message = (
                        f"Variable '${name}' is of type '{type_}' but must be non-nullable "
                        f"to be used for OneOf Input Object '{parent.name}'."
                    )
                    self.report_error(GraphQLError(message, [definition, usage.node]))


class SingleFieldSubscriptions(SingleFieldSubscriptionsRule):
    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> None:
        """Leave the arguments of directives to the rule for values, which names the place, and raises nothing."""
        try:
            super().enter_operation_definition(node)
        except GraphQLError:
            return


class NoIntrospection(ASTValidationRule):
    """Refuses what shows the schema; `__typename` shows no more than what an object is."""

    def enter_field(self, node: FieldNode, *_: object) -> VisitorAction:
        name = node.name.value
        if name not in ("__schema", "__type"):
            return None
        self.report_error(_Worded(f"The schema is hidden: {quoted(name)} is refused by this gateway.", node))
        return SKIP


_REPLACED: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    ValuesOfCorrectTypeRule: ValuesOfCorrectType,
    FieldsOnCorrectTypeRule: FieldsOnCorrectType,
    KnownArgumentNamesRule: KnownArgumentNames,
    SingleFieldSubscriptionsRule: SingleFieldSubscriptions,
    VariablesInAllowedPositionRule: VariablesInAllowedPosition,
}
RULES: Rules = tuple(_REPLACED.get(rule, rule) for rule in specified_rules)
_OF_FIELDS: Rules = (
    *(ScalarLeafsRule, FieldsOnCorrectType, KnownArgumentNames, UniqueArgumentNamesRule),
    *(ValuesOfCorrectType, ProvidedRequiredArgumentsRule, UniqueDirectivesPerLocationRule),
)
_OF_VARIABLES: Rules = (NoUndefinedVariablesRule, NoUnusedVariablesRule, VariablesInAllowedPosition)
_OTHERS: Rules = tuple(rule for rule in RULES if rule not in {*_OF_FIELDS, *_OF_VARIABLES})
VALIDATION_STEPS = (_OF_FIELDS, _OTHERS, _OF_VARIABLES)
"""All rules, in parts that take about as long as each other, so that others may have their turns between them."""
MOST_ERRORS = 101
"""graphql-core's own limit, with the one that says so."""
