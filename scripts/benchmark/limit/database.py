"""What the limit asks of a database."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

Values = Mapping[str, Any]

_FOLDER = Path(__file__).parent / "statements"


class Database(Protocol):
    async def answer(self, name: str, parameters: Values) -> bytes:
        """The JSON that the statement of the workload called `name` makes."""

    async def create(self, device: Values, adapters: Sequence[Values]) -> None:
        """A device, its adapters and its event, which are on disk then."""


def statements(kind: str) -> dict[str, str]:
    """By workload: those of a kind of database."""
    # The entries of a device's JSON that more than one statement has.
    device = (_FOLDER / kind / "device_entries.part").read_text()
    return {file.stem: file.read_text().replace("{device}", device) for file in (_FOLDER / kind).glob("*.sql")}
