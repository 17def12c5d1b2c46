"""Events of devices."""

from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import select

from gateway.db.rows import EVENT_COLUMNS, DeviceEventRow, row_maker
from gateway.db.statements import orders
from gateway.db.statements.conditions import in_parameter, within_reach
from gateway.db.statements.listing import KEPT_LISTINGS, NestedListing
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device_event
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid


async def events_by_id(reader: Reader, principal: Principal, ids: Collection[Uuid]) -> dict[Uuid, DeviceEventRow]:
    found = await reader.fetch(_events_by_id(principal.reach), {"ids": ids, "reached": principal.reached})
    return {row.id: row for row in found}


@lru_cache
def _events_by_id(reach: Reach) -> Statement[DeviceEventRow]:
    statement = select(*EVENT_COLUMNS.values()).where(
        in_parameter(device_event.c.id, "ids"), within_reach(device_event.c.client_id, reach)
    )
    return Statement(statement, row_maker(DeviceEventRow))


@lru_cache(KEPT_LISTINGS)
def events_of_devices(reach: Reach) -> NestedListing[DeviceEventRow]:
    """Return the lists of devices' events; the parent is the device's id."""
    return NestedListing(
        columns=EVENT_COLUMNS,
        row=DeviceEventRow,
        from_clause=device_event,
        conditions=[within_reach(device_event.c.client_id, reach)],
        order=orders.EVENTS,
        parent=device_event.c.device_id,
    )
