"""What searches find stays in step with the rows, whatever becomes of them."""

from typing import Any

import pytest
from sqlalchemy import Column

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.tables import device, device_group
from tests.db.searches import found
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio


class Index:
    """Searches the index of trigrams of a table."""

    def __init__(self, database: Database, table: Any, columns: list[Column[Any]]) -> None:
        self.database = database
        self._session = Session(database)
        self._table = table
        self._columns = columns

    async def finds(self, term: str) -> list[str]:
        return await found(self._session, self._table, self._columns, term)

    async def run(self, statement: str) -> None:
        async with self.database.engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql(statement)

    async def check(self) -> None:
        """Raise SQLite's error where an entry of the index has no row, or a row no entry.

        PostgreSQL looks at the rows that its index finds, and keeps the two in step by itself.
        """
        if not self.database.is_sqlite:
            return
        name = f"{self._table.name}_search"
        await self.run(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")  # noqa: S608  # a constant


@pytest.fixture
def devices(database: Database) -> Index:
    return Index(database, device, [device.c.name_folded, device.c.description_folded])


@pytest.fixture
def groups(database: Database) -> Index:
    return Index(database, device_group, [device_group.c.name_folded, device_group.c.description_folded])


async def test_a_new_row_is_found_by_parts_of_its_texts(devices: Index, groups: Index, factory: RowFactory) -> None:
    await factory.device(name="Straßenlaterne", description="am Äquator")
    await factory.group(name="Nordseite")
    assert [await devices.finds(term) for term in ("strassen", "äqua", "nordseite")] == [["Straßenlaterne"]] * 2 + [[]]
    assert [await groups.finds(term) for term in ("seite", "strassen")] == [["Nordseite"], []]


@pytest.mark.parametrize("table", ["device", "device_group"])
async def test_a_changed_row_is_found_by_its_new_text_only(
    devices: Index, groups: Index, factory: RowFactory, table: str
) -> None:
    index, make = (devices, factory.device) if table == "device" else (groups, factory.group)
    await make(name="Pump", description="behind the gate")
    await make(name="Lamp")
    await index.run(f"UPDATE {table} SET name_folded = 'turbine', description_folded = NULL WHERE name = 'Pump'")  # noqa: S608  # a constant
    assert [await index.finds(term) for term in ("turb", "pump", "gate", "lamp")] == [["Pump"], [], [], ["Lamp"]]
    await index.check()


@pytest.mark.parametrize("table", ["device", "device_group"])
async def test_a_deleted_row_is_found_no_more(devices: Index, groups: Index, factory: RowFactory, table: str) -> None:
    index, make = (devices, factory.device) if table == "device" else (groups, factory.group)
    for name in ("Pump one", "Pump two"):
        await make(name=name)
    await index.run(f"DELETE FROM {table} WHERE name = 'Pump one'")  # noqa: S608  # a constant
    assert await index.finds("pump") == ["Pump two"]
    await index.check()


async def test_a_change_that_is_rolled_back_is_not_in_the_index(devices: Index, factory: RowFactory) -> None:
    await factory.device(name="Pump")
    async with devices.database.engine.connect() as connection:
        await connection.exec_driver_sql("DELETE FROM device")
        await connection.rollback()
    assert await devices.finds("pump") == ["Pump"]
    await devices.check()


async def test_rows_are_found_after_vacuum(devices: Index, groups: Index, factory: RowFactory) -> None:
    for name in ("Pump", "Lamp", "Clock"):
        await factory.device(name=name)
        await factory.group(name=name)
    await devices.run("DELETE FROM device WHERE name = 'Pump'")
    await groups.run("DELETE FROM device_group WHERE name = 'Pump'")
    await devices.run("VACUUM")
    for index in (devices, groups):
        assert [await index.finds(term) for term in ("pump", "lamp", "clock")] == [[], ["Lamp"], ["Clock"]]
        await index.check()
