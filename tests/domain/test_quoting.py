"""How a caller's value is repeated in a message."""

import json
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.quoting import LONGEST, Bare, quoted

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)


def nested(depth: int, wrap: type[list[Any]] | type[dict[str, Any]]) -> Any:
    value: Any = wrap()
    for _ in range(depth):
        value = [value] if wrap is list else {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (-1.5, "-1.5"),
        (1e20, "1e+20"),
        ("", '""'),
        ("pump-7", '"pump-7"'),
        ("it's", '"it\'s"'),
        ('a "b" \\', r'"a \"b\" \\"'),
        ("a\n\0\x7f", r'"a\n\u0000\u007f"'),
        ("Café 東京 🙂 İ", '"Café 東京 🙂 İ"'),
        ("\ud800", r'"\ud800"'),
        # Nobody sees that a no-break space is none, or that the text runs backwards.
        ("a\u00a0b\u202e", r'"a\u00a0b\u202e"'),
        ([], "[]"),
        ([1, [None]], "[1, [null]]"),
        ({}, "{}"),
        ({"a": True, "b": {"c": "d"}}, '{"a": true, "b": {"c": "d"}}'),
        (Bare("ACTIVE"), "ACTIVE"),
        ([Bare("1e5")], "[1e5]"),
    ],
)
def test_a_value_is_shown_as_json_writes_it(value: object, shown: str) -> None:
    assert quoted(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a" * 98, f'"{"a" * 98}"'),
        ("a" * 99, f'"{"a" * 97}…"'),
        ("a" * 10**6, f'"{"a" * 97}…"'),
        ("\0" * 99, '"' + r"\u0000" * 16 + '…"'),
        (["b" * 200], f'["{"b" * 97}…'),
        ({"c" * 200: 1}, f'{{"{"c" * 97}…'),
        (list(range(1_000)), f"{str(list(range(1_000)))[:99]}…"),
        (Bare("9" * 101), f"{'9' * 99}…"),
        pytest.param(10**5_000, "1.0e+5000", id="integer"),
        pytest.param(-(2**100_000), "-9.99e+30102", id="negative integer"),
    ],
)
def test_what_is_long_is_cut(value: object, shown: str) -> None:
    assert quoted(value) == shown


@given(json_values)
def test_whatever_is_short_can_be_read_back(value: object) -> None:
    shown = quoted(value)
    assert len(shown) <= LONGEST
    if "…" not in shown and "e+" not in shown:
        assert json.loads(shown) == value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 10**7, id="text"),
        pytest.param(["x" * 10**5] * 10**5, id="list"),
        pytest.param({str(key): key for key in range(10**5)}, id="object"),
        pytest.param(2 ** (10**7), id="integer"),
        pytest.param(nested(10**5, list), id="nested lists"),
        pytest.param(nested(10**5, dict), id="nested objects"),
    ],
)
def test_the_price_does_not_grow_with_the_value(value: object) -> None:
    clock = [time.perf_counter()]
    for _ in range(10):
        assert len(quoted(value)) <= LONGEST
        clock.append(time.perf_counter())
    # The quickest of them: others may want the processor meanwhile, or the garbage collector.
    assert min(after - before for before, after in pairwise(clock)) < 0.01
