"""`gateway documents check`, and manifests at the start of the server."""

import json
from hashlib import md5, sha1, sha256
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import Invoke, one_line

WHO = "query Who { viewer { principal } }"
PAGE = "query Page($first: Int = 5) { devices(first: $first) { nodes { id } } }"
EITHER = "query Either($all: Boolean!) { devices(first: 1) { nodes { id name @include(if: $all) } } }"
LARGE = (
    "query Large { devices(first: 250) { nodes { deviceGroups(first: 250) { nodes { devices { nodes { id } } } } } } }"
)
CHANGE = 'mutation Change { deleteDevice(input: {device: "imei:490154203237518"}) { userErrors { code } } }'


def write(manifest: dict[str, Any], name: str = "ids.json") -> None:
    Path(name).write_text(json.dumps(manifest))


def test_each_document_is_told_with_its_kind_and_cost(invoke: Invoke) -> None:
    write({"a": WHO, "b": PAGE, "c": EITHER, "d": "{ __typename }", "e": f"{CHANGE} query B {{ __typename }}"})
    write({"f": CHANGE}, "other.json")
    done = invoke("documents", "check", "ids.json", "other.json", GATEWAY_DATABASE_URL="sqlite+aiosqlite:///none.db")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "ids.json: Who: query, cost 3: ok",
        "ids.json: Page: query, cost 22, with the defaults of its variables: ok",
        "ids.json: Either: query, cost 15, with the defaults of its variables: ok",
        'ids.json: "d": query, cost 2: ok',
        "ids.json: Change and B: mutation, cost 1102; query, cost 2: ok",
        "other.json: Change: mutation, cost 1102: ok",
        'other.json: Change: note: another document has the name Change too: "e" of ids.json.',
    ]
    assert not Path("none.db").exists()


def test_what_is_wrong_is_told_with_its_place_and_is_the_exit_status(invoke: Invoke) -> None:
    write({"a": "query A {\n  devices { nodes { nmae } }\n  x\n}", "b": "{", "c": WHO, "d": LARGE})
    done = invoke("documents", "check", "ids.json", GATEWAY_MAX_DEPTH="6")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        'ids.json: "a": error: 2:21: Cannot query field "nmae" on type "Device". Did you mean "name"?',
        'ids.json: "a": error: 3:3: Cannot query field "x" on type "Query".',
        'ids.json: "b": error: 1:2: Syntax Error: Expected Name, found <EOF>.',
        "ids.json: Who: query, cost 3: ok",
        'ids.json: "d": error: The limit on depth is 6, but the request has 7.',
    ]


def test_a_cost_beyond_what_a_caller_may_spend_is_wrong(invoke: Invoke) -> None:
    write({"a": PAGE})
    for limits in ({"GATEWAY_MAX_COST": "21"}, {"GATEWAY_RATE_LIMIT": "21"}):
        done = invoke("documents", "check", "ids.json", **limits)
        found = "ids.json: Page: error: query, cost 22, with the defaults of its variables; expected at most 21.\n"
        assert (done.exit_code, done.stdout) == (1, found)


def test_what_may_be_a_mistake_is_noted(invoke: Invoke) -> None:
    other = f"{WHO} "
    right = md5(WHO.encode(), usedforsecurity=False).hexdigest()
    digests = [make(WHO.encode()).hexdigest() for make in (sha256, sha1)]
    of_other = sha256(other.encode()).hexdigest()
    write({right: WHO, "0" * 31: WHO, "0" * 40: WHO, f"sha256:{digests[0]}": other})
    done = invoke("documents", "check", "ids.json")
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if "note" in line] == [
        f"ids.json: Who: note: the id looks like SHA-1, but that of the text is {digests[1]}.",
        f"ids.json: Who: note: the id looks like SHA-256, but that of the text is {of_other}.",
        f'ids.json: Who: note: another document has the name Who too: "{right}" of ids.json.',
    ]


def test_what_was_found_is_printed_as_json(invoke: Invoke) -> None:
    write({"a": WHO, "b": "{ x }"})
    done = invoke("documents", "check", "--json", "ids.json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {
            "manifest": "ids.json",
            "id": "a",
            "document": sha256(WHO.encode()).hexdigest(),
            "operations": [{"name": "Who", "kind": "query", "cost": 3, "varies": False}],
            "errors": [],
            "notes": [],
        },
        {
            "manifest": "ids.json",
            "id": "b",
            "document": sha256(b"{ x }").hexdigest(),
            "operations": [],
            "errors": ['1:3: Cannot query field "x" on type "Query".'],
            "notes": [],
        },
    ]


@pytest.mark.parametrize("command", [("documents", "check", "ids.json"), ("serve",)])
def test_a_file_that_is_no_manifest_is_one_clear_line(invoke: Invoke, command: tuple[str, ...]) -> None:
    write({"a": 7})
    done = invoke(*command, GATEWAY_DOCUMENTS="ids.json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert one_line(done.stderr) == 'ids.json: "a": 7 is not the text of a document.'
    assert [file.name for file in Path.cwd().iterdir()] == ["ids.json"]


def test_nothing_can_be_executed_where_only_documents_of_no_manifest_are(invoke: Invoke) -> None:
    done = invoke("serve", GATEWAY_DOCUMENTS_MODE="only")
    assert done.exit_code == 1
    rule = "documents_mode is only, but there are no documents; expected manifests in documents"
    assert rule in one_line(done.stderr)
