"""Conditions that more than one query needs. All are true or false, never NULL, so that `not` can turn them round."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, func, select, true

from gateway.domain.filters import Period
from gateway.domain.principal import Principal


def among(column: ColumnElement[Any], values: Iterable[str | None]) -> ColumnElement[bool]:
    """`column` is one of `values`: one parameter, so one statement text for any number of them."""
    array = bindparam(None, json.dumps(list(values)), type_=String, unique=True)
    return column.in_(select(func.json_each(array).table_valued("value").c.value))


def within_reach(client_id: ColumnElement[Any], principal: Principal) -> ColumnElement[bool]:
    """The tenancy of every read: rows of other clients do not exist for the caller."""
    if principal.clients is None:
        return true()
    if len(principal.clients) == 1:
        # Equality lets an index on the client give the order of the rest.
        return client_id == next(iter(principal.clients))
    return among(client_id, sorted(principal.clients))


def during(instant: ColumnElement[Any], period: Period) -> list[ColumnElement[bool]]:
    bounds = []
    if period.since is not None:
        bounds.append(instant >= period.since)
    if period.before is not None:
        bounds.append(instant < period.before)
    return bounds
