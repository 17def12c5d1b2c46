"""How a caller's value is repeated in a message."""

LONGEST = 80


def quoted(value: object) -> str:
    """`value` as Python writes it, control characters escaped, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
