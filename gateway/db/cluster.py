"""A cluster of Citus: which tables are spread over its servers, by what, and how evenly.

What belongs to a client has the same shards, so that all of it lies on one server. Keys of idempotency stay on the
coordinator, since whoever makes something removes old ones of everybody's; and so do webhooks, of which every process
looks for those of all clients, and the row that tells how far the log of events has come.
"""

from typing import NamedTuple

from sqlalchemy import Connection

HAS_CITUS = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"
"""Tells whether a server is the coordinator of a cluster."""

# Those that others refer to come first.
_BY_CLIENT = ("device_group", "device", "network_adapter", "device_group_link", "device_event")
_DISTRIBUTED = {**dict.fromkeys(_BY_CLIENT, "client_id"), "directory": "identifier"}

_NAMES = ", ".join(f"'{name}'" for name in _DISTRIBUTED)
_WHICH_ARE_DISTRIBUTED = f"SELECT table_name::text FROM citus_tables WHERE table_name::text IN ({_NAMES})"  # noqa: S608  # constants
_NODES = f"""SELECT nodename || ':' || nodeport, count(*), sum(shard_size)::bigint
  FROM citus_shards WHERE table_name::text IN ({_NAMES}) GROUP BY 1 ORDER BY 1"""  # noqa: S608  # constants
_TABLES = f"""SELECT table_name::text, count(DISTINCT shardid), sum(shard_size)::bigint, max(shard_size)::bigint
  FROM citus_shards WHERE table_name::text IN ({_NAMES}) GROUP BY 1 ORDER BY 1"""  # noqa: S608  # constants


SHARDS = 32
"""Into how many shards a table is cut where nothing else is asked for."""


class Node(NamedTuple):
    """A server of a cluster."""

    address: str
    shards: int
    bytes: int


class ShardedTable(NamedTuple):
    name: str
    shards: int
    bytes: int
    largest: int
    """How many bytes its largest shard has."""


def is_cluster(connection: Connection) -> bool:
    return bool(connection.dialect.name == "postgresql" and connection.exec_driver_sql(HAS_CITUS).scalar_one())


def distribute(connection: Connection, shards: int) -> list[str]:
    """Spread the tables over the servers, with the rows that they have, and return the names of those that were not."""
    missing = undistributed(connection)
    connection.exec_driver_sql(f"SET LOCAL citus.shard_count = {shards:d}")
    # Citus has foreign keys only where each shard is on one server; copies are for standbys of the servers.
    connection.exec_driver_sql("SET LOCAL citus.shard_replication_factor = 1")
    prepare_for_ddl(connection)
    for name in missing:
        beside = _BY_CLIENT[0] if name in _BY_CLIENT[1:] else "none"
        connection.exec_driver_sql(
            f"SELECT create_distributed_table('{name}', '{_DISTRIBUTED[name]}', colocate_with => '{beside}')"
        )
    return missing


def prepare_for_ddl(connection: Connection) -> None:
    """Let a transaction change tables of a cluster in several ways, such as by foreign keys between them."""
    # They are made on many shards in one transaction, which is done with one connection to each server.
    connection.exec_driver_sql("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")


def undistributed(connection: Connection) -> list[str]:
    """Return the names of the tables that are not spread over the servers, and should be."""
    there = set(connection.exec_driver_sql(_WHICH_ARE_DISTRIBUTED).scalars())
    return [name for name in _DISTRIBUTED if name not in there]


def nodes(connection: Connection) -> list[Node]:
    return [Node(*row) for row in connection.exec_driver_sql(_NODES)]


def sharded_tables(connection: Connection) -> list[ShardedTable]:
    return [ShardedTable(*row) for row in connection.exec_driver_sql(_TABLES)]
