"""How a caller's value is repeated in a message: as JSON writes it, and cut."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

LONGEST = 100
"""Characters of a value in a message, its quotation marks included."""
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Bare:
    """Text that is no string: the name or the number that a document has in the place of a value."""

    text: str


def quoted(value: object) -> str:
    """Return `value` as JSON writes it, at most 100 characters of it, whatever its size and depth."""
    if isinstance(value, str):
        return _quoted_text(value)
    return cut(_parts(value))


def cut(parts: Iterable[str]) -> str:
    """Join `parts`, of which no more are made than fit into a message."""
    taken: list[str] = []
    length = 0
    for part in parts:
        taken.append(part)
        length += len(part)
        if length > LONGEST:
            return "".join(taken)[: LONGEST - 1] + ELLIPSIS
    return "".join(taken)


def text_parts(text: str) -> Iterator[str]:
    """Yield a JSON string piece by piece, and no more pieces of it than a message has room for."""
    yield '"'
    yield from map(_escaped, islice(text, LONGEST))
    yield '"'


def _quoted_text(text: str) -> str:
    """Cut inside the quotation marks, and never inside an escape."""
    pieces = [_escaped(character) for character in text[:LONGEST]]
    whole = f'"{"".join(pieces)}"'
    if len(text) < LONGEST and len(whole) <= LONGEST:
        return whole
    shown = ""
    for piece in pieces:
        if len(shown) + len(piece) > LONGEST - len(f'"{ELLIPSIS}"'):
            break
        shown += piece
    return f'"{shown}{ELLIPSIS}"'


def _escaped(character: str) -> str:
    """Escape what cannot be seen; letters of every script stay as they are."""
    if character in '"\\' or not character.isprintable():
        return json.dumps(character)[1:-1]
    return character


def _parts(value: object) -> Iterator[str]:
    match value:
        case list() | tuple():
            yield "["
            for index, item in enumerate(value):
                yield ", " if index else ""
                yield from _parts(item)
            yield "]"
        case dict():
            yield "{"
            for index, (key, item) in enumerate(value.items()):
                yield ", " if index else ""
                yield from _parts(key)
                yield ": "
                yield from _parts(item)
            yield "}"
        case str():
            yield from text_parts(value)
        case _:
            yield _leaf(value)


def _leaf(value: object) -> str:
    match value:
        case Bare():
            return value.text[: LONGEST + 1]
        case None | bool() | float():
            return json.dumps(value)
        case int():
            return _integer(value)
        case _:  # Not JSON.
            return quoted(str(value))


def _integer(value: int) -> str:
    """Write out an integer; Python takes minutes for one of a million digits, or refuses it."""
    if -(10**LONGEST) < value < 10**LONGEST:
        return str(value)
    logarithm = math.log10(abs(value))
    leading = math.floor(10 ** (logarithm % 1) * 1_000) / 1_000
    return f"{'-' if value < 0 else ''}{leading}e+{int(logarithm)}"
