"""Errors of a request as the answer shows them (DESIGN, section 4)."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from gateway.domain.errors import BadUserInput, Contended, Forbidden, RequestError, Unauthenticated, Unavailable
from gateway.graphql.limits import LimitExceeded

logger = logging.getLogger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
INTERNAL = "INTERNAL_SERVER_ERROR"
UNAVAILABLE = "SERVICE_UNAVAILABLE"

_CODES: Mapping[type[RequestError], str] = {
    BadUserInput: BAD_USER_INPUT,
    Forbidden: "FORBIDDEN",
    Unauthenticated: "UNAUTHENTICATED",
    LimitExceeded: VALIDATION_FAILED,
    Unavailable: UNAVAILABLE,
    Contended: "TRY_AGAIN",
}

FormattedError = dict[str, Any]


def request_error(error: RequestError) -> FormattedError:
    """An error of the whole request, which has no place in a document."""
    return {"message": str(error), "extensions": {"code": _CODES[type(error)]}}


def document_error(error: GraphQLError, code: str) -> FormattedError:
    """An error of a document; `code` is for those that the domain does not know."""
    cause = _cause(error)
    return _formatted(error, error.message, _CODES[type(cause)] if isinstance(cause, RequestError) else code)


def execution_error(error: GraphQLError) -> FormattedError:
    """An error of a field, or of the variables. What is not the caller's mistake is masked, and logged in full."""
    cause = _cause(error)
    if isinstance(cause, RequestError):
        return _formatted(error, error.message, _CODES[type(cause)])
    if isinstance(cause, StrawberryInputCoercionError) or (
        isinstance(cause, GraphQLError) and (error.path is None or _blames_an_argument(cause))
    ):
        return _formatted(error, error.message, BAD_USER_INPUT)
    error_id = secrets.token_hex(8)
    logger.error("Internal error %s at %s", error_id, error.path, exc_info=cause)
    formatted = _formatted(error, "An internal error occurred.", INTERNAL)
    formatted["extensions"]["id"] = error_id
    return formatted


def _blames_an_argument(cause: GraphQLError) -> bool:
    """graphql-core blames arguments by errors at their values, and what resolvers return by errors at fields."""
    return any(not isinstance(node, FieldNode) for node in cause.nodes or ())


def _cause(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _formatted(error: GraphQLError, message: str, code: str) -> FormattedError:
    formatted: FormattedError = {"message": message}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    formatted["extensions"] = {"code": code}
    return formatted
