"""Subscriptions written as Strawberry's documentation shows them, under both executors."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
import strawberry
from strawberry.permission import BasePermission
from strawberry.types import Info

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.errors import BadUserInput
from gateway.domain.principal import THE_GATEWAY
from gateway.graphql.columns import executable_schema
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from gateway.graphql.response_streams import ResponseStream

pytestmark = pytest.mark.anyio

ENDED: list[str] = []


class Never(BasePermission):
    message = "Nobody may follow this."

    def has_permission(self, *_: Any, **__: Any) -> bool:
        return False


class NeverLater(BasePermission):
    message = "Nobody may follow this either."

    async def has_permission(self, *_: Any, **__: Any) -> bool:
        return False


@strawberry.type
class Query:
    unused: int = 0


@strawberry.type
class Box:
    number: int

    @strawberry.field
    async def half(self) -> int:
        if self.number % 2:
            raise BadUserInput(f"{self.number} is odd.")
        return self.number // 2


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info, to: int = 2) -> AsyncGenerator[str, None]:
        for number in range(to):
            yield f"{info.field_name} {number} for {info.context.principal.name}"

    @strawberry.subscription
    async def boxes(self) -> AsyncGenerator[Box | None, None]:
        for number in range(3):
            yield Box(number=number)

    @strawberry.subscription(permission_classes=[Never])  # type: ignore[untyped-decorator]
    async def forbidden(self) -> AsyncGenerator[int, None]:
        yield 1

    @strawberry.subscription(permission_classes=[NeverLater])  # type: ignore[untyped-decorator]
    async def forbidden_later(self) -> AsyncGenerator[int, None]:
        yield 1

    @strawberry.subscription
    async def failing(self, after: int) -> AsyncGenerator[int, None]:
        for number in range(after):
            yield number
        raise BadUserInput("No further.")

    @strawberry.subscription
    async def breaking(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("what nobody may see")

    @strawberry.subscription
    async def endless(self) -> AsyncGenerator[int, None]:
        try:
            while True:
                yield 1
        finally:
            ENDED.append("endless")


SCHEMA = executable_schema(strawberry.Schema(query=Query, subscription=Subscription), rows={}, type_names={})


@pytest.fixture(params=["columns", "graphql-core"])
def asked(request: pytest.FixtureRequest) -> RequestExecutor:
    """Return what executes, and lets a caller have one subscription at a time."""
    return RequestExecutor(SCHEMA, Limits(subscriptions=1), in_columns=request.param == "columns")


async def respond(asked: RequestExecutor, text: str, **variables: Any) -> Any:
    # What these subscriptions do not ask for is never opened.
    session = Session(Database("sqlite+aiosqlite:///unused.db"))
    return await asked.respond(Request(text, variables), Context(THE_GATEWAY, session))


async def responses(asked: RequestExecutor, text: str, **variables: Any) -> list[Any]:
    stream = await respond(asked, text, **variables)
    if isinstance(stream, dict):
        return [stream]
    assert isinstance(stream, ResponseStream)
    found = [orjson.loads(each.body) async for each in stream]
    await stream.aclose()
    await (await respond(asked, "subscription { boxes { number } }")).aclose()  # The only place is free again.
    return found


async def test_a_generator_has_its_info_and_arguments(asked: RequestExecutor) -> None:
    text = "subscription ($to: Int!) { c: count(to: $to) }"
    name = THE_GATEWAY.name
    assert await responses(asked, text, to=1) == [{"data": {"c": f"count 0 for {name}"}}]
    assert len(await responses(asked, "subscription { count }")) == 2


async def test_a_field_that_fails_does_not_end_the_stream(asked: RequestExecutor) -> None:
    refused = {
        "message": "1 is odd.",
        "locations": [{"line": 1, "column": 31}],
        "path": ["boxes", "half"],
        "extensions": {"code": "BAD_USER_INPUT"},
    }
    assert await responses(asked, "subscription { boxes { number half } }") == [
        {"data": {"boxes": {"number": 0, "half": 0}}},
        {"data": {"boxes": None}, "errors": [refused]},
        {"data": {"boxes": {"number": 2, "half": 1}}},
    ]


@pytest.mark.parametrize(("field", "permission"), [("forbidden", Never), ("forbiddenLater", NeverLater)])
async def test_who_lacks_a_permission_gets_no_stream(
    asked: RequestExecutor, field: str, permission: type[BasePermission]
) -> None:
    assert await responses(asked, f"subscription {{ {field} }}") == [
        {
            "errors": [
                {
                    "message": permission.message,
                    "locations": [{"line": 1, "column": 16}],
                    "path": [field],
                    "extensions": {"code": "FORBIDDEN"},
                }
            ]
        }
    ]


@pytest.mark.parametrize("after", [0, 2])
async def test_what_a_generator_raises_is_the_last_response(asked: RequestExecutor, after: int) -> None:
    text = "subscription ($after: Int!) { failing(after: $after) }"
    refused = {"message": "No further.", "extensions": {"code": "BAD_USER_INPUT"}}
    assert await responses(asked, text, after=after) == [
        *[{"data": {"failing": number}} for number in range(after)],
        {"data": None, "errors": [refused]},
    ]


async def test_what_breaks_a_generator_is_masked(asked: RequestExecutor) -> None:
    _, last = await responses(asked, "subscription { breaking }")
    [error] = last["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("An internal error occurred.", "INTERNAL_SERVER_ERROR")


async def test_a_generator_ends_when_its_stream_is_closed(asked: RequestExecutor) -> None:
    ENDED.clear()
    stream = await respond(asked, "subscription { endless }")
    await anext(stream)
    assert ENDED == []
    await stream.aclose()
    assert ENDED == ["endless"]


async def test_a_stream_that_is_never_followed_gives_its_place_back(asked: RequestExecutor) -> None:
    first = await respond(asked, "subscription { endless }")
    refused = await respond(asked, "subscription { endless }")
    assert refused["errors"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
    await first.aclose()
    assert isinstance(await respond(asked, "subscription { endless }"), ResponseStream)
