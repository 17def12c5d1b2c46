"""The way of a request through GraphQL: parse, check and validate, once for each document; then execute."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, OperationType, parse

from gateway.domain.errors import RequestError
from gateway.domain.positions import show_position
from gateway.domain.webhooks import PrivateHosts
from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.pieces import Steps
from gateway.engine.subscription import open_subscription
from gateway.engine.tokens import take_tokens_apart
from gateway.events.feed import Feed
from gateway.graphql.admission import Admission, NotExecuted
from gateway.graphql.context import Context
from gateway.graphql.errors import (
    PARSE_FAILED,
    VALIDATION_FAILED,
    FormattedError,
    document_error,
    execution_error,
    request_error,
)
from gateway.graphql.heavy import SHARE, HeavyOperations
from gateway.graphql.hints import Hints
from gateway.graphql.kept_documents import KeptDocuments
from gateway.graphql.limits import LimitExceeded, Limits, check_document, check_variables
from gateway.graphql.rate_limits import RateLimited
from gateway.graphql.reports import InputReports
from gateway.graphql.request import Request
from gateway.graphql.response_streams import Asked, ResponseStream, ResponseStreams
from gateway.graphql.rewording import reword
from gateway.graphql.rules import MOST_ERRORS, VALIDATION_STEPS, validation_errors

DOCUMENT_BYTES = 32_000_000
"""How much memory the documents take that are kept for the next request, with their plans."""
_BYTES_OF_AN_ERROR = 2_000
POSITION = "position"
"""The extension that has the position of what a mutation wrote, in its answer and in a request that has to see it."""


@dataclass(frozen=True, slots=True)
class InvalidDocument:
    """A document that may not be executed, with the reasons."""

    characters: int
    errors: list[FormattedError]
    digest: str
    has_subscriptions: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 2 * self.characters + _BYTES_OF_AN_ERROR * len(self.errors)

    def known_operation(self, _: str | None) -> None:
        """Return None, since none of its operations is ever executed."""

    def kind(self, _: str | None) -> OperationType | None:
        """Return None, since there is none that is executed."""


class ReadOnly(Exception):
    """A mutation came in a request that may change nothing."""


class TakesNoStream(Exception):
    """A subscription came in a request whose answer is no stream."""


class RequestExecutor:
    webhook_hosts: PrivateHosts = frozenset()
    """The hosts that webhooks may be at although they are private."""

    def __init__(
        self,
        schema: ExecutableSchema,
        limits: Limits,
        *,
        in_columns: bool = True,
        hints: Hints | None = None,
        feed: Feed | None = None,
    ) -> None:
        """Without `in_columns`, graphql-core executes everything; without `feed`, nobody is told of events."""
        self._schema = schema
        self._in_columns = in_columns
        self._limits = limits
        self._heavy = HeavyOperations(limits.seconds)
        self.streams = ResponseStreams(limits, self._heavy, feed)
        self._hints = hints or Hints()
        self._reports = InputReports(self._hints)
        self._documents: KeptDocuments[Document | InvalidDocument] = KeptDocuments(DOCUMENT_BYTES)

    @property
    def kept_bytes(self) -> int:
        """About how many bytes the documents take that are kept."""
        return self._documents.size

    def execute(self, request: Request, context: Context) -> Coroutine[Any, Any, dict[str, Any]]:
        """Return the answer, ready for JSON. Raise CallerGone, RateLimited, ReadOnly or TakesNoStream."""
        return self._run(request, context)

    def respond(self, request: Request, context: Context) -> Coroutine[Any, Any, ResponseStream | dict[str, Any]]:
        """Return the response stream of a subscription, or the answer to anything else, or why there is no stream."""
        request.takes_stream = True
        return self._run(request, context)

    async def _run(self, request: Request, context: Context) -> Any:
        context.webhook_hosts = self.webhook_hosts
        admission = Admission(self._limits, self._heavy, request, context)
        try:
            document = self._documents.get(request.query) or await self._new(request.query, admission)
            if request.is_read_only:
                _check_read_only(document, request)
            context.document, context.operation_name = document, request.operation_name
            if isinstance(document, InvalidDocument):
                return await _refused(document, context)
            check_variables(request.variables, self._limits)
            if document.has_subscriptions and _is_subscription(document, request):
                return await self._open(document, request, context, admission)
            data, errors = await document.execute(
                context,
                request.variables,
                request.operation_name,
                admit=admission.admit,
                in_columns=self._in_columns,
            )
        except NotExecuted:
            return {"data": None, "extensions": admission.extensions(None)}
        except RateLimited:
            raise
        except RequestError as error:
            return {"errors": [request_error(error)]}
        except asyncio.CancelledError:
            return {"errors": [request_error(admission.reason())], "data": None}
        finally:
            if admission.operation is not None:
                self._heavy.end(admission.operation)
        if context.account is not None:
            await admission.settle(context.account, data)
        return _answer(data, errors, context, admission)

    async def _open(
        self, document: Document, request: Request, context: Context, admission: Admission
    ) -> ResponseStream | dict[str, Any]:
        """Return the response stream of a subscription, or why there is none. Raise RequestError."""
        if not request.takes_stream:
            raise TakesNoStream
        principal = context.principal
        context.last_event_id = request.last_event_id
        self.streams.take(principal)
        try:
            opened = await open_subscription(
                document,
                context,
                request.variables,
                request.operation_name,
                admit=admission.admit,
                in_columns=self._in_columns,
            )
            if context.account is not None:
                await admission.settle(context.account, None)  # Each response is paid for when it is sent.
            if isinstance(opened, list):
                self.streams.give_back(principal)
                return {"errors": [execution_error(error, context.request_id) for error in opened]}
        except BaseException:
            self.streams.give_back(principal)
            raise
        asked = Asked(
            context=context,
            text=request.query,
            operation_name=request.operation_name,
            cost=(admission.size or 0) + admission.price,
            price=admission.price,
        )
        return self.streams.stream(opened, asked)

    async def read(self, query: str) -> Document | InvalidDocument:
        """Return a document that is new, parsed and validated, and keep it."""
        self._documents.note(query)
        document = await self._validated(query)
        self._documents.keep(query, document)
        return document

    async def _new(self, query: str, admission: Admission) -> Document | InvalidDocument:
        # To read and plan a new document takes as long as to execute many a known one.
        if turn := admission.begin(SHARE):
            await turn
        return self._documents.get(query) or await self.read(query)

    async def _validated(self, query: str) -> Document | InvalidDocument:
        steps = Steps()
        digest = sha256(query.encode("utf-8", "surrogatepass")).hexdigest()
        try:
            ast = parse(query, max_lexical_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            return InvalidDocument(len(query), [document_error(reword(error), PARSE_FAILED)], digest)
        await steps.next()
        if errors := await self._errors(ast, steps):
            take_tokens_apart(ast)
            return InvalidDocument(len(query), errors, digest)
        return Document(self._schema, ast, self._reports, partial(self._documents.keep, query), digest)

    async def _errors(self, ast: DocumentNode, steps: Steps) -> list[FormattedError]:
        """Return why a document may not be executed."""
        try:
            check_document(ast, self._limits)
        except LimitExceeded as error:
            return [request_error(error)]
        errors: list[GraphQLError] = []
        for rules in VALIDATION_STEPS:
            errors += validation_errors(self._schema.schema, ast, self._hints, rules)
            await steps.next()
        return [document_error(error, VALIDATION_FAILED) for error in errors[:MOST_ERRORS]]


async def _refused(document: InvalidDocument, context: Context) -> dict[str, Any]:
    """Return the answer to a document that may not be executed, which its caller pays for. Raise RateLimited."""
    if context.account is not None:
        await context.account.charge_reading(document.characters)
    return {"errors": document.errors}


def _check_read_only(document: Document | InvalidDocument, request: Request) -> None:
    if document.kind(request.operation_name) is OperationType.MUTATION:
        raise ReadOnly


def _is_subscription(document: Document, request: Request) -> bool:
    return document.kind(request.operation_name) is OperationType.SUBSCRIPTION


def _answer(
    data: dict[str, Any] | None, errors: list[GraphQLError] | None, context: Context, admission: Admission
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if errors:
        answer["errors"] = [execution_error(error, context.request_id) for error in errors]
    # Without an operation to execute, or with wrong variables, there is no data, not even null.
    if data is not None or any("path" in error for error in answer["errors"]):
        answer["data"] = data
    if admission.request.cost_report is not None or context.session.written is not None:
        answer["extensions"] = admission.extensions(data)
        if context.session.written is not None:
            answer["extensions"][POSITION] = show_position(context.session.written)
    return answer
