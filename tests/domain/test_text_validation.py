"""The rules of text and of null, whichever field they are about."""

import sys
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.enums import DeviceStatus
from gateway.domain.fields import DEVICE_FIELDS, DEVICE_GROUP_FIELDS
from gateway.domain.user_errors import InputPath, UserError, UserErrorCode
from gateway.domain.uuids import Uuid
from gateway.domain.validation import idempotency_key_errors, line_errors, text_errors, value_errors

LINE_TERMINATORS = {"\n": "LF", "\r": "CR", "\x85": "U+0085", "\u2028": "U+2028", "\u2029": "U+2029"}
# With those above, every character with Unicode's property White_Space.
WHITE_SPACE = "\t\v\f \xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
NAME = ("name",)
CLIENT = Uuid("7098dc22-fed5-4d9e-8e68-6c6f853eac0c")


def codes(user_errors: Iterable[UserError]) -> list[tuple[UserErrorCode, InputPath | None]]:
    return [(user_error.code, user_error.field) for user_error in user_errors]


@given(st.text(min_size=1, max_size=255).filter(lambda text: text.strip() and not {*text} & {"\0", *LINE_TERMINATORS}))
def test_a_line_of_up_to_255_characters_with_one_that_is_not_white_space_is_accepted(text: str) -> None:
    assert list(line_errors(NAME, text)) == []


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_a_line_of_white_space_of_any_kind_is_blank(space: str) -> None:
    assert codes(line_errors(NAME, space * 3)) == [(UserErrorCode.BLANK, NAME)]
    assert codes(line_errors(NAME, f"{space}x{space}")) == []


@pytest.mark.parametrize(("character", "name"), LINE_TERMINATORS.items())
@pytest.mark.parametrize("text", ["x{}y", "{}x", "x{}"])
def test_a_line_has_no_line_terminator_wherever_it_stands(text: str, character: str, name: str) -> None:
    [user_error] = line_errors(NAME, text.format(character))
    assert (user_error.code, user_error.field) == (UserErrorCode.INVALID_FORMAT, NAME)
    assert f" contains {name}; expected a single line." in user_error.message


def test_every_line_terminator_of_a_line_is_named_once() -> None:
    [user_error] = line_errors(NAME, "one\r\ntwo\r\nthree\u2029")
    assert " contains LF and CR and U+2029; " in user_error.message


@pytest.mark.parametrize("character", LINE_TERMINATORS)
def test_a_text_may_have_many_lines_or_none(character: str) -> None:
    assert list(text_errors(("description",), f"one{character}two")) == []
    assert list(text_errors(("description",), "")) == []


@given(st.characters(min_codepoint=0x10000, max_codepoint=sys.maxunicode))
def test_a_character_beyond_the_basic_plane_counts_as_one(character: str) -> None:
    assert codes(text_errors(NAME, character * 255)) == []
    assert codes(text_errors(NAME, character * 256)) == [(UserErrorCode.TOO_LONG, NAME)]


def test_each_rule_that_a_text_breaks_is_an_error_of_its_own() -> None:
    assert codes(line_errors(NAME, " " * 256)) == [(UserErrorCode.BLANK, NAME), (UserErrorCode.TOO_LONG, NAME)]
    assert codes(line_errors(NAME, "\0" * 256)) == [
        (UserErrorCode.TOO_LONG, NAME),
        (UserErrorCode.INVALID_FORMAT, NAME),
    ]
    assert codes(line_errors(NAME, "\n" * 256)) == [
        (UserErrorCode.BLANK, NAME),
        (UserErrorCode.TOO_LONG, NAME),
        (UserErrorCode.INVALID_FORMAT, NAME),
    ]


def test_a_long_text_is_not_repeated_whole() -> None:
    [user_error] = text_errors(NAME, "x" * 100_000)
    assert "has 100000 characters; expected at most 255." in user_error.message
    assert len(user_error.message) < 200


def test_nullable_fields_may_be_null_or_blank_and_others_neither() -> None:
    assert codes(value_errors({"barcode": None, "description": " \n"}, DEVICE_FIELDS)) == []
    assert codes(value_errors({"name": None, "client_id": None, "status": None}, DEVICE_FIELDS)) == [
        (UserErrorCode.BLANK, NAME),
        (UserErrorCode.BLANK, ("clientId",)),
        (UserErrorCode.BLANK, ("status",)),
    ]
    assert codes(value_errors({"name": " ", "description": None}, DEVICE_GROUP_FIELDS)) == [(UserErrorCode.BLANK, NAME)]


def test_fields_that_are_left_out_have_no_errors() -> None:
    assert codes(value_errors({}, DEVICE_FIELDS)) == []
    assert codes(value_errors({"status": DeviceStatus.INACTIVE, "client_id": CLIENT}, DEVICE_FIELDS)) == []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, []),
        ("k", []),
        ("", [UserErrorCode.BLANK]),
        (" ", [UserErrorCode.BLANK]),
        ("k" * 255, []),
        ("k" * 256, [UserErrorCode.TOO_LONG]),
        ("k\0", [UserErrorCode.INVALID_FORMAT]),
    ],
)
def test_an_idempotency_key_is_text_where_there_is_one(key: str | None, expected: list[UserErrorCode]) -> None:
    assert codes(idempotency_key_errors(key)) == [(code, ("idempotencyKey",)) for code in expected]
