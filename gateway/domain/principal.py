"""Who is calling, and what the token lets the caller do."""

from dataclasses import dataclass

from gateway.domain.errors import Forbidden
from gateway.domain.kinds import Scope
from gateway.domain.uuids import Uuid


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    subject: Uuid
    scopes: frozenset[str]
    clients: frozenset[Uuid] | None
    """The clients whose devices and groups exist for this caller; None for every client."""

    @property
    def name(self) -> str:
        """As recorded in createdBy and modifiedBy."""
        return f"principal/{self.subject}"

    def reaches(self, client_id: Uuid) -> bool:
        return self.clients is None or client_id in self.clients

    def require(self, scope: Scope) -> None:
        """Raises Forbidden where the token lacks `scope`."""
        if scope not in self.scopes:
            raise Forbidden(scope)
