"""Searches by the predicates that filters are made of."""

from typing import Any

from sqlalchemy import Column, Table, select

from gateway.db.session import Session
from gateway.db.statements.predicates import JoinedPredicates, SearchCondition, named
from gateway.db.statements.search import search_predicate, search_predicates
from gateway.db.statements.statement import Statement
from gateway.domain.principal import Reach


def search(table: Table, columns: list[Column[Any]], term: str) -> tuple[Statement[Any], dict[str, Any]]:
    """Return the statement that reads the names of rows of which any of `columns` has a term in it."""
    condition = SearchCondition(named(search_predicate("search", term)), (term,))
    matches = JoinedPredicates(condition.shape, search_predicates("search", columns), Reach.EVERY_CLIENT)
    return Statement(select(table.c.name).where(matches).order_by(table.c.name)), condition.parameters


async def found(session: Session, table: Table, columns: list[Column[Any]], term: str) -> list[str]:
    """Return the names of rows of which any of `columns` has a term in it."""
    return [name for (name,) in await session.fetch(*search(table, columns, term))]
