"""Documents are read once, parsed and validated, and kept."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, OperationType, parse

from gateway.domain.quoting import quoted
from gateway.engine.document import Document, ExecutableSchema
from gateway.engine.pieces import Steps
from gateway.engine.shapes import ShapedText, shaped_text
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
from gateway.graphql.shaped_documents import DocumentShape, ShapedDocument, document_shape, may_have_shape

logger = logging.getLogger(__name__)

DOCUMENT_BYTES = 32_000_000
"""How much memory the documents take that are kept for the next request, with their plans."""
SHAPE_BYTES = 16_000_000
"""How much memory the shapes take beside them that documents with literals have in common."""
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

    def __init__(
        self,
        schema: ExecutableSchema,
        limits: Limits,
        hints: Hints,
        known: KnownDocuments,
        *,
        have_shapes: bool = True,
    ) -> None:
        """Without `have_shapes`, each text has a plan of its own."""
        self._schema = schema
        self._limits = limits
        self._hints = hints
        self._reports = InputReports(hints)
        self._known = known
        self.kept: KeptDocuments[Document | InvalidDocument] = KeptDocuments(DOCUMENT_BYTES)
        self.kept_known: KeptDocuments[Document | InvalidDocument] = KeptDocuments(KNOWN_DOCUMENT_BYTES)
        """Those of manifests."""
        self.kept_shapes: KeptDocuments[DocumentShape] = KeptDocuments(SHAPE_BYTES)
        self._have_shapes = have_shapes

    @property
    def size(self) -> int:
        """About how many bytes all documents take that are kept, and shapes."""
        return self.kept.size + self.kept_known.size + self.kept_shapes.size

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

    def shaped(self, text: str) -> ShapedText | None:
        """Return a text with its shape; None where its document is executed by the text itself."""
        if not self._have_shapes or len(text) > self._limits.characters or text in self._known.of_text:
            return None
        return shaped_text(text, self._limits.tokens)

    def of_shape(self, text: ShapedText) -> ShapedDocument | None:
        """Return the document of a text, if its shape is kept and its values fit there."""
        shape = self.kept_shapes.get(text.shape)
        return None if shape is None else shape.of(text)

    async def read(self, query: str) -> Document | InvalidDocument:
        """Return a document that is new, parsed and validated, and keep it."""
        return self._keep(query, await self._valid(query))

    async def read_shaped(self, text: ShapedText) -> Document | ShapedDocument | InvalidDocument:
        """Return a document that is new, and keep it, or its shape instead where that came before."""
        comes_again = self.kept_shapes.get(text.shape) is None and self.kept_shapes.note(text.shape)
        valid = await self._valid(text.text)
        if comes_again and not isinstance(valid, InvalidDocument) and may_have_shape(self._schema, valid):
            return await self._by_shape(text, valid) or await self.read(text.text)
        return self._keep(text.text, valid)

    def _keep(self, query: str, valid: DocumentNode | InvalidDocument) -> Document | InvalidDocument:
        room = self._room(query)
        room.note(query)
        document = (
            valid
            if isinstance(valid, InvalidDocument)
            else Document(self._schema, valid, self._reports, partial(room.keep, query), digest_of(query))
        )
        room.keep(query, document)
        return document

    def _room(self, query: str) -> KeptDocuments[Document | InvalidDocument]:
        return self.kept_known if query in self._known.of_text else self.kept

    async def _by_shape(self, text: ShapedText, ast: DocumentNode) -> ShapedDocument | None:
        """Return the document of a text by its shape, and keep that; None where it cannot be planned."""
        shape = await document_shape(self._schema, ast, text, self._reports)
        document = shape.of(text) if shape else None
        if shape and document:
            self.kept_shapes.keep(text.shape, shape)
        return document

    async def _valid(self, query: str) -> DocumentNode | InvalidDocument:
        """Parse and validate a document."""
        steps = Steps()
        try:
            check_text(query, self._limits)
            ast = parse(query, max_lexical_tokens=self._limits.tokens)
        except LimitExceeded as error:
            return InvalidDocument(len(query), [request_error(error)], digest_of(query))
        except GraphQLSyntaxError as error:
            return InvalidDocument(len(query), [document_error(reword(error), PARSE_FAILED)], digest_of(query))
        await steps.next()
        if errors := await self._errors(ast, steps):
            take_tokens_apart(ast)
            return InvalidDocument(len(query), errors, digest_of(query))
        return ast

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
