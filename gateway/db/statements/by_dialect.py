"""Expressions that each database has in words of its own."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class ByDialect(ColumnElement[Any]):
    inherit_cache = False  # Statements are kept by `db.statements.statement`.

    def __init__(self, *, sqlite: ColumnElement[Any], postgresql: ColumnElement[Any]) -> None:
        self.expressions = {"sqlite": sqlite, "postgresql": postgresql}


@compiles(ByDialect)
def _compiled(element: ByDialect, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.expressions[compiler.dialect.name], **options)})"
