"""Errors of a request as the answer shows them."""

import logging
import secrets
from typing import Any

from graphql import FieldNode, GraphQLError
from strawberry.exceptions import StrawberryGraphQLError, StrawberryInputCoercionError

from gateway.domain.errors import BadUserInput, Forbidden, RequestError
from gateway.domain.quoting import ELLIPSIS

logger = logging.getLogger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
INTERNAL = "INTERNAL_SERVER_ERROR"

LONGEST_MESSAGE = 1_000
"""Each part of a message that repeats a request is short; but some repeat many parts, as of a cycle of fragments."""

FormattedError = dict[str, Any]


def request_error(error: RequestError) -> FormattedError:
    """Format an error of the whole request, which has no place in a document."""
    return {"message": str(error), "extensions": {"code": error.code}}


def document_error(error: GraphQLError, code: str) -> FormattedError:
    """Format an error of a document; `code` is for those that the domain does not know."""
    cause = _cause(error)
    return _formatted(error, error.message, cause.code if isinstance(cause, RequestError) else code)


def execution_error(error: GraphQLError, request_id: bytes = b"") -> FormattedError:
    """Format an error of a field or of variables. What is not the caller's mistake is masked, and logged in full."""
    cause = _cause(error)
    if code := _code(error, cause):
        return _formatted(error, error.message, code)
    error_id = secrets.token_hex(8)
    logger.error(
        "Internal error %s at %s in request %s", error_id, error.path, request_id.decode() or "-", exc_info=cause
    )
    formatted = _formatted(error, "An internal error occurred.", INTERNAL)
    formatted["extensions"]["id"] = error_id
    return formatted


def internal_error(error: Exception, request_id: bytes) -> FormattedError:
    """Format what is wrong with the gateway itself, outside of any field: masked, and logged in full."""
    return execution_error(GraphQLError(INTERNAL, original_error=error), request_id)


def _code(error: GraphQLError, cause: Exception) -> str | None:
    """Return the code of an error that is for the caller; None for one that is the gateway's own."""
    if isinstance(cause, RequestError):
        return cause.code
    if isinstance(cause, StrawberryInputCoercionError):
        return BadUserInput.code
    # What a permission class raises: by default, or as Strawberry's documentation shows it.
    if isinstance(cause, StrawberryGraphQLError | PermissionError):
        return Forbidden.code
    if not isinstance(cause, GraphQLError):
        return None
    # A resolver that raises an error with a code of its own means it for the caller; graphql-core's have none.
    code = (cause.extensions or {}).get("code")
    if isinstance(code, str):
        return code
    return BadUserInput.code if error.path is None or _blames_an_argument(cause) else None


def _blames_an_argument(cause: GraphQLError) -> bool:
    """Tell what graphql-core blames: arguments by errors at their values, and results of resolvers at fields."""
    return any(not isinstance(node, FieldNode) for node in cause.nodes or ())


def _cause(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _cut(message: str) -> str:
    return message[: LONGEST_MESSAGE - len(ELLIPSIS)] + ELLIPSIS


def _formatted(error: GraphQLError, message: str, code: str) -> FormattedError:
    formatted: FormattedError = {"message": message if len(message) <= LONGEST_MESSAGE else _cut(message)}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    formatted["extensions"] = {"code": code}
    return formatted
