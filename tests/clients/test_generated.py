"""Clients and generators read the schema without a complaint, and what they make of it works against a server.

They are skipped where they are missing; `tests/clients/install` fetches them.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.uuids import new_uuid
from tests.clients.test_clients import FOLDER, NODE
from tests.server import Server, running_server

ROOT = FOLDER.parents[1]
PACKAGES = FOLDER / "node_modules"
SECONDS = 60

WALK = """\
Pump 1, Pump 2
Pump 1, Pump 2, Pump 3, Pump 4
adapters: GenericNetworkAdapter
Pump One, Pump 2, Pump 3, Pump 4
refused: BLANK name
node: Device Pump One
"""
"""What each client shows of its fleet: a page, two, an item, the list after a change, a refusal, and the item again."""

CREATE = """
mutation($input: CreateDeviceInput!) { createDevice(input: $input) { userErrors { message } } }
"""

needs_node = pytest.mark.skipif(
    NODE is None or not (PACKAGES / "graphql-config").exists(),
    reason="Node or the packages of tests/clients are missing.",
)


def python_of(name: str) -> Path:
    """Return the Python of a client with an environment of its own."""
    return ROOT / "build" / name / "bin" / "python"


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not python_of(name).exists(), reason=f"{name} is not installed under build/.")


def output_of(folder: Path, *command: str | Path) -> str:
    """Return all that a command prints, which succeeds."""
    done = subprocess.run(  # noqa: S603  # the commands are those of the installed clients
        command,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def printed_by(tool: str, *arguments: str | Path, folder: Path) -> str:
    """Return what a command of an npm package prints."""
    return output_of(folder, PACKAGES / ".bin" / tool, *arguments)


def shown_by(script: Path, *arguments: str | Path) -> str:
    """Return all that a program prints, warnings of packages to a developer included."""
    assert NODE is not None
    return output_of(script.parent, NODE, "--conditions=development", script, *arguments)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a copy of the clients, in which they may generate, with the schema beside them."""
    folder = tmp_path_factory.mktemp("generated") / "clients"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    shutil.copy(ROOT / "schema.graphql", folder)
    (folder / "node_modules").symlink_to(PACKAGES)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def caller(server: Server) -> list[str]:
    """The address of the server, and a token for a client with a fleet of five devices."""
    owner = new_uuid()
    token = server.token([owner])
    places = {"clientId": str(owner), "projectId": str(owner), "deviceSpecificationId": str(owner)}
    for number in range(1, 6):
        adapters = [{"generic": {"dvnUuid": str(new_uuid())}}]
        device = {"name": f"Pump {number}", **places, "networkAdapters": adapters}
        assert server.data(CREATE, token, input=device) == {"createDevice": {"userErrors": []}}
    return [f"{server.url}/graphql", token]


@pytest.fixture(scope="module")
def typed(workplace: Path) -> Path:
    """The folder of the programs that use what graphql-codegen generates, compiled."""
    steps = printed_by("graphql-codegen", "--config", "codegen.ts", folder=workplace / "typed")
    assert {line[0] for line in steps.splitlines()} == {"❯", "✔"}
    assert printed_by("tsc", "--project", ".", folder=workplace / "typed") == ""
    return workplace / "typed" / "built"


@needs_node
@pytest.mark.parametrize("client", ["apollo", "graphcache", "graphql-request"])
def test_a_typed_client_shows_its_fleet(typed: Path, caller: list[str], client: str) -> None:
    assert shown_by(typed / f"{client}.js", *caller) == WALK


@needs_node
def test_relay_shows_its_fleet(workplace: Path, caller: list[str]) -> None:
    compiled = printed_by("relay-compiler", "relay.config.json", folder=workplace / "relay")
    assert compiled == (
        "[INFO] [default] compiling...\n"
        "[INFO] [default] compiled documents: 8 reader, 6 normalization, 9 operation text\n"
        "[INFO] Compilation completed.\n[INFO] Done.\n"
    )
    assert shown_by(workplace / "relay" / "walk.mjs", *caller) == (
        "react-test-renderer is deprecated. See https://react.dev/warnings/react-test-renderer\n"
        f"{WALK}Pump One, Pump 2, Pump 3, Pump 4, Pump 6\nPump One, Pump 2, Pump 3, Pump 4\n"
        "sent: FleetQuery, FleetPageQuery, FleetRenameMutation, FleetRenameMutation, FleetDeviceQuery,"
        " FleetCreateMutation, FleetDeleteMutation\n"
    )


@needs("gql")
def test_gql_shows_its_fleet_and_follows_it(workplace: Path, caller: list[str]) -> None:
    shown = output_of(workplace, python_of("gql"), "python/gql_walk.py", *caller)
    assert shown == f"{WALK}event: DEVICE_UPDATED\n"


@needs("ariadne-codegen")
def test_a_client_of_ariadne_codegen_shows_its_fleet(workplace: Path, caller: list[str]) -> None:
    python = python_of("ariadne-codegen")
    output_of(workplace, python.with_name("ariadne-codegen"), "--config", "python/ariadne-codegen.toml")
    shown = output_of(workplace, python, "python/ariadne_walk.py", *caller)
    assert shown == f"{WALK}error: BAD_USER_INPUT\ncreated: UTC UUID\n"


@needs_node
def test_graphql_eslint_has_nothing_to_say_of_schema_and_documents(workplace: Path) -> None:
    assert printed_by("eslint", "schema.graphql", "documents.graphql", folder=workplace) == ""


@needs_node
def test_graphql_inspector_finds_the_documents_valid(workplace: Path) -> None:
    found = printed_by("graphql-inspector", "validate", "documents.graphql", "schema.graphql", folder=workplace)
    assert found == "[success] All documents are valid\n"


@needs_node
def test_graphql_inspector_finds_nothing_broken_that_was_released(workplace: Path) -> None:
    released = ROOT / "docs" / "released.graphql"
    found = printed_by("graphql-inspector", "diff", released, "schema.graphql", folder=workplace)
    assert "✖" not in found


@needs_node
def test_editors_find_the_schema_and_the_examples(workplace: Path) -> None:
    description, operations = shown_by(workplace / "graphql-config.js", ROOT).splitlines()
    assert description == "Query: What can be read."
    examples = "\n".join(file.read_text() for file in (ROOT / "gateway" / "web" / "examples").glob("*.graphql"))
    names = re.findall(r"^(?:query|mutation|subscription) (\w+)", examples, re.MULTILINE)
    assert set(names) <= set(operations.split(", "))
