"""What can be wrong with a request, as types. The graphql layer gives each its `extensions.code`."""


class RequestError(Exception):
    """The caller's mistake, if nothing else is said: its message is meant for the caller, and no error in the log."""


class BadUserInput(RequestError):
    """A value breaks a rule. The message names the value and what is accepted."""


class Forbidden(RequestError):
    """The caller's token lacks a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token lacks the scope {scope}.")
        self.scope = scope


class Unauthenticated(RequestError):
    """There is no token, or none that can be trusted."""


class Unavailable(RequestError):
    """Nobody's mistake: the database does not answer now."""


class Contended(RequestError):
    """Nobody's mistake: a change met others each time it was tried, and was not made."""
