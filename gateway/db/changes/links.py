"""Changes of the links between devices and groups."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import delete

from gateway.db.changes.rows import insert, insert_many
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.statement import Statement
from gateway.db.tables import device_group_link
from gateway.domain.principal import Reach
from gateway.domain.uuids import Uuid


async def insert_link(transaction: Transaction, device: DeviceRow, group_id: Uuid) -> bool:
    """Put a device into a group; return False where it is there already. Both are rows that the caller reaches."""
    return await insert(transaction, device_group_link, _values(transaction, device, group_id), unique=_KEY)


async def insert_links(transaction: Transaction, links: Iterable[tuple[DeviceRow, Uuid]]) -> None:
    """Put devices into groups, given by their ids, which the caller reaches and where the devices are not yet."""
    rows = [_values(transaction, device, group_id) for device, group_id in links]
    await insert_many(transaction, device_group_link, rows)


async def delete_link(transaction: Transaction, device: DeviceRow, group_id: Uuid) -> bool:
    """Take a device out of a group; return False where it is not there. Both are rows that the caller reaches."""
    parameters = {"device_id": device.id, "group_id": group_id, "client_id": device.client_id}
    return await transaction.execute(_DELETE_LINK, parameters) == 1


async def delete_links(transaction: Transaction, devices: Iterable[DeviceRow], group_ids: Iterable[Uuid]) -> None:
    """Take devices out of groups. All are rows that the caller reaches."""
    parameters = {
        "device_ids": [device.id for device in devices],
        "group_ids": group_ids,
        "reached": transaction.principal.reached,
    }
    await transaction.execute(_delete_links(transaction.principal.reach), parameters)


@lru_cache
def _delete_links(reach: Reach) -> Statement[Any]:
    link = device_group_link.c
    are_these = (in_parameter(link.device_id, "device_ids"), in_parameter(link.device_group_id, "group_ids"))
    return Statement(delete(device_group_link).where(*are_these, within_reach(link.client_id, reach)))


def _values(transaction: Transaction, device: DeviceRow, group_id: Uuid) -> dict[str, Any]:
    return {
        "device_id": device.id,
        "device_group_id": group_id,
        "client_id": device.client_id,
        "created_at": transaction.instant,
        "created_by": transaction.principal.name,
    }


_KEY = ("device_id", "device_group_id", "client_id")
_DELETE_LINK: Statement[Any] = Statement(
    delete(device_group_link).where(
        equals_parameter(device_group_link.c.device_id, "device_id"),
        equals_parameter(device_group_link.c.device_group_id, "group_id"),
        equals_parameter(device_group_link.c.client_id, "client_id"),
    )
)
