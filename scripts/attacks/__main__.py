"""The command `scripts/attack`."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.domain.enums import Scope
from gateway.domain.uuids import new_uuid
from scripts.benchmark.databases import DatabaseOption, databases_at
from scripts.benchmark.environment import KEY_FILE
from scripts.benchmark.servers import GATEWAY_ITSELF, Server, log_of, serving

from .hostile import HostileCaller
from .requests import ATTACKS

MOST_MEGABYTES = 400
MOST_MS = 50.0
SECONDS_TO_END = 90
REST = 2
"""So many times as long as an attack takes, the gateway has to give memory back."""
_THAT_LOGS = replace(GATEWAY_ITSELF, variables={"GATEWAY_REQUEST_LOG": "all"})
# The server's own lines are of its start and its end, and of what is no HTTP.
_EXPECTED = (
    "request id=",
    "Started ",
    "Waiting for ",
    "Application ",
    "Uvicorn ",
    "Draining ",
    "Shutting ",
    "Finished ",
    "Invalid HTTP",
)
_LINE_OF_A_REQUEST = re.compile(rf"(INFO|WARNING): +({'|'.join(_EXPECTED)})")
_SMALL = json.dumps({"query": "{ viewer { principal } devices(first: 1) { nodes { id } } }"})

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one attack did."""

    attack: str
    requests: int
    worst_status: int
    largest_answer: int
    cpu_seconds: float
    megabytes: float
    bystander_ms: float
    """The 99th percentile of the time that another caller's small query took."""
    own_ms: float
    """That of the time for which the gateway's event loop worked meanwhile: attackers use the same processors."""


@app.command()
def main(
    *,
    database: DatabaseOption = "sqlite",
    devices: Annotated[int, typer.Option(min=1_000, help="How many devices the database has.")] = 100_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each attack takes.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="How many connections the attacker has.")] = 8,
    attack: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    hostile: Annotated[
        int, typer.Option(min=0, help="Send so many random requests of each seed instead, and look at the log.")
    ] = 0,
    seed: Annotated[list[int] | None, typer.Option(help="Of random requests; may be given again.")] = None,
    most_ms: Annotated[
        float, typer.Option(help="How long the gateway may work while a bystander waits (99th percentile).")
    ] = MOST_MS,
) -> None:
    """Attack a gateway of its own on loopback, and end with 1 where it fails, swells, or keeps others waiting."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if unknown := set(attack or ()) - ATTACKS.keys():
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is unknown; expected some of {', '.join(ATTACKS)}.")
    with databases_at(database) as databases:
        url = databases.demo(devices)
        if hostile:
            failed = any(_failures(url, str(each), hostile, connections) for each in seed or [1])
        else:
            failed = not _withstands(url, attack or list(ATTACKS), seconds, connections, most_ms)
    if failed:
        raise typer.Exit(1)


def _withstands(url: str, attacks: Sequence[str], seconds: float, connections: int, most_ms: float) -> bool:
    """Tell whether a gateway neither fails nor swells, nor keeps others waiting, while it is attacked."""
    withstands = True
    with serving([GATEWAY_ITSELF], {GATEWAY_ITSELF.name: url}) as [server]:
        print(f"{'memory at the start':>22}: {_megabytes(server):.0f} MB", flush=True)
        for name in attacks:
            outcome = _outcome(server, name, seconds, connections)
            print(_line(outcome), flush=True)
            withstands &= outcome.worst_status < 500 and outcome.own_ms <= most_ms  # noqa: PLR2004  # HTTP's
            withstands &= outcome.megabytes <= MOST_MEGABYTES
        time.sleep(seconds * REST)
        print(f"{'memory afterwards':>22}: {_megabytes(server):.0f} MB", flush=True)
    return withstands


def _failures(url: str, seed: str, requests: int, connections: int) -> list[str]:
    """Return the random requests that are answered by 500 or more, and what the log has beside a line for each."""
    with serving([_THAT_LOGS], {GATEWAY_ITSELF.name: url}) as [server]:
        callers = [HostileCaller(server.url, _token(), f"{seed}-{number}") for number in range(connections)]
        threads = [Thread(target=caller.send, args=(requests // connections,)) for caller in callers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        megabytes = _megabytes(server)
    statuses = sum((caller.statuses for caller in callers), Counter[int]())
    failed = [each for caller in callers for each in caller.failed]
    strange = [line for line in log_of(_THAT_LOGS).splitlines() if not _LINE_OF_A_REQUEST.match(line)]
    shown = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    print(f"seed {seed}: {sum(statuses.values())} requests, by status {shown}; memory {megabytes:.0f} MB", flush=True)
    for each in [*failed[:5], *strange[:20]]:
        print(f"  {each}", flush=True)
    return [*failed, *strange]


def _outcome(server: Server, attack: str, seconds: float, connections: int) -> Outcome:
    before = _cpu_seconds(server)
    arguments = [server.url, _token(), attack, str(seconds), str(connections)]
    command = [sys.executable, "-m", "scripts.attacks.attacker", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as attacking:  # noqa: S603  # the command is ours
        waited, worked = zip(*_bystand(server, seconds), strict=True)
        done, _ = attacking.communicate(timeout=SECONDS_TO_END)
    told = json.loads(done)
    return Outcome(
        attack=attack,
        requests=sum(told["statuses"].values()),
        worst_status=max(map(int, told["statuses"])),
        largest_answer=told["largest"],
        cpu_seconds=_cpu_seconds(server) - before,
        megabytes=_megabytes(server),
        bystander_ms=_percentile(waited) * 1_000,
        own_ms=_percentile(worked) * 1_000,
    )


def _percentile(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _bystand(server: Server, seconds: float) -> list[tuple[float, float]]:
    """Ask small queries, a hundred in a second, and return how long each took, and how long the event loop worked."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=SECONDS_TO_END)
    headers = {"Authorization": f"Bearer {_token()}", "Content-Type": "application/json"}
    times: list[tuple[float, float]] = []
    deadline = time.monotonic() + seconds
    while not times or time.monotonic() < deadline:
        start, worked = time.perf_counter(), _loop_seconds(server)
        connection.request("POST", "/graphql", _SMALL, headers)
        connection.getresponse().read()
        times.append((time.perf_counter() - start, _loop_seconds(server) - worked))
        time.sleep(0.01)
    return times


def _token() -> str:
    """Return a token of somebody else each time, for every client."""
    secret = embedded_secret(KEY_FILE)
    return issue_token(secret, subject=new_uuid(), scopes=list(Scope), clients=None, ttl=timedelta(hours=1))


def _megabytes(server: Server) -> float:
    pages = int(Path(f"/proc/{server.process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _loop_seconds(server: Server) -> float:
    """Return for how long the first thread of the gateway has run, which has the event loop."""
    thread = Path(f"/proc/{server.process_id}/task/{server.process_id}")
    try:
        return int((thread / "schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:  # Not every kernel has it, and other figures are less exact.
        return _seconds_of(thread)


def _cpu_seconds(server: Server) -> float:
    return _seconds_of(Path(f"/proc/{server.process_id}"))


def _seconds_of(task: Path) -> float:
    """Return how much processor time a process or a thread has had."""
    fields = (task / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _line(outcome: Outcome) -> str:
    return (
        f"{outcome.attack:>22}: {outcome.requests:5} requests, worst status {outcome.worst_status}, "
        f"largest answer {outcome.largest_answer / 1e6:5.1f} MB, CPU {outcome.cpu_seconds:5.1f} s, "
        f"memory {outcome.megabytes:4.0f} MB, "
        f"bystander's p99 {outcome.bystander_ms:6.1f} ms, of the gateway's own {outcome.own_ms:6.1f} ms"
    )


app(prog_name="scripts/attack")
