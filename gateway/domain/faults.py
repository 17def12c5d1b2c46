"""What a caller got wrong in a change, so that nothing of it was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    BLANK = "BLANK"
    TOO_LONG = "TOO_LONG"
    INVALID_FORMAT = "INVALID_FORMAT"
    TOO_MANY = "TOO_MANY"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    IDENTIFIER_TAKEN = "IDENTIFIER_TAKEN"
    IMMUTABLE = "IMMUTABLE"
    PROJECT_MISMATCH = "PROJECT_MISMATCH"
    VERSION_MISMATCH = "VERSION_MISMATCH"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    code: FaultCode
    message: str
    """A sentence for a person, naming the value and the rule."""
    field: Path | None = None
    """Where in the input; None where it is about the whole of it."""
    conflicting: object = None
    """What stands in the way, if the caller may see it."""


class Refused(Exception):
    """A change is not made. Raised inside its transaction, which it undoes."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults: Sequence[Fault] = faults
