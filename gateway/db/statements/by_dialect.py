"""Conditions that each database writes in words of its own."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class ByDialect(ColumnElement[bool]):
    inherit_cache = False  # Statements are kept by `db.statements.statement`.

    def __init__(self, *, sqlite: ColumnElement[bool], postgresql: ColumnElement[bool]) -> None:
        self.conditions = {"sqlite": sqlite, "postgresql": postgresql}


@compiles(ByDialect)
def _compiled(element: ByDialect, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.conditions[compiler.dialect.name], **options)})"
