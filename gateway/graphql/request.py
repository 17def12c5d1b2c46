"""A GraphQL request, whichever way it comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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


# Not frozen, and without slots: either would take longer than all that is done with it.
@dataclass
class Request:
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    cost_report: CostReport | None = field(default=None, init=False)
    is_read_only: bool = field(default=False, init=False)
    """Whether nothing may be changed by it."""
    takes_stream: bool = field(default=False, init=False)
    """Whether the answer may be a response stream."""
    last_event_id: str | None = field(default=None, init=False)
    """The cursor of the last event that the caller has seen of the stream that it asks for again."""
    document_id: str | None = field(default=None, init=False)
    """The id that the caller sent in place of the text, which is empty then."""
    has_id: bool = field(default=False, init=False)
    """Whether an id came, in place of the text or beside it."""
    is_automatic: bool = field(default=False, init=False)
    """Whether the id came as clients of Apollo's send it, who send the text too once they are told to."""
    gone: Gone = field(default=staticmethod(never), init=False)
