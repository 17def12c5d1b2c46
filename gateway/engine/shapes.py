"""The shape of a document: its text, but for the strings and numbers in it.

Who writes values into documents, in place of variables, sends another text each time, but of a few shapes. Texts of one
shape have the same tokens, but for the values of literals of the same kinds, of which the same ones are equal. So what
is found of one of them holds for all that depends on no value.
"""

import re
from collections.abc import Sequence
from json import loads
from typing import NamedTuple

from graphql import FloatValueNode, IntValueNode, StringValueNode

Literal = StringValueNode | IntValueNode | FloatValueNode

# Part of no text that is taken apart, so that a shape is no other text's.
_MARK = "\0"
_BLOCK = '"""'

# A string, a number or a comment, as the GraphQL specification has them (sections 2.1.4, 2.9.1, 2.9.2 and 2.9.4). Each
# alternative looks back at the first character, since that is how a text is searched in half the time. Numbers end and
# begin where no other token could go on, and what of a string is rare (a surrogate) is left, with its quotes.
_LITERAL_OR_COMMENT = re.compile(
    r"""(
    ["\#\-0-9]
    (?:
        (?<=") [^"\\\r\n\ud800-\udfff]*+
        (?: (?: \\["\\/bfnrt] | \\u(?![dD][89a-fA-F])[0-9a-fA-F]{4} ) [^"\\\r\n\ud800-\udfff]*+ )*+ "
      | (?<=\#) [^\r\n]*+
      | (?<=[\-0-9]) (?<! [\w.\-]. )
        (?: (?<=0) | (?<=[1-9]) [0-9]*+ | (?<=-) (?: 0 | [1-9][0-9]*+ ) )
        (?: \.[0-9]++ )?+ (?: [eE][+\-]?[0-9]++ )?+ (?! [\w.] )
    )
    )""",
    re.ASCII | re.VERBOSE,
)


class ShapedText(NamedTuple):
    """A text, its shape, and the literals that the shape leaves out, in their order."""

    text: str
    shape: str
    literals: Sequence[Literal]

    def starts(self) -> list[int]:
        """Return where the literals begin in the text."""
        return [match.start() for match in _literals_in(self.text)]

    def ends(self) -> list[int]:
        """Return where they end."""
        return [match.end() for match in _literals_in(self.text)]


def shaped_text(text: str) -> ShapedText | None:
    """Return a text with its shape; None where it has no literals, or has what is rare, as a block string is.

    Of what is no document, there may be a shape too, which no document has then.
    """
    if _BLOCK in text or _MARK in text:
        return None
    pieces = _LITERAL_OR_COMMENT.split(text)
    literals: list[Literal] = []
    numbers: dict[tuple[str, str], int] = {}
    for place in range(1, len(pieces), 2):
        written = pieces[place]
        if written[0] != "#":
            literal = _literal(written)
            literals.append(literal)
            kind = literal.kind
            number = numbers.setdefault((kind, literal.value), len(numbers))
            pieces[place] = f"{_MARK}{kind}{number}{_MARK}"
    if not literals or any('"' in between for between in pieces[::2]):
        return None
    return ShapedText(text, "".join(pieces), literals)


def _literal(written: str) -> Literal:
    if written[0] != '"':
        return IntValueNode(value=written) if written.lstrip("-").isdecimal() else FloatValueNode(value=written)
    # What is escaped means the same in JSON, which has no control characters otherwise.
    value = loads(written, strict=False) if "\\" in written else written[1:-1]
    return StringValueNode(value=value, block=False)


def _literals_in(text: str) -> list[re.Match[str]]:
    return [match for match in _LITERAL_OR_COMMENT.finditer(text) if match[0][0] != "#"]
