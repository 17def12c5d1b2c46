"""What is asked of the server."""

from typing import Any

from sqlalchemy import func, literal_column, select

from gateway.db.compiling import Statement
from gateway.db.tables import device

COUNT: Statement[Any] = Statement(select(func.count()).select_from(device))
SLEEP: Statement[Any] = Statement(select(literal_column("pg_sleep(30)")))
