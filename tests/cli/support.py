"""What tests of the command look at."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

from typer.testing import Result


class Invoke(Protocol):
    def __call__(self, *arguments: str, **variables: str) -> Result:
        """Run the command with these variables of the environment."""


def ids(folder: Path, table: str = "device") -> list[str]:
    """Return the ids of the rows of a table in the folder's database."""
    with closing(sqlite3.connect(folder / "gateway.db")) as connection:
        query = f"SELECT id FROM {table} ORDER BY id"  # noqa: S608  # constants
        return [id_ for (id_,) in connection.execute(query)]


def one_line(text: str) -> str:
    """Return the text of an error, which is one line for a person."""
    assert (text.count("\n"), text[-1:]) == (1, "\n"), text
    return text.strip()
