"""Rows by id, of any table whose rows belong to clients, and such rows locked."""

from collections.abc import Callable, Collection, Coroutine
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import Table, select

from gateway.db.rows import Columns, Row, row_maker
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, in_parameter, within_reach
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid


def rows_by_id(
    row: type[Row], columns: Columns, table: Table, *, to_keep: bool = False
) -> Callable[[Reader, Principal, Collection[Uuid]], Coroutine[Any, Any, dict[Uuid, Row]]]:
    """Return what reads the rows of ids that a principal reaches, by id.

    With `to_keep`, they stay as they are until the transaction ends.
    """

    @lru_cache
    def statement(reach: Reach) -> Statement[Row]:
        reached = select(*columns.values()).where(
            in_parameter(table.c.id, "ids"), within_reach(table.c.client_id, reach, by_id=True)
        )
        if to_keep:
            # In one order, so that of two who want the same ones none waits for the other.
            reached = reached.order_by(table.c.id).with_for_update(read=True)
        return Statement(reached, row_maker(row))

    async def read(reader: Reader, principal: Principal, ids: Collection[Uuid]) -> dict[Uuid, Row]:
        if not ids:
            return {}  # Most devices are created without groups.
        found = await reader.fetch(statement(principal.reach), {"ids": set(ids), "reached": principal.reached})
        return {row.id: row for row in found}  # type: ignore[attr-defined]  # every row that is read by it has an id

    return read


Row_co = TypeVar("Row_co", covariant=True)


class LockRow(Protocol[Row_co]):
    async def __call__(
        self, transaction: Transaction, principal: Principal, id_: Uuid, *, to_keep: bool = False
    ) -> Row_co | None: ...


def locked_row(row: type[Row], columns: Columns, table: Table) -> LockRow[Row]:
    """Return what reads the row of an id that a principal reaches, and locks it until the transaction ends.

    Others who want to change it wait, and with `to_keep` those who want to keep it do not.
    """

    @lru_cache
    def statement(reach: Reach, *, to_keep: bool) -> Statement[Row]:
        reached = select(*columns.values()).where(
            equals_parameter(table.c.id, "id"), within_reach(table.c.client_id, reach, by_id=True)
        )
        return Statement(reached.with_for_update(read=to_keep), row_maker(row))

    async def read(transaction: Transaction, principal: Principal, id_: Uuid, *, to_keep: bool = False) -> Row | None:
        parameters = {"id": id_, "reached": principal.reached}
        found = await transaction.fetch(statement(principal.reach, to_keep=to_keep), parameters)
        return found[0] if found else None

    return read
