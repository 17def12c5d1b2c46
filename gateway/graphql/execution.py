"""A request's way through GraphQL: parse, check and validate, once for each document; then execute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)

from gateway.domain.positions import show_position
from gateway.engine.document import Document
from gateway.graphql.context import Context
from gateway.graphql.errors import (
    PARSE_FAILED,
    VALIDATION_FAILED,
    FormattedError,
    document_error,
    execution_error,
    request_error,
)
from gateway.graphql.limits import LimitExceeded, Limits, check_document, check_variables

# A parsed document takes a few hundred times the memory of its text.
CACHED_CHARACTERS = 1_000_000
POSITION = "position"
"""Among the extensions of a mutation's answer, and of a request that has to see what it wrote."""


# Not frozen: that would take longer than all that is done with it.
@dataclass(kw_only=True, slots=True)
class Request:
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A document that may be executed, or the reasons why it may not."""

    document: Document | None = None
    errors: list[FormattedError] = field(default_factory=list)

    def may_change_data(self, operation_name: str | None) -> bool:
        operation = get_operation_ast(self.document.ast, operation_name) if self.document else None
        return operation is not None and operation.operation is not OperationType.QUERY


class Executor:
    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, in_columns: bool = True, side_by_side: bool = True
    ) -> None:
        """Without `in_columns`, graphql-core executes everything. `side_by_side` as in Document."""
        self._schema = schema
        self._in_columns = in_columns
        self._side_by_side = side_by_side
        self._limits = limits
        self._prepared: dict[str, Prepared] = {}
        self._characters = 0
        """Of all documents that are kept."""

    def prepare(self, query: str) -> Prepared:
        prepared = self._prepared.get(query)
        if prepared is None:
            prepared = self._prepare(query)
            if len(query) <= CACHED_CHARACTERS:
                self._keep(query, prepared)
        return prepared

    def _keep(self, query: str, prepared: Prepared) -> None:
        while self._characters + len(query) > CACHED_CHARACTERS:
            first = next(iter(self._prepared))
            del self._prepared[first]
            self._characters -= len(first)
        self._prepared[query] = prepared
        self._characters += len(query)

    async def execute(self, request: Request, context: Context) -> dict[str, Any]:
        """The answer, ready for JSON."""
        prepared = self.prepare(request.query)
        if prepared.document is None:
            return {"errors": prepared.errors}
        try:
            check_variables(request.variables, self._limits)
        except LimitExceeded as error:
            return {"errors": [request_error(error)]}
        document = prepared.document
        execute = document.execute if self._in_columns else document.execute_by_field
        data, errors = await execute(context, request.variables, request.operation_name)
        answer: dict[str, Any] = {}
        if errors:
            answer["errors"] = [execution_error(error) for error in errors]
        # Without an operation to execute, or with bad variables, there is no data, not even null.
        if data is not None or any("path" in error for error in answer["errors"]):
            answer["data"] = data
        if context.session.written is not None:
            answer["extensions"] = {POSITION: show_position(context.session.written)}
        return answer

    def _prepare(self, query: str) -> Prepared:
        try:
            document = parse(query, max_lexical_tokens=self._limits.tokens)
            check_document(document, self._limits)
        except GraphQLSyntaxError as error:
            return Prepared(errors=[document_error(error, PARSE_FAILED)])
        except LimitExceeded as error:
            return Prepared(errors=[request_error(error)])
        if errors := validate(self._schema, document):
            return Prepared(errors=[document_error(error, VALIDATION_FAILED) for error in errors])
        return Prepared(document=Document(self._schema, document, side_by_side=self._side_by_side))
