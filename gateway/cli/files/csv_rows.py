"""The rows of CSV (RFC 4180), each with its place, so that a row that is broken costs no other one."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from gateway.cli.files.lines import LONGEST_RECORD, Lines, Place, TooLong

DELIMITERS = (",", ";", "\t")
MOST_CELLS = 200

# By a part of the message of Python's `csv`.
_REASONS = {
    "end of data": "A quotation mark is never closed.",
    "expected after": "After the end of a quoted cell comes more of it; expected a quotation mark in it twice.",
    "new-line character": "A carriage return is outside of quotation marks.",
}
_QUOTED = re.compile(rb'"[^"]*"?')
_NO_UTF_8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    begins: Place
    ends: Place
    cells: list[str]
    quoted_empty: frozenset[int] = frozenset()
    """Which cells are the empty text, and not nothing: they are empty and have quotation marks."""
    error: str | None = None
    """What is wrong with the row as CSV, with its first `faulty` cell."""
    faulty: int | None = None


def delimiter_of(line: bytes) -> str:
    """Return what most likely separates the cells of a line: a comma, a semicolon or a tab."""
    bare = _QUOTED.sub(b"", line).decode(errors="replace")
    return max(DELIMITERS, key=bare.count)


def rows(file: BinaryIO, place: Place, end: int, delimiter: str) -> Iterator[Row]:
    """Yield the rows from a place on, but for empty lines. After a broken row comes the one of the next line."""
    lines = Lines(file, place, end)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begins = lines.place
        lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, TooLong) as error:
            yield _broken(error, lines, begins, delimiter)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if cells:
            yield _row(cells, lines, begins, delimiter)


def _row(cells: list[str], lines: Lines, begins: Place, delimiter: str) -> Row:
    if not lines.is_utf_8:
        faulty = next(index for index, cell in enumerate(cells) if _NO_UTF_8.search(cell))
        byte = ord(_NO_UTF_8.findall(cells[faulty])[0]) - 0xDC00
        reason = f"The byte 0x{byte:02x} is not UTF-8."
        return Row(begins=begins, ends=lines.place, cells=cells, error=reason, faulty=faulty)
    empty: frozenset[int] = frozenset()
    if b'""' in lines.raw:
        texts = _texts(lines.raw.decode(), delimiter)
        empty = frozenset(index for index, text in enumerate(texts) if text == '""')
    return Row(begins=begins, ends=lines.place, cells=cells, quoted_empty=empty)


def _broken(error: Exception, lines: Lines, begins: Place, delimiter: str) -> Row:
    """Return a row that cannot be read. It is taken to be one line: its quotes do not tell where it ends."""
    line = lines.skip_line(begins)
    text = line.decode(errors="replace")
    texts = list(_texts(text, delimiter))
    whole = texts[:-1] if len(delimiter.join(texts)) == len(text) else texts
    reason = f"The row has more than {LONGEST_RECORD} bytes, or a quotation mark in it is never closed."
    if not isinstance(error, TooLong):
        known = (words for part, words in _REASONS.items() if part in str(error))
        reason = next(known, f"The row is no CSV: {error}.")
    return Row(begins=begins, ends=lines.place, cells=[], error=reason, faulty=len(whole))


def _texts(line: str, delimiter: str) -> Iterator[str]:
    """Yield the cells of a row as they are written, quotation marks included, up to the first that is broken."""
    position = 0
    while cell := _cell(delimiter).match(line, position):
        yield cell["text"]
        if cell["next"] != delimiter:
            return
        position = cell.end()


@lru_cache
def _cell(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf'(?P<text>"[^"]*(?:""[^"]*)*"|(?!")[^{delimiter}\r\n]*)(?P<next>{delimiter}|\r?\n?\Z)')
