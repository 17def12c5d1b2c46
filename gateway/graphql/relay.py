"""Nodes and connections (Relay's Cursor Connections specification). `db.listing.Page` has their values."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import strawberry

from gateway.db.listing import Listing, Page
from gateway.domain.instants import Instant
from gateway.graphql.context import Context
from gateway.graphql.relation import relation

NodeType = TypeVar("NodeType")
EdgeType = TypeVar("EdgeType")


@strawberry.interface(description="Anything that can be refetched by its id. Ids are UUIDs, unique across every type.")
class Node:
    id: strawberry.ID


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="With `first`, whether more follows (up to `before`). With `last`, whether `before` was given."
    )
    has_previous_page: bool = strawberry.field(
        description="With `last`, whether more precedes (down to `after`). With `first`, whether `after` was given."
    )
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[NodeType]):
    cursor: str
    node: NodeType


@strawberry.type
class LinkEdge(Edge[NodeType], Generic[NodeType]):
    created_at: Instant = strawberry.field(description="When the device was put into the group.")
    created_by: str = strawberry.field(description="Who put the device into the group.")


async def total_counts(pages: Sequence[Page[Any]], context: Context) -> list[int]:
    """One statement for each listing that the pages are of, which is one in all but unlikely queries."""
    parents: dict[Listing[Any], list[str | None]] = {}
    for page in pages:
        parents.setdefault(page.listing, []).append(page.parent)
    counts = {listing: await listing.counts(context.session, context.principal, of) for listing, of in parents.items()}
    return [counts[page.listing][page.parent] for page in pages]


@strawberry.type
class Connection(Generic[EdgeType, NodeType]):
    edges: list[EdgeType]
    nodes: list[NodeType]
    page_info: PageInfo
    total_count: int = relation(total_counts, description="Counted only when asked for.")
