"""The arguments of a field of a random operation."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from graphql import GraphQLArgument, GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, is_required_argument

from tests.engine.values import Drawing, OrderedConnection, Position, Ref, Values, literal
from tests.engine.variables import Variables

NOT_A_CURSOR = "damaged"
PAGE = {"first", "after", "last", "before"}


class Arguments:
    def __init__(self, random: Random, values: Values, variables: Variables) -> None:
        self._random = random
        self._connections = values.connections
        self._variables = variables
        self._drawing = Drawing(values=values, random=random, refer=self._refer)

    def of(self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str) -> str:
        """Return arguments in parentheses, as a document writes them."""
        arguments = parent.fields[name].args
        values: dict[str, Any] = {}
        drawn = PAGE if arguments.keys() >= PAGE else set()
        if drawn:
            values = self._page(arguments, self._connections.get((parent.name, name), ()))
        for key, argument in arguments.items():
            if key not in drawn | values.keys() and (is_required_argument(argument) or self._chance(0.3)):
                values[key] = self._drawing.value(_position(key, argument))
        written = [f"{key}: {literal(value, arguments[key].type)}" for key, value in values.items()]
        self._random.shuffle(written)
        return f"({', '.join(written)})" if written else ""

    def _page(
        self, arguments: Mapping[str, GraphQLArgument], connections: Sequence[OrderedConnection]
    ) -> dict[str, Any]:
        """Return how much, and from where; with a cursor, also the order that it was made for."""
        size, other = self._random.sample(("first", "last"), 2)
        values = {}
        if self._chance(0.8):
            values[size] = self._drawing.value(_position(size, arguments[size]))
        if self._chance(0.02):
            values[other] = self._drawing.value(_position(other, arguments[other]))
        if connections and self._chance(0.3):
            connection = self._random.choice(connections)
            if connection.order_by is not None and self._chance(0.97):
                values["orderBy"] = connection.order_by
            for key in self._random.choice((("after",), ("before",), ("after", "before"))):
                values[key] = self._cursor(connection, arguments[key])
        return values

    def _cursor(self, connection: OrderedConnection, argument: GraphQLArgument) -> Any:
        if self._chance(0.3):
            # One order has the same cursors wherever it is asked for, so that the variable can be used again.
            return self._variables.refer(_position(str(connection.order_by), argument), connection.cursors)
        return NOT_A_CURSOR if self._chance(0.03) else self._random.choice(connection.cursors)

    def _refer(self, at: Position) -> Ref | None:
        return self._variables.refer(at) if self._chance(0.2) else None

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def _position(name: str, argument: GraphQLArgument) -> Position:
    has_default = isinstance(argument.type, GraphQLNonNull) and not is_required_argument(argument)
    return Position(type_=argument.type, name=name, has_default=has_default)
