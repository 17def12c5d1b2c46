"""What is read of a file: records, each a device or what keeps it from being one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gateway.cli.files.lines import Place
from gateway.domain.commands import CreateDevice
from gateway.domain.user_errors import UserError


class RecordError(NamedTuple):
    """What is wrong with a record: in which column, and why."""

    column: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A row of CSV, which may go over several lines, or a line of JSON."""

    begins: Place
    ends: Place
    """Where the next one begins."""
    device: CreateDevice | None = None
    """None where there are errors."""
    given: frozenset[str] = frozenset()
    """The names of those `DEVICE_FIELDS` that it has values of."""
    errors: Sequence[RecordError] = ()


class DeviceFile(Protocol):
    """A file of devices, opened for an import."""

    ignored: Sequence[str]
    """The columns that have no place here."""
    first: Place
    """Where the first record begins."""

    def records(self, place: Place) -> Iterator[Record]:
        """Yield the records from a place on."""

    def record_error(self, error: UserError) -> RecordError:
        """Return a user error of a record's device in terms of the file."""

    def notes(self, record: Record, error: RecordError) -> bytes:
        """Return what tells, before the bytes of a record, what is wrong with it. An import passes over it."""

    def head(self) -> bytes:
        """Return what comes before the first of such records."""


NOTES = ("line", "column", "reason")
"""The columns, or keys, that an import passes over, since it writes them itself."""
