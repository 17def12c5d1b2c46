"""What becomes of values that failed (GraphQL specification, section 6.4.4, "Handling Execution Errors").

While columns are executed, a value that fails is null, whatever its type, and its error is noted. Only afterwards nulls
propagate to the nearest position that may be null, and errors are listed in the order in which execution field by field
would have met them. Of several errors beneath one null, the specification lets a response list any.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from graphql import FieldNode, GraphQLError, located_error

from gateway.engine.response_path import ColumnPaths, PathStep

ResponsePath = tuple[str | int, ...]


class FieldError(NamedTuple):
    """The error of a value that failed."""

    paths: ColumnPaths
    place: int
    """The index of the value in its column."""
    error: Exception


Data = TypeVar("Data", dict[str, Any], list[Any])


def propagate_nulls(
    data: Data, field_errors: Iterable[FieldError], located: Iterable[GraphQLError]
) -> tuple[Data | None, list[GraphQLError]]:
    """Return the data with all nulls in their places, and the errors. Changes `data`.

    Errors that are `located` have made their nulls already; beneath what another error makes null, they do not count.
    """
    errors = []
    nulls: set[ResponsePath] = set()
    locations = _Locations()
    for steps, field_error in sorted(((each.paths.steps(each.place), each) for each in field_errors), key=_met):
        path = tuple(step.key for step in steps)
        if not _is_beneath(path, nulls):
            errors.append(locations.located(field_error.error, field_error.paths.nodes, list(path)))
            nulls.add(path[: _nullable_depth(steps)])
    errors += [error for error in located if not _is_beneath(tuple(error.path or ()), nulls)]
    for path in nulls - {()}:
        _make_null(data, path)
    return None if () in nulls else data, errors


class _Locations:
    """Where errors are in the document, found once for all of a column: to look for it takes longer than all else."""

    def __init__(self) -> None:
        self._first: dict[object, GraphQLError] = {}

    def located(self, error: Exception, nodes: list[FieldNode], path: list[str | int]) -> GraphQLError:
        """Return what graphql-core's `located_error` would."""
        if isinstance(error, GraphQLError) and error.path is not None:
            return error
        # An error of graphql-core's may blame nodes of its own.
        key = (id(nodes), id(error) if isinstance(error, GraphQLError) else None)
        first = self._first.get(key)
        if first is None:
            first = self._first[key] = located_error(error, nodes, path=path)
            return first
        located = GraphQLError(str(getattr(error, "message", error)), path=path, original_error=error)
        located.nodes, located.source = first.nodes, first.source
        located.positions, located.locations = first.positions, first.locations
        return located


def leaves_no_data(field_errors: Iterable[FieldError]) -> bool:
    """Tell whether a null propagates as far as the whole data."""
    return any(_nullable_depth(each.paths.steps(each.place)) == 0 for each in field_errors)


def _met(item: tuple[list[PathStep], FieldError]) -> tuple[int, list[int]]:
    """Return the place of an error in execution field by field, where what need not be awaited goes ahead."""
    steps, field_error = item
    return field_error.paths.turn, [step.rank for step in steps]


def _is_beneath(path: ResponsePath, nulls: set[ResponsePath]) -> bool:
    return any(path[:depth] in nulls for depth in range(len(path) + 1))


def _nullable_depth(steps: Sequence[PathStep]) -> int:
    """Return the depth of the nearest position that may be null, which at last is the whole data."""
    return next((depth for depth in range(len(steps), 0, -1) if steps[depth - 1].nullable), 0)


def _make_null(data: Any, path: ResponsePath) -> None:
    *above, last = path
    for key in above:
        data = data[key]
        if data is None:
            return
    data[last] = None
