"""Which requests are logged, and how where somebody else has configured the logs."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases, SQLiteDatabases

pytestmark = pytest.mark.anyio

LOGGER = "gateway.web.request_log"


@pytest.fixture(scope="session")
def databases(sqlite: SQLiteDatabases) -> Databases:
    """Return databases of one kind: what counts their work is the same for all."""
    return sqlite


@pytest.fixture
async def logged(settings: Settings, caplog: pytest.LogCaptureFixture) -> Callable[..., Awaitable[list[str]]]:
    """Return what asks a gateway of these settings, and returns the lines with their levels."""

    async def log_of(query: str, **changed: Any) -> list[str]:
        client = GatewayClient(settings.model_copy(update=changed))
        with caplog.at_level(logging.INFO, LOGGER):
            await client.ask(query)
        await client.close()
        return [f"{record.levelname} {record.message}" for record in caplog.records if record.name == LOGGER]

    return log_of


async def test_by_default_what_goes_well_is_not_logged(logged: Callable[..., Awaitable[list[str]]]) -> None:
    assert await logged("{ __typename }") == []


async def test_by_default_what_fails_is_logged(logged: Callable[..., Awaitable[list[str]]]) -> None:
    [line] = await logged("{ wrong }")
    assert re.fullmatch(
        r"INFO request id=\S+ principal=principal/[0-9a-f-]{36} type=- operation=- document=[0-9a-f]{64} status=200 "
        r"codes=GRAPHQL_VALIDATION_FAILED ms=[0-9.]+ database_ms=0.0 statements=0 rows=0 cost=-",
        line,
    )


async def test_all_that_is_asked_for_is_logged(logged: Callable[..., Awaitable[list[str]]]) -> None:
    [line] = await logged("query A { __typename }", request_log="all")
    assert " type=query operation=A document=" in line
    assert " status=200 codes=- ms=" in line


async def test_what_is_slow_is_a_warning_that_tells_what_it_waited_for(
    logged: Callable[..., Awaitable[list[str]]],
) -> None:
    [line] = await logged("{ devices { totalCount } }", slow_ms=0.001)
    assert re.match(
        r"WARNING request id=.* turn_ms=[0-9.]+ body_ms=[0-9.]+ waited_for=(database|turn|body|process)$", line
    )


async def test_a_log_that_is_off_has_nothing(logged: Callable[..., Awaitable[list[str]]]) -> None:
    assert await logged("{ wrong }", request_log="off", slow_ms=0.001) == []
