"""The lines of a file, with the place of each, so that reading may go on at any of them."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from gateway.cli.app import CommandError

# No device that the domain accepts takes half as much.
LONGEST_RECORD = 65_536
"""The most bytes of a record, its line break included."""


class Place(NamedTuple):
    """Where a line begins."""

    byte: int = 0
    line: int = 1


_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def first_line(file: BinaryIO, name: str) -> Place:
    """Return where the text of a file begins. Raise CommandError where it is not UTF-8 from the start."""
    file.seek(0)
    start = file.read(len(_BOM))
    if start.startswith(_UTF_16):
        raise CommandError(f"{name}, line 1: the file is UTF-16; expected UTF-8.")
    return Place(len(_BOM) if start == _BOM else 0)


class TooLong(Exception):
    """A record has more bytes than any may have."""


class Lines(Iterator[str]):
    """Lines of UTF-8, their ends included. Those of one record are bounded together."""

    def __init__(self, file: BinaryIO, place: Place, end: int) -> None:
        """Read from a place on, and nothing from the byte `end` on, which another program may be adding."""
        self._file = file
        self._end = end
        self.place = place
        file.seek(place.byte)
        self.begin_record()

    def begin_record(self) -> None:
        """Let the next line be the first one of a record."""
        self.raw = b""
        """What has been read of the record."""
        self.is_utf_8 = True
        """Whether all of it is; the bytes that are not have become lone surrogates."""

    def __next__(self) -> str:
        """Raise TooLong."""
        byte, line = self.place
        raw = self._file.readline(min(LONGEST_RECORD + 1, self._end - byte))
        if not raw:
            raise StopIteration
        self.raw = self.raw + raw if self.raw else raw
        if len(self.raw) > LONGEST_RECORD:
            raise TooLong
        self.place = Place(byte + len(raw), line + 1)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.is_utf_8 = False
            return raw.decode(errors="surrogateescape")

    def skip_line(self, place: Place) -> bytes:
        """Go on after the line that begins at a place, however long it is, and return what fits of it."""
        self._file.seek(place.byte)
        byte, first = place.byte, b""
        while part := self._file.readline(min(LONGEST_RECORD, self._end - byte)):
            byte += len(part)
            first = first or part
            if part.endswith(b"\n"):
                break
        self.place = Place(byte, place.line + 1)
        return first
