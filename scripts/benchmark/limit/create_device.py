"""createDevice: the rows that the gateway writes, in one transaction."""

import sqlite3
from typing import Any

import orjson

from gateway.domain.identifiers import urn
from gateway.domain.instants import now
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.uuids import new_uuid

_DEVICE = """
    INSERT INTO device (id, name, name_folded, status, client_id, project_id, device_specification_id, version,
        created_at, created_by, modified_at, modified_by)
    VALUES (:id, :name, :name_folded, :status, :clientId, :projectId, :deviceSpecificationId, 1, :at, :by, :at, :by)
"""
_ADAPTER = """
    INSERT INTO network_adapter (id, device_id, client_id, type, identifier, created_at, created_by, modified_at,
        modified_by)
    VALUES (:adapter_id, :id, :clientId, :type, :identifier, :at, :by, :at, :by)
"""
_EVENT = """
    INSERT INTO device_event (device_id, version, client_id, type, occurred_at, occurred_by, changes)
    VALUES (:id, 1, :clientId, 'DEVICE_CREATED', :at, :by, :changes)
"""
_CREATED = ("name", "status", "clientId", "projectId", "deviceSpecificationId")
_FIELDS = {"cellular": (NetworkAdapterType.CELLULAR, "imei"), "lora": (NetworkAdapterType.LORA, "devEui")}


def create_device(connection: sqlite3.Connection, values: dict[str, Any], by: str) -> bytes:
    id_, *adapter_ids = sorted(new_uuid() for _ in range(1 + len(values["networkAdapters"])))
    given = zip(adapter_ids, map(_adapter, values["networkAdapters"]), strict=True)
    adapters = [{"adapter_id": adapter_id, **adapter} for adapter_id, adapter in given]
    device = {
        **{name: values[name] for name in _CREATED},
        "name_folded": values["name"].casefold(),
        "id": id_,
        "at": now(),
        "by": by,
    }
    changes = [(name, None, device[name]) for name in _CREATED]
    changes += [("networkAdapters", None, adapter["urn"]) for adapter in adapters]
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_DEVICE, device)
    connection.executemany(_ADAPTER, [device | adapter for adapter in adapters])
    connection.execute(_EVENT, {**device, "changes": orjson.dumps(changes).decode()})
    connection.execute("COMMIT")
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
