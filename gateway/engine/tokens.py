"""The tokens of a document, which its text is parsed into."""

from graphql import DocumentNode


def take_tokens_apart(ast: DocumentNode) -> int:
    """Take the tokens of a document apart, and return how many it has, which is what its memory depends on.

    Nobody walks from one to the next any more, and a chain that leads both ways is only freed by the garbage collector,
    which rarely looks at what is kept for long.
    """
    count, token = 0, ast.loc.start_token if ast.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        count, token = count + 1, following
    return count
