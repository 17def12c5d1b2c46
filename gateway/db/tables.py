"""The tables: the only persistent shape.

They are SQLModel classes, which Alembic compares the migrations with. Statements are built from their columns, and
queries return rows (`db.rows`) of the few columns that a request asks for: an object of the class for each row would
take longer than all else, and would have to be read whole.

SQLite has instants and UUIDs as they are shown, so that a row needs no conversion and text sorts in the order of time;
PostgreSQL has types of its own for them, and shows them so (`db.stores.postgresql`). Text sorts by code point on both.
Every table of a client's data carries the client, for the tenancy of every read, and has it in its keys, so that a
cluster (`db.cluster`) can keep all that is one client's together. Keys of devices and groups start with the client;
those of what a device has start with the device, since a page that spans clients names devices and not pairs.

On SQLite, `device` and `device_group` also have a `rowid`, which their indexes for searches (`db.search_indexes`) name.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    Sequence,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

from gateway.domain.enums import DeviceEventType, DeviceStatus, NetworkAdapterType, WebhookStatus
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
# The longest names an adapter: urn:dev:dvnuuid:<uuid>.
_NAME_OF_DEVICE = String(52).with_variant(String(52, collation="C"), "postgresql")
_PRINCIPAL = String(46)
_KIND = String(24).with_variant(String(24, collation="C"), "postgresql")
# `whsec_` and 32 bytes in base64.
_SECRET = String(50)
_JSON = JSON().with_variant(postgresql.JSONB(), "postgresql")


class _Recorded(SQLModel):
    """When and by whom a row was made and last changed."""

    created_at: Instant = Field(sa_type=_INSTANT)
    created_by: str = Field(sa_type=_PRINCIPAL)
    modified_at: Instant = Field(sa_type=_INSTANT)
    modified_by: str = Field(sa_type=_PRINCIPAL)


def _of_device() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["client_id", "device_id"], ["device.client_id", "device.id"], ondelete="CASCADE")


class Device(_Recorded, table=True):
    """`…_folded` holds the text that searches compare (`domain.text.folded`)."""

    client_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    name: str = Field(sa_type=_TEXT)
    description: str | None = Field(default=None, sa_type=_TEXT)
    barcode: str | None = Field(default=None, sa_type=_TEXT)
    status: DeviceStatus = Field(sa_type=_KIND)
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
        # One for each order, so that no page has to sort. That of ids also finds a device whose client is not known.
        Index("ix_device_id", "id"),
        Index("ix_device_created_at", "created_at", "id"),
        Index("ix_device_modified_at", "modified_at", "id"),
        Index("ix_device_name", "name", "id"),
        Index("ix_device_status", "status", "id"),
        Index("ix_device_barcode_order", "barcode_order", "id"),
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

    device_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    created_at: Instant = Field(sa_type=_INSTANT, primary_key=True)
    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    client_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    type: NetworkAdapterType = Field(sa_type=_KIND)
    identifier: str = Field(sa_type=_IDENTIFIER)

    __table_args__ = (
        _of_device(),
        Index("ix_network_adapter_id", "id"),
        # The adapters of a device lie side by side, in the order in which they are shown.
        {"sqlite_with_rowid": False},
    )


class DeviceGroup(_Recorded, table=True):
    """`…_folded` holds the text that searches compare (`domain.text.folded`)."""

    __tablename__ = "device_group"

    client_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    name: str = Field(sa_type=_TEXT)
    description: str | None = Field(default=None, sa_type=_TEXT)
    project_id: Uuid = Field(sa_type=_UUID)
    version: int
    name_folded: str = Field(sa_type=_TEXT)
    description_folded: str | None = Field(default=None, sa_type=_TEXT)

    __table_args__ = (
        Index("ix_device_group_id", "id"),
        Index("ix_device_group_created_at", "created_at", "id"),
        Index("ix_device_group_modified_at", "modified_at", "id"),
        Index("ix_device_group_name", "name", "id"),
        Index("ix_device_group_client_id_created_at", "client_id", "created_at", "id"),
        Index("ix_device_group_client_id_modified_at", "client_id", "modified_at", "id"),
        Index("ix_device_group_client_id_name", "client_id", "name", "id"),
        Index("ix_device_group_project_id_created_at", "project_id", "created_at", "id"),
    )


class DeviceGroupLink(SQLModel, table=True):
    """That a device is in a group. Both belong to the same client and project."""

    __tablename__ = "device_group_link"

    device_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    device_group_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    client_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    created_at: Instant = Field(sa_type=_INSTANT)
    created_by: str = Field(sa_type=_PRINCIPAL)

    __table_args__ = (
        _of_device(),
        ForeignKeyConstraint(
            ["client_id", "device_group_id"], ["device_group.client_id", "device_group.id"], ondelete="CASCADE"
        ),
        Index("ix_device_group_link_device_group_id", "device_group_id", "device_id"),
        # The links of a device lie side by side.
        {"sqlite_with_rowid": False},
    )


class DeviceEvent(SQLModel, table=True):
    """One committed change. It outlives its device, so it refers to no other row.

    The client is the device's after the change. `changes` is a list of [field, before, after], each value text or null.

    `position` is the event's place in the log of all of them (`EventLog`), and NULL until it has one. Events that get
    theirs together have them in the order of `sequence`, in which a server's transactions wrote them; SQLite, where one
    is made after the other, leaves it NULL.
    """

    __tablename__ = "device_event"

    device_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    version: int = Field(primary_key=True)
    client_id: Uuid = Field(sa_type=_UUID, primary_key=True)
    id: Uuid = Field(sa_type=_UUID)
    type: DeviceEventType = Field(sa_type=_KIND)
    occurred_at: Instant = Field(sa_type=_INSTANT)
    occurred_by: str = Field(sa_type=_PRINCIPAL)
    changes: list[tuple[str, str | None, str | None]] = Field(sa_type=_JSON)
    sequence: int | None = Field(
        default=None, sa_column=Column(BigInteger, Sequence("device_event_sequence"), nullable=True)
    )
    position: int | None = Field(default=None, sa_type=BigInteger)

    __table_args__ = (
        Index("ix_device_event_id", "id"),
        Index("ix_device_event_position", "position"),
        Index("ix_device_event_client_id_position", "client_id", "position"),
        # The events of a device lie side by side.
        {"sqlite_with_rowid": False},
    )


class DirectoryEntry(SQLModel, table=True):
    """That a name is a device's: its id, or the URN of one of its adapters. It says where the device is.

    A name is here once, so that no two adapters on the whole platform have the same identifier. It refers to no other
    row: a cluster spreads these by `identifier`, and devices by client.
    """

    __tablename__ = "directory"

    identifier: str = Field(sa_type=_NAME_OF_DEVICE, primary_key=True)
    client_id: Uuid = Field(sa_type=_UUID)
    device_id: Uuid = Field(sa_type=_UUID)

    __table_args__ = ({"sqlite_with_rowid": False},)


class EventLog(SQLModel, table=True):
    """How far the log of all events has come. It has one row; who gives positions to events locks it meanwhile."""

    __tablename__ = "event_log"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    numbered: int = Field(sa_type=BigInteger)
    """The last position that was given to an event."""
    head: int = Field(sa_type=BigInteger)
    """The last one up to which all events can be read; a cluster's servers commit one after the other."""
    gone: int = Field(sa_type=BigInteger)
    """The last one whose event has been removed; 0 where none has."""


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


class Webhook(_Recorded, table=True):
    """An address that is told of a client's events, and how far it has been told.

    Its version grows with its owner's changes, and not with what deliveries write.
    """

    id: Uuid = Field(sa_type=_UUID, primary_key=True)
    client_id: Uuid = Field(sa_type=_UUID)
    number: int
    """Which of its client's webhooks it is. A number is one webhook's, so that there are never too many."""
    url: str = Field(sa_type=_TEXT)
    types: list[DeviceEventType] = Field(sa_type=_JSON)
    status: WebhookStatus = Field(sa_type=_KIND)
    version: int
    secret: str = Field(sa_type=_SECRET)
    former_secret: str | None = Field(default=None, sa_type=_SECRET)
    """The secret before, which signs too until an instant."""
    former_secret_until: Instant | None = Field(default=None, sa_type=_INSTANT)
    delivered_position: int = Field(sa_type=BigInteger)
    """The position of an event: it and all before it have been delivered, or were not to be."""
    failing_since: Instant | None = Field(default=None, sa_type=_INSTANT)
    last_error: str | None = Field(default=None, sa_type=_TEXT)
    attempts: int
    """How often the next event has been sent in vain."""
    next_attempt_at: Instant = Field(sa_type=_INSTANT)
    lease: Uuid | None = Field(default=None, sa_type=_UUID)
    """Who alone may deliver until an instant."""
    leased_until: Instant = Field(sa_type=_INSTANT)

    __table_args__ = (
        UniqueConstraint("client_id", "number"),
        Index("ix_webhook_created_at", "created_at", "id"),
    )


(
    device,
    device_event,
    device_group,
    device_group_link,
    directory,
    event_log,
    idempotency_key,
    network_adapter,
    webhook,
) = (
    SQLModel.metadata.tables[name]
    for name in (
        *("device", "device_event", "device_group", "device_group_link", "directory"),
        *("event_log", "idempotency_key", "network_adapter", "webhook"),
    )
)
