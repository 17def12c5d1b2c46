"""What changes have in common."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from gateway.db.changes import ChangedMeanwhile
from gateway.db.engine import Database, Transaction
from gateway.db.queries.devices import device_by_identifier
from gateway.db.queries.groups import groups_by_id
from gateway.db.rows import DeviceGroupRow, DeviceRow
from gateway.domain.faults import Fault, Refused
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import Principal
from gateway.domain.uuids import Uuid

Command = TypeVar("Command")
Result = TypeVar("Result")
UseCase = Callable[[Transaction, Command], Coroutine[Any, Any, Result]]

ATTEMPTS = 5


async def change(
    database: Database, principal: Principal, use_case: UseCase[Command, Result], command: Command
) -> Result:
    """Runs a use case in a transaction of its own, and again where a row that it had loaded changed meanwhile.

    Raises Refused, with nothing changed.
    """
    attempt = 1
    while True:
        try:
            return await database.change(principal, lambda transaction: use_case(transaction, command))
        except ChangedMeanwhile:
            if attempt == ATTEMPTS:
                raise
            attempt += 1


def refuse(faults: Iterable[Fault]) -> None:
    """Raises Refused where there are any."""
    if found := list(faults):
        raise Refused(*found)


async def find_device(transaction: Transaction, identifier: DeviceIdentifier) -> DeviceRow | None:
    return await device_by_identifier(transaction, transaction.principal, identifier)


async def find_group(transaction: Transaction, id_: str) -> DeviceGroupRow | None:
    """What is no UUID is no group's id either."""
    found = await groups_by_id(transaction, transaction.principal, [Uuid(id_.lower())])
    return found.get(Uuid(id_.lower()))
