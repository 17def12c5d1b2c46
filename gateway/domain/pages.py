"""The arguments of a page (Relay's Cursor Connections specification, section 4)."""

from typing import NamedTuple

from gateway.domain.errors import BadUserInput

LARGEST_SIZE = 250
MOST_COUNTED = 10_000
"""How far a list is counted at most where it is not counted to its end."""


class DefaultSize(int):
    """The default of `first`, which the schema shows; its type tells it from the same number given by a caller."""


DEFAULT_SIZE = DefaultSize(50)


DEFAULT_FACET_SIZE = 20
"""How many values of a facet are returned where nobody says how many."""


class PageArguments(NamedTuple):
    """What is asked for of an ordered list: the first or the last `size` rows between two cursors."""

    size: int = DEFAULT_SIZE
    backward: bool = False
    after: str | None = None
    before: str | None = None
    selected: frozenset[str] | None = None
    """The attributes of a row that are read, so that the others may stay unread; None where all may be."""


def check_bounds(argument: str, number: int, least: int, most: int) -> None:
    """Raise BadUserInput for the number of an argument that is out of its bounds."""
    if not least <= number <= most:
        raise BadUserInput(f"{argument}: {number} is out of bounds; expected {least} to {most}.")


def page_arguments(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    selected: frozenset[str] | None = None,
) -> PageArguments:
    """Raise BadUserInput for a size out of bounds, or for both `first` and `last`."""
    if isinstance(first, DefaultSize):
        first = None
    if first is not None and last is not None:
        raise BadUserInput(f"first: {first} and last: {last} were both given; expected at most one of them.")
    for name, size in (("first", first), ("last", last)):
        if size is not None:
            check_bounds(name, size, 0, LARGEST_SIZE)
    size = first if first is not None else last
    return PageArguments(
        size=DEFAULT_SIZE if size is None else size,
        backward=last is not None,
        after=after,
        before=before,
        selected=selected,
    )
