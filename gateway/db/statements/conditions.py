"""Conditions that more than one query needs. All are true or false, never NULL, so that NOT can negate them."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    String,
    TypeDecorator,
    UnaryExpression,
    and_,
    any_,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import TypeEngine

from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.statement import parameter
from gateway.db.tables import device
from gateway.domain.principal import Reach


def within_reach(
    client_id: ColumnElement[Any],
    reach: Reach,
    reached: ColumnElement[Any] | None = None,
    *,
    by_id: bool = False,
) -> ColumnElement[bool]:
    """Return the tenancy of every statement: rows of other clients do not exist for the caller.

    A statement that has it takes the parameter `reached`, whose value is `Principal.reached`, unless it has that value
    in other words. `by_id` tells that it finds rows by ids, which SQLite would look for under each client otherwise.
    """
    if reach is Reach.EVERY_CLIENT:
        return true()
    reached = reached_parameter(reach) if reached is None else reached
    # Equality lets an index on the client give the order of the rest.
    return client_id == reached if reach is Reach.ONE_CLIENT else among(client_id, reached, sought=not by_id)


def reached_parameter(reach: Reach) -> BindParameter[Any]:
    """Return the parameter of the client, or of the clients, that the caller reaches."""
    type_ = device.c.client_id.type
    return bindparam("reached", type_=type_ if reach is Reach.ONE_CLIENT else Array(type_))


class Array(TypeDecorator[Iterable[str]]):
    """A list that is one parameter."""

    impl = String
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self._item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return String()
        item = self._item.dialect_impl(dialect)
        # Neither a length nor a collation is part of an array.
        return ARRAY(String() if isinstance(item, String) else item)

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        return values if dialect.name == "postgresql" else orjson.dumps(values).decode()


def equals_parameter(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that `column` is the value of the parameter `name`."""
    return column == parameter(column, name)


def in_parameter(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that `column` is one of the values of the parameter `name`, which is a list."""
    return among(column, bindparam(name, type_=Array(column.type)))


def among(column: ColumnElement[Any], array: ColumnElement[Any], *, sought: bool = True) -> ColumnElement[bool]:
    """Return the condition that `column` is one of the values of a list, which is one parameter.

    What is not to be `sought` by an index of SQLite's is compared in each row.
    """
    compared = column if sought else _compared(column)
    return ByDialect(
        sqlite=compared.in_(select(func.json_each(array).table_valued("value").c.value)),
        postgresql=column == any_(array),
    )


def unsought(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column that no index of SQLite's is to seek, where its planner would choose the wrong one."""
    return ByDialect(sqlite=_compared(column), postgresql=column)


def in_each_row(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that all these hold, by which no index of SQLite's is to find rows."""
    return _compared(Grouping(and_(*conditions)))


def _compared(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column that is compared in each row.

    It is so by The SQLite Query Optimizer Overview, "Disqualifying WHERE Clause Terms using Unary-+".
    """
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)
