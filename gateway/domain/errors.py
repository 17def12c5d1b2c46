"""What can be wrong with a request, as types. Each carries the `extensions.code` that its answer has."""

from typing import ClassVar


class RequestError(Exception):
    """A request is not answered as asked, and its message tells the caller why. It is no error of the gateway's."""

    code: ClassVar[str]


class BadUserInput(RequestError):
    """A value breaks a rule. The message names the value and what is accepted."""

    code = "BAD_USER_INPUT"


class Forbidden(RequestError):
    """The caller may not do what it asks for."""

    code = "FORBIDDEN"


class MissingScope(Forbidden):
    """The caller's token lacks a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token lacks the scope {scope}.")
        self.scope = scope


class Unauthenticated(RequestError):
    """The request has no token, or none that can be trusted."""

    code = "UNAUTHENTICATED"


class InvalidToken(Unauthenticated):
    """The request has a token that cannot be trusted."""


class Unavailable(RequestError):
    """The database does not answer now, which is nobody's mistake."""

    code = "SERVICE_UNAVAILABLE"


class TooExpensive(RequestError):
    """A request wants more than one may have. The message says how much that is, and how to want less."""

    code = "TOO_EXPENSIVE"

    def __init__(self, reason: str, *further: str) -> None:
        super().__init__(" ".join([reason, "Ask for smaller pages, or for less in each.", *further]))


class Contended(RequestError):
    """A change met those of others each time it was tried, and was not made, which is nobody's mistake."""

    code = "TRY_AGAIN"


class EventsGone(RequestError):
    """What follows a cursor of the log of events has been removed, so that nobody can go on from there."""

    code = "EVENTS_GONE"

    def __init__(self, argument: str) -> None:
        super().__init__(
            f"{argument}: events that follow the cursor have been removed since; read the devices as they are now, and "
            "go on from the end of deviceEvents."
        )
