"""The variables of an operation."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableValues,
    get_nullable_type,
    get_variable_values,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValueSource, input_is_nested_too_deeply
from graphql.utilities import coerce_input_value

from gateway.engine.reports import Reports

# As graphql-core has it.
MOST_ERRORS = 50


class Variable(NamedTuple):
    name: str
    signature: GraphQLVariableSignature
    required: bool
    coerce: Callable[[Any], Any]
    """Makes a value of what a request gives, which is not null. It raises, or returns Undefined, where it cannot."""


class Variables:
    """What an operation declares. It is looked at once, and not with each execution as graphql-core does."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, reports: Reports | None = None
    ) -> None:
        self._schema = schema
        self._reports = reports
        self._definitions = operation.variable_definitions or ()
        self._variables = [
            _variable(signature)
            for definition in self._definitions
            if isinstance(signature := get_variable_signature(schema, definition), GraphQLVariableSignature)
        ]

    def coerced(self, given: Mapping[str, Any]) -> dict[str, Any] | list[GraphQLError]:
        """Return the values, or the errors of what the request gives."""
        coerced = self._plain(given)
        if coerced is not None:
            return coerced
        if self._reports and (errors := self._reports.of_variables(self._schema, self._definitions, given)):
            return errors
        # graphql-core sees to what has a default, and to what is wrong if there are no reports.
        values = get_variable_values(self._schema, self._definitions, dict(given), max_errors=MOST_ERRORS)
        return values if isinstance(values, list) else values.coerced

    def defaults(self) -> dict[str, Any]:
        """Return the values of those that have a default."""
        with_default = [definition for definition in self._definitions if definition.default_value]
        values = get_variable_values(self._schema, with_default, {})
        return {} if isinstance(values, list) else values.coerced

    def values(self, given: Mapping[str, Any], coerced: dict[str, Any]) -> VariableValues:
        """Return the variables as graphql-core has them."""
        sources = {
            each.name: VariableValueSource(each.signature, given.get(each.name, Undefined)) for each in self._variables
        }
        return VariableValues(sources, coerced)

    def _plain(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        coerced: dict[str, Any] = {}
        for name, signature, required, coerce in self._variables:
            value = given.get(name, Undefined)
            if value is None or value is Undefined:
                if required or (value is Undefined and signature.default):
                    return None
                if value is None:
                    coerced[name] = None
                continue
            try:
                coerced[name] = made = coerce(value)
            except Exception:  # noqa: BLE001  # graphql-core meets it again, and reports it
                return None
            if made is Undefined:
                return None
        return coerced


def _variable(signature: GraphQLVariableSignature) -> Variable:
    inner: Any = get_nullable_type(signature.type)
    coerce = inner.coerce_input_value if is_leaf_type(inner) else partial(_coerced, inner)
    return Variable(signature.name, signature, is_non_null_type(signature.type), coerce)


def _coerced(type_: GraphQLInputType, value: Any) -> Any:
    return Undefined if input_is_nested_too_deeply(value, type_) else coerce_input_value(value, type_)
