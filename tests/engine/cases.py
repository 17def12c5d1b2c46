"""What the tests of the executors ask, each from a seed."""

from collections.abc import Sequence
from random import Random

from gateway.domain.enums import Scope
from tests.engine import sample_rows
from tests.engine.gateways import Caller, Case
from tests.engine.operations import Operation, operation
from tests.engine.schema import MUTATION, QUERY
from tests.engine.values import Values

REQUESTS_OF_A_QUERY, MUTATIONS_IN_TURN = 3, 3


def without(scope: Scope) -> Caller:
    return Caller(name=f"without {scope}", scopes=frozenset(set(Scope) - {scope}))


EVERY_RIGHT = Caller(name="every right")
# Some more often than others.
READERS = (
    *[EVERY_RIGHT] * 4,
    *[Caller(name="one client", clients=(sample_rows.CLIENT,))] * 2,
    *[without(Scope.DEVICE_GROUP_READ)] * 2,
    without(Scope.DEVICE_READ),
)
WRITERS = (*READERS, without(Scope.DEVICE_WRITE), *[without(Scope.DEVICE_GROUP_WRITE)] * 2)


def query_cases(seed: int, values: Values) -> list[Case]:
    """One document again and again, since what is kept of it must depend neither on the caller nor on variables."""
    random = Random(seed)
    query = operation(random, values, QUERY)
    return [_case(random, query, READERS) for _ in range(REQUESTS_OF_A_QUERY)]


def mutation_cases(seed: int, values: Values) -> list[Case]:
    """Some documents, of which the later ones meet what the earlier ones have changed."""
    random = Random(seed)
    mutations = [operation(random, values, MUTATION) for _ in range(MUTATIONS_IN_TURN)]
    return [_case(random, mutation, WRITERS) for mutation in mutations]


def _case(random: Random, asked: Operation, callers: Sequence[Caller]) -> Case:
    return Case(
        query=asked.text,
        variables=asked.variables(random),
        operation_name=asked.name,
        caller=random.choice(callers),
    )
