"""What a dry run remembers: the identifiers that earlier records of a file would have by now."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from gateway.domain.commands import NewAdapter
from gateway.domain.identifiers import urn
from gateway.domain.user_errors import UserError, UserErrorCode
from gateway.services.imports import ImportedDevice, ImportResult, OnConflict, Outcome

# So much of them is in memory, and the rest in a temporary file: there may be very many.
CACHE_KIB = 20_000


class ClaimedIdentifiers:
    """Which record would have an identifier, by its line."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("CREATE TABLE claimed (identifier TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def close(self) -> None:
        self._database.close()

    def claim(self, imported: ImportedDevice, line: int) -> None:
        names = ((name, line) for name in _names(imported.device.network_adapters))
        self._database.executemany("INSERT OR IGNORE INTO claimed VALUES (?, ?)", names)

    def lines_of(self, imported: ImportedDevice) -> dict[str, int]:
        """Return the lines of the records that would have identifiers of a device, by these."""
        names = json.dumps(list(_names(imported.device.network_adapters)))
        query = "SELECT identifier, line FROM claimed WHERE identifier IN (SELECT value FROM json_each(?))"
        return dict(self._database.execute(query, (names,)))


def result_after(
    result: ImportResult, imported: ImportedDevice, lines: dict[str, int], on_conflict: OnConflict
) -> ImportResult:
    """Return the result of a device whose identifiers records at `lines` would have; it was judged without these."""
    is_taken = all(error.code is UserErrorCode.IDENTIFIER_TAKEN for error in result.user_errors)
    if is_taken and on_conflict is OnConflict.SKIP:
        return ImportResult(outcome=Outcome.SKIPPED)
    is_of_one = len(set(lines.values())) == 1 and result.outcome in {Outcome.CREATED, Outcome.FAILED}
    if is_taken and is_of_one and on_conflict is OnConflict.UPDATE:
        return ImportResult(outcome=Outcome.UPDATED)
    others = [error for error in result.user_errors if error.code is not UserErrorCode.IDENTIFIER_TAKEN]
    return replace(result, outcome=Outcome.FAILED, user_errors=[*others, *_taken_errors(imported, lines)])


def _taken_errors(imported: ImportedDevice, lines: dict[str, int]) -> Iterable[UserError]:
    adapters = imported.device.network_adapters
    for name, adapter in zip(_names(adapters), adapters, strict=True):
        if name in lines:
            message = f"{adapter.field[-1]}: line {lines[name]} has it already; it is one adapter's only."
            yield UserError(code=UserErrorCode.IDENTIFIER_TAKEN, message=message, field=adapter.field)


def _names(adapters: Iterable[NewAdapter]) -> Iterable[str]:
    return (urn(adapter.type, adapter.identifier) for adapter in adapters)
