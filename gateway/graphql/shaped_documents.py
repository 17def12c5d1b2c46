"""Documents that are executed by their shape (`engine.shapes`), so that other values in them need no other plan."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, Source

from gateway.engine.document import Document, ExecutableSchema, Executed
from gateway.engine.literals import LiteralVariables, with_variables
from gateway.engine.operation import Operation
from gateway.engine.plan import Admit
from gateway.engine.planning import are_in_columns, condition_variables
from gateway.engine.reports import Reports
from gateway.engine.shapes import ShapedText
from gateway.graphql.digests import digest_of


class DocumentShape:
    """What documents of one shape have in common: the plan of one that has variables in place of their literals."""

    def __init__(self, document: Document, variables: LiteralVariables, ends: Sequence[int]) -> None:
        """`ends` are where the literals end in the text that the document was parsed from."""
        self.document = document
        self.ends = ends
        self._variables = variables

    @property
    def digest(self) -> str:
        """The digest of the shape."""
        return self.document.digest

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self.document.size

    def of(self, shaped: ShapedText) -> "ShapedDocument | None":
        """Return the document of a text of this shape; None where a value does not fit into its place."""
        values = self._variables.values(shaped.literals)
        return None if values is None else ShapedDocument(self, shaped, values)


def may_have_shape(schema: ExecutableSchema, ast: DocumentNode) -> bool:
    """Tell whether a valid document can have a plan in common with all others of its shape.

    It cannot where graphql-core has a part in it, which knows nothing of literals that are elsewhere, where it is a
    subscription, whose events are executed for others together, or where a directive reads variables.
    """
    operations = [each for each in ast.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > 1 or operations[0].operation is OperationType.SUBSCRIPTION or condition_variables(ast):
        return False
    return are_in_columns(schema.schema, schema.columns, ast)


async def document_shape(
    schema: ExecutableSchema, ast: DocumentNode, shaped: ShapedText, reports: Reports
) -> DocumentShape | None:
    """Return the shape of a document that may have one, parsed from a text; None where it cannot be planned."""
    without_literals, variables = with_variables(schema.schema, ast, shaped)
    document = Document(schema, without_literals, reports, digest=digest_of(shaped.shape))
    plans = await document.plans(document.operation_names[0])
    if any(plan.selection_set is None or not plan.in_columns for plan, _ in plans):
        return None
    return DocumentShape(document, variables, shaped.ends())


class ShapedDocument:
    """A document of a shape: the one of a request."""

    has_subscriptions: ClassVar[bool] = False

    def __init__(self, shape: DocumentShape, shaped: ShapedText, values: Mapping[str, Any]) -> None:
        self._shape = shape
        self._shaped = shaped
        self._values = values

    @cached_property
    def digest(self) -> str:
        """The digest of its text."""
        return digest_of(self._shaped.text)

    def known_operation(self, name: str | None) -> Operation | None:
        """Return the operation of a name, if it was to be executed before."""
        return self._shape.document.known_operation(name)

    def kind(self, name: str | None) -> OperationType | None:
        """Return the type of the operation of a name; None where there is none."""
        return self._shape.document.kind(name)

    async def execute(
        self,
        context: Any,
        variables: Mapping[str, Any],
        operation_name: str | None,
        *,
        admit: Admit,
        in_columns: bool,
    ) -> Executed:
        """Execute its operation as `Document` does."""
        data, errors = await self._shape.document.execute(
            context, variables, operation_name, admit=admit, in_columns=in_columns, literals=self._values
        )
        return data, self._located(errors) if errors else errors

    def _located(self, errors: Sequence[GraphQLError]) -> list[GraphQLError]:
        """Return errors at their places in this text, which has them elsewhere than that of the shape's document."""
        location = self._shape.document.ast.loc
        before, after = self._shape.ends, self._shaped.ends()
        source = Source(self._shaped.text)

        def here(position: int) -> int:
            literals = bisect_right(before, position)
            return position + after[literals - 1] - before[literals - 1] if literals else position

        return [
            _at(error, source, [here(position) for position in error.positions])
            if error.positions and location and error.source is location.source
            else error
            for error in errors
        ]


def _at(error: GraphQLError, source: Source, positions: Sequence[int]) -> GraphQLError:
    """Return an error at other positions."""
    located = GraphQLError(
        error.message, error.nodes, source, positions, error.path, error.original_error, error.extensions
    )
    return located.with_traceback(error.__traceback__)
