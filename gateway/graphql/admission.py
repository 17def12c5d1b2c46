"""Whether an operation is executed, by what it may cost (`engine.cost`)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.domain.errors import RequestError
from gateway.engine.cost import count


class CostReport(StrEnum):
    """What a caller wants to know of the cost."""

    REPORT = "report"
    """Execute the operation, and tell what it cost."""
    VALIDATE = "validate"
    """Do not execute it, but tell what it may cost."""


class TooExpensive(RequestError):
    """An operation may cost more than one may."""

    code = "TOO_EXPENSIVE"

    def __init__(self, cost: int, most: int) -> None:
        super().__init__(
            f"The cost of the operation is {cost}, were all its lists full; expected at most {most}. Ask for smaller "
            "pages, or for less in each."
        )


class NotExecuted(Exception):
    """The caller wants to know what an operation may cost, and nothing else."""


# Not frozen: it is told the cost once that is known.
@dataclass(slots=True)
class Admission:
    most: int
    """The highest cost of an operation that is executed."""
    report: CostReport | None = None
    admitted: bool = False
    size: int = 0
    price: int = 0

    async def admit(self, size: int, price: int) -> None:
        """Raise TooExpensive, or NotExecuted where the caller wants no more than the cost."""
        self.size, self.price = size, price
        if size + price > self.most:
            raise TooExpensive(size + price, self.most)
        if self.report is CostReport.VALIDATE:
            raise NotExecuted
        self.admitted = True

    @property
    def requested(self) -> int:
        return self.size + self.price

    def actual(self, data: Any) -> int:
        """Return what an operation has cost whose data these are."""
        return count(data) + self.price
