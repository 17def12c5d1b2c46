"""How far a long task has come, kept in the database that it writes to, so that it can go on where it was cut short.

The table of a task is made when one begins and dropped when it has ended. What has been done is saved in the
transaction that does it.
"""

from sqlalchemy import JSON, Column, Connection, MetaData, Table, Text, inspect


def progress_table(name: str) -> Table:
    """Return the table of a task, which has a row for each part of it and is none of the gateway's own."""
    return Table(
        name,
        MetaData(),
        Column("part", Text, primary_key=True),
        # What tells this task from another one of its kind, such as what is read.
        Column("source", Text, nullable=False),
        Column("state", JSON, nullable=False),
    )


def is_under_way(connection: Connection, progress: Table) -> bool:
    """Tell whether a task has begun and not ended."""
    return inspect(connection).has_table(progress.name)


COPY_PROGRESS = progress_table("copy_progress")
"""That of `gateway copy`, during which a database lacks rows and indexes."""
