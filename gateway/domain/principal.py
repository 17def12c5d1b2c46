"""Who is calling, and what the token lets the caller do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, auto
from functools import cached_property

from gateway.domain.enums import Scope
from gateway.domain.errors import MissingScope
from gateway.domain.uuids import Uuid


class Reach(IntEnum):
    """How many clients' devices and groups exist for a caller."""

    EVERY_CLIENT = auto()
    ONE_CLIENT = auto()
    SOME_CLIENTS = auto()


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who calls, and what the token lets it do."""

    subject: Uuid
    scopes: frozenset[str]
    clients: frozenset[Uuid] | None
    """The clients whose devices and groups exist for this caller; None for every client."""

    @property
    def name(self) -> str:
        """The name under which createdBy and modifiedBy record the caller."""
        return f"principal/{self.subject}"

    @cached_property
    def reach(self) -> Reach:
        if self.clients is None:
            return Reach.EVERY_CLIENT
        return Reach.ONE_CLIENT if len(self.clients) == 1 else Reach.SOME_CLIENTS

    @cached_property
    def reached(self) -> Uuid | list[Uuid]:
        """The client, or the clients in order, that the caller reaches; an empty list where it reaches every client."""
        clients = sorted(self.clients or ())
        return clients[0] if self.reach is Reach.ONE_CLIENT else clients

    def reaches(self, client_id: Uuid) -> bool:
        return self.clients is None or client_id in self.clients

    def narrowed(self, clients: Iterable[Uuid]) -> "Principal":
        """Return the caller as if it reached no others than those of `clients` that it reaches."""
        clients = frozenset(clients)
        return replace(self, clients=clients if self.clients is None else clients & self.clients)

    def require(self, scope: Scope) -> None:
        """Raise MissingScope where the token lacks `scope`."""
        if scope not in self.scopes:
            raise MissingScope(scope)


THE_GATEWAY = Principal(subject=Uuid("00000000-0000-0000-0000-000000000000"), scopes=frozenset(), clients=None)
"""Whose changes those are that nobody asks for: they keep what the gateway promises."""
