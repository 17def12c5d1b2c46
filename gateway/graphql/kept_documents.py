"""Documents that are kept for the next request, as many as fit into a bound of bytes."""

from typing import Generic, Protocol, TypeVar

from cachetools import FIFOCache

# Each takes about a hundred bytes.
REMEMBERED_TEXTS = 10_000


class Kept(Protocol):
    @property
    def digest(self) -> str:
        """The digest of its text (`digests.py`)."""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""


Document = TypeVar("Document", bound=Kept)


class KeptDocuments(Generic[Document]):
    """Documents by their text, and their texts by digest.

    Where all the room is taken, only a document that has come before takes it from others, and first from those that
    nobody has asked for since they came, or since all others had made room. So a caller who sends another one each time
    does not make others wait for theirs to be read again.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self.size = 0
        """About how many bytes all that is kept takes."""
        self._documents: dict[str, Document] = {}
        self._sizes: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        """By digest."""
        self._used: set[str] = set()
        """Those that were asked for."""
        self._came_again: FIFOCache[int, bool] = FIFOCache(REMEMBERED_TEXTS)
        """Whether a text that was not kept has come more than once, by its hash."""

    def get(self, text: str) -> Document | None:
        document = self._documents.get(text)
        if document is not None:
            self._used.add(text)
        return document

    def text(self, digest: str) -> str | None:
        """Return the text of this digest, if its document is kept."""
        return self._texts.get(digest)

    def note(self, text: str) -> bool:
        """Remember that a text came whose document is not kept. Return whether it had come before."""
        came_again = self._came_again[hash(text)] = hash(text) in self._came_again
        return came_again

    def keep(self, text: str, document: Document) -> None:
        """Keep a document, as large as it is by now, where there is room for it, or may be made."""
        self._drop(text)
        size = document.size
        if size <= self._most_bytes and self._came_again.get(hash(text)):
            self._make_room(size)
        if size <= self._most_bytes - self.size:
            self._documents[text], self._sizes[text] = document, size
            self._texts[document.digest] = text
            self.size += size
        else:
            self._used.discard(text)

    def _drop(self, text: str) -> None:
        document = self._documents.pop(text, None)
        if document is not None:
            del self._texts[document.digest]
            self.size -= self._sizes.pop(text)

    def _make_room(self, size: int) -> None:
        while size > self._most_bytes - self.size:
            first = next(iter(self._documents))
            if first in self._used:
                self._used.discard(first)
                self._documents[first] = self._documents.pop(first)  # It comes last now.
            else:
                self._drop(first)
