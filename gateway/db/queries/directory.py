"""The directory: where the devices are that names name, and which names are taken."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, select

from gateway.db.statements.conditions import in_parameter, within_reach
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device, directory
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid

Found = TypeVar("Found")

# How often what others move from client to client meanwhile is looked for.
LOOKS = 10


class Location(NamedTuple):
    """Where a device is."""

    client_id: Uuid
    device_id: Uuid


async def locations(
    reader: Reader, principal: Principal, identifiers: Iterable[DeviceIdentifier]
) -> dict[DeviceIdentifier, Location]:
    """Return where the devices are that a principal reaches, by the identifiers that name them."""
    by_name = {str(identifier): identifier for identifier in identifiers}
    parameters = {"identifiers": by_name, "reached": principal.reached}
    found = await reader.fetch(_locations(principal.reach), parameters)
    return {by_name[name]: Location(client_id, device_id) for name, client_id, device_id in found}


async def found_at_locations(
    reader: Reader,
    principal: Principal,
    identifiers: Collection[DeviceIdentifier],
    read: Callable[[Principal, Mapping[DeviceIdentifier, Location]], Awaitable[dict[DeviceIdentifier, Found]]],
) -> dict[DeviceIdentifier, Found]:
    """Return what `read` finds where the directory has devices, by the identifiers that name them.

    No server of a cluster has the directory's entry beside the device, so it may be moved between the two statements.
    """
    found: dict[DeviceIdentifier, Found] = {}
    for _ in range(LOOKS):
        at = await locations(reader, principal, identifiers)
        if at:
            found |= await read(reader.narrowed(principal, at.values()), at)
        identifiers = at.keys() - found.keys()
        if not identifiers:
            break
    return found


@lru_cache
def _locations(reach: Reach) -> Statement[Any]:
    names = in_parameter(directory.c.identifier, "identifiers")
    entries = select(directory.c.identifier, directory.c.client_id, directory.c.device_id)
    return Statement(entries.where(names, within_reach(directory.c.client_id, reach)))


async def owners_of_identifiers(
    reader: Reader, identifiers: Collection[DeviceIdentifier]
) -> dict[DeviceIdentifier, Uuid]:
    """Return the ids of the devices, of any client, that identifiers name: they are unique on the whole platform."""
    if not identifiers:
        return {}
    by_name = {str(identifier): identifier for identifier in identifiers}
    return {by_name[name]: owner for name, owner in await reader.fetch(_OWNERS, {"identifiers": by_name})}


_OWNERS: Statement[Any] = Statement(
    select(directory.c.identifier, directory.c.device_id).where(in_parameter(directory.c.identifier, "identifiers"))
)


def is_of_device() -> ColumnElement[bool]:
    """Return the condition that an entry is of a device."""
    return and_(directory.c.client_id == device.c.client_id, directory.c.device_id == device.c.id)
