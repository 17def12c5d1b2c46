"""Fields written as Strawberry's documentation shows them, beside attributes and relations, under both executors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.types import Info

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput
from gateway.domain.principal import Principal
from gateway.graphql.columns import executable_schema
from gateway.graphql.context import Context
from gateway.graphql.execution import RequestExecutor
from gateway.graphql.fields import attribute, relation
from gateway.graphql.limits import Limits
from gateway.graphql.request import Request
from tests.client import SUBJECT

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class PumpRow:
    id: str
    name: str
    made_on: date
    serial: int | None = None
    secret: str = "swordfish"  # noqa: S105  # what a field must not show


PUMPS = [PumpRow("a", "North", date(2025, 3, 1), 7), PumpRow("b", "South", date(2025, 3, 2))]


class Never(BasePermission):
    message = "Nobody may see this."

    def has_permission(self, *_: Any, **__: Any) -> bool:
        return False


class Later(BasePermission):
    message = "Not yet."

    async def has_permission(self, source: PumpRow, *_: Any, **__: Any) -> bool:
        await asyncio.sleep(0)
        return source.name == "North"


class Denied(PermissionError):
    pass


class DeniedInItsOwnWay(BasePermission):
    message = "Denied."

    def has_permission(self, *_: Any, **__: Any) -> bool:
        return False

    def on_unauthorized(self) -> None:
        raise Denied(self.message)


class Shouting(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


class ShoutingLater(FieldExtension):
    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **kwargs: Any) -> Any:
        return str(await next_(source, info, **kwargs)).upper()


async def _double(keys: list[str]) -> list[str]:
    LOADED.append(list(keys))
    return [key * 2 for key in keys]


LOADED: list[list[str]] = []


def _free(root: PumpRow, info: Info) -> str:
    return f"{info.field_name} of {root.name} at {'/'.join(map(str, info.path.as_list()))}"


def _name(root: PumpRow) -> str:
    return root.name


@strawberry.type
class Reading:
    value: float
    unit: str = "bar"


@strawberry.type
class Failure:
    reason: str


async def all_pumps(parents: Sequence[None], _: Context) -> list[list[PumpRow]]:
    return [PUMPS] * len(parents)


async def others_of_pumps(parents: Sequence[PumpRow], _: Context) -> list[list[PumpRow]]:
    CALLS.append([parent.id for parent in parents])
    return [[pump for pump in PUMPS if pump.id != parent.id] for parent in parents]


CALLS: list[list[str]] = []


@strawberry.type
class Pump:
    id: strawberry.ID = attribute("The id.")
    name: str = attribute("The name.")
    secret: str = attribute("A secret.", scope=Scope.DEVICE_WRITE)
    made_on: date
    others: list["Pump"] = relation(others_of_pumps, scope=None, reads=("id",), description="The other pumps.")
    renamed: str = strawberry.field(name="alias", resolver=_name)
    serial: int | None = strawberry.field(description="A basic field.", default=None)
    never: str | None = strawberry.field(resolver=_free, permission_classes=[Never])
    later: str | None = strawberry.field(resolver=_free, permission_classes=[Later])
    denied: str | None = strawberry.field(resolver=_free, permission_classes=[DeniedInItsOwnWay])
    silent: str | None = strawberry.field(
        resolver=_free, extensions=[PermissionExtension([Never()], fail_silently=True)]
    )
    loud: str = strawberry.field(resolver=_free, extensions=[Shouting()])
    free: str = strawberry.field(resolver=_free)

    @strawberry.field
    def display_name(self) -> str:
        return f"Pump {self.name}"

    @strawberry.field
    async def awaited_name(self) -> str:
        await asyncio.sleep(0)
        return f"Pump {self.name}"

    @strawberry.field(extensions=[ShoutingLater()])  # type: ignore[untyped-decorator]  # Strawberry's overloads know no extensions
    async def loud_later(self) -> str:
        return self.name

    @strawberry.field
    def greeting(
        self, info: Info, name: str = "you", times: Annotated[int, strawberry.argument(name="count")] = 1
    ) -> str:
        return f"{self.name} greets {', '.join([name] * times)} for {info.context.principal.name[:9]}"

    @strawberry.field
    async def doubled(self, info: Info) -> str:
        return str(await info.context.loader("double", _double).load(self.id))

    @strawberry.field
    def readings(self, count: int = 2) -> list[Reading]:
        return [Reading(value=index + 0.5) for index in range(count)]

    @strawberry.field
    def outcome(self) -> Annotated[Reading | Failure, strawberry.union("Outcome")]:
        return Reading(value=1) if self.serial else Failure(reason="no serial")

    @strawberry.field
    def sure(self) -> str:
        if self.serial is None:
            raise ValueError("swordfish")
        return "sure"

    @strawberry.field
    def maybe(self) -> str | None:
        raise BadUserInput("That is no pump.")

    @strawberry.field
    def coded(self) -> str | None:
        raise GraphQLError("Too hot.", extensions={"code": "OVERHEATED"})

    @strawberry.field
    def neighbours(self) -> list["Pump"]:
        return [pump for pump in PUMPS if pump.id != self.id]  # type: ignore[misc]  # rows are the values of the type


@strawberry.type
class Query:
    pumps: list[Pump] = relation(all_pumps, scope=None, reads=(), description="All pumps.")

    @strawberry.field
    def version(self) -> str:
        return "1"

    @strawberry.field
    async def later(self) -> str:
        return "later"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def start(self, name: str) -> str:
        return f"{name} started"

    @strawberry.mutation
    async def stop(self, name: str) -> str | None:
        raise BadUserInput(f"{name} cannot be stopped.")


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation)
NOBODY = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)

Ask = Callable[[str], Awaitable[tuple[Any, Any]]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Return the answers of both executors."""
    executable = executable_schema(SCHEMA, rows={"Pump": PumpRow}, type_names={})
    executors = [RequestExecutor(executable, Limits(), in_columns=in_columns) for in_columns in (True, False)]
    # None of the fields reads anything.
    database = Database("sqlite+aiosqlite:///nowhere/gateway.db")

    async def ask(query: str) -> tuple[Any, Any]:
        CALLS.clear()
        LOADED.clear()
        contexts = [Context(NOBODY, Session(database)) for _ in executors]
        answers = [
            await executor.execute(Request(query=query), context)
            for executor, context in zip(executors, contexts, strict=True)
        ]
        return answers[0], answers[1]

    yield ask
    await database.close()


def without_ids(answer: Any) -> Any:
    for error in answer.get("errors", ()):
        error["extensions"].pop("id", None)
    return answer


@pytest.mark.parametrize(
    ("selection", "north", "south"),
    [
        ("madeOn", {"madeOn": "2025-03-01"}, {"madeOn": "2025-03-02"}),
        ("serial", {"serial": 7}, {"serial": None}),
        ("alias", {"alias": "North"}, {"alias": "South"}),
        ("displayName", {"displayName": "Pump North"}, {"displayName": "Pump South"}),
        ("awaitedName", {"awaitedName": "Pump North"}, {"awaitedName": "Pump South"}),
        ("silent", {"silent": None}, {"silent": None}),
        (
            "shown: free",
            {"shown": "free of North at pumps/0/shown"},
            {"shown": "free of South at pumps/1/shown"},
        ),
        (
            "loud",
            {"loud": "LOUD OF NORTH AT PUMPS/0/LOUD"},
            {"loud": "LOUD OF SOUTH AT PUMPS/1/LOUD"},
        ),
        ("loudLater", {"loudLater": "NORTH"}, {"loudLater": "SOUTH"}),
        (
            'greeting(name: "Joan", count: 2)',
            {"greeting": "North greets Joan, Joan for principal"},
            {"greeting": "South greets Joan, Joan for principal"},
        ),
        ("doubled", {"doubled": "aa"}, {"doubled": "bb"}),
        (
            "readings(count: 1) { value unit }",
            {"readings": [{"value": 0.5, "unit": "bar"}]},
            {"readings": [{"value": 0.5, "unit": "bar"}]},
        ),
        (
            "outcome { __typename ... on Failure { reason } }",
            {"outcome": {"__typename": "Reading"}},
            {"outcome": {"__typename": "Failure", "reason": "no serial"}},
        ),
        (
            "neighbours { name others { displayName } }",
            {"neighbours": [{"name": "South", "others": [{"displayName": "Pump North"}]}]},
            {"neighbours": [{"name": "North", "others": [{"displayName": "Pump South"}]}]},
        ),
        (
            "others { displayName }",
            {"others": [{"displayName": "Pump South"}]},
            {"others": [{"displayName": "Pump North"}]},
        ),
    ],
)
async def test_a_field_is_resolved_as_strawberry_says(ask: Ask, selection: str, north: Any, south: Any) -> None:
    in_columns, by_field = await ask(f"{{ pumps {{ name {selection} id }} version }}")
    expected = {
        "data": {
            "pumps": [{"name": "North", **north, "id": "a"}, {"name": "South", **south, "id": "b"}],
            "version": "1",
        }
    }
    assert in_columns == expected
    assert by_field == expected


@pytest.mark.parametrize(
    ("field", "message", "code", "values"),
    [
        ("never", "Nobody may see this.", "FORBIDDEN", [None, None]),
        ("later", "Not yet.", "FORBIDDEN", ["later of North at pumps/0/later", None]),
        ("denied", "Denied.", "FORBIDDEN", [None, None]),
        ("maybe", "That is no pump.", "BAD_USER_INPUT", [None, None]),
        ("coded", "Too hot.", "OVERHEATED", [None, None]),
    ],
)
async def test_a_field_that_is_refused_is_null_and_the_rest_comes(
    ask: Ask, field: str, message: str, code: str, values: list[Any]
) -> None:
    expected = {
        "errors": [
            {
                "message": message,
                "locations": [{"line": 1, "column": 16}],
                "path": ["pumps", index, field],
                "extensions": {"code": code},
            }
            for index, value in enumerate(values)
            if value is None
        ],
        "data": {
            "pumps": [{"name": pump.name, field: value} for pump, value in zip(PUMPS, values, strict=True)],
            "later": "later",
        },
    }
    for answer in await ask(f"{{ pumps {{ name {field} }} later }}"):
        assert answer == expected


async def test_an_attribute_of_a_scope_that_the_token_lacks_is_refused_by_both(ask: Ask) -> None:
    in_columns, by_field = await ask("{ pumps { secret } }")
    assert in_columns["data"] is by_field["data"] is None
    assert {error["message"] for error in in_columns["errors"] + by_field["errors"]} == {
        "The token lacks the scope device.write."
    }


async def test_an_error_where_null_is_not_allowed_leaves_no_data_and_is_masked(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    expected = {
        "errors": [
            {
                "message": "An internal error occurred.",
                "locations": [{"line": 1, "column": 19}],
                "path": ["pumps", 1, "sure"],
                "extensions": {"code": "INTERNAL_SERVER_ERROR"},
            }
        ],
        "data": None,
    }
    assert [without_ids(answer) for answer in await ask("{ version pumps { sure } }")] == [expected, expected]
    assert caplog.text.count("ValueError: swordfish") == 2


async def test_introspection_beside_data_keeps_the_data_in_columns(ask: Ask) -> None:
    query = '{ __schema { queryType { name } } pumps { name others { id } } __type(name: "Pump") { kind } }'
    in_columns, by_field = await ask(query)
    assert in_columns == by_field
    assert list(in_columns["data"]) == ["__schema", "pumps", "__type"]
    assert in_columns["data"]["__type"] == {"kind": "OBJECT"}
    assert CALLS == [["a", "b"], ["a", "b"]]


async def test_a_data_loader_of_a_resolver_batches_under_both_executors(ask: Ask) -> None:
    await ask("{ pumps { doubled } }")
    assert LOADED == [["a", "b"], ["a", "b"]]


async def test_mutations_of_strawberry_run_one_after_another(ask: Ask) -> None:
    for answer in await ask('mutation { a: start(name: "A") b: stop(name: "B") c: start(name: "C") }'):
        assert answer["data"] == {"a": "A started", "b": None, "c": "C started"}
        assert [error["message"] for error in answer["errors"]] == ["B cannot be stopped."]
