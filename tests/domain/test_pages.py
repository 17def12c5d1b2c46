"""The arguments of pages: how many rows are asked for, and from which end of the list."""

import pytest

from gateway.domain.errors import BadUserInput
from gateway.domain.pages import DEFAULT_SIZE, PageArguments, page_arguments


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, PageArguments(size=50)),
        (DEFAULT_SIZE, None, PageArguments(size=50)),
        (0, None, PageArguments(size=0)),
        (1, None, PageArguments(size=1)),
        (250, None, PageArguments(size=250)),
        (None, 0, PageArguments(size=0, backward=True)),
        (None, 250, PageArguments(size=250, backward=True)),
        # The schema's default stands in every call that leaves `first` out.
        (DEFAULT_SIZE, 5, PageArguments(size=5, backward=True)),
    ],
)
def test_a_page_has_the_size_that_was_asked_for_or_fifty(
    first: int | None, last: int | None, expected: PageArguments
) -> None:
    assert page_arguments(first, None, last, None) == expected


@pytest.mark.parametrize(("first", "last"), [(5, None), (None, 5), (None, None)])
def test_both_cursors_bound_a_page_in_either_direction(first: int | None, last: int | None) -> None:
    page = page_arguments(first, "start", last, "end")
    assert (page.after, page.before) == ("start", "end")


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (-1, None, "first: -1 is out of bounds; expected 0 to 250."),
        (251, None, "first: 251 is out of bounds; expected 0 to 250."),
        (None, -1, "last: -1 is out of bounds; expected 0 to 250."),
        (DEFAULT_SIZE, 251, "last: 251 is out of bounds; expected 0 to 250."),
        (None, 2**31, "last: 2147483648 is out of bounds; expected 0 to 250."),
        (1, 1, "first: 1 and last: 1 were both given; expected at most one of them."),
        (0, 0, "first: 0 and last: 0 were both given; expected at most one of them."),
        (-1, 251, "first: -1 and last: 251 were both given; expected at most one of them."),
        # The same number as the default, but the caller's own.
        (50, 1, "first: 50 and last: 1 were both given; expected at most one of them."),
    ],
)
def test_a_size_out_of_bounds_is_refused_with_its_argument_and_the_limit(
    first: int | None, last: int | None, message: str
) -> None:
    with pytest.raises(BadUserInput) as raised:
        page_arguments(first, None, last, None)
    assert str(raised.value) == message
