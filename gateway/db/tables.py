"""The tables: the only persistent shape.

They are SQLModel classes, which Alembic compares the migrations with. Statements are built from their columns, and
queries return rows (`db.rows`) of the few columns that a request asks for: an object of the class for each row would
take longer than all else, and would have to be read whole.

SQLite has instants and UUIDs as they are shown, so that a row needs no conversion and text sorts in the order of time;
PostgreSQL has types of its own for them, and shows them so (`db.stores.postgresql`). Text sorts by code point on both.
Every table of a client's data carries the client, for the tenancy of every read.

On SQLite, `device` and `device_group` also have a `rowid`, which their indexes for searches (`db.search_indexes`) name.
"""

from sqlalchemy import JSON, Column, Computed, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType
from gateway.domain.instants import Instant
from gateway.domain.uuids import Uuid

# Constraints have names, because they become domain errors and migrations refer to them.
SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

_UUID = String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
_INSTANT = String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_IDENTIFIER = String(36).with_variant(String(36, collation="C"), "postgresql")
_PRINCIPAL = String(46)
_KIND = String(24).with_variant(String(24, collation="C"), "postgresql")
_CHANGES = JSON().with_variant(postgresql.JSONB(), "postgresql")


class _Recorded(SQLModel):
    """When and by whom a row was made and last changed."""

    created_at: Instant = Field(sa_type=_INSTANT)
    created_by: str = Field(sa_type=_PRINCIPAL)
    modified_at: Instant = Field(sa_type=_INSTANT)
    modified_by: str = Field(sa_type=_PRINCIPAL)


class Device(_Recorded, table=True):
    """`…_folded` holds the text that searches compare (`domain.text.folded`)."""

    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    name: str = Field(sa_type=_TEXT)
    description: str | None = Field(default=None, sa_type=_TEXT)
    barcode: str | None = Field(default=None, sa_type=_TEXT)
    status: DeviceStatus = Field(sa_type=_KIND)
    client_id: Uuid = Field(sa_type=_UUID)
    project_id: Uuid = Field(sa_type=_UUID)
    device_specification_id: Uuid = Field(sa_type=_UUID)
    version: int
    name_folded: str = Field(sa_type=_TEXT)
    description_folded: str | None = Field(default=None, sa_type=_TEXT)
    barcode_folded: str | None = Field(default=None, sa_type=_TEXT)
    # A missing barcode sorts after every present one; without NULL, an index serves the whole order.
    barcode_order: str = Field(
        sa_column=Column(_TEXT, Computed("coalesce('0' || barcode, '1')", persisted=True), nullable=False)
    )

    __table_args__ = (
        # One for each order, so that no page has to sort.
        Index("ix_device_created_at", "created_at", "id"),
        Index("ix_device_modified_at", "modified_at", "id"),
        Index("ix_device_name", "name", "id"),
        Index("ix_device_status", "status", "id"),
        Index("ix_device_barcode_order", "barcode_order", "id"),
        Index("ix_device_client_id", "client_id", "id"),
        Index("ix_device_project_id", "project_id", "id"),
        Index("ix_device_device_specification_id", "device_specification_id", "id"),
        # One for each filter that names an owner, in the default order; the client's also in the next likely ones.
        Index("ix_device_client_id_created_at", "client_id", "created_at", "id"),
        Index("ix_device_client_id_modified_at", "client_id", "modified_at", "id"),
        Index("ix_device_client_id_name", "client_id", "name", "id"),
        Index("ix_device_project_id_created_at", "project_id", "created_at", "id"),
        Index("ix_device_device_specification_id_created_at", "device_specification_id", "created_at", "id"),
    )


class NetworkAdapter(_Recorded, table=True):
    """`identifier` is the IMEI, DevEUI or DvnUUID in canonical form."""

    __tablename__ = "network_adapter"

    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    device_id: Uuid = Field(sa_type=_UUID, foreign_key="device.id", ondelete="CASCADE")
    client_id: Uuid = Field(sa_type=_UUID)
    type: NetworkAdapterType = Field(sa_type=_KIND)
    identifier: str = Field(sa_type=_IDENTIFIER)

    __table_args__ = (
        UniqueConstraint("type", "identifier"),
        # With all that most lists of adapters show, which are read from the index alone.
        Index("ix_network_adapter_device_id_created_at", "device_id", "created_at", "id", "type", "identifier"),
    )


class DeviceGroup(_Recorded, table=True):
    """`…_folded` holds the text that searches compare (`domain.text.folded`)."""

    __tablename__ = "device_group"

    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    name: str = Field(sa_type=_TEXT)
    description: str | None = Field(default=None, sa_type=_TEXT)
    client_id: Uuid = Field(sa_type=_UUID)
    project_id: Uuid = Field(sa_type=_UUID)
    version: int
    name_folded: str = Field(sa_type=_TEXT)
    description_folded: str | None = Field(default=None, sa_type=_TEXT)

    __table_args__ = (
        Index("ix_device_group_created_at", "created_at", "id"),
        Index("ix_device_group_modified_at", "modified_at", "id"),
        Index("ix_device_group_name", "name", "id"),
        Index("ix_device_group_client_id_created_at", "client_id", "created_at", "id"),
        Index("ix_device_group_project_id_created_at", "project_id", "created_at", "id"),
    )


class DeviceGroupLink(SQLModel, table=True):
    """That a device is in a group. Both belong to the same client and project, and every read joins one of them."""

    __tablename__ = "device_group_link"

    device_id: Uuid = Field(sa_type=_UUID, primary_key=True, foreign_key="device.id", ondelete="CASCADE")
    device_group_id: Uuid = Field(sa_type=_UUID, primary_key=True, foreign_key="device_group.id", ondelete="CASCADE")
    created_at: Instant = Field(sa_type=_INSTANT)
    created_by: str = Field(sa_type=_PRINCIPAL)

    __table_args__ = (
        Index("ix_device_group_link_device_group_id", "device_group_id", "device_id"),
        # The links of a device lie side by side, in the tree of the primary key, which is the table.
        {"sqlite_with_rowid": False},
    )


class DeviceEvent(SQLModel, table=True):
    """One committed change. It outlives its device, so it refers to no other row.

    `changes` is a list of [field, before, after], each value text or null.
    """

    __tablename__ = "device_event"

    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    device_id: Uuid = Field(sa_type=_UUID)
    version: int
    client_id: Uuid = Field(sa_type=_UUID)
    type: DeviceEventType = Field(sa_type=_KIND)
    occurred_at: Instant = Field(sa_type=_INSTANT)
    occurred_by: str = Field(sa_type=_PRINCIPAL)
    changes: list[tuple[str, str | None, str | None]] = Field(sa_type=_CHANGES)

    __table_args__ = (UniqueConstraint("device_id", "version"),)


class IdempotencyKey(SQLModel, table=True):
    """That a caller has made something under a key of its own, so that a repeated request makes nothing."""

    __tablename__ = "idempotency_key"

    caller: str = Field(sa_type=_PRINCIPAL, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    request: str = Field(sa_type=String(32))
    """A digest of what was asked for."""
    made_id: Uuid = Field(sa_type=_UUID)
    created_at: Instant = Field(sa_type=_INSTANT)

    __table_args__ = (Index("ix_idempotency_key_created_at", "created_at"),)


device, device_event, device_group, device_group_link, idempotency_key, network_adapter = (
    SQLModel.metadata.tables[name]
    for name in ("device", "device_event", "device_group", "device_group_link", "idempotency_key", "network_adapter")
)
