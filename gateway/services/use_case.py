"""Runs use cases, each in a transaction of its own, but for those that take several.

A use case is a coroutine function of `services/`: it loads, decides, and saves. It awaits nothing but its transaction,
since on SQLite it runs on a thread without an event loop; whatever else it needs, it gets in its command.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Generic

from gateway.db.session import Command, Session, UseCase
from gateway.db.stores.faults import AWAY, NOTHING_CHANGED, Fault
from gateway.db.stores.store import ChangedMeanwhile, Interrupted, Result
from gateway.domain.errors import Contended
from gateway.domain.principal import Principal
from gateway.domain.user_errors import Refused, UserError

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class InSteps(Generic[Command, Result]):
    """A use case that makes several changes, each in a transaction after which all is right, should it be the last."""

    run: Callable[[Session, Principal, Command], Coroutine[Any, Any, Result]]


async def change(
    session: Session, principal: Principal, use_case: UseCase[Command, Result], command: Command
) -> Result:
    """Return what a use case returns; run it again where others got in its way meanwhile.

    Raise Refused or Contended, with nothing changed, and Unavailable.
    """
    is_interrupted = False
    for earlier in range(ATTEMPTS):
        if earlier:
            # At random, so that those who met do not meet again.
            longest = FIRST_PAUSE_SECONDS * 2 ** (earlier - 1)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  # not for secrets
        try:
            return await session.change(principal, use_case, command)
        except ChangedMeanwhile as error:
            is_interrupted = isinstance(error, Interrupted)
    if is_interrupted:
        raise Fault(AWAY, NOTHING_CHANGED)
    raise Contended(
        f"Others changed the same things during each of {ATTEMPTS} attempts, and nothing was changed; send it again."
    )


def refuse(user_errors: Iterable[UserError]) -> None:
    """Raise Refused where there are any."""
    if found := list(user_errors):
        raise Refused(*found)
