"""What the shape of a text leaves out are its literals, as graphql-core's lexer finds them."""

import re

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.engine.shapes import ShapedText, literal_node, shaped_text

LITERALS = {TokenKind.INT: "int_value", TokenKind.FLOAT: "float_value", TokenKind.STRING: "string_value"}
PIECES = st.sampled_from(
    [
        *('"', '""', '"a"', '"b # c"', '"\\"', '"\\u00e4"', '"\\ud83d\\ude00"', '"\\q"', '"\\n\\\\"', "\\", "é"),
        *("0", "1", "-1", "-0", "07", "1.5", "1e3", "-2.5E-3", "1.", "e5", "-", ".", "...", "3x", "x3", "_"),
        *(
            "\ud800",
            "\t",
            "#",
            "# a",
            '# "',
            "\n",
            "\r",
            " ",
            ",",
            "(",
            ")",
            ":",
            "[",
            "]",
            "{",
            "}",
            "$",
            "a",
            "\ufeff",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def shape(text: str) -> ShapedText | None:
    return shaped_text(text, 50)


def literals(text: str) -> list[tuple[str, str | None, int, int]] | None:
    """Return the kinds, values and places of the literals that the lexer finds; None where there is an error."""
    lexer, found = Lexer(Source(text)), []
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            if token.kind in LITERALS:
                found.append((LITERALS[token.kind], token.value, token.start, token.end))
    except GraphQLSyntaxError:
        return None
    return found


def follows_a_word(text: str, start: int) -> bool:
    """Tell whether a number is written right after a name or another number, where it is left in the shape."""
    return text[start] != '"' and re.fullmatch(r"[\w.]", text[start - 1 : start], re.ASCII) is not None


@given(TEXTS)
@example('{a(b: "x", c: [1 -2,3.5], d: "# \\"1\\"") # "4"\n}')
@example('"a""b"')
def test_the_literals_of_a_shape_are_those_of_the_lexer(text: str) -> None:
    shaped, expected = shape(text), literals(text)
    if shaped is None or expected is None:
        return
    found = [
        (literal.kind, literal.value, start, end)
        for literal, start, end in zip(map(literal_node, shaped.literals), shaped.starts(), shaped.ends(), strict=True)
    ]
    assert found == [each for each in expected if not follows_a_word(text, each[2])]


@given(TEXTS, st.lists(st.sampled_from(['"a"', '"b # c"', '""', "0", "-12", "0.5", "1e3"]), min_size=12, max_size=12))
def test_texts_of_one_shape_have_the_same_tokens_but_for_literals(text: str, others: list[str]) -> None:
    shaped = shape(text)
    if shaped is None or literals(text) is None:
        return
    other, end_of_last = "", 0
    for start, end, literal in zip(shaped.starts(), shaped.ends(), others, strict=False):
        other += text[end_of_last:start] + literal
        end_of_last = end
    other += text[end_of_last:]
    again = shape(other)
    if again is not None and again.shape == shaped.shape:
        assert kinds(other) == kinds(text)


def kinds(text: str) -> list[TokenKind]:
    lexer, found = Lexer(Source(text)), [TokenKind.SOF]
    while found[-1] is not TokenKind.EOF:
        found.append(lexer.advance().kind)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{a(b: "x")}', "{a(b: 1)}"),
        ("{a(b: 1)}", "{a(b: 1.0)}"),
        ("{a(b: 1)}", "{a(b: 1) }"),
        ("{a(b: 1, c: 1)}", "{a(b: 1, c: 2)}"),
        ("{a(b: 1) # 1\n}", "{a(b: 1) # 2\n}"),
        ("{a(b: true, c: 1)}", "{a(b: false, c: 1)}"),
    ],
    ids=["kind", "kind of number", "white space", "which are equal", "comment", "no string or number"],
)
def test_texts_have_other_shapes(one: str, other: str) -> None:
    first, second = shape(one), shape(other)
    assert first is not None
    assert second is not None
    assert first.shape != second.shape


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{a(b: "x")}', '{a(b: "another # \\" \\u00e4")}'),
        ("{a(b: 0)}", "{a(b: -12)}"),
        ("{a(b: 0.5)}", "{a(b: -1E+9)}"),
        ('{a(b: "\\u0061", c: "a")}', '{a(b: "b", c: "b")}'),
    ],
)
def test_texts_have_one_shape(one: str, other: str) -> None:
    first, second = shape(one), shape(other)
    assert first is not None
    assert second is not None
    assert first.shape == second.shape


@pytest.mark.parametrize(
    "text",
    [
        "{a}",
        '{a(b: """x""")}',
        '{a(b: "\\ud83d\\ude00")}',
        '{a(b: "x)}',
        '{a(b: 1, c: "\0")}',
        f"{{a(b: [{'1 ' * 51}])}}",
    ],
)
def test_what_has_no_literals_too_many_or_rare_ones_has_no_shape(text: str) -> None:
    assert shape(text) is None
