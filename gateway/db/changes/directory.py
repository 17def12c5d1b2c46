"""Changes of the directory, each made with the device or the adapter that an entry names."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from gateway.db.changes.rows import insert_many
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import in_parameter
from gateway.db.statements.kept import kept
from gateway.db.statements.statement import Statement, parameter
from gateway.db.tables import directory
from gateway.domain.uuids import Uuid


async def claim_identifiers(transaction: Transaction, device: DeviceRow, identifiers: Collection[str]) -> bool:
    """Let identifiers name a device; return False where any of them names one already.

    The key decides, and not a look before the insert, which another transaction could overtake. Those that are free are
    claimed all the same, until the transaction is undone.
    """
    # In one order, so that of two who want the same ones none waits for the other.
    parameters = {f"identifier_{index}": name for index, name in enumerate(sorted(identifiers))}
    statement = kept(transaction.dialect, _claim, len(parameters))
    owner = {"client_id": device.client_id, "device_id": device.id}
    return await transaction.execute(statement, {**parameters, **owner}) == len(parameters)


def _claim(count: int) -> Statement[Any]:
    owner = {name: parameter(directory.c[name]) for name in ("client_id", "device_id")}
    entries = [
        {"identifier": parameter(directory.c.identifier, f"identifier_{index}"), **owner} for index in range(count)
    ]
    return Statement(insert(directory).values(entries).on_conflict_do_nothing(index_elements=["identifier"]))


async def claim_for_devices(transaction: Transaction, devices: Mapping[str, DeviceRow]) -> bool:
    """Let identifiers name new devices, each its own, by the rules of `claim_identifiers`."""
    entries = [
        {"identifier": name, "client_id": device.client_id, "device_id": device.id}
        for name, device in sorted(devices.items())
    ]
    return await insert_many(transaction, directory, entries, unique=("identifier",)) == len(entries)


async def release_identifiers(
    transaction: Transaction, identifiers: Collection[str], device_ids: Collection[Uuid]
) -> None:
    """Let those identifiers name nothing that name one of these devices."""
    await transaction.execute(_RELEASE, {"identifiers": identifiers, "device_ids": device_ids})


async def move_entries(transaction: Transaction, identifiers: Collection[str], client_id: Uuid) -> None:
    """Say that the device that the identifiers name is another client's now."""
    await transaction.execute(_MOVE, {"identifiers": identifiers, "client_id": client_id})


async def delete_entries(transaction: Transaction, identifiers: Collection[str]) -> None:
    await transaction.execute(_DELETE, {"identifiers": identifiers})


_ARE_ENTRIES = in_parameter(directory.c.identifier, "identifiers")
_MOVE: Statement[Any] = Statement(
    update(directory).where(_ARE_ENTRIES).values(client_id=parameter(directory.c.client_id))
)
_DELETE: Statement[Any] = Statement(delete(directory).where(_ARE_ENTRIES))
_RELEASE: Statement[Any] = Statement(
    delete(directory).where(_ARE_ENTRIES, in_parameter(directory.c.device_id, "device_ids"))
)
