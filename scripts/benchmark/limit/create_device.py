"""createDevice: what the gateway writes and answers."""

from typing import Any

import orjson

from gateway.domain.enums import NetworkAdapterType
from gateway.domain.identifiers import urn
from gateway.domain.instants import now
from gateway.domain.uuids import new_uuid

from .database import Database

_CREATED = ("name", "status", "clientId", "projectId", "deviceSpecificationId")
_FIELDS = {"cellular": (NetworkAdapterType.CELLULAR, "imei"), "lora": (NetworkAdapterType.LORA, "devEui")}


async def create_device(database: Database, values: dict[str, Any], by: str) -> bytes:
    id_, *adapter_ids = sorted(new_uuid() for _ in range(1 + len(values["networkAdapters"])))
    given = zip(adapter_ids, map(_adapter, values["networkAdapters"]), strict=True)
    adapters = [{"adapter_id": adapter_id, **adapter} for adapter_id, adapter in given]
    changes = [(name, None, values[name]) for name in _CREATED]
    changes += [("networkAdapters", None, adapter["urn"]) for adapter in adapters]
    device = {
        **{name: values[name] for name in _CREATED},
        "name_folded": values["name"].casefold(),
        "id": id_,
        "event_id": new_uuid(),
        "at": now(),
        "by": by,
        "changes": orjson.dumps(changes).decode(),
    }
    await database.create(device, adapters)
    return _answer(device, adapters)


def _adapter(given: dict[str, Any]) -> dict[str, Any]:
    [(kind, values)] = given.items()
    type_, field = _FIELDS[kind]
    return {"type": type_, "field": field, "identifier": values[field], "urn": urn(type_, values[field])}


def _answer(device: dict[str, Any], adapters: list[dict[str, Any]]) -> bytes:
    shown = {
        "name": device["name"],
        "status": device["status"],
        "version": 1,
        "networkAdapters": [{each["field"]: each["identifier"], "urn": each["urn"]} for each in adapters],
    }
    return orjson.dumps({"data": {"createDevice": {"device": shown, "userErrors": []}}})
