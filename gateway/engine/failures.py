"""Where values lie in an answer, and what becomes of those that failed.

While columns are executed, a value that fails is null, whatever its type, and its failure is noted. Only afterwards
the failures become errors, in the order in which execution field by field would have met them, and nulls spread
to the nearest position that may be null (GraphQL specification, section 6.4.4).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

from graphql import FieldNode, GraphQLError, located_error


class Step(NamedTuple):
    """From a value to one inside it."""

    key: str | int
    """The key of a field in the answer, or the index of an item."""
    rank: int
    """Fields come in the order of their selection, items in that of their list."""
    nullable: bool


class Positions(Protocol):
    """Where the values of one column lie in the answer, by their index in the column."""

    @property
    def nodes(self) -> list[FieldNode]:
        """What asks for the values."""

    @property
    def waits(self) -> int:
        """For how many resolvers in turn execution waits before it has the values."""

    def steps(self, index: int) -> list[Step]:
        """From the root of the answer to a value."""


@dataclass(slots=True)
class _Root:
    nodes: list[FieldNode] = field(default_factory=list)
    waits: int = 0

    def steps(self, index: int) -> list[Step]:  # noqa: ARG002  # there is one only
        return []


ROOT = _Root()
"""The position of `data`."""


@dataclass(slots=True)
class Inside:
    """One field of each value of a column of objects."""

    objects: Positions
    step: Step
    nodes: list[FieldNode]
    waits: int

    def steps(self, index: int) -> list[Step]:
        return [*self.objects.steps(index), self.step]


@dataclass(slots=True)
class _Derived:
    """What is there as soon as the values that it is made of, for the same nodes."""

    values: Positions

    @property
    def nodes(self) -> list[FieldNode]:
        return self.values.nodes

    @property
    def waits(self) -> int:
        return self.values.waits


@dataclass(slots=True)
class Items(_Derived):
    """The items of a column of lists, one list after the other."""

    lengths: Sequence[int]
    nullable: bool

    def steps(self, index: int) -> list[Step]:
        ends = list(accumulate(self.lengths))
        list_index = bisect_right(ends, index)
        item = index - (ends[list_index] - self.lengths[list_index])
        return [*self.values.steps(list_index), Step(item, item, self.nullable)]


@dataclass(slots=True)
class Picked(_Derived):
    """Some values of a column."""

    indexes: Sequence[int]

    def steps(self, index: int) -> list[Step]:
        return self.values.steps(self.indexes[index])


class Failure(NamedTuple):
    at: Positions
    entry: int
    error: Exception


Path = tuple[str | int, ...]


def settle(failures: Iterable[Failure], data: dict[str, Any]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data with all nulls in their places, and the errors; changes `data`.

    Beneath what one failure has made null, others are of no account.
    """
    errors = []
    nulls: set[Path] = set()
    for steps, failure in sorted(((f.at.steps(f.entry), f) for f in failures), key=_met):
        path = tuple(step.key for step in steps)
        if any(path[:depth] in nulls for depth in range(len(path) + 1)):
            continue
        errors.append(located_error(failure.error, failure.at.nodes, path=list(path)))
        nulls.add(path[: _nullable_depth(steps)])
    for path in nulls - {()}:
        _make_null(data, path)
    return None if () in nulls else data, errors


def leaves_no_data(failures: Iterable[Failure]) -> bool:
    """Whether a null spreads as far as the whole data."""
    return any(_nullable_depth(failure.at.steps(failure.entry)) == 0 for failure in failures)


def _met(item: tuple[list[Step], Failure]) -> tuple[int, list[int]]:
    """Where a failure comes in execution field by field: what need not be waited for goes ahead."""
    steps, failure = item
    return failure.at.waits, [step.rank for step in steps]


def _nullable_depth(steps: Sequence[Step]) -> int:
    """Of the nearest position that may be null, which at last is the whole data."""
    return next((depth for depth in range(len(steps), 0, -1) if steps[depth - 1].nullable), 0)


def _make_null(data: Any, path: Path) -> None:
    *above, last = path
    for key in above:
        data = data[key]
        if data is None:
            return
    data[last] = None
