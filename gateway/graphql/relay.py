"""Nodes and connections (Relay's Cursor Connections specification). `db.statements.listing.Page` has their values."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from gateway.db.statements.listing import Listing, Page
from gateway.domain.instants import Instant
from gateway.domain.pages import MOST_COUNTED, check_bounds
from gateway.engine.field_cost import FieldCost
from gateway.graphql.context import Context
from gateway.graphql.costs import COUNT, COUNT_OF_ONE_LIST
from gateway.graphql.fields import attribute, relation

NodeType = TypeVar("NodeType")
EdgeType = TypeVar("EdgeType")


@strawberry.interface(description="Anything that can be refetched by its id. Ids are UUIDs, unique across every type.")
class Node:
    id: strawberry.ID = attribute("The id of the object: a UUID, unique across every type.")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = attribute(
        "With `first`, whether more items follow (up to `before`). With `last`, whether `before` was given."
    )
    has_previous_page: bool = attribute(
        "With `last`, whether more items precede (down to `after`). With `first`, whether `after` was given."
    )
    start_cursor: str | None = attribute("The cursor of the first item; null where the page is empty.")
    end_cursor: str | None = attribute("The cursor of the last item; null where the page is empty.")


@strawberry.type
class Edge(Generic[NodeType]):
    cursor: str = attribute("The place of the item in the list, for `after` and `before`.")
    node: NodeType = attribute("The item itself.")


@strawberry.type
class LinkEdge(Edge[NodeType], Generic[NodeType]):
    created_at: Instant = attribute("When the device was put into the group.")
    created_by: str = attribute("Who put the device into the group, as `principal/<uuid>`.")


AtMost = Annotated[
    int | None,
    strawberry.argument(
        description=f"Count no further than this, 1 to {MOST_COUNTED}: a result that equals it means so many or more."
    ),
]


def by_listing(pages: Sequence[Page[Any]]) -> dict[Listing[Any], list[str | None]]:
    """Return the parents of pages by the listings that they are of, which is one in all but unlikely queries."""
    parents: dict[Listing[Any], list[str | None]] = {}
    for page in pages:
        parents.setdefault(page.listing, []).append(page.parent)
    return parents


async def total_counts(pages: Sequence[Page[Any]], context: Context, at_most: AtMost = None) -> list[int]:
    """Count with one statement for each listing that the pages are of, unless it was counted with its page."""
    if at_most is not None:
        check_bounds("atMost", at_most, 1, MOST_COUNTED)
    uncounted = by_listing([page for page in pages if page.total is None])
    counts = {listing: await listing.counts(context.session, of, at_most) for listing, of in uncounted.items()}
    totals = [counts[page.listing][page.parent] if page.total is None else page.total for page in pages]
    return totals if at_most is None else [min(total, at_most) for total in totals]


def _total_count(cost: FieldCost) -> Any:
    return relation(
        total_counts,
        scope=None,  # Whoever has the page may know how long the list is.
        reads=("listing", "parent", "total"),
        cost=cost,
        description="How many items the whole list has. Counted only when asked for.",
    )


@strawberry.type
class Connection(Generic[EdgeType, NodeType]):
    edges: list[EdgeType] = attribute("The items of the page, each with its cursor.", paged=True)
    nodes: list[NodeType] = attribute("The items of the page.", paged=True)
    page_info: PageInfo = attribute("Where the page lies in the list.")
    total_count: int = _total_count(COUNT)


@strawberry.type
class OneListConnection(Connection[EdgeType, NodeType], Generic[EdgeType, NodeType]):
    """A page of a list that is the only one of its kind, so that counting it may end early."""

    total_count: int = _total_count(COUNT_OF_ONE_LIST)
