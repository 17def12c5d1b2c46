"""The lists of HTTP in which a client says what it accepts, and how much it likes it (RFC 9110, section 12.4)."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

LONGEST = 1_000
"""In bytes; what is longer is read up to there, since no client that means it has so much to say."""
LONGEST_KEPT = 256
"""In bytes: a header that is longer is none that many clients send."""
MOST_KEPT = 256
# What never ends goes to the end of the header, and nothing is tried twice: the time is linear whatever comes.
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*+"?')
_NOT_OF_THE_TEXT = b'",;'
_WEIGHT = re.compile(rb"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")

Parameters = dict[bytes, bytes]
Said = TypeVar("Said")


def remembered(read: Callable[[bytes], Said]) -> Callable[[bytes], Said]:
    """Return a reader of a header that remembers what the usual ones say."""
    kept = lru_cache(MOST_KEPT)(read)
    return lambda header: kept(header) if len(header) <= LONGEST_KEPT else read(header)


def preferences(header: bytes, known: Collection[bytes]) -> Iterator[tuple[bytes, float, Parameters]]:
    """Yield those members of a list that are known, in lower case, with their weights and their other parameters."""
    if len(header) > LONGEST:
        header = header[:LONGEST].rpartition(b",")[0]
    if b'"' in header:
        header = _QUOTED.sub(lambda quoted: quoted[0].translate(None, _NOT_OF_THE_TEXT), header)
    for member in header.lower().split(b","):
        name, _, rest = member.partition(b";")
        if (name := name.strip()) in known:
            parameters = _parameters(rest)
            yield name, _weight(parameters.pop(b"q", b"1")), parameters


def with_parameters(header: bytes) -> tuple[bytes, Parameters]:
    """Return a value and its parameters, in lower case."""
    name, _, rest = header[:LONGEST].lower().partition(b";")
    return name.strip(), {name: value.strip(b'"') for name, value in _parameters(rest).items()}


def in_order(named: Sequence[bytes], by_wildcard: Sequence[bytes], weights: Mapping[bytes, float]) -> list[bytes]:
    """Return what there is in the order in which it is offered: what a client names before what it takes besides."""
    return [name for name in named if name in weights] + [name for name in by_wildcard if name not in weights]


def _parameters(text: bytes) -> Parameters:
    pairs = (parameter.partition(b"=") for parameter in text.split(b";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _weight(text: bytes) -> float:
    """Return a weight; one that is none counts as not given, as in most servers."""
    return float(text) if _WEIGHT.fullmatch(text) else 1.0
