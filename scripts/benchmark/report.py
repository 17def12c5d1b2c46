"""A run as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .load import CONNECTIONS, Load
from .measurement import Plan, Results
from .servers import GATEWAY_ITSELF

OURS = GATEWAY_ITSELF.name

NOTES = (
    "Requests per second; below, the median and the 99th percentile of the latency in ms. "
    f"Each is the median over the rounds, at {CONNECTIONS} connections to one process. "
    "The gateway verifies a token with each request; mercurius and limit have no authentication. "
    "× is how many times as many requests the gateway answers."
)
# Where nobody looks at a terminal, the table must not be folded to the width of none.
_WIDTH = 132


def print_table(plan: Plan, results: Results, machine: Mapping[str, str]) -> None:
    names = [contender.name for contender in plan.contenders]
    others = [name for name in names if name != OURS and OURS in names]
    table = Table("workload", show_lines=True)
    for heading in (*names, *(f"× {name}" for name in others)):
        table.add_column(heading, justify="right", no_wrap=True)
    for workload, loads in results.items():
        ratios = (_ratio(loads.get(OURS), loads.get(name)) for name in others)
        table.add_row(workload, *(_cell(loads.get(name)) for name in names), *ratios)
    console = Console()
    console.width = max(console.width, _WIDTH)
    console.print(table)
    console.print(NOTES)
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()), highlight=False)


def write_json(file: Path, plan: Plan, devices: int, results: Results, machine: Mapping[str, str]) -> None:
    content = {
        "machine": machine,
        "devices": devices,
        "seconds": plan.seconds,
        "rounds": plan.rounds,
        "starts": plan.starts,
        "connections": CONNECTIONS,
        "load_generator": plan.generator.name,
        "workloads": {
            workload: {name: asdict(load) for name, load in loads.items()} for workload, loads in results.items()
        },
    }
    file.write_text(json.dumps(content, indent=2) + "\n")


def _cell(load: Load | None) -> str:
    return f"{load.rps:.0f}\n{load.p50_ms:.1f} {load.p99_ms:.1f}" if load else ""


def _ratio(ours: Load | None, theirs: Load | None) -> str:
    return f"{ours.rps / theirs.rps:.2f}" if ours and theirs else ""
