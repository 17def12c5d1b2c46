"""`gateway migrate`."""

from functools import partial
from typing import Annotated

import typer

from gateway.cli.app import app, read_settings, run
from gateway.db.cluster import SHARDS
from gateway.db.migrations.migrate import migrate


@app.command(name="migrate")
def migrate_command(
    shards: Annotated[
        int, typer.Option(min=1, help="On a cluster of Citus: into how many shards each table is cut.")
    ] = SHARDS,
) -> None:
    """Bring the database to this version, and spread its tables over the servers where it is a cluster of Citus."""
    distributed = run(read_settings(), partial(migrate, shards=shards))
    if distributed:
        print(f"Spread over the servers of the cluster, in {shards} shards each: {', '.join(distributed)}.")
    elif distributed is not None:
        print("The tables are spread over the servers of the cluster already.")
