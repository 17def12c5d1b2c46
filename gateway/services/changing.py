"""What changes have in common."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from gateway.db.conflicts import ChangedMeanwhile
from gateway.db.engine import Session, Transaction
from gateway.domain.errors import Contended
from gateway.domain.faults import Fault, Refused
from gateway.domain.principal import Principal

Command = TypeVar("Command")
Result = TypeVar("Result")
UseCase = Callable[[Transaction, Command], Coroutine[Any, Any, Result]]

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.02


async def change(
    session: Session, principal: Principal, use_case: UseCase[Command, Result], command: Command
) -> Result:
    """Runs a use case in a transaction of its own, and again where others got in its way meanwhile.

    Raises Refused or Contended, with nothing changed, and Unavailable.
    """
    for earlier in range(ATTEMPTS):
        if earlier:
            # At random, so that those who met do not meet again.
            longest = FIRST_PAUSE_SECONDS * 2 ** (earlier - 1)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  # not for secrets
        try:
            return await session.change(principal, lambda transaction: use_case(transaction, command))
        except ChangedMeanwhile:
            continue
    raise Contended(f"The change met others {ATTEMPTS} times, and nothing was changed; send it again.")


def refuse(faults: Iterable[Fault]) -> None:
    """Raises Refused where there are any."""
    if found := list(faults):
        raise Refused(*found)
