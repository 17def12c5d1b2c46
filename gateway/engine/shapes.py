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
_KIND_MARKS = {kind: f"{_MARK}{kind.kind}{_MARK}" for kind in (StringValueNode, IntValueNode, FloatValueNode)}
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
    literals: Sequence[str]
    """Each as it is written, but for what is escaped in strings."""

    def starts(self) -> list[int]:
        """Return where the literals begin in the text."""
        return [match.start() for match in _literals_in(self.text)]

    def ends(self) -> list[int]:
        """Return where they end."""
        return [match.end() for match in _literals_in(self.text)]


def shaped_text(text: str, most_literals: int) -> ShapedText | None:
    """Return a text with its shape; None where it has no literals, too many, or rare ones, as block strings are.

    Of what is no document there may be a shape too, which no document has then.
    """
    if _BLOCK in text or _MARK in text:
        return None
    pieces = _LITERAL_OR_COMMENT.split(text)
    found = pieces[1::2]
    literals = [each for each in found if each[0] != "#"]
    if not 0 < len(literals) <= most_literals or any('"' in between for between in pieces[::2]):
        return None
    pieces[1::2] = [each if each[0] == "#" else _KIND_MARKS[_kind(each)] for each in found]
    if "\\" in text:
        literals = [_unescaped(each) if "\\" in each else each for each in literals]
    numbers = {each: number for number, each in enumerate(dict.fromkeys(literals))}
    if len(numbers) < len(literals):
        pieces += [_MARK, ",".join(str(numbers[each]) for each in literals)]
    return ShapedText(text, "".join(pieces), literals)


def literal_node(literal: str) -> Literal:
    """Return the node of a literal of a shaped text."""
    kind = _kind(literal)
    return StringValueNode(value=literal[1:-1], block=False) if kind is StringValueNode else kind(value=literal)


def _kind(literal: str) -> type[Literal]:
    if literal[0] == '"':
        return StringValueNode
    return IntValueNode if literal.lstrip("-").isdecimal() else FloatValueNode


def _unescaped(string: str) -> str:
    # What is escaped means the same in JSON, which has no control characters otherwise.
    return f'"{loads(string, strict=False)}"'


def _literals_in(text: str) -> list[re.Match[str]]:
    return [match for match in _LITERAL_OR_COMMENT.finditer(text) if match[0][0] != "#"]
