"""The two databases are one to clients: the same order, and the same cursors."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest

from gateway.db.database import Database
from gateway.db.migrations.migrate import migrate
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import PostgreSQLDatabases, SQLiteDatabases
from tests.factories import OTHER_CLIENT, RowFactory, new_uuid
from tests.graphql.fleet import INSTANTS, ORDER_COLUMNS, ids_of, page_of

pytestmark = pytest.mark.anyio

# By code point. Locales sort letters of both cases side by side; UTF-16 has the emoji before the letter in front of it.
NAMES = ("Z", "a", "z", "Ä", "é", "\uffee", "\U0001f600")
BARCODES = (None, "", "12", "A-1", "a-1")
ORDERS = [
    [{"field": field, "direction": direction}] for field in sorted(ORDER_COLUMNS) for direction in ("ASC", "DESC")
]
MIXED = [{"field": "NAME", "direction": "ASC"}, {"field": "BARCODE", "direction": "DESC"}]
DEVICES = 24
PAGE = 5
# Of whichever a server has, that which is least like the order of code points.
LOCALES = ("LOCALE_PROVIDER icu ICU_LOCALE 'de'", "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST'")
Page = dict[str, Any]


@pytest.fixture(scope="module")
async def both(
    sqlite: SQLiteDatabases, postgresql: PostgreSQLDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[GatewayClient, GatewayClient]]:
    """Yield gateways with the same devices."""
    folder = tmp_path_factory.mktemp("keys")
    with sqlite.copy() as file_url, postgresql.copy() as server_url:
        async with client_of(file_url, folder) as of_file, client_of(server_url, folder) as of_server:
            random = Random(11)
            factories = [RowFactory(each.database) for each in (of_file, of_server)]
            for _ in range(DEVICES):
                values = some_device(random)
                for factory in factories:
                    await factory.device(**values)
            yield of_file, of_server


@asynccontextmanager
async def client_of(url: str, folder: Path) -> AsyncIterator[GatewayClient]:
    client = GatewayClient(Settings(database_url=url, key_file=folder / "gateway.key"))
    yield client
    await client.close()


def some_device(random: Random) -> dict[str, Any]:
    """Return the values of a device; sort keys are often equal."""
    return {
        "id": new_uuid(),
        "name": random.choice(NAMES),
        "barcode": random.choice(BARCODES),
        "status": random.choice(("ACTIVE", "INACTIVE")),
        "created_at": random.choice(INSTANTS),
        "modified_at": random.choice(INSTANTS),
        **({"client_id": OTHER_CLIENT} if random.random() < 0.5 else {}),
    }


@pytest.mark.parametrize("order_by", [*ORDERS, MIXED], ids=str)
@pytest.mark.parametrize("starts_with", ["sqlite", "postgresql"])
async def test_a_cursor_of_one_database_goes_on_in_the_other(
    both: tuple[GatewayClient, GatewayClient], order_by: list[dict[str, str]], starts_with: str
) -> None:
    everything = [await page_of(gateway, orderBy=order_by, first=DEVICES) for gateway in both]
    assert everything[0] == everything[1]
    expected = ids_of(everything[0])
    assert len(expected) == DEVICES

    in_turn = both if starts_with == "sqlite" else both[::-1]
    assert await walked_forward(in_turn, order_by) == expected
    assert await walked_backward(in_turn, order_by) == expected


async def walked_forward(in_turn: Sequence[GatewayClient], order_by: list[dict[str, str]]) -> list[str]:
    """Return the ids of pages that come from one database after the other."""
    ids: list[str] = []
    page: Page = {"pageInfo": {"endCursor": None}}
    for number in range(-(-DEVICES // PAGE)):
        after = page["pageInfo"]["endCursor"]
        page = await page_of(in_turn[number % 2], orderBy=order_by, first=PAGE, after=after)
        ids += ids_of(page)
    assert not page["pageInfo"]["hasNextPage"]
    return ids


async def walked_backward(in_turn: Sequence[GatewayClient], order_by: list[dict[str, str]]) -> list[str]:
    ids: list[str] = []
    page: Page = {"pageInfo": {"startCursor": None}}
    for number in range(-(-DEVICES // PAGE)):
        before = page["pageInfo"]["startCursor"]
        page = await page_of(in_turn[number % 2], orderBy=order_by, last=PAGE, before=before)
        ids = ids_of(page) + ids
    assert not page["pageInfo"]["hasPreviousPage"]
    return ids


@pytest.fixture
def with_a_locale(postgresql: PostgreSQLDatabases) -> Iterator[str]:
    """Yield a database whose texts compare in another way than that of C where nothing else is said."""
    for locale in LOCALES:
        database = postgresql.new(f"TEMPLATE template0 {locale}")
        try:
            url = database.__enter__()
        except asyncpg.FeatureNotSupportedError:
            continue
        yield url
        database.__exit__(None, None, None)
        return
    pytest.fail("The server has no locale but C.")


async def test_names_sort_by_code_point_whatever_the_locale_of_the_server(with_a_locale: str, tmp_path: Path) -> None:
    database = Database(with_a_locale)
    await migrate(database)
    factory = RowFactory(database)
    for name in Random(5).sample(NAMES, len(NAMES)):
        await factory.device(name=name, barcode=name)
    await database.close()
    query = "query ($by: DeviceOrderField!) { devices(orderBy: [{field: $by}]) { nodes { name } } }"
    async with client_of(with_a_locale, tmp_path) as gateway:
        for field in ("NAME", "BARCODE"):
            found = (await gateway.data(query, {"by": field}))["devices"]["nodes"]
            assert [node["name"] for node in found] == sorted(NAMES)
