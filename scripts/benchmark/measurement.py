"""Rounds of load, in which the contenders take turns.

One start of a server answers up to a tenth faster than the next, for as long as it runs, so the rounds of a run are
spread over several starts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from statistics import median

from .comparison import check_answers
from .data import Databases
from .load import Generator, Load, put_under_load
from .servers import GATEWAY_ITSELF, Contender, Server, ServerFailed, serving
from .workloads import Workload

SECONDS_TO_WARM_UP = 1

Results = dict[str, dict[str, Load]]
"""By workload and contender."""

Measured = dict[tuple[str, str], list[Load]]
"""The loads of all rounds, by the names of a workload and of a server."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one run does, on the databases that `urls` name, by contender."""

    databases: Databases
    urls: Mapping[str, str]
    contenders: list[Contender]
    workloads: list[Workload]
    generator: Generator
    seconds: int
    rounds: int
    """How many loads each median is of."""
    starts: int
    """How many times the servers are started, each time for a share of the rounds."""

    @property
    def total(self) -> int:
        """How many loads the medians are of, all together."""
        return self.rounds * sum(
            each.compared or contender == GATEWAY_ITSELF for each in self.workloads for contender in self.contenders
        )

    @property
    def shares(self) -> Iterator[range]:
        """The rounds of each start, by number."""
        starts = min(self.starts, self.rounds)
        for start in range(starts):
            yield range(self.rounds * start // starts + 1, self.rounds * (start + 1) // starts + 1)


def measure(plan: Plan, starting: Callable[[str], None]) -> Results:
    """Return the medians over the rounds.

    In each share of them, reads come first; then writes, each contender into a copy of its own. `starting` is called
    with the name of each load.
    """
    reads = [each for each in plan.workloads if not each.writes]
    writes = [each for each in plan.workloads if each.writes]
    measured: Measured = defaultdict(list)
    for numbers in plan.shares:
        for databases, workloads in ((nullcontext(plan.urls), reads), (plan.databases.copies(plan.urls), writes)):
            if workloads:
                with databases as urls:
                    found = _measure_on(plan, urls, workloads, numbers, starting)
                for names, loads in found.items():
                    measured[names] += loads
    return {
        workload.name: {name: medians(loads) for (of, name), loads in measured.items() if of == workload.name}
        for workload in plan.workloads
    }


def _measure_on(
    plan: Plan, urls: Mapping[str, str], workloads: list[Workload], numbers: range, starting: Callable[[str], None]
) -> Measured:
    with serving(plan.contenders, urls) as servers:
        # All of them before any load, so that a difference shows at once.
        checked = [(each, check_answers(_taking_part(servers, each), each)) for each in workloads]
        loads = [(workload, server, length) for workload, lengths in checked for server, length in lengths.items()]
        return take_turns(loads, plan.generator, plan.seconds, numbers, starting)


def _taking_part(servers: list[Server], workload: Workload) -> list[Server]:
    return [server for server in servers if workload.compared or server.name == GATEWAY_ITSELF.name]


def take_turns(
    loads: list[tuple[Workload, Server, int]],
    generator: Generator,
    seconds: int,
    numbers: range,
    starting: Callable[[str], None],
) -> Measured:
    """Put each load once in each round of these numbers. A load comes with the length of its answer."""
    measured: Measured = defaultdict(list)
    for workload, server, length in loads:
        put_under_load(generator, server, workload, length, SECONDS_TO_WARM_UP)
    # The workloads take turns too: what slows the machine for a while then slows no workload for all its rounds.
    for number in numbers:
        for workload, server, length in loads:
            starting(f"round {number}: {workload.name}, {server.name}")
            load = put_under_load(generator, server, workload, length, seconds)
            if not load.rps:
                raise ServerFailed(f"{server.name} answers no {workload.name} within {seconds} s.")
            measured[workload.name, server.name].append(load)
    return measured


def medians(loads: list[Load]) -> Load:
    return Load(
        rps=round(median(load.rps for load in loads), 1),
        p50_ms=round(median(load.p50_ms for load in loads), 3),
        p99_ms=round(median(load.p99_ms for load in loads), 3),
    )
