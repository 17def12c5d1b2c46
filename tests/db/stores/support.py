"""Statements that these tests send to a server."""

from typing import Any

from sqlalchemy import func, literal_column, select

from gateway.db.statements.statement import Statement
from gateway.db.tables import device

COUNT: Statement[Any] = Statement(select(func.count()).select_from(device))
SLEEP: Statement[Any] = Statement(select(literal_column("pg_sleep(30)")))
