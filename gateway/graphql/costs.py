"""The cost of fields: how long their lists may be, and what their statements do (`engine.cost`)."""

from collections.abc import Mapping, Sequence, Sized
from math import ceil
from statistics import mean
from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLSchema,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)

from gateway.domain.pages import DEFAULT_SIZE, LARGEST_SIZE
from gateway.domain.text import SHORTEST_INDEXED
from gateway.engine.field_cost import Arguments, FieldCost, OfArguments

STATEMENT = 10
"""The price of a statement that an index answers."""
SCAN = 20_000
"""The price of one that may look at every row: no index answers it."""

FURTHER_FILTER = 2_000
"""The price of each filter that another one is made of: the text of their statement may be new, and is long."""

REPRESENTATION = 60
"""The price of what names an entity: it may be the only one that needs its statement, or be an error to be told of, for
six times as long."""

MATCHED_FILTER = 20
"""The price of each filter that another one is made of where no database is asked, but each event."""

# Orders of a list that has no filter, in which an index has its rows.
_INDEXED_ORDERS = frozenset({"CREATED_AT", "MODIFIED_AT", "NAME", "STATUS", "BARCODE", "CLIENT_ID", "PROJECT_ID", "ID"})
# Conditions that leave few rows, and that an index finds.
_SELECTIVE = frozenset(
    {
        *("ids", "clientId", "clientIds", "projectId", "projectIds", "deviceSpecificationIds", "deviceGroupIds"),
        "deviceIds",
        *("createdSince", "createdBefore", "modifiedSince", "modifiedBefore"),
    }
)
_SEARCHES = frozenset({"search", "barcodeContains"})


def _page_size(arguments: Arguments) -> int:
    """Return how many items a page has at most. One that is out of bounds is refused later, with a better message."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        return DEFAULT_SIZE
    return min(max(0, first or 0, last or 0), LARGEST_SIZE)


def _page_price(arguments: Arguments) -> int:
    """Return the price of reading a page."""
    further_filters = _filters(arguments.get("filter")) - 1
    return (STATEMENT if _is_indexed(arguments) else SCAN) + FURTHER_FILTER * max(0, further_filters)


def _filters(filter_: Any) -> int:
    """Return how many filters a filter is made of, itself included."""
    if isinstance(filter_, list):
        return sum(map(_filters, filter_))
    if not isinstance(filter_, dict):
        return 0
    return 1 + sum(_filters(filter_.get(name)) for name in ("and", "or", "not", "device"))


def rows(*, at_most: int) -> FieldCost:
    """Return the cost of a list of rows that one statement finds."""
    return FieldCost(items=at_most, price=STATEMENT)


def rows_named_by(argument: str, *, price_of_each: int = 0) -> FieldCost:
    """Return the cost of a list of rows that an argument names; `price_of_each` is beside that of a statement."""

    def items(arguments: Arguments) -> int:
        given = arguments.get(argument)
        return len(given) if isinstance(given, list) else 1

    names = frozenset({argument})
    prices = OfArguments(names, lambda arguments: STATEMENT + price_of_each * items(arguments))
    return FieldCost(items=OfArguments(names, items), price=prices if price_of_each else STATEMENT)


def _is_indexed(arguments: Arguments) -> bool:
    orders = arguments.get("orderBy")
    first = orders[0] if isinstance(orders, list) and orders else orders
    field = first.get("field") if isinstance(first, dict) else None
    return (field is None or getattr(field, "name", field) in _INDEXED_ORDERS) and _is_found(arguments.get("filter"))


def _is_found(filter_: Any) -> bool:
    """Tell whether an index finds the rows of a filter, or there is no filter."""
    if not isinstance(filter_, dict):
        return True
    given = {name: value for name, value in filter_.items() if value is not None}
    if not given or given.keys() & _SELECTIVE:
        return True
    if any(len(str(given[name])) >= SHORTEST_INDEXED for name in given.keys() & _SEARCHES):
        return True
    joined = given.get("and", [])
    return any(map(_is_found, joined if isinstance(joined, list) else [joined]))


ROWS = FieldCost(price=STATEMENT)
"""The cost of rows that one statement finds by their ids, or by those of their parents."""
PAGE = FieldCost(
    items=OfArguments(frozenset({"first", "last"}), _page_size),
    price=OfArguments(frozenset({"filter", "orderBy"}), _page_price),
)
PAGE_OF_LOG = FieldCost(
    items=PAGE.items, price=OfArguments(frozenset({"filter"}), lambda arguments: STATEMENT + _page_price(arguments))
)
"""The cost of a page of all events: how far their log has come is asked for before."""
EVENT = FieldCost(
    price=OfArguments(
        frozenset({"filter"}),
        lambda arguments: STATEMENT + MATCHED_FILTER * max(0, _filters(arguments.get("filter")) - 1),
    )
)
"""The cost of an event that is subscribed to."""
COUNT = FieldCost(price=SCAN)
"""The cost of counting a list, which looks at all of its rows."""
NO_STATEMENT = FieldCost()
MUTATION = FieldCost(price=10 * STATEMENT)
"""The cost of a transaction of a dozen statements."""
MUTATION_IN_STEPS = FieldCost(price=200 * STATEMENT)
"""The cost of as many transactions as it takes: it is heavy (`graphql.heavy`), and so given up when time is up."""


def introspection_costs(schema: GraphQLSchema) -> dict[tuple[str, str], FieldCost]:
    """Return the costs of the lists of introspection, each as long as it is anywhere in a schema.

    Who asks for all types gets lists beneath them that are as long as they are on average.
    """
    types = list(schema.type_map.values())
    fields = [
        list(type_.fields.values()) if is_object_type(type_) or is_interface_type(type_) else [] for type_ in types
    ]
    inputs = [list(type_.fields.values()) if is_input_object_type(type_) else [] for type_ in types]
    of_all_types: Mapping[str, Sequence[Sized]] = {
        "fields": fields,
        "inputFields": inputs,
        "enumValues": [type_.values if is_enum_type(type_) else () for type_ in types],
        "interfaces": [type_.interfaces if is_object_type(type_) else () for type_ in types],
        "possibleTypes": [schema.get_possible_types(type_) if is_abstract_type(type_) else () for type_ in types],
    }
    arguments = [field.args for of_type in fields for field in of_type]
    query = schema.query_type.name if schema.query_type else ""
    return {
        (query, "__schema"): FieldCost(lists_all=True),
        ("__Schema", "types"): FieldCost(items=len(types), lists_all=True),
        ("__Schema", "directives"): FieldCost(items=len(schema.directives)),
        **{("__Type", name): _of_lists(lists, lists_all=name == "fields") for name, lists in of_all_types.items()},
        ("__Field", "args"): _of_lists(arguments),
        ("__Directive", "args"): _of_lists([directive.args for directive in schema.directives]),
        ("__Directive", "locations"): FieldCost(items=len(DirectiveLocation)),
    }


def _of_lists(lists: Sequence[Sized], *, lists_all: bool = False) -> FieldCost:
    """Return the cost of lists of which these are all that there are."""
    lengths = list(map(len, lists))
    return FieldCost(items=max(lengths, default=0), mean=ceil(mean(lengths)) if lengths else 0, lists_all=lists_all)
