"""The program of examples/python, before a gateway that is restarted."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.server import Server, free_port, running_server

FOLDER = Path(__file__).parents[2] / "examples/python"
PYTHON = FOLDER / ".venv/bin/python"
SECONDS = 20
IMEI = "490154203237518"
OTHERS = (
    "e5446dd4-552b-42f6-be3e-dc0a1ef2a4f0,82283d15-a9ec-4806-b05f-ca161622bd79,9c359e94-ace1-448c-8ac9-443a7d3d963f"
)
FILE = f"""name,imei,clientId,projectId,deviceSpecificationId
Pump 7,{IMEI},{OTHERS}
Pump 8,{IMEI},{OTHERS}
Pump 9,490154203237526,{OTHERS}
"""
RENAME = f"""
mutation {{
  updateDevice(input: {{ device: "imei:{IMEI}", name: "%s" }}) {{ userErrors {{ message }} }}
}}
"""

pytestmark = pytest.mark.skipif(
    not (PYTHON.exists() and (FOLDER / "fleet_client").exists()), reason="What scripts/examples generates is missing."
)


@contextmanager
def running_program(server: Server, folder: Path) -> Iterator[Path]:
    """Run the program with `FILE`, and yield the file that holds what it prints."""
    devices, printed = folder / "devices.csv", folder / "printed.txt"
    devices.write_text(FILE)
    with printed.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # the program is ours
            [PYTHON, FOLDER / "fleet.py", devices],
            env=os.environ | {"GATEWAY": f"{server.url}/graphql", "GATEWAY_TOKEN": server.token()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield printed
    finally:
        process.terminate()
        process.wait(SECONDS)


def wait_for(name: str, printed: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while name not in printed.read_text():
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.05)


async def rename_beside_the_server(folder: Path, name: str) -> None:
    client = GatewayClient(Settings(database_url=f"sqlite+aiosqlite:///{folder / 'gateway.db'}"))
    await client.data(RENAME % name)
    await client.close()


def test_it_onboards_a_file_and_follows_its_devices_over_a_restart(tmp_path: Path) -> None:
    port = free_port()
    with running_server(tmp_path, port=port) as server, running_program(server, tmp_path) as printed:
        wait_for("following", printed)
        server.data(RENAME % "Ada's pump")
        wait_for("Ada's pump", printed)
        server.kill()
        asyncio.run(rename_beside_the_server(tmp_path, "Grace's pump"))
        with running_server(tmp_path, port=port) as successor:
            wait_for("Grace's pump", printed)
            successor.data(RENAME % "Edith's pump")
            wait_for("Edith's pump", printed)

        lines = [line for line in printed.read_text().splitlines() if not line.startswith("connection lost:")]

    assert lines == [
        "row 1: Pump 7 is onboarded",
        f"row 2: imei: {IMEI} belongs to an adapter already; it is one adapter's only.",
        "row 3: Pump 9 is onboarded",
        "following 2 devices",
        "DEVICE_UPDATED Ada's pump: name is Ada's pump",
        "DEVICE_UPDATED Grace's pump: name is Grace's pump",
        "DEVICE_UPDATED Edith's pump: name is Edith's pump",
    ]
