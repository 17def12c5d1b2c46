"""A client of the gateway in this process, as an application would be one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.db.database import Database
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid
from gateway.settings import Settings
from gateway.web.app import create_app

SUBJECT = Uuid("9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4")


@dataclass(frozen=True)
class Answer:
    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


class GatewayClient:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        self.database: Database = self.app.state.database
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1:8000")
        self._every_right = self.token()

    async def close(self) -> None:
        await self.http.aclose()
        await self.database.close()

    def token(self, *, scopes: Iterable[str] = tuple(Scope), clients: Iterable[Uuid] | None = None) -> str:
        secret = embedded_secret(self.settings.embedded_key_file)
        return issue_token(secret, subject=SUBJECT, scopes=scopes, clients=clients, ttl=timedelta(hours=1))

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None) -> Answer:
        """Return the answer to a query of a caller with `token`, or with every right."""
        response = await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token or self._every_right}"},
        )
        assert response.status_code == httpx.codes.OK, response.text
        content = response.json()
        return Answer(content.get("data"), content.get("errors", []))

    async def data(self, query: str, variables: Mapping[str, Any] | None = None, *, token: str | None = None) -> Any:
        """Return the data of an answer, which has no errors."""
        answer = await self.ask(query, variables, token=token)
        assert not answer.errors
        return answer.data
