"""How use cases are run: again where others got in the way, and not otherwise."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.db.changes.devices import update_device
from gateway.db.database import Database
from gateway.db.queries.devices import device_to_change
from gateway.db.queries.groups import groups_by_id
from gateway.db.rows import DeviceGroupRow, DeviceRow
from gateway.db.session import Session, Transaction
from gateway.db.stores.store import ChangedMeanwhile
from gateway.domain.enums import DeviceEventType
from gateway.domain.errors import Contended
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.user_errors import Refused, UserError, UserErrorCode
from gateway.services.groups import create_device_group
from gateway.services.use_case import ATTEMPTS, change, refuse
from tests.factories import RowFactory
from tests.mutations.support import dump
from tests.services.support import by_id, caller, execute, new_group

pytestmark = pytest.mark.anyio


class Attempts:
    """Makes a group, and then fails as often as it is told to."""

    def __init__(self, failures: int, error: Callable[[], Exception] = ChangedMeanwhile) -> None:
        self.failures = failures
        self.error = error
        self.count = 0

    async def __call__(self, transaction: Transaction, name: str) -> DeviceGroupRow:
        self.count += 1
        group = await create_device_group(transaction, new_group(name=name))
        if self.count <= self.failures:
            raise self.error()
        return group


async def names(database: Database) -> list[str]:
    return [group["name"] for group in (await dump(database))["device_group"]]


@pytest.mark.parametrize("failures", [0, 1, ATTEMPTS - 1])
async def test_a_use_case_that_others_got_in_the_way_of_runs_again(database: Database, failures: int) -> None:
    attempts = Attempts(failures)
    group = await change(Session(database), caller(), attempts, "North")
    assert (group.name, attempts.count) == ("North", failures + 1)
    # What the attempts before had saved is undone.
    assert [row["id"] for row in (await dump(database))["device_group"]] == [group.id]


async def test_a_use_case_that_others_always_get_in_the_way_of_is_given_up(database: Database) -> None:
    attempts = Attempts(failures=ATTEMPTS)
    with pytest.raises(Contended, match=f"during each of {ATTEMPTS} attempts"):
        await change(Session(database), caller(), attempts, "North")
    assert attempts.count == ATTEMPTS
    assert await names(database) == []


def refused() -> Exception:
    return Refused(UserError(code=UserErrorCode.BLANK, message="name is blank.", field=("name",)))


@pytest.mark.parametrize(("error", "type_"), [(refused, Refused), (lambda: KeyError("a defect"), KeyError)])
async def test_another_error_undoes_the_use_case_which_does_not_run_again(
    database: Database, error: Callable[[], Exception], type_: type[Exception]
) -> None:
    attempts = Attempts(failures=1, error=error)
    with pytest.raises(type_):
        await change(Session(database), caller(), attempts, "North")
    assert attempts.count == 1
    assert await names(database) == []
    # Nor is the next one in the way of anything.
    await change(Session(database), caller(), attempts, "South")
    assert await names(database) == ["South"]


async def update_what_has_changed(transaction: Transaction, identifier: DeviceIdentifier) -> DeviceRow:
    """Update the device as it was a version ago."""
    device = await device_to_change(transaction, identifier)
    assert device is not None
    before = device._replace(version=device.version - 1)
    return await update_device(transaction, before, DeviceEventType.DEVICE_UPDATED, [], {"name": "lost"})


async def test_a_row_that_is_not_the_present_version_is_not_changed(database: Database, factory: RowFactory) -> None:
    row = await factory.device(version=3)
    before = await dump(database)
    with pytest.raises(ChangedMeanwhile):
        await execute(database, update_what_has_changed, by_id(row["id"]))
    assert await dump(database) == before
    with pytest.raises(Contended):
        await change(Session(database), caller(), update_what_has_changed, by_id(row["id"]))
    assert await dump(database) == before


async def test_a_use_case_has_one_instant_and_its_callers_name(database: Database) -> None:
    async def read(transaction: Transaction, _: None) -> list[str]:
        instants = [transaction.instant for _ in range(2)]
        group = await create_device_group(transaction, new_group())
        return [*instants, group.created_at, group.modified_at]

    assert len(set(await execute(database, read, None))) == 1


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_use_case_may_await_only_its_transaction_where_it_has_no_loop(database: Database) -> None:
    async def wait(transaction: Transaction, _: None) -> None:
        await create_device_group(transaction, new_group())
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited something else than its transaction"):
        await execute(database, wait, None)
    assert await names(database) == []


async def test_changes_at_once_each_have_a_transaction_of_their_own(database: Database) -> None:
    session = Session(database)
    made = [change(session, caller(), create_device_group, new_group(name=str(number))) for number in range(10)]
    assert sorted(group.name for group in await asyncio.gather(*made)) == sorted(await names(database))


async def test_a_session_reads_what_it_has_changed(database: Database) -> None:
    session = Session(database)
    group = await change(session, caller(), create_device_group, new_group())
    assert await groups_by_id(session, caller(), [group.id]) == {group.id: group}


def test_refuse_raises_all_the_errors_that_there_are() -> None:
    refuse([])
    errors = [UserError(code=code, message=code) for code in (UserErrorCode.BLANK, UserErrorCode.TOO_LONG)]
    with pytest.raises(Refused) as raised:
        refuse(iter(errors))
    assert [*raised.value.user_errors] == errors
