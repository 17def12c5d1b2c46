"""Rounds of load, in which the contenders take turns."""

from collections import defaultdict
from collections.abc import Callable, Mapping
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

    @property
    def total(self) -> int:
        """How many loads the medians are of, all together."""
        return self.rounds * sum(
            each.compared or contender == GATEWAY_ITSELF for each in self.workloads for contender in self.contenders
        )


def measure(plan: Plan, starting: Callable[[str], None]) -> Results:
    """Reads first; then writes, each contender into a copy of its own.

    `starting` is called with the name of each load.
    """
    reads = [each for each in plan.workloads if not each.writes]
    writes = [each for each in plan.workloads if each.writes]
    results: Results = {}
    if reads:
        results |= _measure_on(plan, plan.urls, reads, starting)
    if writes:
        with plan.databases.copies(plan.urls) as urls:
            results |= _measure_on(plan, urls, writes, starting)
    return {each.name: results[each.name] for each in plan.workloads}


def _measure_on(
    plan: Plan, urls: Mapping[str, str], workloads: list[Workload], starting: Callable[[str], None]
) -> Results:
    with serving(plan.contenders, urls) as servers:
        # All of them before any load, so that a difference shows at once.
        checked = [(each, check_answers(_taking_part(servers, each), each)) for each in workloads]
        return _rounds(plan, checked, starting)


def _taking_part(servers: list[Server], workload: Workload) -> list[Server]:
    return [server for server in servers if workload.compared or server.name == GATEWAY_ITSELF.name]


def _rounds(plan: Plan, checked: list[tuple[Workload, dict[Server, int]]], starting: Callable[[str], None]) -> Results:
    """Each workload comes with the servers that take part, and the lengths of their answers."""
    loads = [(workload, server, length) for workload, lengths in checked for server, length in lengths.items()]
    found = take_turns(loads, plan.generator, seconds=plan.seconds, rounds=plan.rounds, starting=starting)
    return {
        workload.name: {server.name: found[workload.name, server.name] for server in lengths}
        for workload, lengths in checked
    }


def take_turns(
    loads: list[tuple[Workload, Server, int]],
    generator: Generator,
    *,
    seconds: int,
    rounds: int,
    starting: Callable[[str], None],
) -> dict[tuple[str, str], Load]:
    """Medians over the rounds, by the names of a workload and of a server; each comes with the length of its answer."""
    measured: dict[tuple[str, str], list[Load]] = defaultdict(list)
    for workload, server, length in loads:
        put_under_load(generator, server, workload, length, SECONDS_TO_WARM_UP)
    # The workloads take turns too: what slows the machine for a while then slows no workload for all its rounds.
    for number in range(1, rounds + 1):
        for workload, server, length in loads:
            starting(f"round {number} of {rounds}: {workload.name}, {server.name}")
            load = put_under_load(generator, server, workload, length, seconds)
            if not load.rps:
                raise ServerFailed(f"{server.name} answers no {workload.name} within {seconds} s.")
            measured[workload.name, server.name].append(load)
    return {names: _medians(each) for names, each in measured.items()}


def _medians(loads: list[Load]) -> Load:
    return Load(
        rps=round(median(load.rps for load in loads), 1),
        p50_ms=round(median(load.p50_ms for load in loads), 3),
        p99_ms=round(median(load.p99_ms for load in loads), 3),
    )
