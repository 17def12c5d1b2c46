"""The way of a request through GraphQL: parse, check and validate, once for each document; then execute."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeGuard

from graphql import GraphQLError, OperationType

from gateway.domain.errors import RequestError
from gateway.domain.positions import show_position
from gateway.domain.webhooks import PrivateHosts
from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.subscription import open_subscription
from gateway.events.feed import Feed
from gateway.graphql.admission import Admission, NotExecuted
from gateway.graphql.context import Context
from gateway.graphql.documents import Documents, InvalidDocument
from gateway.graphql.errors import execution_error, request_error
from gateway.graphql.heavy import SHARE, HeavyOperations
from gateway.graphql.hints import Hints
from gateway.graphql.known_documents import KnownDocuments
from gateway.graphql.limits import Limits, check_variables
from gateway.graphql.rate_limits import RateLimited
from gateway.graphql.request import Request
from gateway.graphql.response_streams import Asked, ResponseStream, ResponseStreams
from gateway.graphql.shaped_documents import ShapedDocument

POSITION = "position"
"""The extension that has the position of what a mutation wrote, in its answer and in a request that has to see it."""


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
        known: KnownDocuments | None = None,
    ) -> None:
        """Without `in_columns`, graphql-core executes everything; without `feed`, nobody is told of events.

        `known` are the documents of manifests.
        """
        self._in_columns = in_columns
        self._limits = limits
        self._heavy = HeavyOperations(limits.seconds)
        self.streams = ResponseStreams(limits, self._heavy, feed)
        known = known or KnownDocuments()
        self.documents = Documents(schema, limits, hints or Hints(), known, have_shapes=in_columns)

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
        documents = self.documents
        try:
            text = request.query if request.document_id is None else documents.named(request, request.document_id)
            # Most are kept; not to call anything else saves them time.
            document = documents.kept.get(text) or documents.kept_known.get(text) or await self._new(text, admission)
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
            document=document.digest,
            by_id=request.document_id is not None,
            operation_name=request.operation_name,
            cost=(admission.size or 0) + admission.price,
            price=admission.price,
        )
        return self.streams.stream(opened, asked)

    async def _new(self, text: str, admission: Admission) -> Document | ShapedDocument | InvalidDocument:
        """Return the document of a text that is not kept by itself."""
        if refused := self.documents.refused(text, admission.context.principal.name):
            return refused
        # One that came with an id will be asked for by that.
        shaped = None if admission.request.has_id else self.documents.shaped(text)
        if shaped is not None and (document_of_shape := self.documents.of_shape(shaped)):
            return document_of_shape
        # To read and plan a new document takes as long as to execute many a known one.
        if turn := admission.begin(SHARE):
            await turn
        if document := self.documents.get(text):
            return document  # Another request read it meanwhile.
        return await (self.documents.read_shaped(shaped) if shaped else self.documents.read(text))


async def _refused(document: InvalidDocument, context: Context) -> dict[str, Any]:
    """Return the answer to a document that may not be executed, which its caller pays for. Raise RateLimited."""
    if context.account is not None:
        await context.account.charge_reading(document.characters)
    return {"errors": document.errors}


def _check_read_only(document: Document | ShapedDocument | InvalidDocument, request: Request) -> None:
    if document.kind(request.operation_name) is OperationType.MUTATION:
        raise ReadOnly


def _is_subscription(document: Document | ShapedDocument, request: Request) -> TypeGuard[Document]:
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
