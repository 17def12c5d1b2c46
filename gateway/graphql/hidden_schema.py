"""A schema that is hidden: no message tells a name of it that the caller did not send in the same request.

The messages are made without such names (`hints.py`, `rewording.py`). What is here looks at each of them once more
before it is sent, whatever it is made of, so that none of them has to be trusted.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from graphql import GraphQLSchema, is_enum_type, is_input_object_type, is_interface_type, is_object_type

from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput, Contended, Unavailable
from gateway.domain.user_errors import UserError, UserErrorCode
from gateway.engine.document import ExecutableSchema
from gateway.events.feed import Feed
from gateway.graphql.context import Context
from gateway.graphql.errors import PARSE_FAILED, VALIDATION_FAILED, FormattedError
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.hints import Hints
from gateway.graphql.known_documents import AutomaticNotSupported, DocumentNotFound, KnownDocuments, UnknownDocument
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request

_WORD = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
# What is no name of the schema, though it is spelt like one: the scopes of tokens, and words of a sentence, which stand
# free in it. A message that tells a name has it in quotation marks, or in GraphQL's notation.
_NO_NAMES = re.compile(
    rf"(?<![\w.-])(?:{'|'.join(map(re.escape, Scope))})(?![\w-])"
    r"|(?<!\S)(?:and|by|cost|field|first|if|input|limit|non-input|not|or|type|values?)(?=[.,;]?(?:\s|\Z))"
    r"|(?<= has invalid )value(?=: )"
)

# Errors of what knows no schema: what looks for documents, and what keeps the data.
_WITHOUT_SCHEMA = (
    *(DocumentNotFound.code, AutomaticNotSupported.code, UnknownDocument.code),
    *(Unavailable.code, Contended.code),
)
_INSTEAD = {
    PARSE_FAILED: "The document is invalid at this place; why is hidden, as the schema is.",
    VALIDATION_FAILED: "The document is invalid at this place; why is hidden, as the schema is.",
    BadUserInput.code: "A value is not accepted at this place; why is hidden, as the schema is.",
}
_OTHERWISE = "The request is refused; why is hidden, as the schema is."
USER_ERRORS: Mapping[UserErrorCode, str] = {
    UserErrorCode.BLANK: "the value is blank, but it is required.",
    UserErrorCode.TOO_LONG: "the text has too many characters.",
    UserErrorCode.INVALID_FORMAT: "the value is not of the format that it has to be of.",
    UserErrorCode.TOO_MANY: "the list has too many items.",
    UserErrorCode.NOT_FOUND: "there is nothing of this kind that answers to the value.",
    UserErrorCode.NOT_ALLOWED: "the token does not reach the client.",
    UserErrorCode.IDENTIFIER_TAKEN: "the value belongs to something else already.",
    UserErrorCode.IMMUTABLE: "the value is fixed, and this is another one.",
    UserErrorCode.PROJECT_MISMATCH: "this would join what belongs to different projects.",
    UserErrorCode.CLIENT_MISMATCH: "this would join what belongs to different clients.",
    UserErrorCode.VERSION_MISMATCH: "the present one is another than was expected.",
    UserErrorCode.COUNT_MISMATCH: "another number was expected.",
    UserErrorCode.IDEMPOTENCY_KEY_REUSED: "the key was used for something else within 24 hours.",
    UserErrorCode.EVENTS_GONE: "what follows has been removed since.",
}
"""What each code says where the words of a user error would tell a name."""


class HidingExecutor(RequestExecutor):
    """Executes requests as others do, with errors that tell nothing of the schema."""

    def __init__(
        self,
        schema: ExecutableSchema,
        limits: Limits,
        *,
        in_columns: bool = True,
        feed: Feed | None = None,
        known: KnownDocuments | None = None,
    ) -> None:
        super().__init__(schema, limits, in_columns=in_columns, hints=Hints(hidden=True), feed=feed, known=known)
        self._names = frozenset(names_of(schema.schema))

    async def _run(self, request: Request, context: Context) -> Any:
        discretion = Discretion(self._names, request)
        context.show_user_error = discretion.user_error
        context.show_errors = discretion.errors
        answer = await super()._run(request, context)
        if isinstance(answer, dict) and "errors" in answer:
            answer["errors"] = discretion.errors(answer["errors"])
        return answer


@dataclass(frozen=True)
class Discretion:
    """Keeps the answer to one request from telling names that are not in it."""

    names: frozenset[str]
    request: Request
    _sent: dict[str, bool] = field(default_factory=dict)
    """Whether the request has a name, of those that were asked for."""

    def error(self, error: FormattedError) -> FormattedError:
        """Return the error, with another message where it tells a name."""
        code = error["extensions"]["code"]
        # A document that an id stands for is none of the caller's own, so its text is not for the caller either.
        is_own = self.request.document_id is None
        if code in _WITHOUT_SCHEMA or (code == PARSE_FAILED and is_own) or not self._tells_a_name(error["message"]):
            return error
        return {**error, "message": _INSTEAD.get(code, _OTHERWISE)}

    def errors(self, errors: list[FormattedError]) -> list[FormattedError]:
        return list(map(self.error, errors))

    def user_error(self, error: UserError) -> UserError:
        """Return the user error, with the sentence of its code where its message tells a name."""
        if not self._tells_a_name(error.message):
            return error
        place = f"{'.'.join(error.field)}: " if error.field else ""
        if self._tells_a_name(place):  # A document that an id stands for has the value.
            place = ""
        return replace(error, message=f"{place}{USER_ERRORS[error.code]}")

    def _tells_a_name(self, message: str) -> bool:
        words = _WORD.findall(_NO_NAMES.sub(" ", message))
        return any(word in self.names and not self._is_sent(word) for word in words)

    def _is_sent(self, name: str) -> bool:
        if name not in self._sent:
            self._sent[name] = bool(re.search(rf"\b{name}\b", self._text, re.ASCII))
        return self._sent[name]

    @cached_property
    def _text(self) -> str:
        request = self.request
        # Of a document that an id stands for, the caller has sent nothing.
        sent = (request.query, request.document_id or "", request.operation_name or "")
        return "\n".join([*sent, *_texts(request.variables)])


def names_of(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the names that a schema has, but for those of GraphQL's introspection, which every schema has."""
    for directive in schema.directives:
        yield from (directive.name, *directive.args)
    for type_ in schema.type_map.values():
        if type_.name.startswith("__"):
            continue
        yield type_.name
        if is_enum_type(type_):
            yield from type_.values
        elif is_input_object_type(type_):
            yield from type_.fields
        elif is_object_type(type_) or is_interface_type(type_):
            for name, field_ in type_.fields.items():
                yield from (name, *field_.args)


def _texts(value: Any) -> Iterator[str]:
    """Yield the keys and the texts in JSON, which may not be nested deeply: that is checked before."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield key
            yield from _texts(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _texts(inside)
