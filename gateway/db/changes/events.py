"""Events: what has happened to devices, each written in the transaction of the change itself."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from gateway.db.changes.rows import insert
from gateway.db.rows import DeviceRow
from gateway.db.session import Transaction
from gateway.db.tables import device_event
from gateway.domain.enums import DeviceEventType
from gateway.domain.history import FieldChange
from gateway.domain.uuids import new_uuid


async def insert_event(
    transaction: Transaction, row: DeviceRow, type_: DeviceEventType, changes: Sequence[FieldChange]
) -> None:
    """Record that a device has become `row`."""
    values = {
        "id": new_uuid(),
        "device_id": row.id,
        "version": row.version,
        "client_id": row.client_id,
        "type": type_,
        "occurred_at": transaction.instant,
        "occurred_by": transaction.principal.name,
        "changes": changes,
    }
    await insert(transaction, device_event, values)


class random_uuid(GenericFunction[str]):  # noqa: N801  # SQLAlchemy's functions are named as SQL's
    """A random UUID (version 4) that the database makes, for rows that it inserts by itself."""

    type = device_event.c.id.type
    inherit_cache = True


@compiles(random_uuid, "postgresql")
def _in_postgresql(_: random_uuid, __: SQLCompiler, **___: Any) -> str:
    return "gen_random_uuid()"


@compiles(random_uuid, "sqlite")
def _in_sqlite(_: random_uuid, __: SQLCompiler, **___: Any) -> str:
    digits = "substr(hex(randomblob(2)), 2)"
    variant = "substr('89AB', 1 + (random() & 3), 1)"
    parts = ["hex(randomblob(4))", "hex(randomblob(2))", f"'4' || {digits}", f"{variant} || {digits}"]
    joined = " || '-' || ".join([*parts, "hex(randomblob(6))"])
    return f"lower({joined})"
