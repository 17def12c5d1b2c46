"""Files of CSV, as an import reads them."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from gateway.cli.app import CommandError
from gateway.cli.files.csv_rows import Row, delimiter_of, rows
from gateway.cli.files.layouts import Layout, Misfit, check_required, is_directive, layout_of
from gateway.cli.files.lines import Lines, Place, first_line
from gateway.cli.files.records import NOTES, Record, RecordError
from gateway.cli.files.values import ADAPTER_FORMS, ADAPTERS, FIELDS, GROUPS, count_errors, device_of, new_adapter
from gateway.domain.fields import MOST_ADAPTERS, MOST_GROUPS
from gateway.domain.user_errors import UserError


class CsvFile:
    def __init__(
        self, file: BinaryIO, size: int, name: str, mapping: Mapping[str, str], constants: Mapping[str, str]
    ) -> None:
        """`mapping` has the fields of columns, and `constants` the texts of fields that a record has none of.

        Raise CommandError.
        """
        self._file = file
        self._size = size
        self._constants = constants
        head = self._begin(name)
        self._layout: Layout = layout_of(head, mapping, name)
        check_required(self._layout, constants, name)
        self.ignored = self._layout.ignored
        self.first = head.ends if self._layout.has_header else head.begins
        file.seek(head.begins.byte)
        self._header = file.read(head.ends.byte - head.begins.byte) if self._layout.has_header else b""

    def _begin(self, name: str) -> Row:
        """Return the first row; where there is no header, comments may come before it."""
        head = self._first_row(first_line(self._file, name), lambda line: bool(line.strip()))
        if head is None:
            raise CommandError(f"{name} is empty; expected a row that names its columns.")
        uncommented = self._first_row(head.begins, lambda line: line.strip() != b"" and not line.startswith(b"#"))
        return uncommented if uncommented and is_directive(uncommented) else head

    def _first_row(self, place: Place, is_first: Callable[[bytes], bool]) -> Row | None:
        """Return the first row from a place on whose line is one; None where there is none."""
        lines = Lines(self._file, place, self._size)
        while line := lines.skip_line(place):
            if is_first(line):
                self.delimiter = delimiter_of(line)
                return next(rows(self._file, place, self._size, self.delimiter))
            place = lines.place
        return None

    def records(self, place: Place) -> Iterator[Record]:
        for row in rows(self._file, place, self._size, self.delimiter):
            if self._layout.has_header or not row.cells or not row.cells[0].startswith("#"):
                yield self._record(row)

    def record_error(self, error: UserError) -> RecordError:
        return RecordError(self._column_of(error.field or ("",)), error.message)

    def notes(self, record: Record, error: RecordError) -> bytes:
        line = str(record.begins.line)
        if self._layout.has_header:
            return self._cells([line, error.column, error.reason])
        # A comment: there is no header to name columns. It is read as a row, so it has no quotation marks.
        reason = " ".join(error.reason.replace('"', "'").split())
        return f"# line {line}, column {error.column}: {reason}\n".encode()

    def head(self) -> bytes:
        return self._cells(NOTES) + self._header if self._layout.has_header else b""

    def _cells(self, cells: Sequence[str]) -> bytes:
        """Return cells that come before others in a row."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator=self.delimiter).writerow(cells)
        return text.getvalue().encode()

    def _record(self, row: Row) -> Record:
        places: dict[str, Any] = {"begins": row.begins, "ends": row.ends}
        if row.error is not None:
            faulty = row.faulty or 0
            columns = self._layout.columns
            column = columns[faulty] if faulty < len(columns) else ""
            return Record(**places, errors=[RecordError(column, row.error)])
        try:
            texts = self._layout.texts(row)
        except Misfit as misfit:
            return Record(**places, errors=[misfit.error])
        if self._constants:
            texts = {**self._constants, **texts}
        groups = _items(texts.get(GROUPS, ""))
        identifiers = [
            (form, item) for name, form in ADAPTER_FORMS.items() if name in texts for item in _items(texts[name])
        ]
        if len(groups) > MOST_GROUPS or len(identifiers) > MOST_ADAPTERS:
            errors = count_errors(len(identifiers), len(groups))
            return Record(**places, errors=list(map(self.record_error, errors)))
        adapters = (new_adapter(form, identifier, index) for index, (form, identifier) in enumerate(identifiers))
        device, user_errors = device_of(texts, adapters, groups)
        if user_errors:
            return Record(**places, errors=list(map(self.record_error, user_errors)))
        given = frozenset(field.name for name, field in FIELDS.items() if name in texts)
        return Record(**places, device=device, given=given)

    def _column_of(self, path: Sequence[str]) -> str:
        """Return the column of a path in the input of a device."""
        if path == (ADAPTERS,):
            return " ".join(map(self._layout.column_of, ADAPTER_FORMS))
        return self._layout.column_of(path[-1] if path[0] == ADAPTERS else path[0])


def _items(text: str) -> list[str]:
    """Return the items of a cell, between which are spaces or semicolons."""
    return text.replace(";", " ").split()
