"""Where the data lies that is measured on, as the options of commands name it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from .data import Databases, SQLite
from .postgresql import PostgreSQL, own_server

DatabaseOption = Annotated[
    str, typer.Option(help="sqlite, postgresql, or the URL of a PostgreSQL server to make databases on.")
]


@contextmanager
def databases_at(where: str) -> Iterator[Databases]:
    """Return databases of one kind, for as long as the block runs. Raise BadParameter for another word."""
    if where == "sqlite":
        yield SQLite()
    elif where == "postgresql":
        with own_server() as url:
            yield PostgreSQL(url)
    elif where.startswith("postgresql+asyncpg://"):
        yield PostgreSQL(where)
    else:
        raise typer.BadParameter(
            f"{where!r} is unknown; expected sqlite, postgresql, or a URL such as postgresql+asyncpg://user@host/name."
        )
