"""`graphql-transport-ws`, message by message, with its close codes."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.auth.key_sets import KeySet
from gateway.auth.keys import SIGNATURES
from gateway.web.websocket_messages import MessageType
from tests.waiting import until
from tests.web.streams import SECRET, Json, RunningGateway, bearer, running_gateway

pytestmark = pytest.mark.anyio

COUNT = "subscription { count }"
SLOWLY = "subscription Slowly { slowly }"
HELLO = "query($name: String!) { hello(name: $name) }"


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Return the event loop that `gateway serve` runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture
async def gateway(running: RunningGateway) -> RunningGateway:
    """Return a gateway that nothing has been asked yet."""
    running.streams.forget()
    running.noted.clear()
    return running


def next_(data: Json, id_: str = "1") -> Json:
    return {"id": id_, "type": "next", "payload": {"data": data}}


def complete(id_: str = "1") -> Json:
    return {"id": id_, "type": "complete"}


async def test_a_subscription_sends_each_response_and_then_completes(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe(COUNT)
        assert [await socket.next() for _ in range(4)] == [*(next_({"count": n}) for n in range(3)), complete()]
    assert gateway.noted == [("subscription", 200, [])]


async def test_queries_and_mutations_are_executed_too(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe(HELLO, variables={"name": "Ada"})
        assert [await socket.next(), await socket.next()] == [next_({"hello": "Hello, Ada"}), complete()]
        await socket.subscribe("mutation { change }")
        assert [await socket.next(), await socket.next()] == [next_({"change": 1}), complete()]


async def test_several_operations_share_a_connection(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe(SLOWLY, "a")
        await socket.subscribe(SLOWLY, "b")
        assert [await socket.next(), await socket.next()] == [next_({"slowly": 0}, "a"), next_({"slowly": 0}, "b")]
        await socket.subscribe("{ hello }", "c")
        assert [await socket.next(), await socket.next()] == [next_({"hello": "Hello, you"}, "c"), complete("c")]
        gateway.streams.go_on.set()
        rest = [await socket.next() for _ in range(4)]
    assert [message for message in rest if message["id"] == "a"] == [next_({"slowly": 1}, "a"), complete("a")]
    assert [message for message in rest if message["id"] == "b"] == [next_({"slowly": 1}, "b"), complete("b")]


async def test_a_client_that_completes_an_operation_ends_it_and_may_use_its_id_again(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe(SLOWLY)
        await socket.next()
        await socket.send(complete())
        await socket.subscribe("{ hello }")
        assert [await socket.next(), await socket.next()] == [next_({"hello": "Hello, you"}), complete()]
        assert (gateway.streams.begun, gateway.streams.closed) == (1, 1)
    assert gateway.noted == [("subscription", 200, []), ("query", 200, [])]


async def test_a_query_that_its_client_completes_is_given_up(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe("{ waits }")
        await until(gateway.streams.go_on_somewhere)
        await socket.send(complete(), complete("unknown"), {"type": "ping"})
        assert await socket.next() == {"type": "pong"}
    assert gateway.streams.closed == 1
    assert gateway.noted == [("query", 499, [])]


async def test_a_client_that_leaves_ends_its_operations(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe(SLOWLY)
        await socket.next()
        socket.connection.transport.abort()
        await until(gateway.streams.are_all_closed)


async def test_pings_are_answered_with_their_payload_also_before_the_beginning(gateway: RunningGateway) -> None:
    async with gateway.socket() as socket:
        assert socket.connection.subprotocol == "graphql-transport-ws"
        await socket.send({"type": "ping", "payload": {"at": 1}}, {"type": "pong"}, {"type": "ping"})
        assert [await socket.next(), await socket.next()] == [{"type": "pong", "payload": {"at": 1}}, {"type": "pong"}]


async def test_what_cannot_be_executed_is_an_error_of_its_operation(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe("{ wrong }")
        message = await socket.next()
        await socket.subscribe("{ hello }", extensions={"position": "nowhere"})
        second = await socket.next()
        await socket.subscribe("{ hello }", "2")
        assert (await socket.next())["type"] == "next"
    assert (message["id"], message["type"]) == (second["id"], second["type"]) == ("1", "error")
    assert message["payload"][0]["message"].startswith('Cannot query field "wrong"')
    assert second["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert gateway.noted == [
        (None, 200, ["GRAPHQL_VALIDATION_FAILED"]),
        (None, 400, ["BAD_USER_INPUT"]),
        ("query", 200, []),
    ]


async def test_a_stream_that_is_refused_further_ends_with_an_error(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe("subscription { refused }")
        assert await socket.next() == next_({"refused": 0})
        error = {"message": "The database does not answer now.", "extensions": {"code": "SERVICE_UNAVAILABLE"}}
        assert await socket.next() == {"id": "1", "type": "error", "payload": [error]}


async def test_an_error_of_the_gateway_closes_the_connection_and_is_logged_without_being_shown(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    async with gateway.ready_socket() as socket:
        await socket.subscribe("subscription { breaks }")
        assert await socket.closed() == (4500, "Internal server error")
    [record] = caplog.records
    assert record.message.startswith("Internal error ")
    assert record.exc_info
    assert gateway.noted == [("subscription", 500, ["INTERNAL_SERVER_ERROR"])]


INIT: Json = {"type": "connection_init", "payload": bearer()}
SUBSCRIBE: Json = {"id": "1", "type": "subscribe", "payload": {"query": SLOWLY}}
TYPES = "connection_init, ping, pong, subscribe, complete"


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        (["{"], 4400, "The message is not JSON: unexpected end of data: line 1 column 2 (char 1)"),
        ([b"{}"], 4400, "A binary message was sent; expected text"),
        (["[]"], 4400, "[] is not a message; expected an object with type"),
        ([{"type": "start"}], 4400, f'type: "start" is unknown; expected one of {TYPES}'),
        ([{"type": ["ping"]}], 4400, f'type: ["ping"] is unknown; expected one of {TYPES}'),
        ([{"type": "ping", "payload": "x"}], 4400, 'payload: "x" was given; expected an object'),
        ([INIT, {"type": "subscribe"}], 4400, "id: null was given; expected text of 1 to 256 characters"),
        ([INIT, {"type": "complete", "id": 7}], 4400, "id: 7 was given; expected text of 1 to 256 characters"),
        (
            [INIT, {"type": "complete", "id": "ü" * 257}],
            4400,
            f'id: "{"ü" * 57}…',
        ),
        (
            [INIT, {"type": "subscribe", "id": "1", "payload": {}}],
            4400,
            "payload: query is missing; expected GraphQL text.",
        ),
        (
            [INIT, {"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": 1}}],
            4400,
            "payload: variables: 1 was given; expected an object or null.",
        ),
        ([SUBSCRIBE], 4401, "Unauthorized: a connection begins with connection_init"),
        (
            [{"type": "connection_init"}],
            4403,
            "There is no bearer token; expected Authorization: Bearer <token>",
        ),
        (
            [{"type": "connection_init", "payload": {"Authorization": ["Bearer x"]}}],
            4403,
            "There is no bearer token; expected Authorization: Bearer <token>",
        ),
        (
            [{"type": "connection_init", "payload": bearer(secret=SECRET[::-1])}],
            4403,
            "The token is not valid: Signature verification failed.",
        ),
        ([{"type": "connection_init", "payload": bearer(-1)}], 4403, "The token has expired."),
        ([INIT, SUBSCRIBE, SUBSCRIBE], 4409, "Subscriber for 1 already exists"),
        ([INIT, INIT], 4429, "Too many initialisation requests"),
    ],
)
async def test_what_breaks_the_protocol_closes_the_connection(
    gateway: RunningGateway, messages: list[Any], code: int, reason: str
) -> None:
    async with gateway.socket() as socket:
        await socket.send(*messages)
        assert await socket.closed() == (code, reason)
    assert gateway.streams.begun == gateway.streams.closed


JSON_VALUES: list[Any] = [None, True, -1, 1e300, "", "1", "ping", "\N{SNOWMAN}", [], [[]], {}, {"query": "{ hello }"}]
JSON_VALUES += [{"query": "{ hello", "operationName": 3}, {"query": "query($a: Int) { hello }", "variables": {"a": {}}}]
TYPES_AND_OTHERS = [*MessageType, "start", "", None, 7, {}]


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_is_sent_is_answered_or_closes_the_connection_with_a_code_of_the_protocol(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    choose = random.Random(seed).choice
    codes = []
    for _ in range(10):
        async with gateway.socket() as socket:
            await socket.send(INIT)
            for _ in range(4):
                message = {"type": choose(TYPES_AND_OTHERS), "id": choose(JSON_VALUES), "payload": choose(JSON_VALUES)}
                await socket.send({name: value for name, value in message.items() if choose([True, True, False])})
            # Where nothing else is, this is the second.
            await socket.send(INIT)
            codes.append((await socket.closed())[0])
    assert set(codes) <= {4400, 4403, 4409, 4429}
    assert caplog.records == []


async def test_another_subprotocol_is_not_acceptable(gateway: RunningGateway) -> None:
    async with gateway.socket("graphql-ws") as socket:
        expected = (4406, "Subprotocol not acceptable: expected graphql-transport-ws")
        assert await socket.closed() == expected


async def test_while_keys_cannot_be_read_clients_are_told_to_come_back(tmp_path: Path) -> None:
    keys = KeySet(source=str(tmp_path / "missing.json"), algorithms=SIGNATURES)
    async with running_gateway(tmp_path, keys=keys) as gateway, gateway.socket() as socket:
        await socket.send(INIT)
        assert await socket.closed() == (1013, "Try again later")


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION"])
async def test_the_payload_may_name_the_token_in_any_letter_case(gateway: RunningGateway, name: str) -> None:
    async with gateway.socket() as socket:
        await socket.send({"type": "connection_init", "payload": {name: bearer()["Authorization"]}})
        assert await socket.next() == {"type": "connection_ack"}


async def test_a_token_may_be_in_the_head(gateway: RunningGateway) -> None:
    async with gateway.socket(headers=bearer()) as socket:
        await socket.send({"type": "connection_init", "payload": None})
        assert await socket.next() == {"type": "connection_ack"}


async def test_a_connection_ends_with_its_token(gateway: RunningGateway) -> None:
    async with gateway.ready_socket(seconds=2) as socket:
        await socket.subscribe(SLOWLY)
        assert await socket.closed() == (4403, "The token has expired.")
        assert 0 <= time.time() % 1 < 0.5
    assert (gateway.streams.begun, gateway.streams.closed) == (1, 1)


async def test_a_token_may_be_good_for_longer_than_any_timer(gateway: RunningGateway) -> None:
    async with gateway.ready_socket(seconds=10**13) as socket:
        await socket.subscribe("{ hello }")
        assert await socket.next() == next_({"hello": "Hello, you"})


async def test_a_client_has_to_say_in_time_who_it_is(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, initialisation_seconds=0.2) as gateway, gateway.socket() as socket:
        start = time.monotonic()
        await socket.send({"type": "ping"})
        assert await socket.closed() == (4408, "Connection initialisation timeout")
        assert 0.1 < time.monotonic() - start < 2
        async with gateway.ready_socket() as ready:
            await asyncio.sleep(0.4)
            await ready.subscribe("{ hello }")
            assert await ready.next() == next_({"hello": "Hello, you"})


async def test_one_operation_too_many_is_refused_and_the_others_go_on(gateway: RunningGateway) -> None:
    async with gateway.ready_socket() as socket:
        for number in range(101):
            await socket.subscribe(SLOWLY, str(number))
        answers = [await socket.next() for _ in range(101)]
        [refused] = [answer for answer in answers if answer["type"] != "next"]
        error = {
            "message": "100 operations are under way on this connection.",
            "extensions": {"code": "SERVICE_UNAVAILABLE"},
        }
        assert refused == {"id": "100", "type": "error", "payload": [error]}
        await socket.send(complete("0"))
        await socket.subscribe(COUNT, "100")
        assert await socket.next() == next_({"count": 0}, "100")


async def test_what_the_caller_may_spend_holds_here_too(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, rate_limit=2) as gateway, gateway.ready_socket() as socket:
        await socket.subscribe("{ hello }")
        assert [(await socket.next())["type"] for _ in range(2)] == ["next", "complete"]
        await socket.subscribe("{ hello }")
        message = await socket.next()
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")


async def test_an_answer_that_is_too_large_is_an_error_instead(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, max_answer_bytes=500) as gateway, gateway.ready_socket() as socket:
        await socket.subscribe("{ large }")
        [error] = (await socket.next())["payload"]["errors"]
    assert error["message"].startswith("The answer has 1021 bytes; expected at most 500.")
    assert error["extensions"]["code"] == "TOO_EXPENSIVE"
