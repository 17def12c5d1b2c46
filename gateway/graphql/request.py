"""A GraphQL request, whichever way it comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.engine.document import Document
from gateway.engine.operation import Operation

Gone = Callable[[], Awaitable[None]]
"""Returns once nobody waits for the answer any more."""


class CostReport(StrEnum):
    """What a caller wants to know of the cost."""

    REPORT = "report"
    """Execute the operation, and tell what it cost."""
    VALIDATE = "validate"
    """Do not execute it, but tell what it may cost."""


async def never() -> None:
    await asyncio.get_running_loop().create_future()


# Not frozen: that would take longer than all that is done with it.
@dataclass(slots=True)
class Request:
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    cost_report: CostReport | None = None
    gone: Gone = never
    id: bytes = b""
    """What logs know it by."""
    digest: str | None = None
    """The SHA-256 of the document's text in UTF-8, once the document is known, as hexadecimal digits."""
    document: Document | None = None
    """The document, once it is known to be valid."""
    cost: int | None = None
    """What the operation may cost, once that is known."""
    turn_seconds: float = 0.0
    """How long the operation waited for its turn among those of the same caller."""

    @property
    def operation(self) -> Operation | None:
        """The operation, once it was to be executed."""
        return self.document.known_operation(self.operation_name) if self.document else None
