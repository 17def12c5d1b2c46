"""Random operations are executed by their shape as they are by their text, whatever their literals are.

The environment variable GATEWAY_TEST_EXAMPLES multiplies how many are tried, and has others tried in every run.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from gateway.graphql.shaped_documents import ShapedDocument
from tests.databases import SQLiteDatabases
from tests.engine import sample_rows
from tests.engine.answers import difference, text
from tests.engine.cases import mutation_cases, query_cases
from tests.engine.connections import connections
from tests.engine.gateways import Gateway, both_running, running, settings_for
from tests.engine.other_literals import with_other_literals
from tests.engine.test_both_executors import MULTIPLIER, check_mutations, seeds
from tests.engine.values import Values
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

QUERIES = 60 * int(MULTIPLIER or 1)
SEQUENCES = 4 * int(MULTIPLIER or 1)
OTHERS = 2


def texts(query: str, random: Random) -> list[str]:
    """Return texts of one shape, of which the second one is valid, so that its shape is kept.

    There are none of one that has directives, most of which read variables, so that it has no shape.
    """
    if "@" in query:
        return []
    first, *others = (with_other_literals(query, random) for _ in range(1 + OTHERS))
    return [first, query, *others]


@pytest.fixture(scope="module")
async def gateway(sqlite: SQLiteDatabases) -> AsyncIterator[Gateway]:
    """What databases answer makes no difference here."""
    with sqlite.copy() as url:
        async with running(settings_for(url)) as gateway:
            await sample_rows.populate(RowFactory(gateway.database))
            yield gateway


@pytest.fixture(scope="module")
async def values(gateway: Gateway) -> Values:
    return Values(connections=await connections(gateway, [*sample_rows.DEVICES, *sample_rows.GROUPS]))


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of the documents that were executed by their shape."""
    digests: list[str] = []
    execute = ShapedDocument.execute

    async def recorded(self: ShapedDocument, *arguments: Any, **named: Any) -> Any:
        digests.append(self.digest)
        return await execute(self, *arguments, **named)

    monkeypatch.setattr(ShapedDocument, "execute", recorded)
    return digests


async def test_any_query_has_the_same_answer_by_its_shape_and_by_its_text(
    gateway: Gateway, values: Values, executed: list[str]
) -> None:
    for seed in seeds(QUERIES):
        random = Random(seed)
        case = query_cases(seed, values)[0]
        for query in texts(case.query, random):
            by_shape = await gateway.ask(replace(case, query=query))
            # A comment makes another shape, which has not come before.
            by_text = await gateway.ask(replace(case, query=f"{query} # {seed}, {random.random()}"))
            if text(by_shape) != text(by_text):
                pytest.fail(difference(replace(case, query=query), {"by shape": by_shape, "by text": by_text}))
    assert executed


async def test_any_mutations_have_the_same_answers_and_effects_by_their_shape_as_by_graphql_core(
    sqlite: SQLiteDatabases, gateway: Gateway, values: Values, executed: list[str]
) -> None:
    for seed in seeds(SEQUENCES):
        random = Random(seed)
        cases = [
            replace(case, query=query) for case in mutation_cases(seed, values) for query in texts(case.query, random)
        ]
        url = gateway.settings.database_url
        with sqlite.copy(url) as one, sqlite.copy(url) as other:
            async with both_running(one, other) as both:
                await check_mutations(both, cases)
    assert executed
