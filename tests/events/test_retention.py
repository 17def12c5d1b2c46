"""Events are kept for so many days: which ones are let go, when they are removed, and who may do so."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.tables import device_event, event_log
from gateway.domain.instants import Instant, now, shifted
from gateway.events.retention import Retention
from gateway.services.log import give_positions
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.factories import Row, RowFactory
from tests.statements import Statements
from tests.waiting import until

pytestmark = pytest.mark.anyio

KEPT = timedelta(days=30)
POSITIONS: Statement[Any] = Statement(select(device_event.c.position).order_by(device_event.c.position))
LOG: Statement[Any] = Statement(select(event_log.c.numbered, event_log.c.head, event_log.c.gone))


def ago(days: float) -> Instant:
    return shifted(now(), -timedelta(days=days))


@pytest.fixture
async def device(factory: RowFactory) -> Row:
    return await factory.device()


async def add(database: Database, device: Row, *days: float) -> None:
    """Add events that occurred so many days ago, in the order of the log."""
    factory = RowFactory(database)
    [(numbered, _, _)] = await Session(database).fetch(LOG)
    for version, each in enumerate(days, numbered + 1):
        await factory.event(device, version, occurred_at=ago(each))
        await give_positions(Session(database))


async def there(database: Database) -> tuple[list[int | None], int]:
    """Return the positions of the events that there are, and the last one that is gone."""
    session = Session(database)
    [(_, _, gone)] = await session.fetch(LOG)
    return [position for (position,) in await session.fetch(POSITIONS)], gone


async def test_events_that_are_older_are_let_go_and_removed_at_the_next_look(database: Database, device: Row) -> None:
    await add(database, device, 50, 40, 31, 29, 1)
    retention = Retention(database, KEPT)
    await retention.look()
    # Whoever has read before that how far the log goes back still finds them.
    assert await there(database) == ([1, 2, 3, 4, 5], 3)
    await retention.look()
    assert await there(database) == ([4, 5], 3)
    await retention.look()
    assert await there(database) == ([4, 5], 3)


async def test_nothing_is_removed_from_behind_one_that_is_younger(database: Database, device: Row) -> None:
    # As where the clock of one gateway is late.
    await add(database, device, 50, 1, 40)
    retention = Retention(database, KEPT)
    await retention.look()
    await retention.look()
    assert await there(database) == ([2, 3], 1)


async def test_events_without_a_position_stay(database: Database, device: Row) -> None:
    await add(database, device, 50)
    await RowFactory(database).event(device, 2, occurred_at=ago(45))
    retention = Retention(database, KEPT)
    await retention.look()
    await retention.look()
    positions, gone = await there(database)
    assert ([position for position in positions if position is not None], len(positions), gone) == ([], 1, 1)


async def test_many_are_removed_in_small_steps(
    monkeypatch: pytest.MonkeyPatch, database: Database, device: Row
) -> None:
    monkeypatch.setattr("gateway.db.changes.old_events.MOST_AT_ONCE", 2)
    monkeypatch.setattr("gateway.events.retention.SECONDS_BETWEEN_STEPS", 0)
    await add(database, device, *[40] * 5, 1)
    retention = Retention(database, KEPT)
    await retention.look()
    with Statements(database).recorded() as recorded:
        await retention.look()
    assert await there(database) == ([6], 5)
    assert [statement.text.split()[0] for statement in recorded].count("DELETE") == 3


async def test_several_processes_remove_each_event_once(
    monkeypatch: pytest.MonkeyPatch, database: Database, other: Database, device: Row
) -> None:
    monkeypatch.setattr("gateway.db.changes.old_events.MOST_AT_ONCE", 2)
    await add(database, device, *[40] * 6, 1)
    processes = [Retention(database, KEPT), Retention(other, KEPT)]
    for _ in range(2):
        await asyncio.gather(*(each.look() for each in processes))
    assert await there(database) == ([7], 6)


async def test_a_process_removes_nothing_that_another_one_has_just_let_go(
    database: Database, other: Database, device: Row
) -> None:
    await add(database, device, 40, 1)
    one, two = Retention(database, KEPT), Retention(other, KEPT)
    await one.look()
    await two.look()
    assert await there(database) == ([1, 2], 1)


async def test_where_nothing_is_old_nothing_is_locked(database: Database, device: Row) -> None:
    await add(database, device, 29, 1)
    retention = Retention(database, KEPT)
    await retention.look()
    with Statements(database).recorded(numbering=True) as recorded:
        await retention.look()
    assert len(recorded) == 3
    assert all(statement.text.startswith("SELECT") and "FOR UPDATE" not in statement.text for statement in recorded)


async def test_a_gateway_lets_old_events_go_by_itself(settings: Settings, database: Database, device: Row) -> None:
    await add(database, device, 3, 0.5)
    gateway = GatewayClient(settings.model_copy(update={"history_days": 1}))

    async def is_let_go() -> bool:
        return await there(database) == ([1, 2], 1)

    async with gateway.app.router.lifespan_context(gateway.app):
        await until(is_let_go)
    await gateway.close()


FIRST = "query ($after: String) { deviceEvents(after: $after) { edges { cursor node { version } } PAGE } }".replace(
    "PAGE", "totalCount pageInfo { hasPreviousPage hasNextPage }"
)


async def test_the_log_begins_with_what_is_kept_and_says_that_there_was_more(
    gateway: GatewayClient, device: Row
) -> None:
    await add(gateway.database, device, 50, 40, 2, 1)
    whole = (await gateway.data(FIRST))["deviceEvents"]
    assert whole["pageInfo"] == {"hasPreviousPage": False, "hasNextPage": False}
    first, second, third, _ = [edge["cursor"] for edge in whole["edges"]]
    retention = Retention(gateway.database, KEPT)
    for _ in range(2):
        # First they are let go, and then removed.
        await retention.look()
        kept = (await gateway.data(FIRST))["deviceEvents"]
        assert [edge["node"]["version"] for edge in kept["edges"]] == [3, 4]
        assert kept["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}
        gone = await gateway.ask(FIRST, {"after": first})
        assert gone.codes == ["EVENTS_GONE"]
        assert gone.data == {"deviceEvents": None}
        # Nothing that follows the second one is gone.
        for after, versions in ((second, [3, 4]), (third, [4])):
            page = (await gateway.data(FIRST, {"after": after}))["deviceEvents"]
            assert [edge["node"]["version"] for edge in page["edges"]] == versions
    assert kept["totalCount"] == 2  # Of those that were let go, it counts what is not removed yet.


async def test_a_walk_backward_ends_where_the_log_begins(gateway: GatewayClient, device: Row) -> None:
    await add(gateway.database, device, 50, 40, 2, 1)
    await Retention(gateway.database, KEPT).look()
    query = """query ($before: String) { deviceEvents(last: 1, before: $before) {
      nodes { version } pageInfo { hasPreviousPage startCursor }
    } }"""
    found, before = [], None
    for _ in range(2):
        page = (await gateway.data(query, {"before": before}))["deviceEvents"]
        before = page["pageInfo"]["startCursor"]
        found.append((page["nodes"][0]["version"], page["pageInfo"]["hasPreviousPage"]))
    assert found == [(4, True), (3, False)]
