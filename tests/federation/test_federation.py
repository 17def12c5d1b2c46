"""The gateway as a subgraph: it composes with another one, and a router answers from both.

These are skipped where Node or the packages are missing; `npm install --no-package-lock` beside this file fetches them.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid
from tests.factories import CLIENT, OTHER_CLIENT
from tests.server import Server, free_port, output_of, running_server

FOLDER = Path(__file__).parent
NODE = shutil.which("node")
ROUTER = FOLDER / "node_modules" / "@graphql-hive" / "gateway" / "dist" / "bin.js"
SECONDS = 20
IMEI = "490154203237518"
IMEIS = {CLIENT: IMEI, OTHER_CLIENT: "356938035643809"}
DUE = "{ due { nodes { dueAt history { totalCount } } } }"
CREATE = """mutation ($client: UUID!, $imei: String!) {
  createDevice(input: {
    name: "Pump"
    clientId: $client
    projectId: "82283d15-a9ec-4806-b05f-ca161622bd79"
    deviceSpecificationId: "9c359e94-ace1-448c-8ac9-443a7d3d963f"
    networkAdapters: [{ cellular: { imei: $imei } }]
  }) { device { id } }
  createDeviceGroup(input: {
    name: "North", clientId: $client, projectId: "82283d15-a9ec-4806-b05f-ca161622bd79"
  }) { deviceGroup { id } }
}"""

pytestmark = pytest.mark.skipif(
    NODE is None or not ROUTER.exists(), reason="Node or the packages of tests/federation are missing."
)


def node(*arguments: str | Path) -> "subprocess.Popen[bytes]":
    assert NODE is not None
    return subprocess.Popen([NODE, *arguments], cwd=FOLDER, stdin=subprocess.DEVNULL)  # noqa: S603  # they are ours


def wait_until_open(port: int) -> None:
    """Wait until something listens on a port, or the time is over."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return


@dataclass(frozen=True)
class Devices:
    """The gateway with a device and a group of each of two clients."""

    server: Server
    ids: list[Uuid]
    group_ids: list[Uuid]

    def token(self, *, clients: Iterable[Uuid] | None = None, scopes: Iterable[str] = tuple(Scope)) -> str:
        secret = embedded_secret(self.server.folder / "gateway.db.key")
        return issue_token(secret, subject=None, scopes=scopes, clients=clients, ttl=timedelta(minutes=5))


@dataclass(frozen=True)
class Router:
    """A router in front of the gateway and of the subgraph `maintenance`."""

    port: int

    def ask(self, query: str, token: str | None) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{self.port}/graphql"
        return httpx.post(url, json={"query": query}, headers=headers, timeout=SECONDS).json()


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devices]:
    with running_server(tmp_path_factory.mktemp("devices"), GATEWAY_FEDERATION="true") as server:
        made = [server.data(CREATE, client=client, imei=imei) for client, imei in IMEIS.items()]
        ids = [each["createDevice"]["device"]["id"] for each in made]
        yield Devices(server, ids, [each["createDeviceGroup"]["deviceGroup"]["id"] for each in made])


@pytest.fixture(scope="module", params=["apollo", "guild"])
def router(
    request: pytest.FixtureRequest, devices: Devices, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Router]:
    folder = tmp_path_factory.mktemp("supergraph")
    schema, supergraph = folder / "devices.graphql", folder / "supergraph.graphql"
    schema.write_text(output_of(folder, "schema", "--federation"))
    maintenance, port = free_port(), free_port()
    supergraph.write_text(compose(request.param, schema, devices.server.url, f"http://127.0.0.1:{maintenance}"))
    with ExitStack() as stack:
        for arguments in (
            ("maintenance.js", str(maintenance), IMEI, f"imei:{IMEI}", *devices.ids),
            (ROUTER, "supergraph", supergraph, "--host", "127.0.0.1", "--port", str(port)),
        ):
            process = node(*arguments)
            stack.callback(process.wait, SECONDS)
            stack.callback(process.kill)
        wait_until_open(maintenance)
        wait_until_open(port)
        yield Router(port)


def compose(composition: str, schema: Path, *urls: str) -> str:
    """Return the supergraph of the gateway and of `maintenance`, about which there is nothing to be said."""
    assert NODE is not None
    subgraphs = [f"{file}={url}/graphql" for file, url in zip((schema, "maintenance.graphql"), urls, strict=True)]
    done = subprocess.run(  # noqa: S603  # the script is ours
        [NODE, "compose.js", composition, *subgraphs],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_another_subgraph_adds_to_what_is_the_gateways(devices: Devices, router: Router) -> None:
    query = """{
      devices { nodes { name dueAt networkAdapters { ... on CellularNetworkAdapter { urn tariff } } } }
      deviceGroups { nodes { name site } }
    }"""
    assert router.ask(query, devices.token(clients=[CLIENT])) == {
        "data": {
            "devices": {
                "nodes": [
                    {
                        "name": "Pump",
                        "dueAt": f"due: {devices.ids[0]}",
                        "networkAdapters": [{"urn": f"urn:dev:imei:{IMEI}", "tariff": f"tariff: {IMEI}"}],
                    }
                ]
            },
            "deviceGroups": {"nodes": [{"name": "North", "site": f"site: {devices.group_ids[0]}"}]},
        }
    }


def test_the_gateway_adds_to_what_is_another_subgraphs(devices: Devices, router: Router) -> None:
    query = """{
      due { nodes { dueAt id name } pageInfo { hasNextPage } }
      billed { tariff urn device { name } }
    }"""
    named = [(f"imei:{IMEI}", devices.ids[0]), *((id_, id_) for id_ in devices.ids)]
    assert router.ask(query, devices.token()) == {
        "data": {
            "due": {
                "nodes": [{"dueAt": f"due: {name}", "id": id_, "name": "Pump"} for name, id_ in named],
                "pageInfo": {"hasNextPage": False},
            },
            "billed": [{"tariff": f"tariff: {IMEI}", "urn": f"urn:dev:imei:{IMEI}", "device": {"name": "Pump"}}],
        }
    }


def test_of_a_device_out_of_reach_there_is_only_what_another_subgraph_has(devices: Devices, router: Router) -> None:
    answer = router.ask(DUE, devices.token(clients=[CLIENT]))
    in_reach = {"history": {"totalCount": 1}}
    assert answer == {"data": {"due": {"nodes": due(devices, [in_reach, in_reach, {"history": None}])}}}


@pytest.mark.parametrize(
    ("scopes", "code"), [([Scope.DEVICE_GROUP_READ], "FORBIDDEN"), (None, "UNAUTHENTICATED")], ids=["scope", "token"]
)
def test_what_the_gateway_refuses_is_an_error_with_its_code(
    devices: Devices, router: Router, scopes: list[str] | None, code: str
) -> None:
    answer = router.ask(DUE, devices.token(scopes=scopes) if scopes else None)
    assert answer["data"] == {"due": {"nodes": due(devices, [{"history": None}] * 3)}}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}


def due(devices: Devices, ours: list[Any]) -> list[Any]:
    """Return the devices that are due, with what the gateway has of each."""
    names = [f"imei:{IMEI}", *devices.ids]
    return [{"dueAt": f"due: {name}", **each} for name, each in zip(names, ours, strict=True)]
