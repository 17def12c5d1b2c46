"""How a caller's value is repeated in a message."""

from reprlib import Repr

# Cut where it is long or deep, so that a message costs little whatever the value is.
_repr = Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 80
_repr.maxlevel = 3


def quoted(value: object) -> str:
    """`value` as Python writes it, with control characters escaped."""
    try:
        return _repr.repr(value)
    except ValueError:  # Python does not write out integers of thousands of digits.
        return "a number of thousands of digits"
