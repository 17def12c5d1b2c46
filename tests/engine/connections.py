"""Finds where pages may start: cursors of every connection of the schema, in some of its orders."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
)

from tests.engine.arguments import PAGE
from tests.engine.gateways import Caller, Case, Gateway
from tests.engine.schema import QUERY, SCHEMA
from tests.engine.values import Drawing, OrderedConnection, Position, Values, literal

OrderBy = Sequence[dict[str, str]] | None


async def connections(gateway: Gateway, ids: Sequence[str]) -> dict[tuple[str, str], list[OrderedConnection]]:
    """Return connections by the names of a type and of its field. Those of nodes are of some of `ids`."""
    fields = [
        (type_, name)
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if field.args.keys() >= PAGE
    ]
    return {(type_.name, name): await _connections(gateway, type_, name, ids) for type_, name in fields}


async def _connections(
    gateway: Gateway, type_: GraphQLObjectType, name: str, ids: Sequence[str]
) -> list[OrderedConnection]:
    orders = list(_orders(type_.fields[name]))
    pages = " ".join(f"page{n}: {_page(name, type_.fields[name], order)}" for n, order in enumerate(orders))
    if type_ is QUERY:
        answer = await gateway.ask(Case(query=f"{{ {pages} }}", caller=Caller(name="every right")))
        objects = [answer["data"]]
    else:
        query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_} {{ {pages} }} }} }}"
        answer = await gateway.ask(Case(query=query, variables={"ids": ids}, caller=Caller(name="every right")))
        assert "errors" not in answer, answer
        objects = [each for each in answer["data"]["nodes"] if each]
    return [
        OrderedConnection(
            order_by=order, cursors=tuple(edge["cursor"] for each in objects for edge in each[f"page{n}"]["edges"])
        )
        for n, order in enumerate(orders)
    ]


def _page(name: str, field: GraphQLField, order_by: OrderBy) -> str:
    drawing = Drawing(values=Values(), random=Random(0))
    arguments = {
        key: drawing.value(Position(type_=argument.type, name=key))
        for key, argument in field.args.items()
        if is_required_argument(argument)
    }
    values: dict[str, Any] = {**arguments, "first": 4} | ({"orderBy": order_by} if order_by else {})
    written = ", ".join(f"{key}: {literal(value, field.args[key].type)}" for key, value in values.items())
    return f"{name}({written}) {{ edges {{ cursor }} }}"


def _orders(field: GraphQLField) -> Iterator[OrderBy]:
    """Yield the default order, that by each field, and those by some pairs in two directions."""
    yield None
    order = get_named_type(field.args["orderBy"].type) if "orderBy" in field.args else None
    if isinstance(order, GraphQLInputObjectType):
        fields = get_named_type(order.fields["field"].type)
        assert isinstance(fields, GraphQLEnumType)
        by_field = [
            {"field": name, "direction": direction}
            for name, direction in zip(fields.values, ("ASC", "DESC") * len(fields.values), strict=False)
        ]
        yield from ([each] for each in by_field)
        yield from (list(pair) for pair in list(pairwise(by_field))[::3])
