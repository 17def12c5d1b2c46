"""What a page of each list takes on databases of several sizes, and whether its cost says so where it is not flat."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
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
from gateway.graphql.costs import SORTED
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.federation import served_schema
from gateway.graphql.limits import Limits
from gateway.graphql.request import CostReport, Request
from gateway.graphql.schema import gateway_schema

from .gateway import SUBJECT
from .lists import Case, cases, sample

FLAT = 2.0
"""How many times as long as on the smallest database a page may take that is flat."""
LEAST_MS = 0.5
"""What takes less is taken for this: below, the clock and the caches of the machine count for more than the page."""
MOST, SECONDS_A_CASE = 15, 0.4
"""How often a page is asked for on each database, and for how long; the first of several does not count."""
SECONDS_A_PAGE = 120.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    name: str
    ms: Sequence[float]
    """On each database."""
    cost: int
    is_dear: bool
    """Whether the cost has the price of more than a statement that an index answers."""

    @property
    def ratio(self) -> float:
        """How many times as long it takes as on the smallest database, where that is most."""
        return max(self.ms) / max(self.ms[0], LEAST_MS)

    @property
    def verdict(self) -> str:
        if self.ratio <= FLAT:
            return "flat"
        return "the cost says so" if self.is_dear else "NEITHER"

    @property
    def is_wrong(self) -> bool:
        return self.ratio > FLAT and not self.is_dear


class _Gateway:
    """One in this process, on a database."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        schema = gateway_schema(served_schema(federation=False), concurrent=self.database.concurrent_reads)
        self._executor = RequestExecutor(schema, Limits(seconds=SECONDS_A_PAGE))
        # A server's work is none of this process.
        self._clock = process_time if self.database.is_sqlite else perf_counter

    async def cases(self) -> list[Case]:
        return list(cases(await sample(Session(self.database))))

    async def measure(self, case: Case) -> tuple[float, int]:
        """Return the ms that a page takes, the median, and its cost."""
        took, cost, began = list[float](), 0, perf_counter()
        while not took or (len(took) < MOST and perf_counter() - began < SECONDS_A_CASE):
            started = self._clock()
            cost = await self._ask(case)
            took.append(1_000 * (self._clock() - started))
        return median(took[1:] or took), cost

    async def _ask(self, case: Case) -> int:
        clients = None if case.clients is None else frozenset(case.clients)
        principal = Principal(subject=SUBJECT, scopes=frozenset(Scope), clients=clients)
        request = Request(case.query, case.variables)
        request.cost_report = CostReport.REPORT
        answer = await self._executor.execute(request, Context(principal, Session(self.database)))
        if "errors" in answer:
            raise RuntimeError(f"{case.name}: {answer['errors']}")
        await asyncio.sleep(0)  # Reads of one turn share a transaction.
        cost: int = answer["extensions"]["cost"]["requested"]
        return cost


def measure_lists(urls: Sequence[str], starting: Callable[[str], None]) -> list[Measured]:
    """Return what each case takes on each database, the smallest first. `starting` is called with each case's name."""

    async def measure() -> list[Measured]:
        async with aclosing(_measured(urls, starting)) as found:
            return [each async for each in found]

    return asyncio.run(measure())


async def _measured(urls: Sequence[str], starting: Callable[[str], None]) -> AsyncGenerator[Measured, None]:
    async with AsyncExitStack() as stack:
        gateways = [_Gateway(url) for url in urls]
        for each in gateways:
            stack.push_async_callback(each.database.close)
        for same in zip(*[await each.cases() for each in gateways], strict=True):
            case = same[0]
            starting(case.name)
            found = [await gateway.measure(case) for gateway, case in zip(gateways, same, strict=True)]
            cost = found[0][1]
            yield Measured(name=case.name, ms=[ms for ms, _ in found], cost=cost, is_dear=cost > SORTED)


def print_lists(sizes: Sequence[int], found: Sequence[Measured]) -> None:
    table = Table("list", *(f"{size:,}" for size in sizes), "×", "cost", "", box=None)
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for each in found:
        table.add_row(each.name, *(f"{ms:.1f}" for ms in each.ms), f"{each.ratio:.1f}", f"{each.cost:,}", each.verdict)
    console = Console()
    console.width = max(console.width, 132)
    console.print(table)
