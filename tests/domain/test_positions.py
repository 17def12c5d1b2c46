"""Positions in a database's log of writes, as clients see them."""

import pytest

from gateway.domain.errors import BadUserInput
from gateway.domain.positions import Position, parse_position, show_position
from gateway.domain.quoting import quoted


@pytest.mark.parametrize(
    ("text", "position"),
    [("0/0", 0), ("0/1", 1), ("1/0", 2**32), ("16/B374D848", 0x16_B374D848), ("FFFFFFFF/FFFFFFFF", 2**64 - 1)],
)
def test_a_position_is_shown_as_it_is_read(text: str, position: int) -> None:
    assert parse_position(text) == position
    assert show_position(Position(position)) == text


@pytest.mark.parametrize(
    "value", ["", "16", "16/", "/16", "1/2/3", "G/1", "123456789/0", "1/2\u0663", "1/2\n", None, 16]
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(BadUserInput) as raised:
        parse_position(value)
    assert str(raised.value) == f"{quoted(value)} is not a position; expected one that came with a mutation's answer."
