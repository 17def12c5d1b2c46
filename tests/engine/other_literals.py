"""Other literals in the places of those of a document, so that its text has the same shape."""

import re
from random import Random
from typing import Any

from graphql import Lexer, Source, StringValueNode, TokenKind, print_ast

from tests.engine import sample_rows

_IDS = [*sample_rows.DEVICES, *sample_rows.GROUPS, sample_rows.CLIENT, *sample_rows.PROJECTS, *sample_rows.ADAPTERS]
_IDENTIFIERS = [
    *(f"imei:{each}" for each in sample_rows.IMEIS),
    *(f"urn:dev:deveui:{each.lower()}" for each in sample_rows.DEV_EUIS),
    *(f"URN:DEV:DVNUUID:{each.upper()}:" for each in sample_rows.DVN_UUIDS),
]
_OTHER_TEXTS = [*sample_rows.NAMES, "", "pum", "e", "12", "no id", "a\tb # c", "x" * 300]
_SIZES = [str(number) for number in (0, 1, 2, 3, 4, 5, 7, 250, 251, -1, 2**31, -0)]


def with_other_literals(text: str, random: Random) -> str:
    """Return a text whose literals are others of their kinds: those that were equal are, and no others."""
    made: dict[tuple[Any, str], str] = {}
    lexer = Lexer(Source(text))
    pieces, end_of_last = [], 0
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        if token.kind not in (TokenKind.INT, TokenKind.STRING):
            continue
        key = (token.kind, token.value or "")
        while key not in made:
            literal = random.choice(_SIZES) if token.kind is TokenKind.INT else _text(key[1], random)
            if literal not in made.values():
                made[key] = literal
        pieces += [text[end_of_last : token.start], made[key]]
        end_of_last = token.end
    return "".join([*pieces, text[end_of_last:]])


def _text(value: str, random: Random) -> str:
    """Return a string that may be good for the same, or for nothing, or is the same."""
    if random.random() < 0.1:
        others: list[Any] = _OTHER_TEXTS
    elif re.fullmatch(r"[0-9A-Fa-f-]{36}", value):
        others = _IDS
    elif ":" in value and not value.startswith("http") and "T" not in value:
        others = _IDENTIFIERS
    elif len(value) > 24 or re.match(r"\d{4}-", value) or random.random() < 0.2:
        others = [value]
    else:
        others = _OTHER_TEXTS
    return print_ast(StringValueNode(value=str(random.choice([*others, value, f"{value} "])), block=False))
