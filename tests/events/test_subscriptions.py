"""Subscriptions to events, without HTTP: what they tell, from where, and what is refused."""

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from gateway.db.queries.events import events_cursor
from gateway.db.session import Session
from gateway.db.tables import event_log
from gateway.domain.cursors import encode_cursor
from gateway.domain.enums import Scope
from gateway.domain.errors import EventsGone
from gateway.domain.principal import Principal
from gateway.graphql.context import Context
from gateway.graphql.limits import Limits
from gateway.graphql.request import CostReport, Request
from gateway.graphql.response_streams import ResponseStream
from tests.events.changes import DELETE, MOVE, RENAME
from tests.events.processes import Process, Refused, caller, next_edge, next_edges, running
from tests.factories import CLIENT, OTHER_CLIENT, new_uuid

pytestmark = pytest.mark.anyio


async def refusal(process: Process, principal: Principal | None = None, **variables: Any) -> list[str]:
    """Return the codes of the errors of a subscription that is refused."""
    with pytest.raises(Refused) as refused:
        await process.open(principal or caller(), **variables)
    return refused.value.codes


async def forget_events(process: Process, until: int) -> None:
    """Say that events up to a position have been removed."""
    async with process.database.writing() as connection:
        await connection.execute(update(event_log).values(gone=until))


async def test_it_begins_with_the_next_event(process: Process) -> None:
    await process.create()
    stream = await process.open()
    device = await process.create()
    assert (await next_edge(stream))["node"]["deviceId"] == device
    await stream.aclose()


async def test_it_begins_after_a_cursor(process: Process) -> None:
    devices = [await process.create() for _ in range(4)]
    [first, *rest] = await process.past()
    stream = await process.open(after=first["cursor"])
    assert await next_edges(stream, 3) == rest
    devices.append(await process.create())
    assert (await next_edge(stream))["node"]["deviceId"] == devices[-1]
    await stream.aclose()


async def test_it_tells_what_the_query_tells(process: Process) -> None:
    device = await process.create()
    stream = await process.open(after=events_cursor(0))
    await process.ask(RENAME, device=device, name="Another")
    await process.ask(MOVE, device=device, client=OTHER_CLIENT)
    await process.ask(DELETE, device=device)
    assert await next_edges(stream, 4) == await process.past()
    await stream.aclose()


async def test_a_caller_is_told_of_its_clients_only(process: Process) -> None:
    stream = await process.open(caller(CLIENT))
    await process.create(client=OTHER_CLIENT)
    device = await process.create(client=CLIENT)
    assert (await next_edge(stream))["node"]["deviceId"] == device
    await stream.aclose()


async def test_a_device_filter_is_about_now_and_lets_deletions_through(process: Process) -> None:
    stream = await process.open(filter={"device": {"search": "pump"}})
    other, pump = await process.create("Other"), await process.create("Pump")
    assert (await next_edge(stream))["node"]["deviceId"] == pump
    await process.ask(RENAME, device=other, name="Other pump")
    assert (await next_edge(stream))["node"]["deviceId"] == other
    await process.ask(DELETE, device=other)
    assert (await next_edge(stream))["node"]["type"] == "DEVICE_DELETED"
    await stream.aclose()


async def test_what_another_process_changes_is_told(url: str, process: Process) -> None:
    stream = await process.open()
    async with running(url) as other:
        device = await other.create()
        assert (await next_edge(stream))["node"]["deviceId"] == device
    await stream.aclose()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "xx",
        events_cursor(1)[:-1],
        encode_cursor("CREATED_AT ASC, ID ASC", ("2025-03-01T12:00:00.000Z", new_uuid())),
        events_cursor(7),
        events_cursor(-1),
        encode_cursor("position", ("1",)),
    ],
)
async def test_a_cursor_that_names_no_place_in_the_log_is_refused(process: Process, cursor: str) -> None:
    await process.create()
    assert await refusal(process, after=cursor) == ["BAD_USER_INPUT"]


async def test_a_filter_that_is_never_true_is_refused(process: Process) -> None:
    assert await refusal(process, caller(CLIENT), filter={"clientIds": [OTHER_CLIENT]}) == ["BAD_USER_INPUT"]
    assert await refusal(process, filter={"types": []}) == ["BAD_USER_INPUT"]


async def test_it_needs_a_scope(process: Process) -> None:
    others = frozenset(set(Scope) - {Scope.DEVICE_READ})
    assert await refusal(process, caller(scopes=others)) == ["FORBIDDEN"]


async def test_a_cursor_from_before_what_is_kept_is_refused(process: Process) -> None:
    for _ in range(3):
        await process.create()
    await forget_events(process, 2)
    assert await refusal(process, after=events_cursor(1)) == ["EVENTS_GONE"]
    stream = await process.open(after=events_cursor(2))
    await next_edge(stream)
    await stream.aclose()


async def test_a_stream_ends_where_the_events_that_follow_are_removed(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.graphql.response_streams.MOST_AT_ONCE", 1)
    for _ in range(3):
        await process.create()
    stream = await process.open(after=events_cursor(0))
    await next_edge(stream)
    await forget_events(process, 2)
    await process.log.look()
    with pytest.raises(EventsGone):
        await next_edge(stream)
    await stream.aclose()
    assert process.feed._audiences == {}


async def test_a_caller_has_so_many_subscriptions_at_once(url: str) -> None:
    async with running(url, limits=Limits(subscriptions=2)) as process:
        principal = caller()
        streams = [await process.open(principal) for _ in range(2)]
        assert await refusal(process, principal) == ["TOO_MANY_SUBSCRIPTIONS"]
        other = await process.open()
        await streams[0].aclose()
        await streams[0].aclose()
        streams[0] = await process.open(principal)
        assert await refusal(process, principal) == ["TOO_MANY_SUBSCRIPTIONS"]
        assert await refusal(process, principal, after="xx") == ["TOO_MANY_SUBSCRIPTIONS"]
        await streams[1].aclose()
        assert await refusal(process, principal, after="xx") == ["BAD_USER_INPUT"]
        for stream in (streams[0], other):
            await stream.aclose()
        assert process.executor.streams._open == {}


async def test_a_filter_costs_what_it_is_made_of(process: Process) -> None:
    async def cost(filter_: Any) -> Any:
        request = Request(
            "subscription ($f: DeviceEventFilter) { deviceEvents(filter: $f) { cursor } }", {"f": filter_}
        )
        request.cost_report = CostReport.VALIDATE
        answer = await process.executor.respond(request, Context(caller(), Session(process.database)))
        assert isinstance(answer, dict)
        return answer["extensions"]["cost"]["requested"]

    of_none = await cost(None)
    assert await cost({"types": ["DEVICE_CREATED"]}) == of_none
    assert await cost({"device": {"or": [{"search": "a"}, {"search": "b"}]}}) == of_none + 3 * 20
    assert process.executor.streams._open == {}


async def test_a_response_that_is_too_large_is_an_error_in_its_place(url: str) -> None:
    async with running(url, limits=Limits(answer_bytes=150)) as process:
        query = "subscription { deviceEvents { node { changes { field after } } } }"
        stream = await process.open(query=query)
        device = await process.create("x" * 100)
        await process.ask(RENAME, device=device, name="short")
        first, second = [orjson.loads((await anext(stream)).body) for _ in range(2)]
        assert (first["data"], first["errors"][0]["extensions"]) == (None, {"code": "TOO_EXPENSIVE"})
        assert second == {"data": {"deviceEvents": {"node": {"changes": [{"field": "name", "after": "short"}]}}}}
        await stream.aclose()


async def test_a_stream_may_be_given_up_at_any_moment(process: Process) -> None:
    async def follow(stream: ResponseStream, turns: int) -> None:
        following = asyncio.create_task(next_edges(stream, 10))
        for _ in range(turns):
            await asyncio.sleep(0)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await stream.aclose()

    for _ in range(3):
        await process.create()
    for turns in range(30):
        for after in (None, events_cursor(0)):
            stream = await process.open(after=after)
            await asyncio.gather(follow(stream, turns), process.create() if turns % 10 == 0 else asyncio.sleep(0))
    assert (process.feed._audiences, process.feed._offered_to) == ({}, set())
    assert process.executor.streams._open == {}
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if "Audience" in repr(task.get_coro())] == []
