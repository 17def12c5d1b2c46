"""Manifests: the files that tell which documents a front end sends, and by which ids.

They are read as the tools of front ends write them, and recognised by what they hold. GraphQL Code Generator
(`persistedDocuments` of its client preset) and Relay's compiler (`persistConfig`) write an object from ids to texts,
and Apollo's `generate-persisted-query-manifest` a list of operations.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.quoting import quoted

MOST_BYTES = 8_000_000
"""How large all manifests may be together."""
APOLLO = "apollo-persisted-query-manifest"


class BadManifest(Exception):
    """A file is no manifest that can be used. The message is one line, with the file and the place in it."""


@dataclass(frozen=True, slots=True)
class PersistedDocument:
    """A document of a manifest."""

    id: str
    text: str
    file: str


class _RepeatedKey(ValueError):
    """An object of JSON has a key twice, of which readers would see different ones."""


def read_manifests(files: Iterable[str]) -> list[PersistedDocument]:
    """Return the documents of all files. Raise BadManifest, also where two documents have the same id."""
    documents: dict[str, PersistedDocument] = {}
    room = MOST_BYTES
    for file in files:
        content = _content(file, room)
        room -= len(content)
        for document in documents_of(content, file):
            first = documents.setdefault(document.id, document)
            if first.text != document.text:
                raise BadManifest(f"{file}: the id {quoted(document.id)} is that of another document in {first.file}.")
    return list(documents.values())


def documents_of(content: bytes, file: str) -> list[PersistedDocument]:
    """Return the documents of a manifest; `file` is how errors call it. Raise BadManifest."""
    try:
        manifest = json.loads(content, object_pairs_hook=_object)
    except _RepeatedKey as error:
        raise BadManifest(f"{file}: {error}") from error
    except ValueError as error:
        raise BadManifest(f"{file} is not JSON: {error}.") from error
    except RecursionError as error:
        raise BadManifest(f"{file} is no manifest: it is nested too deeply.") from error
    if not isinstance(manifest, dict):
        raise BadManifest(f"{file} is no manifest: {quoted(manifest)}; expected an object of JSON.")
    entries = _of_apollo(manifest, file) if manifest.get("format") == APOLLO else manifest.items()
    return [_document(id_, text, file) for id_, text in entries]


def _content(file: str, most_bytes: int) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(most_bytes + 1)
    except OSError as error:
        raise BadManifest(f"{file} cannot be read: {error.strerror}.") from error
    if len(content) > most_bytes:
        raise BadManifest(f"{file} is too large: all manifests together may have {MOST_BYTES} bytes.")
    return content


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _RepeatedKey(f"the key {quoted(key)} is there twice in one object.")
        made[key] = value
    return made


def _of_apollo(manifest: dict[str, Any], file: str) -> Sequence[tuple[Any, Any]]:
    version, operations = manifest.get("version"), manifest.get("operations")
    if version != 1:
        raise BadManifest(f"{file}: version: {quoted(version)} is not known; expected 1.")
    if not isinstance(operations, list):
        raise BadManifest(f"{file}: operations: {quoted(operations)} was found; expected a list.")
    for index, operation in enumerate(operations):
        if not isinstance(operation, dict):
            raise BadManifest(f"{file}: operations[{index}]: {quoted(operation)} was found; expected an object.")
    return [(operation.get("id"), operation.get("body")) for operation in operations]


def _document(id_: Any, text: Any, file: str) -> PersistedDocument:
    if not isinstance(id_, str) or not id_:
        raise BadManifest(f"{file}: {quoted(id_)} is no id of a document; expected text.")
    if not isinstance(text, str) or not text:
        raise BadManifest(f"{file}: {quoted(id_)}: {quoted(text)} is not the text of a document.")
    return PersistedDocument(id_, text, file)
