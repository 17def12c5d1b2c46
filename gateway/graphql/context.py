"""What the resolvers of one request share."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar

from strawberry.dataloader import DataLoader

from gateway.db.session import Session
from gateway.domain.principal import Principal
from gateway.domain.user_errors import UserError
from gateway.domain.webhooks import PrivateHosts
from gateway.engine.operation import Operation
from gateway.graphql.rate_limits import Account

Shown = TypeVar("Shown")
BatchFunction = Callable[..., Awaitable[Sequence[Any]]]
"""Resolves a field for all the parents of a level at once.

It takes the parents, the context, and the field's arguments by name. The results are in the order of the parents;
an exception among them fails that one parent's field.
"""


def _as_it_is(shown: Shown) -> Shown:
    return shown


class LoggedDocument(Protocol):
    """A document as logs know it."""

    @property
    def digest(self) -> str:
        """The SHA-256 of its text in UTF-8, in hexadecimal digits."""

    def known_operation(self, name: str | None) -> Operation | None:
        """Return the operation of a name, if it was to be executed before."""


class Context:
    # What is known of a request in its course, for logs; until then, these are the class's, which takes no time.
    request_id = b""
    document: LoggedDocument | None = None
    operation_name: str | None = None
    cost: int | None = None
    """What the operation may cost."""
    last_event_id: str | None = None
    """The cursor of the last event that the caller has seen of the stream that it asks for again."""
    webhook_hosts: PrivateHosts = frozenset()
    """The hosts that webhooks may be at although they are private."""
    turn_seconds = 0.0
    """How long the operation waited for its turn among those of the same caller."""

    show_errors: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = staticmethod(_as_it_is)
    """What the caller is told instead of errors, where the schema is hidden."""
    show_user_error: Callable[[UserError], UserError] = staticmethod(_as_it_is)
    """What the caller is told instead of a user error, where the schema is hidden."""

    def __init__(self, principal: Principal, session: Session, account: Account | None = None) -> None:
        """What the request costs is charged to the account, where there is one."""
        self.principal = principal
        self.session = session
        self.account = account

    @property
    def operation(self) -> Operation | None:
        """The operation, once it was to be executed."""
        return self.document.known_operation(self.operation_name) if self.document else None

    def loader(self, key: Hashable, load: Callable[[list[Any]], Awaitable[Sequence[Any]]]) -> DataLoader[Any, Any]:
        """Return the loader of a key, which `load` makes when it is first asked for.

        It batches the parents of fields that are resolved one by one. It caches nothing: after a mutation, what was
        read before must not come back.
        """
        loader = self._loaders.get(key)
        if loader is None:
            loader = self._loaders[key] = DataLoader(load, cache=False)
        return loader

    @cached_property
    def _loaders(self) -> dict[Hashable, DataLoader[Any, Any]]:
        return {}
