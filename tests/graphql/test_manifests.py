"""Manifests are read as the tools of front ends write them, and what is none is refused by its name and place."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.graphql.manifests import MOST_BYTES, BadManifest, PersistedDocument, documents_of, read_manifests

# As GraphQL Code Generator 7, Relay 21 and Apollo's generate-persisted-query-manifest 1.3 wrote them.
CODEGEN = {
    "sha256:5c42ecaa6e3c3c0ddf2996a4ec0f78e0620bae6d9e83ed28119fce7a4516ec53": "query Who { viewer { principal } }"
}
RELAY = {"314391c83f09c897e922fa80e41e326f": "query AppWhoQuery {\n  viewer {\n    principal\n  }\n}\n"}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {
            "id": "e3ea0e2eac0e6fd0851f11fb3fc7bfc8c40d5c415dc164100237bbc9db75dca7",
            "name": "Who",
            "type": "query",
            "body": "query Who {\n  viewer {\n    principal\n    __typename\n  }\n}",
        }
    ],
}
APOLLO_TEXT = {"e3ea0e2eac0e6fd0851f11fb3fc7bfc8c40d5c415dc164100237bbc9db75dca7": APOLLO["operations"][0]["body"]}  # type: ignore[index]


@pytest.mark.parametrize(("manifest", "texts"), [(CODEGEN, CODEGEN), (RELAY, RELAY), (APOLLO, APOLLO_TEXT), ({}, {})])
def test_a_manifest_has_ids_and_texts(manifest: Any, texts: dict[str, str]) -> None:
    documents = documents_of(json.dumps(manifest).encode(), "ids.json")
    assert documents == [PersistedDocument(id_, text, "ids.json") for id_, text in texts.items()]


def test_an_id_may_be_spelt_like_a_name_of_an_object_in_javascript() -> None:
    ids = ("__proto__", "constructor", "hasOwnProperty")
    documents = documents_of(json.dumps(dict.fromkeys(ids, "{__typename}")).encode(), "ids.json")
    assert [document.id for document in documents] == list(ids)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ids.json is not JSON: Expecting value: line 1 column 1 (char 0)."),
        (b'{\n"a": "{a}",\n}', "ids.json is not JSON: Expecting property name enclosed in double quotes: line 3 colu"),
        (b"\xff\xff", "ids.json is not JSON: 'utf-"),
        (b"[" * 100_000, "ids.json is no manifest: it is nested too deeply."),
        (b'{"a":' * 100_000, "ids.json is no manifest: it is nested too deeply."),
        (b"7" * 5_000, "ids.json is not JSON: Exceeds the limit"),
        (b'["{a}"]', 'ids.json is no manifest: ["{a}"]; expected an object of JSON.'),
        (b'{"a": "{a}", "a": "{b}"}', 'ids.json: the key "a" is there twice in one object.'),
        (b'{"a": {"b": "{a}"}}', 'ids.json: "a": {"b": "{a}"} is not the text of a document.'),
        (b'{"a": ""}', 'ids.json: "a": "" is not the text of a document.'),
        (b'{"": "{a}"}', 'ids.json: "" is no id of a document; expected text.'),
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(BadManifest) as raised:
        documents_of(content, "ids.json")
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version: 2 is not known; expected 1."),
        ({"operations": {}}, "operations: {} was found; expected a list."),
        ({"operations": ["{a}"]}, 'operations[0]: "{a}" was found; expected an object.'),
        ({"operations": [{"body": "{a}"}]}, "null is no id of a document; expected text."),
        ({"operations": [{"id": "a"}]}, '"a": null is not the text of a document.'),
    ],
)
def test_what_is_wrong_in_a_manifest_of_apollo_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadManifest) as raised:
        documents_of(json.dumps(APOLLO | change).encode(), "ids.json")
    assert str(raised.value) == f"ids.json: {message}"


def write(folder: Path, name: str, content: Any) -> str:
    (folder / name).write_text(json.dumps(content))
    return str(folder / name)


def test_several_manifests_may_have_the_same_document(tmp_path: Path) -> None:
    files = [write(tmp_path, name, {"a": "{a}", name: "{b}"}) for name in ("one", "two")]
    assert [document.id for document in read_manifests(files)] == ["a", "one", "two"]


def test_an_id_that_means_two_documents_is_refused(tmp_path: Path) -> None:
    files = [write(tmp_path, name, {"a": f"{{{name}}}"}) for name in ("one", "two")]
    with pytest.raises(BadManifest) as raised:
        read_manifests(files)
    assert str(raised.value) == f'{files[1]}: the id "a" is that of another document in {files[0]}.'


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadManifest) as raised:
        read_manifests([str(tmp_path / "ids.json")])
    assert str(raised.value) == f"{tmp_path}/ids.json cannot be read: No such file or directory."


def test_files_that_are_too_large_together_are_refused_before_they_are_read_whole(tmp_path: Path) -> None:
    small, large = write(tmp_path, "small", {"a": "{a}"}), tmp_path / "large"
    with large.open("wb") as opened:
        opened.truncate(100 * MOST_BYTES)
    with pytest.raises(BadManifest) as raised:
        read_manifests([small, str(large)])
    assert str(raised.value) == f"{large} is too large: all manifests together may have 8000000 bytes."
