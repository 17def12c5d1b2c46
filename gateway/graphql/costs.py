"""The cost of fields: how long their lists may be, and what their statements do (`engine.cost`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.pages import DEFAULT_FACET_SIZE, DEFAULT_SIZE, LARGEST_SIZE
from gateway.domain.text import SHORTEST_INDEXED
from gateway.engine.field_cost import Arguments, FieldCost, OfArguments
from gateway.graphql.enums import DeviceFacetField

STATEMENT = 10
"""The price of a statement that an index answers."""
SORTED = 500
"""The price of one whose rows an index finds, but in another order: where they are neither few nor common, or the order
has several fields, it reads all of them, which takes up to fifty times as long. Those of several owners are so many."""
SCAN = 20_000
"""The price of one that may look at every row: no index answers it."""

FURTHER_FILTER = 2_000
"""The price of each filter that another one is made of: the text of their statement may be new, and is long."""

REPRESENTATION = 60
"""The price of what names an entity: it may be the only one that needs its statement, or be an error to be told of, for
six times as long."""

MATCHED_FILTER = 20
"""The price of each filter that another one is made of where no database is asked, but each event."""

_ORDERS = frozenset({"CREATED_AT", "MODIFIED_AT", "NAME", "CLIENT_ID", "ID"})
"""The fields by which an index has the rows of a list without a filter, of some clients as well as of all."""
_ORDERS_OF_ALL = _ORDERS | {"STATUS", "BARCODE", "PROJECT_ID", "DEVICE_SPECIFICATION_ID"}
"""Those by which one has the rows of all clients."""
_DISTINCT = frozenset({"CREATED_AT", "MODIFIED_AT", "NAME"})
"""Those of which few rows have the same value as a rule, so that sorting these by further fields takes no time."""
_NONE: frozenset[str] = frozenset()

_IN_ORDER: Mapping[str, frozenset[str]] = {
    "clientId": _ORDERS,
    "clientIds": _ORDERS,
    "projectId": frozenset({"CREATED_AT", "PROJECT_ID"}),
    **dict.fromkeys(("createdSince", "createdBefore"), frozenset({"CREATED_AT"})),
    **dict.fromkeys(("modifiedSince", "modifiedBefore"), frozenset({"MODIFIED_AT"})),
}
"""Conditions of which an index has the rows in these orders."""
_PERIODS = frozenset({"createdSince", "createdBefore", "modifiedSince", "modifiedBefore"})
_OWNED = frozenset({"clientId", "clientIds", "projectId", "projectIds", "deviceGroupIds"})
"""Conditions that an index finds, and that leave what is of one owner, or of each of a list of them."""
_FOUND = _OWNED | {"deviceSpecificationIds"}
"""Those that an index finds, be their rows few or many."""
_FEW = frozenset({"ids", "deviceIds"})
"""Conditions that never find many."""
_SEARCHES = frozenset({"search", "barcodeContains"})


def _page_size(arguments: Arguments) -> int:
    """Return how many items a page has at most. One that is out of bounds is refused later, with a better message."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        return DEFAULT_SIZE
    return min(max(0, first or 0, last or 0), LARGEST_SIZE)


def page_price(arguments: Arguments) -> int:
    """Return the price of reading a page."""
    filter_ = arguments.get("filter")
    return _statement_price(_fields(arguments.get("orderBy")), filter_) + _further_price(filter_)


def _count_price(arguments: Arguments) -> int:
    """Return the price of counting: to a bound, that of reading a page in no order."""
    return SCAN if arguments.get("atMost") is None else page_price({"filter": arguments.get("filter")})


def _facets(arguments: Arguments) -> int:
    """Return how many facets there are. One that comes twice is refused later."""
    by = arguments.get("by")
    return min(len(by), len(DeviceFacetField)) if isinstance(by, list) else 1


def _facet_size(arguments: Arguments) -> int:
    """Return how many values a facet has at most. A number that is out of bounds is refused later."""
    first = arguments.get("first")
    return DEFAULT_FACET_SIZE if first is None else min(max(0, first), LARGEST_SIZE)


def _further_price(filter_: Any) -> int:
    """Return the price of the filters that a filter is made of."""
    return FURTHER_FILTER * max(0, _filters(filter_) - 1)


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


def _fields(orders: Any) -> Sequence[str]:
    """Return the fields of an order."""
    given = orders if isinstance(orders, list) else [orders]
    fields = [each.get("field") for each in given if isinstance(each, dict)]
    return [str(getattr(field, "name", field)) for field in fields] or ["CREATED_AT"]


def _statement_price(fields: Sequence[str], filter_: Any) -> int:
    """Return the price of the statement that reads a page in the order of `fields`."""
    given = _conditions(filter_)
    if not _FEW.isdisjoint(given):
        return STATEMENT
    first, is_one = fields[0], len(fields) == 1 or fields[0] == "ID"
    if not given:
        if is_one and first in _ORDERS:
            return STATEMENT
        return SORTED if first in (_ORDERS_OF_ALL if is_one else _DISTINCT) else SCAN
    if is_one and len(given.keys() - _PERIODS) <= 1 and all(first in _IN_ORDER.get(name, _NONE) for name in given):
        return STATEMENT
    return _price_of_found(given, is_one=is_one)


def _price_of_found(given: Mapping[str, Any], *, is_one: bool) -> int:
    """Return the price of what an index finds in another order: all of it may be read, unless it is few or common.

    What is common is so only by itself: of a project's devices, none may have the status that is asked for.
    """
    is_few = is_one and any(name in _SEARCHES and len(str(value)) >= SHORTEST_INDEXED for name, value in given.items())
    if is_few or (is_one and given.keys() == {"clientIds"}):
        return SORTED
    is_alone = is_one and len(given) == 1
    lists = [value for name, value in given.items() if name in (_FOUND if is_alone else _OWNED)]
    values = (len(value) if isinstance(value, list) else 1 for value in lists)
    return min([SCAN, *(SORTED * max(1, each) for each in values)])


def _conditions(filter_: Any) -> Mapping[str, Any]:
    """Return the conditions of a filter that all have to hold, those of the filters in its `and` included."""
    if not isinstance(filter_, dict):
        return {}
    joined = filter_.get("and") or []
    inside = (_conditions(each) for each in (joined if isinstance(joined, list) else [joined]))
    own = {name: value for name, value in filter_.items() if value is not None and name != "and"}
    return {name: value for conditions in (*inside, own) for name, value in conditions.items()}


ROWS = FieldCost(price=STATEMENT)
"""The cost of rows that one statement finds by their ids, or by those of their parents."""
PAGE = FieldCost(
    items=OfArguments(frozenset({"first", "last"}), _page_size),
    price=OfArguments(frozenset({"filter", "orderBy"}), page_price),
)
PAGE_OF_OWNER = FieldCost(
    items=PAGE.items,
    price=OfArguments(frozenset({"filter"}), lambda arguments: SORTED + _further_price(arguments.get("filter"))),
)
"""The cost of a page of each of many lists: where one has more than a few rows, all of it is read."""
PAGE_OF_LOG = FieldCost(
    items=PAGE.items, price=OfArguments(frozenset({"filter"}), lambda arguments: STATEMENT + page_price(arguments))
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
COUNT_OF_ONE_LIST = FieldCost(
    price=OfArguments(frozenset({"atMost"}), _count_price, parent_names=frozenset({"filter"}))
)
"""The cost of counting a list that has no parent, so that counting may end early."""
FACETS = FieldCost(
    items=OfArguments(frozenset({"by"}), _facets),
    page=OfArguments(frozenset({"first"}), _facet_size),
    price=OfArguments(frozenset({"by"}), lambda arguments: SCAN * _facets(arguments)),
)
"""The cost of facets, each of which looks at all rows of a list."""
NO_STATEMENT = FieldCost()
TRANSACTION = 10 * STATEMENT
"""The price of a transaction of a dozen statements."""
MUTATION = FieldCost(price=TRANSACTION)
MUTATION_IN_STEPS = FieldCost(price=20 * TRANSACTION)
"""The cost of as many transactions as it takes: it is heavy (`graphql.heavy`), and so given up when time is up."""
