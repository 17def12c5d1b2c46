"""What a page of each list takes on databases of several sizes, and whether its cost says so where it is not flat."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

from rich.console import Console
from rich.table import Table

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.enums import Scope
from gateway.domain.principal import Principal
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.federation import served_schema
from gateway.graphql.limits import Limits
from gateway.graphql.request import CostReport, Request
from gateway.graphql.schema import gateway_schema

from .gateway import SUBJECT
from .lists import Case, cases, sample

FLAT = 2.0
"""How many times as long as on the smallest database a page may take that is flat."""
MOST_ROUNDS, SECONDS_A_CASE = 15, 1.0
# What is below is the same for every case, and as much as the clock is wrong by.
LEAST_MS = 0.5
SECONDS_A_PAGE = 60.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    name: str
    ms: Sequence[float]
    """Of each size."""
    cost: int
    is_dear: bool
    """Whether the cost is above that of the same list without a filter and an order."""

    @property
    def ratio(self) -> float:
        """How many times as long it takes on the largest database as on the smallest, or more."""
        return max(self.ms) / max(self.ms[0], LEAST_MS)

    @property
    def verdict(self) -> str:
        if self.ratio <= FLAT:
            return "flat"
        return "the cost says so" if self.is_dear else "NEITHER"


def measure_lists(urls: Mapping[int, str], starting: Callable[[str], None], only: str = "") -> list[Measured]:
    """Return what each case takes; databases are named by how many devices they have, the smallest first."""
    return asyncio.run(_measure(urls, starting, only))


async def _measure(urls: Mapping[int, str], starting: Callable[[str], None], only: str) -> list[Measured]:
    by_size = [[each async for each in _on(url, size, starting, only)] for size, url in urls.items()]
    found, least = [], {}
    for same in zip(*by_size, strict=True):
        case, _, cost = same[0]
        found.append(
            Measured(
                name=case.name,
                ms=[ms for _, ms, _ in same],
                cost=cost,
                is_dear=cost > least.setdefault(case.query, cost),
            )
        )
    return found


async def _on(url, size, starting, only):
    database = Database(url)
    limits = Limits(seconds=SECONDS_A_PAGE)
    executor = RequestExecutor(
        gateway_schema(served_schema(federation=False), concurrent=database.concurrent_reads), limits
    )
    clock = process_time if database.is_sqlite else perf_counter
    try:
        for case in cases(await sample(Session(database))):
            if only not in case.name:
                continue
            starting(f"{size} devices: {case.name}")
            took, cost = [], 0
            began = perf_counter()
            while len(took) < 3 or (len(took) < MOST_ROUNDS and perf_counter() - began < SECONDS_A_CASE):
                started = clock()
                cost = await _ask(executor, database, case)
                took.append(1000 * (clock() - started))
            yield case, median(took[1:]), cost
    finally:
        await database.close()


async def _ask(executor: RequestExecutor, database: Database, case: Case) -> int:
    clients = None if case.clients is None else frozenset(case.clients)
    principal = Principal(subject=SUBJECT, scopes=frozenset(Scope), clients=clients)
    request = Request(case.query, case.variables)
    request.cost_report = CostReport.REPORT
    session = Session(database)
    answer = await executor.execute(request, Context(principal, session))
    if answer.get("errors"):
        raise RuntimeError(f"{case.name}: {answer['errors']}")
    await asyncio.sleep(0)
    cost: int = answer["extensions"]["cost"]["requested"]
    return cost


def print_sizes(sizes: Sequence[int], found: Sequence[Measured], unit: str) -> None:
    table = Table("list", box=None)
    for heading in (*(f"{size} devices, {unit}" for size in sizes), "times", "cost", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found:
        table.add_row(each.name, *(f"{ms:.1f}" for ms in each.ms), f"{each.ratio:.1f}", str(each.cost), each.verdict)
    console = Console()
    console.width = max(console.width, 132)
    console.print(table)
