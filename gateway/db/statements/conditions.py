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
    any_,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.statement import parameter
from gateway.domain.filters import Period
from gateway.domain.principal import Reach


def within_reach(client_id: ColumnElement[Any], reach: Reach) -> ColumnElement[bool]:
    """Return the tenancy of every statement: rows of other clients do not exist for the caller.

    A statement that has it takes the parameter `reached`, whose value is `Principal.reached`.
    """
    if reach is Reach.EVERY_CLIENT:
        return true()
    if reach is Reach.ONE_CLIENT:
        # Equality lets an index on the client give the order of the rest.
        return equals_parameter(client_id, "reached")
    return in_parameter(client_id, "reached")


class _Array(TypeDecorator[Iterable[str]]):
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
    return _in_array(column, bindparam(name, type_=_Array(column.type)))


def in_values(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `values`, which are one placeholder however many they are."""
    return _in_array(column, bindparam(None, list(values), type_=_Array(column.type), unique=True))


def _in_array(column: ColumnElement[Any], array: BindParameter[Any]) -> ColumnElement[bool]:
    return ByDialect(
        sqlite=column.in_(select(func.json_each(array).table_valued("value").c.value)),
        postgresql=column == any_(array),
    )


def during(instant: ColumnElement[Any], period: Period) -> list[ColumnElement[bool]]:
    bounds = []
    if period.since is not None:
        bounds.append(instant >= period.since)
    if period.before is not None:
        bounds.append(instant < period.before)
    return bounds
