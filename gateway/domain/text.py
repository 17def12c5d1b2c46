"""How text is compared in a search."""

from gateway.domain.errors import BadUserInput
from gateway.domain.quoting import quoted

# What is shorter has no trigram, so no index finds it.
SHORTEST_INDEXED = 3
# What is looked for in texts of so many characters need not be longer.
LONGEST_TERM = 255


def folded(text: str) -> str:
    """Return `text` without differences of letter case, by Unicode's full case folding: `ß` becomes `ss`."""
    return text.casefold()


def search_term(field: str, text: str | None) -> str | None:
    """Return `text` folded for a search. Raise BadUserInput where it could not match anything on purpose."""
    if text is None:
        return None
    if not text or "\0" in text:
        raise BadUserInput(f"{field}: {quoted(text)} has to have at least one character, and no NUL.")
    if len(text) > LONGEST_TERM:
        raise BadUserInput(f"{field}: {quoted(text)} has {len(text)} characters; expected at most {LONGEST_TERM}.")
    return folded(text)
