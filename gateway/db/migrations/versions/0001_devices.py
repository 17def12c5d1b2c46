"""Devices, adapters, groups, links, events, the directory and webhooks; on SQLite with full-text indexes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

UUID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
INSTANT = sa.String(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
IDENTIFIER = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
NAME_OF_DEVICE = sa.String(52).with_variant(sa.String(52, collation="C"), "postgresql")
PRINCIPAL = sa.String(46)
KIND = sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql")
SECRET = sa.String(50)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

SEARCHED = {
    "device": ("name_folded", "description_folded", "barcode_folded"),
    "device_group": ("name_folded", "description_folded"),
}


def upgrade() -> None:
    create_tables()
    if is_sqlite():
        for table, columns in SEARCHED.items():
            create_search(table, columns)


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def rowid() -> list[sa.Column[int]]:
    """Return the column that the full-text index refers to: without it, VACUUM renumbers rows."""
    return [sa.Column("rowid", sa.Integer(), nullable=False)] if is_sqlite() else []


def keys(table: str) -> list[sa.Constraint]:
    if not is_sqlite():
        return [sa.PrimaryKeyConstraint("client_id", "id", name=f"pk_{table}")]
    return [
        sa.PrimaryKeyConstraint("rowid", name=f"pk_{table}"),
        sa.UniqueConstraint("client_id", "id", name=f"uq_{table}_client_id_id"),
    ]


def reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    """Refer to a row of the same client, with which those that refer to it are deleted."""
    return sa.ForeignKeyConstraint(
        ["client_id", column],
        [f"{to}.client_id", f"{to}.id"],
        name=f"fk_{table}_client_id_{column}",
        ondelete="CASCADE",
    )


def create_search(table: str, columns: tuple[str, ...]) -> None:
    """Create a full-text index of the trigrams of `columns`, which triggers keep in step with the table.

    It holds no text of its own. The text is folded already, so letter case counts.
    """
    names = ", ".join(columns)
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
    remove = f"INSERT INTO {table}_search ({table}_search, rowid, {names}) VALUES ('delete', old.rowid, {old});"  # noqa: S608  # constants
    add = f"INSERT INTO {table}_search (rowid, {names}) VALUES (new.rowid, {new});"  # noqa: S608  # constants
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_search USING fts5"
        f"({names}, content='{table}', content_rowid='rowid', tokenize='trigram case_sensitive 1')"
    )
    op.execute(f"CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN {add} END")
    op.execute(f"CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN {remove} END")
    op.execute(f"CREATE TRIGGER {table}_search_update AFTER UPDATE OF {names} ON {table} BEGIN {remove} {add} END")


def create_tables() -> None:
    op.create_table(
        "device",
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", PRINCIPAL, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("modified_by", PRINCIPAL, nullable=False),
        *rowid(),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("barcode", TEXT, nullable=True),
        sa.Column("status", KIND, nullable=False),
        sa.Column("project_id", UUID, nullable=False),
        sa.Column("device_specification_id", UUID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.Column("description_folded", TEXT, nullable=True),
        sa.Column("barcode_folded", TEXT, nullable=True),
        sa.Column("barcode_order", TEXT, sa.Computed("coalesce('0' || barcode, '1')", persisted=True), nullable=False),
        *keys("device"),
    )
    op.create_index("ix_device_barcode_order", "device", ["barcode_order", "id"])
    op.create_index("ix_device_client_id_created_at", "device", ["client_id", "created_at", "id"])
    op.create_index("ix_device_client_id_modified_at", "device", ["client_id", "modified_at", "id"])
    op.create_index("ix_device_client_id_name", "device", ["client_id", "name", "id"])
    op.create_index("ix_device_created_at", "device", ["created_at", "id"])
    op.create_index("ix_device_device_specification_id", "device", ["device_specification_id", "id"])
    op.create_index(
        "ix_device_device_specification_id_created_at", "device", ["device_specification_id", "created_at", "id"]
    )
    op.create_index("ix_device_id", "device", ["id"])
    op.create_index("ix_device_modified_at", "device", ["modified_at", "id"])
    op.create_index("ix_device_name", "device", ["name", "id"])
    op.create_index("ix_device_project_id", "device", ["project_id", "id"])
    op.create_index("ix_device_project_id_created_at", "device", ["project_id", "created_at", "id"])
    op.create_index("ix_device_status", "device", ["status", "id"])
    op.create_table(
        "device_event",
        sa.Column("device_id", UUID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("type", KIND, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("occurred_by", PRINCIPAL, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "version", "client_id", name="pk_device_event"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_event_id", "device_event", ["id"])
    op.create_index("ix_device_event_client_id_position", "device_event", ["client_id", "position"])
    op.create_index("ix_device_event_position", "device_event", ["position"])
    if not is_sqlite():
        op.execute(sa.schema.CreateSequence(sa.Sequence("device_event_sequence")))
    op.create_table(
        "device_group",
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", PRINCIPAL, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("modified_by", PRINCIPAL, nullable=False),
        *rowid(),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("project_id", UUID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_folded", TEXT, nullable=False),
        sa.Column("description_folded", TEXT, nullable=True),
        *keys("device_group"),
    )
    op.create_index("ix_device_group_client_id_created_at", "device_group", ["client_id", "created_at", "id"])
    op.create_index("ix_device_group_client_id_modified_at", "device_group", ["client_id", "modified_at", "id"])
    op.create_index("ix_device_group_client_id_name", "device_group", ["client_id", "name", "id"])
    op.create_index("ix_device_group_created_at", "device_group", ["created_at", "id"])
    op.create_index("ix_device_group_id", "device_group", ["id"])
    op.create_index("ix_device_group_modified_at", "device_group", ["modified_at", "id"])
    op.create_index("ix_device_group_name", "device_group", ["name", "id"])
    op.create_index("ix_device_group_project_id_created_at", "device_group", ["project_id", "created_at", "id"])
    op.create_table(
        "device_group_link",
        sa.Column("device_id", UUID, nullable=False),
        sa.Column("device_group_id", UUID, nullable=False),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", PRINCIPAL, nullable=False),
        reference("device_group_link", "device_id", "device"),
        reference("device_group_link", "device_group_id", "device_group"),
        sa.PrimaryKeyConstraint("device_id", "device_group_id", "client_id", name="pk_device_group_link"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_group_link_device_group_id", "device_group_link", ["device_group_id", "device_id"])
    op.create_table(
        "network_adapter",
        sa.Column("created_by", PRINCIPAL, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("modified_by", PRINCIPAL, nullable=False),
        sa.Column("device_id", UUID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("type", KIND, nullable=False),
        sa.Column("identifier", IDENTIFIER, nullable=False),
        reference("network_adapter", "device_id", "device"),
        sa.PrimaryKeyConstraint("device_id", "created_at", "id", "client_id", name="pk_network_adapter"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_network_adapter_id", "network_adapter", ["id"])
    op.create_table(
        "directory",
        sa.Column("identifier", NAME_OF_DEVICE, nullable=False),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("device_id", UUID, nullable=False),
        sa.PrimaryKeyConstraint("identifier", name="pk_directory"),
        sqlite_with_rowid=False,
    )
    log = op.create_table(
        "event_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("numbered", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_log"),
    )
    op.bulk_insert(log, [{"id": 1, "numbered": 0, "head": 0, "gone": 0}])
    op.create_table(
        "idempotency_key",
        sa.Column("caller", PRINCIPAL, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("made_id", UUID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    op.create_table(
        "webhook",
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", PRINCIPAL, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.Column("modified_by", PRINCIPAL, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("types", JSON, nullable=False),
        sa.Column("status", KIND, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("secret", SECRET, nullable=False),
        sa.Column("former_secret", SECRET, nullable=True),
        sa.Column("former_secret_until", INSTANT, nullable=True),
        sa.Column("delivered_position", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("last_error", TEXT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=False),
        sa.Column("lease", UUID, nullable=True),
        sa.Column("leased_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sa.UniqueConstraint("client_id", "number", name="uq_webhook_client_id_number"),
    )
    op.create_index("ix_webhook_created_at", "webhook", ["created_at", "id"])
