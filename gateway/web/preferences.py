"""The lists of HTTP in which a client says what it accepts, and how much it likes it (RFC 9110, section 12.4)."""

import re
from collections.abc import Iterator, Mapping, Sequence

LONGEST = 4_000
"""What is longer is read up to there: no client that means it has so much to say."""
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_SEPARATORS = b",;"
_WEIGHT = re.compile(rb"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")

Parameters = dict[bytes, bytes]


def preferences(header: bytes) -> Iterator[tuple[bytes, float, Parameters]]:
    """Yield each member of a list in lower case, with its weight, `q`, and its other parameters."""
    if len(header) > LONGEST:
        header = header[:LONGEST].rpartition(b",")[0]
    if b'"' in header:
        header = _QUOTED.sub(lambda quoted: quoted[0][1:-1].translate(None, _SEPARATORS), header)
    for member in header.lower().split(b","):
        name, *given = member.split(b";")
        if name := name.strip():
            parameters = dict(map(_parameter, given))
            yield name, _weight(parameters.pop(b"q", b"1")), parameters


def in_order(named: Sequence[bytes], by_wildcard: Sequence[bytes], weights: Mapping[bytes, float]) -> list[bytes]:
    """Return what there is in the order in which it is offered: what a client names before what it takes besides."""
    return [name for name in named if name in weights] + [name for name in by_wildcard if name not in weights]


def _parameter(text: bytes) -> tuple[bytes, bytes]:
    name, _, value = text.partition(b"=")
    return name.strip(), value.strip()


def _weight(text: bytes) -> float:
    """Return a weight; one that is none counts as not given, as in most servers."""
    return float(text) if _WEIGHT.fullmatch(text) else 1.0
