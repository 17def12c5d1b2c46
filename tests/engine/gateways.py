"""Gateways in this process, and callers who ask them without a network in between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import SecretStr

from gateway.auth.tokens import issue_token
from gateway.db.database import Database
from gateway.domain.enums import Scope
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid
from gateway.settings import Settings
from gateway.web.app import create_app

# Random operations ask for pages inside pages, of lists that are short.
ANY_COST = 10**15
# Of a request that is not executed.
_NO_COST = {"requested": 0, "actual": 0}
SECRET = "a key that only these tests sign with"  # noqa: S105
SUBJECT = Uuid("9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4")


@dataclass(frozen=True, kw_only=True)
class Caller:
    name: str
    scopes: frozenset[Scope] = frozenset(Scope)
    clients: tuple[Uuid, ...] | None = None

    @property
    def principal(self) -> Principal:
        clients = None if self.clients is None else frozenset(self.clients)
        return Principal(subject=SUBJECT, scopes=frozenset(self.scopes), clients=clients)

    @property
    def token(self) -> str:
        return issue_token(
            SECRET, subject=SUBJECT, scopes=sorted(self.scopes), clients=self.clients, ttl=timedelta(hours=1)
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """What one caller asks."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    caller: Caller

    @property
    def body(self) -> bytes:
        return orjson.dumps({"query": self.query, "variables": self.variables, "operationName": self.operation_name})


@dataclass(frozen=True, kw_only=True)
class Gateway:
    settings: Settings
    app: FastAPI
    _headers: dict[Caller, list[tuple[bytes, bytes]]] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    async def ask(self, case: Case) -> Any:
        """The answer, whose keys are in the order in which they were sent. It cost no more than was said before."""
        # An HTTP client would take longer than most of the answers.
        messages = iter([{"type": "http.request", "body": case.body}])
        sent: list[Any] = []

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(self._scope(case.caller), receive, send)
        assert sent[0]["status"] == 200, sent
        answer = orjson.loads(b"".join(message.get("body", b"") for message in sent))
        cost = answer.get("extensions", {}).get("cost", _NO_COST)
        assert cost["actual"] <= cost["requested"], case
        return answer

    def _scope(self, caller: Caller) -> dict[str, Any]:
        if caller not in self._headers:
            self._headers[caller] = [
                (b"authorization", f"Bearer {caller.token}".encode()),
                (b"content-type", b"application/json"),
                (b"graphql-cost", b"report"),
            ]
        return {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": self._headers[caller],
        }


def settings_for(database_url: str, **values: Any) -> Settings:
    return Settings(database_url=database_url, jwt_secret=SecretStr(SECRET), max_cost=ANY_COST, **values)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Gateway]:
    gateway, before = Gateway(settings=settings, app=create_app(settings)), asyncio.all_tasks()
    try:
        yield gateway
    finally:
        # What an early error has left behind may still be reading.
        if left := asyncio.all_tasks() - before - {asyncio.current_task()}:
            await asyncio.wait(left, timeout=0.1)
        await gateway.database.close()


@dataclass(frozen=True, kw_only=True)
class Both:
    """The executors that have to agree, each in a gateway."""

    in_columns: Gateway
    by_field: Gateway

    async def ask(self, case: Case) -> tuple[Any, Any]:
        return await self.in_columns.ask(case), await self.by_field.ask(case)


@asynccontextmanager
async def both_running(url: str, other_url: str, **values: Any) -> AsyncIterator[Both]:
    """On a database each, which may be the same one where nothing is changed."""
    by_field = settings_for(other_url, **values).model_copy(update={"executor": "graphql-core"})
    async with running(settings_for(url, **values)) as one, running(by_field) as other:
        yield Both(in_columns=one, by_field=other)
