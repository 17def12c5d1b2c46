"""The field `Query.rateLimit`."""

from collections.abc import Sequence
from datetime import UTC, datetime

import strawberry

from gateway.domain.instants import Instant, format_instant
from gateway.graphql.context import Context
from gateway.graphql.fields import attribute


@strawberry.type(description="What the caller may spend, by the cost of its operations.")
class RateLimit:
    limit: int = attribute("What the caller may spend in a minute.")
    remaining: int = attribute(
        "What is left of it, this request's whole cost taken off; what the request does not use is given back after it."
    )
    reset_at: Instant = attribute("When all of it is there again.")
    cost: int = attribute("What this request may cost, and is charged before it is executed.")


async def rate_limit(parents: Sequence[None], context: Context) -> list[RateLimit | None]:
    account = context.account
    if account is None:
        return [None] * len(parents)
    standing = await account.standing()
    reset_at = format_instant(datetime.fromtimestamp(standing.reset, UTC))
    value = RateLimit(limit=standing.limit, remaining=standing.remaining, reset_at=reset_at, cost=account.cost)
    return [value] * len(parents)
