"""How text is compared in a search."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import BadUserInput
from gateway.domain.text import folded, search_term


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÄPFEL", "äpfel"),
        ("STRASSE", "straße"),
        ("strasse", "STRAẞE"),
        ("ΟΔΟΣ", "οδος"),
        ("ΟΔΟΣ", "οδός".replace("ό", "ο")),
        ("ПОМПА", "помпа"),
        ("ﬁlter", "FILTER"),
        ("pump", "PUMP"),
    ],
)
def test_text_that_differs_in_letter_case_only_is_folded_to_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("apfel", "äpfel"), ("pump", "pumpe"), ("a b", "ab"), ("o", "0")])
def test_other_text_stays_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text())
def test_folded_text_is_folded_once_and_for_all(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.characters(categories=["Lu"]))
def test_a_capital_letter_is_folded_like_its_small_one(letter: str) -> None:
    assert folded(letter) == folded(letter.lower()), unicodedata.name(letter)


def test_no_search_is_no_condition() -> None:
    assert search_term("search", None) is None


@pytest.mark.parametrize(
    ("text", "term"),
    [("Pump", "pump"), ("100%", "100%"), ("_", "_"), ("\\", "\\"), (" ", " "), (" a ", " a "), ('"', '"')],
)
def test_a_search_is_folded_and_else_left_as_it_is(text: str, term: str) -> None:
    assert search_term("search", text) == term


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'search: "" has to have at least one character, and no NUL.'),
        ("\0", 'search: "\\u0000" has to have at least one character, and no NUL.'),
        ("pump\0", 'search: "pump\\u0000" has to have at least one character, and no NUL.'),
        ("é" * 256, f'search: "{"é" * 97}…" has 256 characters; expected at most 255.'),
    ],
)
def test_a_search_that_could_not_find_anything_on_purpose_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadUserInput) as raised:
        search_term("search", text)
    assert str(raised.value) == message
