"""The documents that manifests tell, and what becomes of a request for any other."""

import logging
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from cachetools import FIFOCache

from gateway.domain.errors import RequestError
from gateway.domain.quoting import quoted
from gateway.graphql.digests import SHA256, digest_of
from gateway.graphql.manifests import PersistedDocument, read_manifests

logger = logging.getLogger(__name__)

MOST_LINES = 30
SECONDS = 60.0
"""In so many seconds, no more lines are logged than these."""
REMEMBERED = 10_000
"""So many documents are remembered to have been logged."""


class DocumentsMode(StrEnum):
    """What is executed beside the documents of manifests."""

    OFF = "off"
    """Everything. Manifests are not looked at."""
    KNOWN = "known"
    """Everything, and what no manifest has is logged."""
    ONLY = "only"
    """Nothing."""


class DocumentNotFound(RequestError):
    """A request names a document by an id, and has no text, but nothing is known by that id."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self, id_: str, *, is_automatic: bool) -> None:
        expected = "expected query, or an id of a manifest of this gateway"
        found = f"documentId: no document is known by {quoted(id_)}; {expected}."
        super().__init__("PersistedQueryNotFound" if is_automatic else found)  # Clients of Apollo's compare it.


class AutomaticNotSupported(RequestError):
    """A client of Apollo's would have a document remembered, but only those of manifests are executed."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")  # They compare it.


class UnknownDocument(RequestError):
    """A request has the text of a document that no manifest has, and only theirs are executed."""

    code = "QUERY_NOT_IN_SAFELIST"

    def __init__(self, digest: str) -> None:
        super().__init__(f"The document {SHA256}{digest} is in no manifest of this gateway, which executes no others.")
        self.digest = digest


class KnownDocuments:
    """The documents of manifests, by their ids and by the digests of their texts."""

    def __init__(
        self,
        documents: Sequence[PersistedDocument] = (),
        mode: DocumentsMode = DocumentsMode.OFF,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The clock tells seconds from any point on."""
        self.mode = mode
        self.of_text: dict[str, PersistedDocument] = {}
        """The first document of each text."""
        self.texts: dict[str, str] = {}
        """By id, and by digest. An id that looks like a digest means what its manifest says."""
        for document in documents:
            self.of_text.setdefault(document.text, document)
            digest = digest_of(document.text)
            self.texts |= {digest: document.text, f"{SHA256}{digest}": document.text}
        self.texts |= {document.id: document.text for document in documents}
        self._unknown = _Unknown(clock)

    @classmethod
    def read(cls, files: Sequence[str], mode: DocumentsMode) -> "KnownDocuments":
        """Return the documents of manifests. Raise BadManifest."""
        if not files or mode is DocumentsMode.OFF:
            return cls()
        return cls(read_manifests(files), mode)

    def unknown_id(self, id_: str, *, is_automatic: bool) -> DocumentNotFound | AutomaticNotSupported:
        """Return the error of a request by an id that nothing is known by."""
        if is_automatic and self.mode is DocumentsMode.ONLY:
            return AutomaticNotSupported()
        return DocumentNotFound(id_, is_automatic=is_automatic)

    def refusal(self, text: str, sender: str) -> UnknownDocument | None:
        """Return why the document of a text is not executed; None where it is. What no manifest has is logged."""
        if self.mode is DocumentsMode.OFF or text in self.of_text:
            return None
        digest = digest_of(text)
        if self.mode is DocumentsMode.ONLY:
            return UnknownDocument(digest)
        self._unknown.note(digest, sender)
        return None


class _Unknown:
    """Logs each document that no manifest has once, and of many no more than can be read."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._logged: FIFOCache[str, None] = FIFOCache(REMEMBERED)
        self._since = clock()
        self._lines = 0
        self._left_out = 0

    def note(self, digest: str, sender: str) -> None:
        if digest in self._logged:
            return
        now = self._clock()
        if now - self._since >= SECONDS:
            self._report_left_out()
            self._since, self._lines = now, 0
        if self._lines == MOST_LINES:
            self._left_out += 1
            return
        self._lines += 1
        self._logged[digest] = None
        logger.info("The document %s%s of %s is in no manifest.", SHA256, digest, sender)

    def _report_left_out(self) -> None:
        if self._left_out:
            logger.info("More documents are in no manifest, and were not logged: %d requests had one.", self._left_out)
            self._left_out = 0
