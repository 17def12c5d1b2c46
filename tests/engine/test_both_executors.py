"""Random operations, which both executors have to answer alike, errors included.

The environment variable GATEWAY_TEST_EXAMPLES multiplies how many are tried, and has others tried in every run.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from random import SystemRandom
from typing import Any

import pytest

from tests.databases import Databases
from tests.engine.answers import agree, as_good_as_same, difference
from tests.engine.canonical import Canonical
from tests.engine.cases import mutation_cases, query_cases
from tests.engine.gateways import Both, Case, both_running
from tests.engine.shrinking import shrunk
from tests.engine.values import Values
from tests.mutations.support import dump

pytestmark = [
    pytest.mark.anyio,
    # Where a null spreads, graphql-core cancels coroutines of its own that have not begun; resolvers return futures.
    pytest.mark.filterwarnings("ignore:coroutine 'Executor.* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*<coroutine object Executor:pytest.PytestUnraisableExceptionWarning"),
]

MULTIPLIER = os.environ.get("GATEWAY_TEST_EXAMPLES")
QUERIES = 120 * int(MULTIPLIER or 1)
SEQUENCES = 12 * int(MULTIPLIER or 1)


def seeds(count: int) -> Sequence[int]:
    first = SystemRandom().randrange(2**32) if MULTIPLIER else 0
    return range(first, first + count)


async def test_any_query_has_the_same_answer_from_both_executors(both: Both, values: Values) -> None:
    for seed in seeds(QUERIES):
        for case in query_cases(seed, values):
            await check(both, case)


async def test_any_mutations_have_the_same_answers_and_effects_by_both_executors(
    databases: Databases, sample_url: str, values: Values
) -> None:
    for seed in seeds(SEQUENCES):
        with databases.copy(sample_url) as url, databases.copy(sample_url) as other_url:
            async with both_running(url, other_url) as both:
                await check_mutations(both, mutation_cases(seed, values))


async def check(both: Both, case: Case) -> Any:
    """The answer that both give."""
    one, other = await both.ask(case)
    if not await agree(both.by_field, case, one, other):
        await fail(both, case)
    return one


async def fail(both: Both, case: Case) -> None:
    """Names a smaller case where there is one."""

    async def differs(query: str) -> bool:
        smaller = replace(case, query=query)
        return not await agree(both.by_field, smaller, *await both.ask(smaller))

    smaller = replace(case, query=await shrunk(case.query, differs))
    one, other = await both.ask(smaller)
    pytest.fail(difference(smaller, {"in columns": one, "by field": other}))


async def check_mutations(both: Both, cases: Sequence[Case]) -> None:
    """In turn, on databases that start as the same."""
    start = str(await dump(both.by_field.database))
    in_columns, by_field = Canonical(start), Canonical(start)
    for number, case in enumerate(cases):
        one, other = await both.ask(case)
        one, other = in_columns.answer(one), by_field.answer(other)
        if not as_good_as_same(one, other):
            earlier = "\n\n".join(f"after {each}" for each in cases[:number])
            pytest.fail(f"{difference(case, {'in columns': one, 'by field': other})}\n\n{earlier}")
    one = in_columns.database(await dump(both.in_columns.database))
    other = by_field.database(await dump(both.by_field.database))
    assert one == other, cases
