"""Documents are read once, parsed and validated, and kept."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, OperationType, parse

from gateway.domain.quoting import quoted
from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.pieces import Steps
from gateway.engine.tokens import take_tokens_apart
from gateway.graphql.digests import SHA256, digest_of
from gateway.graphql.errors import PARSE_FAILED, VALIDATION_FAILED, FormattedError, document_error, request_error
from gateway.graphql.hints import Hints
from gateway.graphql.kept_documents import KeptDocuments
from gateway.graphql.known_documents import KnownDocuments
from gateway.graphql.limits import LimitExceeded, Limits, check_document, check_text
from gateway.graphql.reports import InputReports
from gateway.graphql.request import Request
from gateway.graphql.rewording import reword
from gateway.graphql.rules import MOST_ERRORS, VALIDATION_STEPS, validation_errors

logger = logging.getLogger(__name__)

DOCUMENT_BYTES = 32_000_000
"""How much memory the documents take that are kept for the next request, with their plans."""
KNOWN_DOCUMENT_BYTES = 128_000_000
"""How much memory those of manifests take beside them, whose room is for them alone."""
_BYTES_OF_AN_ERROR = 2_000


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


class Documents:
    """The documents that are executed: each is read once, within the limits, and kept with its plans."""

    def __init__(self, schema: ExecutableSchema, limits: Limits, hints: Hints, known: KnownDocuments) -> None:
        self._schema = schema
        self._limits = limits
        self._hints = hints
        self._reports = InputReports(hints)
        self._known = known
        self.kept: KeptDocuments[Document | InvalidDocument] = KeptDocuments(DOCUMENT_BYTES)
        self.kept_known: KeptDocuments[Document | InvalidDocument] = KeptDocuments(KNOWN_DOCUMENT_BYTES)
        """Those of manifests."""

    @property
    def size(self) -> int:
        """About how many bytes all documents take that are kept."""
        return self.kept.size + self.kept_known.size

    async def prepare(self) -> None:
        """Read and plan the documents of manifests before anybody asks for one, as far as there is room for them."""
        for prepared, (text, known) in enumerate(self._known.of_text.items()):
            document = await self.read(text)
            if isinstance(document, InvalidDocument):
                reason = document.errors[0]["message"]
                logger.warning("The document %s of %s is invalid: %s", quoted(known.id), known.file, reason)
            else:
                await document.prepare()
            if self.kept_known.get(text) is None:
                message = "Of %d known documents, %d fit into memory; the others are read when they come."
                logger.warning(message, len(self._known.of_text), prepared)
                return

    def named(self, request: Request, id_: str) -> str:
        """Return the text that a request means by an id. Raise DocumentNotFound or AutomaticNotSupported."""
        text = self._known.texts.get(id_) or self.kept.text(id_.removeprefix(SHA256))
        if text is None:
            raise self._known.unknown_id(id_, is_automatic=request.is_automatic)
        return text

    def refused(self, text: str, sender: str) -> InvalidDocument | None:
        """Return what stands for a document that is none of those that are executed; None where it is one."""
        refusal = self._known.refusal(text, sender)
        return InvalidDocument(len(text), [request_error(refusal)], refusal.digest) if refusal else None

    def get(self, text: str) -> Document | InvalidDocument | None:
        """Return a document that is kept."""
        return self.kept.get(text) or self.kept_known.get(text)

    async def read(self, query: str) -> Document | InvalidDocument:
        """Return a document that is new, parsed and validated, and keep it."""
        room = self._room(query)
        room.note(query)
        document = await self._validated(query)
        room.keep(query, document)
        return document

    def _room(self, query: str) -> KeptDocuments[Document | InvalidDocument]:
        return self.kept_known if query in self._known.of_text else self.kept

    async def _validated(self, query: str) -> Document | InvalidDocument:
        steps = Steps()
        digest = digest_of(query)
        try:
            check_text(query, self._limits)
            ast = parse(query, max_lexical_tokens=self._limits.tokens)
        except LimitExceeded as error:
            return InvalidDocument(len(query), [request_error(error)], digest)
        except GraphQLSyntaxError as error:
            return InvalidDocument(len(query), [document_error(reword(error), PARSE_FAILED)], digest)
        await steps.next()
        if errors := await self._errors(ast, steps):
            take_tokens_apart(ast)
            return InvalidDocument(len(query), errors, digest)
        return Document(self._schema, ast, self._reports, partial(self._room(query).keep, query), digest)

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
