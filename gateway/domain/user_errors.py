"""What a caller got wrong in the input of a mutation, so that nothing of it was done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class UserErrorCode(StrEnum):
    BLANK = "BLANK"
    TOO_LONG = "TOO_LONG"
    INVALID_FORMAT = "INVALID_FORMAT"
    TOO_MANY = "TOO_MANY"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    IDENTIFIER_TAKEN = "IDENTIFIER_TAKEN"
    IMMUTABLE = "IMMUTABLE"
    PROJECT_MISMATCH = "PROJECT_MISMATCH"
    CLIENT_MISMATCH = "CLIENT_MISMATCH"
    VERSION_MISMATCH = "VERSION_MISMATCH"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    EVENTS_GONE = "EVENTS_GONE"


InputPath = tuple[str, ...]
"""The names of fields and the indexes of items that lead from `input` to a value, such as ("networkAdapters", "0")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UserError:
    code: UserErrorCode
    message: str
    """A sentence for a person, which names the value and the rule."""
    field: InputPath | None = None
    """The path to the value; None where the error is about the whole input."""
    conflicting_node: object = None
    """The row that stands in the way, where the caller may see it."""

    def beneath(self, *path: str) -> "UserError":
        """Return the error of an input that is part of a larger one, where `path` leads to it."""
        return replace(self, field=(*path, *(self.field or ())))


class Refused(Exception):
    """A change is not made. What raises it inside the change's transaction undoes that transaction."""

    def __init__(self, *user_errors: UserError) -> None:
        super().__init__("; ".join(error.message for error in user_errors))
        self.user_errors: Sequence[UserError] = user_errors
