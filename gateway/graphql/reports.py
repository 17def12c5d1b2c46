"""Words for what is wrong with an operation's name, its variables, and the arguments that these are given to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableValues,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature

from gateway.domain.quoting import Bare, quoted
from gateway.engine.reports import ArgumentUse
from gateway.graphql.hints import MANY, Hints, listed
from gateway.graphql.input_errors import InputError, InputErrors
from gateway.graphql.notations import Json, Literal

MOST_ERRORS = 50
"""More errors of variables are not listed."""


@dataclass(frozen=True)
class InputReports:
    """The `Reports` of the gateway (see `gateway.engine.reports`)."""

    hints: Hints

    def of_operation(self, document: DocumentNode, name: str | None) -> GraphQLError:
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        names = [quoted(each.name.value) for each in operations if each.name]
        if name is None:
            there = f": {listed(names, 'and')}." if 0 < len(names) <= MANY else "."
            return GraphQLError(f"operationName is missing, but the document has more than one operation{there}")
        there = f"; the document has {listed(names, 'and')}." if 0 < len(names) <= MANY else "."
        return GraphQLError(f"There is no operation named {quoted(name)}{there}")

    def of_variables(
        self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
    ) -> list[GraphQLError]:
        found = (error for each in definitions for error in self._of_variable(schema, each, given))
        errors = list(islice(found, MOST_ERRORS + 1))
        if len(errors) > MOST_ERRORS:
            errors[-1] = GraphQLError(f"There are more errors in the variables; these are the first {MOST_ERRORS}.")
        return errors

    def of_argument(self, use: ArgumentUse, variables: VariableValues) -> GraphQLError | None:
        error = next(InputErrors(Literal(variables), self.hints).of(use.value, use.type), None)
        if error is None:
            return None
        return GraphQLError(argument_message(use.name, error), error.node, original_error=error.cause)

    def _of_variable(
        self, schema: GraphQLSchema, definition: VariableDefinitionNode, given: Mapping[str, Any]
    ) -> Iterator[GraphQLError]:
        signature = get_variable_signature(schema, definition)
        if not isinstance(signature, GraphQLVariableSignature):
            yield signature
            return
        name, type_, default, *_ = signature
        if name in given:
            errors = InputErrors(Json(), self.hints).of(given[name], type_)
        elif default is None and is_non_null_type(type_):
            expected = self.hints.type(type_, "a value")
            errors = iter([InputError((), f"nothing was given, but {expected} is required.")])
        else:
            return
        for error in errors:
            at = error.at(quoted(Bare(name)))
            message = f"Variable {quoted(f'${name}')} has invalid value{at}: {error.message}"
            yield GraphQLError(message, definition, original_error=error.cause)


def argument_message(name: str, error: InputError) -> str:
    """Return what is said of an argument that does not fit."""
    return f"Argument {quoted(name)} has invalid value{error.at(name)}: {error.message}"
