"""Many rows as one parameter of a statement, since the number of parameters is limited, and the text is to be one."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Dialect, FromClause, String, TypeDecorator, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

Rows = Sequence[Mapping[str, Any]]


class _Rows(TypeDecorator[Rows]):
    """Rows as JSON. They have text, numbers, nulls, and what is JSON itself."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Rows | None, dialect: Dialect) -> str:  # noqa: ARG002  # it is SQLAlchemy's
        return orjson.dumps(value, default=list).decode()


def row_set(dialect: str, columns: Mapping[str, TypeEngine[Any]], name: str = "given") -> FromClause:
    """Return a table of the rows of the parameter `name`, with these columns."""
    rows = bindparam(name, type_=_Rows())
    if dialect == "postgresql":
        typed = (column(each, type_) for each, type_ in columns.items())
        function = func.json_to_recordset(cast(rows, postgresql.JSON))
        return function.table_valued(*typed, name=name).render_derived(with_types=True)
    row = func.json_each(rows).table_valued("value", name="each_given").c.value
    values = (func.json_extract(row, f"$.{each}", type_=type_).label(each) for each, type_ in columns.items())
    return select(*values).subquery(name)
