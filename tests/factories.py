"""Rows for tests. What a test does not name does not matter to it."""

import itertools
import uuid
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import SQLModel, col

from gateway.cli.fleet import imei
from gateway.db.database import Database
from gateway.db.tables import (
    Device,
    DeviceEvent,
    DeviceGroup,
    DeviceGroupLink,
    DirectoryEntry,
    NetworkAdapter,
    Webhook,
)
from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType, WebhookStatus
from gateway.domain.identifiers import urn
from gateway.domain.instants import Instant
from gateway.domain.text import folded
from gateway.domain.uuids import Uuid
from gateway.domain.webhooks import new_secret

CLIENT = Uuid("7098dc22-fed5-4d9e-8e68-6c6f853eac0c")
OTHER_CLIENT = Uuid("1f0d8a5e-0b1f-4c58-9a52-3d4f0c2b7e11")
PROJECT = Uuid("b6a883a8-41f9-428e-a8a1-4597de54fec6")
SPECIFICATION = Uuid("9c359e94-ace1-448c-8ac9-443a7d3d963f")
PRINCIPAL = "principal/9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4"
DAY = Instant("2025-03-01T12:00:00.000Z")

Row = dict[str, Any]


def new_uuid() -> Uuid:
    return Uuid(str(uuid.uuid4()))


class RowFactory:
    """Inserts rows into a database, and returns them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._serials = itertools.count(1)

    async def device(self, **values: Any) -> Row:
        row = {
            "id": new_uuid(),
            "name": "Device",
            "description": None,
            "barcode": None,
            "status": DeviceStatus.ACTIVE,
            "client_id": CLIENT,
            "project_id": PROJECT,
            "device_specification_id": SPECIFICATION,
            "version": 1,
            **_recorded(),
            **values,
        }
        folds = {f"{name}_folded": row[name] and folded(row[name]) for name in ("name", "description", "barcode")}
        await self._insert(Device, {**row, **folds})
        await self._enter(row["id"], row["client_id"], row["id"])
        return row

    async def group(self, **values: Any) -> Row:
        row = {
            "id": new_uuid(),
            "name": "Group",
            "description": None,
            "client_id": CLIENT,
            "project_id": PROJECT,
            "version": 1,
            **_recorded(),
            **values,
        }
        folds = {f"{name}_folded": row[name] and folded(row[name]) for name in ("name", "description")}
        await self._insert(DeviceGroup, {**row, **folds})
        return row

    async def adapter(self, device: Row, type_: NetworkAdapterType = NetworkAdapterType.CELLULAR, **values: Any) -> Row:
        row = {
            "id": new_uuid(),
            "device_id": device["id"],
            "client_id": device["client_id"],
            "type": type_,
            "identifier": self._identifier(type_),
            **_recorded(),
            **values,
        }
        await self._insert(NetworkAdapter, row)
        if type_ in list(NetworkAdapterType):  # The gateway names no others.
            await self._enter(urn(type_, row["identifier"]), row["client_id"], row["device_id"])
        return row

    async def link(self, device: Row, group: Row, **values: Any) -> Row:
        row = {
            "device_id": device["id"],
            "device_group_id": group["id"],
            "client_id": device["client_id"],
            "created_at": DAY,
            "created_by": PRINCIPAL,
            **values,
        }
        await self._insert(DeviceGroupLink, row)
        return row

    async def event(self, device: Row, version: int = 1, **values: Any) -> Row:
        row = {
            "id": new_uuid(),
            "device_id": device["id"],
            "version": version,
            "client_id": device["client_id"],
            "type": DeviceEventType.DEVICE_UPDATED,
            "occurred_at": DAY,
            "occurred_by": PRINCIPAL,
            "changes": [],
            **values,
        }
        await self._insert(DeviceEvent, row)
        return row

    async def webhook(self, number: int = 1, **values: Any) -> Row:
        row = {
            "id": new_uuid(),
            "client_id": CLIENT,
            "number": number,
            "url": "https://hooks.example/",
            "types": [DeviceEventType.DEVICE_CREATED],
            "status": WebhookStatus.ACTIVE,
            "version": 1,
            "secret": new_secret(),
            "delivered_position": 0,
            "attempts": 0,
            "next_attempt_at": DAY,
            "leased_until": DAY,
            **_recorded(),
            **values,
        }
        await self._insert(Webhook, row)
        return row

    async def delete_device(self, device_id: str) -> None:
        """Delete a device with its adapters and links."""
        async with self._database.engine.begin() as connection:
            await connection.execute(delete(Device).where(col(Device.id) == device_id))
            await connection.execute(delete(DirectoryEntry).where(col(DirectoryEntry.device_id) == device_id))

    async def _enter(self, identifier: str, client_id: str, device_id: str) -> None:
        await self._insert(DirectoryEntry, {"identifier": identifier, "client_id": client_id, "device_id": device_id})

    async def _insert(self, model: type[SQLModel], row: Row) -> None:
        async with self._database.engine.begin() as connection:
            await connection.execute(insert(model), row)

    def _identifier(self, type_: NetworkAdapterType) -> str:
        serial = next(self._serials)
        match type_:
            case NetworkAdapterType.CELLULAR:
                return imei(serial)
            case NetworkAdapterType.LORA:
                return f"{serial:016X}"
            case NetworkAdapterType.GENERIC:
                return new_uuid()


def _recorded() -> Row:
    return {"created_at": DAY, "created_by": PRINCIPAL, "modified_at": DAY, "modified_by": PRINCIPAL}
