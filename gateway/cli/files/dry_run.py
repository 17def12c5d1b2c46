"""What a dry run remembers: the identifiers that earlier records of a file would have by now."""

import json
import sqlite3
from collections.abc import Iterator, Mapping

from gateway.domain.identifiers import urn
from gateway.domain.user_errors import UserError, UserErrorCode
from gateway.services.imports import ImportedDevice, ImportResult, OnConflict, Outcome, several_error

# So much of them is in memory, and the rest in a temporary file: there may be very many.
CACHE_KIB = 20_000


class ClaimedIdentifiers:
    """Who would have an identifier: the id of a device that is there, or the line of a record that would make one."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("CREATE TABLE claimed (identifier TEXT PRIMARY KEY, owner TEXT) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def close(self) -> None:
        self._database.close()

    def claim(self, imported: ImportedDevice, owner: str) -> None:
        names = ((name, owner) for name in _names(imported))
        self._database.executemany("INSERT OR IGNORE INTO claimed VALUES (?, ?)", names)

    def owners(self, imported: ImportedDevice) -> dict[str, str]:
        """Return who would have identifiers of a device, by these."""
        query = "SELECT identifier, owner FROM claimed WHERE identifier IN (SELECT value FROM json_each(?))"
        return dict(self._database.execute(query, (json.dumps(list(_names(imported))),)))


def result_after(
    result: ImportResult, imported: ImportedDevice, owners: Mapping[str, str], on_conflict: OnConflict
) -> ImportResult:
    """Return the result of a device some of whose identifiers `owners` would have; it was judged without these."""
    if on_conflict is OnConflict.FAIL:
        user_errors = [*result.user_errors, *_taken_errors(imported, owners)]
        return ImportResult(outcome=Outcome.FAILED, user_errors=user_errors)
    if result.outcome is Outcome.FAILED:
        return result
    if on_conflict is OnConflict.SKIP:
        return ImportResult(outcome=Outcome.SKIPPED)
    if len({*owners.values(), *filter(None, [result.device_id])}) > 1:
        return ImportResult(outcome=Outcome.FAILED, user_errors=[several_error(imported)])
    return ImportResult(outcome=Outcome.UPDATED) if result.outcome is Outcome.CREATED else result


def _taken_errors(imported: ImportedDevice, owners: Mapping[str, str]) -> Iterator[UserError]:
    for name, adapter in zip(_names(imported), imported.device.network_adapters, strict=True):
        if name in owners:
            message = f"{adapter.field[-1]}: line {owners[name]} has it already; it is one adapter's only."
            yield UserError(code=UserErrorCode.IDENTIFIER_TAKEN, message=message, field=adapter.field)


def _names(imported: ImportedDevice) -> Iterator[str]:
    return (urn(adapter.type, adapter.identifier) for adapter in imported.device.network_adapters)
