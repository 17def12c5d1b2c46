"""Whether and when an operation is executed, by what it may cost (`engine.cost`)."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.errors import TooExpensive, Unavailable
from gateway.engine.cost import count
from gateway.graphql.context import Context
from gateway.graphql.heavy import LIGHT, CallerGone, HeavyOperation, HeavyOperations, RequestTimeout
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import Account
from gateway.graphql.request import CostReport, Request


class NotExecuted(Exception):
    """The caller wants to know what an operation may cost, and nothing else."""


# Not frozen: it is told the cost once that is known. Without slots, it is made in less time.
@dataclass
class Admission:
    """The admission of the operation of one request."""

    limits: Limits
    heavy: HeavyOperations
    request: Request
    context: Context
    size: int | None = field(default=None, init=False)
    price: int = field(default=0, init=False)
    operation: HeavyOperation | None = field(default=None, init=False)
    """The operation, once it is executed and may take long."""

    def admit(self, size: int, price: int) -> Awaitable[None] | None:
        """Return what has to be awaited first, if anything has.

        Raise TooExpensive, or NotExecuted where the caller wants no more than the cost.
        """
        self.size, self.price = size, price
        self.context.cost = cost = size + price
        if cost > self.limits.cost:
            expected = f"expected at most {self.limits.cost}"
            raise TooExpensive(f"The cost of the operation is {cost}, were all its lists full; {expected}.")
        if self.request.cost_report is CostReport.VALIDATE:
            raise NotExecuted
        takes_turn = cost > LIGHT and self.operation is None
        if self.context.account is not None:
            return self._charge(self.context.account, cost, takes_turn=takes_turn)
        return self.begin(cost) if takes_turn else None

    def reason(self) -> RequestTimeout:
        """Return why the operation was cancelled. Raise CallerGone, or CancelledError where it was not given up."""
        if self.operation is None:
            raise asyncio.CancelledError
        reason = self.operation.given_up()
        if isinstance(reason, CallerGone):
            raise reason
        return reason

    def extensions(self, data: Any) -> dict[str, Any]:
        """Return what an answer with these data tells of the cost."""
        wanted = self.request.cost_report
        if wanted is None or self.size is None:
            return {}
        cost = {"requested": self.size + self.price}
        if wanted is CostReport.REPORT:
            cost["actual"] = count(data) + self.price
        return {"cost": cost}

    def begin(self, cost: int) -> Awaitable[None] | None:
        """Begin an operation that may take long, and return what has to be awaited first. Raise Unavailable."""
        self.operation = operation = self.heavy.begin(self.context.principal.subject, cost, self.request.gone)
        return None if operation.turn is None else self._wait(operation, operation.turn)

    async def _wait(self, operation: HeavyOperation, turn: asyncio.Future[None]) -> None:
        """Wait for a turn. Raise RequestTimeout and CallerGone."""
        asked = time.perf_counter()
        try:
            await operation.wait(turn)
        finally:
            self.context.turn_seconds = time.perf_counter() - asked

    async def settle(self, account: Account, data: Any) -> None:
        """Give back what was charged and not used."""
        if account.cost:
            await account.settle(count(data) + self.price)

    async def _charge(self, account: Account, cost: int, *, takes_turn: bool) -> None:
        await account.charge(cost)
        if takes_turn:
            try:
                if turn := self.begin(cost):
                    await turn
            except (Unavailable, CallerGone, RequestTimeout):  # Nothing was executed.
                await account.settle(0)
                raise
