"""Cursors: places in an order that nobody can spell wrongly."""

import base64
import json
import re
import string
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.cursors import SortValue, decode_cursor, encode_cursor, is_text, is_version
from gateway.domain.errors import BadUserInput

ORDER = "name,version"
CHECKS = (is_text, is_version)
VALUES = ("Pump ä", 7)
CURSOR = encode_cursor(ORDER, VALUES)

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NUMBERS = st.integers(0, 2**31 - 1)


def forged(payload: bytes) -> str:
    """Return a cursor with the right checksum, whatever it holds."""
    checksum = blake2b(payload, digest_size=6).digest()
    return base64.urlsafe_b64encode(checksum + payload).rstrip(b"=").decode()


@given(st.text(), st.lists(TEXTS | NUMBERS).map(tuple))
def test_a_cursor_gives_back_every_value_it_was_made_of(order: str, values: tuple[SortValue, ...]) -> None:
    checks = tuple(is_text if isinstance(value, str) else is_version for value in values)
    assert decode_cursor(encode_cursor(order, values), order, checks) == values


@given(st.text(), st.lists(TEXTS | NUMBERS).map(tuple))
def test_a_cursor_may_stand_in_an_address_as_it_is(order: str, values: tuple[SortValue, ...]) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", encode_cursor(order, values))


@given(st.integers(0, len(CURSOR) - 1), st.characters())
def test_a_cursor_with_any_character_changed_is_refused(place: int, character: str) -> None:
    assume(character != CURSOR[place])
    with pytest.raises(BadUserInput):
        decode_cursor(CURSOR[:place] + character + CURSOR[place + 1 :], ORDER, CHECKS)


@pytest.mark.parametrize("text", ["", "a", "aa"])
def test_a_cursor_has_one_spelling_only(text: str) -> None:
    # Its last character has two or four bits to spare where the length is no multiple of three bytes.
    cursor = encode_cursor(ORDER, (text, 7))
    for character in set(string.ascii_letters + string.digits + "-_+/") - {cursor[-1]}:
        with pytest.raises(BadUserInput):
            decode_cursor(cursor[:-1] + character, ORDER, CHECKS)


@given(st.integers(1, len(CURSOR) - 1), st.booleans())
def test_a_cursor_that_is_cut_is_refused(place: int, at_the_start: bool) -> None:  # noqa: FBT001  # hypothesis passes it
    with pytest.raises(BadUserInput):
        decode_cursor(CURSOR[place:] if at_the_start else CURSOR[:place], ORDER, CHECKS)


@given(st.integers(0, len(CURSOR)), st.sampled_from("AZaz09-_+/= \n") | st.text(min_size=1))
def test_a_cursor_that_is_lengthened_is_refused(place: int, more: str) -> None:
    with pytest.raises(BadUserInput):
        decode_cursor(CURSOR[:place] + more + CURSOR[place:], ORDER, CHECKS)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput):
        decode_cursor(text, ORDER, CHECKS)


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(BadUserInput):
        decode_cursor("\ud800", ORDER, CHECKS)


def test_the_message_about_a_damaged_cursor_says_what_is_expected() -> None:
    with pytest.raises(BadUserInput) as raised:
        decode_cursor("page 2", ORDER, CHECKS)
    assert str(raised.value) == '"page 2" is not a cursor; expected one that the gateway returned, unchanged.'


@pytest.mark.parametrize("order", ["-name,version", "name", "name,version,id", "", "NAME,VERSION"])
def test_a_cursor_of_another_order_is_refused_by_the_name_of_the_right_one(order: str) -> None:
    cursor = encode_cursor(order, VALUES)
    with pytest.raises(BadUserInput) as raised:
        decode_cursor(cursor, ORDER, CHECKS)
    assert str(raised.value) == (
        f'"{cursor}" is a cursor of another list or order; expected one that was made for name,version.'
    )


def test_the_cursors_that_the_next_test_forges_pass_the_checksum() -> None:
    assert decode_cursor(forged(b'["name,version", "Pump", 7]'), ORDER, CHECKS) == ("Pump", 7)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"\0",
        b"[",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"null",
        b"true",
        b"7",
        b'"name,version"',
        b"{}",
        b'{"name,version": ["Pump", 7]}',
        b"[]",
        b"[null]",
        b"[[]]",
        b'[7, "Pump", 7]',
        b'[["name,version"], "Pump", 7]',
        # Too few values, and too many.
        b'["name,version"]',
        b'["name,version", "Pump"]',
        b'["name,version", "Pump", 7, 7]',
        # Values of other types than the order's.
        b'["name,version", 7, "Pump"]',
        b'["name,version", "Pump", "7"]',
        b'["name,version", null, 7]',
        b'["name,version", "Pump", null]',
        b'["name,version", "Pump", true]',
        b'["name,version", "Pump", 7.0]',
        b'["name,version", "Pump", NaN]',
        b'["name,version", "Pump", Infinity]',
        b'["name,version", ["Pump"], 7]',
        b'["name,version", "Pump", {"a": 7}]',
        b'["name,version", "Pump", ' + b"[" * 500 + b"]" * 501,
        # Numbers and text that no database takes.
        b'["name,version", "Pump", 2147483648]',
        b'["name,version", "Pump", -1]',
        b'["name,version", "Pump", 9223372036854775808]',
        b'["name,version", "Pump", 1' + b"0" * 4_000 + b"]",
        b'["name,version", "Pump", 1' + b"0" * 5_000 + b"]",
        b'["name,version", "\\ud800", 7]',
        b'["name,version", "a\\udfffb", 7]',
        b'["name,version", "\xed\xa0\x80", 7]',
        b'["name,version", "a\\u0000b", 7]',
    ],
    ids=lambda payload: repr(payload)[:50],
)
def test_a_forged_cursor_that_holds_no_position_is_refused(payload: bytes) -> None:
    with pytest.raises(BadUserInput):
        decode_cursor(forged(payload), ORDER, CHECKS)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@given(st.lists(JSON))
def test_whatever_values_a_forged_cursor_holds_nothing_but_a_refusal_comes_of_them(values: list[Any]) -> None:
    assume([type(value) for value in values] != [str, int])
    with pytest.raises(BadUserInput):
        decode_cursor(forged(json.dumps([ORDER, *values]).encode()), ORDER, CHECKS)
