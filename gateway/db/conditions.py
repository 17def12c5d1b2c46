"""Conditions that more than one query needs. All are true or false, never NULL, so that `not` can turn them round."""

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

from gateway.db.by_dialect import ByDialect
from gateway.db.compiling import given
from gateway.domain.filters import Period
from gateway.domain.principal import Reach


def within_reach(client_id: ColumnElement[Any], reach: Reach) -> ColumnElement[bool]:
    """The tenancy of every read: rows of other clients do not exist for the caller.

    A statement that has it takes the parameter `reached`, which its caller has under that name.
    """
    if reach is Reach.EVERY_CLIENT:
        return true()
    if reach is Reach.ONE_CLIENT:
        # Equality lets an index on the client give the order of the rest.
        return is_given(client_id, "reached")
    return among_given(client_id, "reached")


class _Array(TypeDecorator[Iterable[str]]):
    """A list as one parameter."""

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


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column` is one of `values`: one parameter, so one statement text for any number of them."""
    return _among(column, bindparam(None, list(values), type_=_Array(column.type), unique=True))


def is_given(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """`column` is the value that is given as the parameter `name` when the statement runs."""
    return column == given(column, name)


def among_given(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """`column` is one of the values that are given as the parameter `name` when the statement runs."""
    return _among(column, bindparam(name, type_=_Array(column.type)))


def _among(column: ColumnElement[Any], array: BindParameter[Any]) -> ColumnElement[bool]:
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
