"""Facets: how many rows of a list have each value, with one statement for the lists of all parents.

The values of a list are ranked by how many rows have them, so that no more are read than are asked for. They are counted
in a subquery, since a cluster ranks only what it has put together of its servers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, func, select

from gateway.db.statements.kept import kept
from gateway.db.statements.listing import Listing
from gateway.db.statements.page_statements import SIZE, ListShape
from gateway.db.statements.reader import Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device, device_group_link, network_adapter


class FacetValue(NamedTuple):
    """A value, and how many rows have it."""

    value: str
    count: int


class Facet(NamedTuple):
    """The values of a field that most rows of a list have, most first, and how many further values there are."""

    field: str
    values: list[FacetValue]
    other_values: int


@dataclass(frozen=True, kw_only=True, eq=False)
class FacetField:
    """What rows are counted by."""

    value: ColumnElement[Any]
    joined: FromClause | None = None
    """What has the values of a row, where the row itself has not."""
    is_of_row: ColumnElement[bool] | None = None
    """Joins that to the row."""
    counted: ColumnElement[int] = func.count()
    """Counts the rows with a value."""


_adapter, _link = network_adapter.alias("facet_adapter"), device_group_link.alias("facet_link")

DEVICE_FACETS: Mapping[str, FacetField] = {
    **{
        name.upper(): FacetField(value=device.c[name])
        for name in ("status", "client_id", "project_id", "device_specification_id")
    },
    "NETWORK_ADAPTER_TYPE": FacetField(
        value=_adapter.c.type,
        joined=_adapter,
        is_of_row=and_(_adapter.c.device_id == device.c.id, _adapter.c.client_id == device.c.client_id),
        # A device may have several adapters of a type.
        counted=func.count(device.c.id.distinct()),
    ),
    "DEVICE_GROUP_ID": FacetField(
        value=_link.c.device_group_id,
        joined=_link,
        is_of_row=and_(_link.c.device_id == device.c.id, _link.c.client_id == device.c.client_id),
    ),
}
"""What devices are counted by, by the names that the GraphQL enum has."""


async def facets(
    reader: Reader, listing: Listing[Any], field: str, size: int, parents: Collection[str | None]
) -> dict[str | None, Facet]:
    """Count the rows of each parent's list by a field, and return the `size` values that most of them have.

    A list without a parent has the parent None.
    """
    # One value at least tells how many there are.
    parameters = {**listing.condition, "parents": parents, "size": max(size, 1)}
    found = await reader.fetch(kept(reader.dialect, _facet_statement, listing.shape, field), parameters)
    values: dict[str | None, list[FacetValue]] = {parent: [] for parent in parents}
    there_are = dict.fromkeys(parents, 0)
    for value, count, of_list, *parent in found:
        of_parent = parent[0] if parent else None
        there_are[of_parent] = of_list
        values[of_parent].append(FacetValue(value, count))
    shown = {parent: of_parent[:size] for parent, of_parent in values.items()}
    return {parent: Facet(field, of_parent, there_are[parent] - len(of_parent)) for parent, of_parent in shown.items()}


def _facet_statement(shape: ListShape[Any], field: str) -> Statement[Any]:
    """Select the values of the lists of all parents that most rows have, each with how many there are in its list."""
    by, parent = DEVICE_FACETS[field], shape.definition.parent
    keys = {"value": by.value} if parent is None else {"value": by.value, "parent": parent}
    labelled = (column.label(name) for name, column in keys.items())
    counts = shape.select_to_count(by.counted.label("count"), *labelled)
    if by.joined is not None:
        counts = counts.join(by.joined, by.is_of_row)
    counted = counts.group_by(*keys.values()).subquery("counted").c
    of_list = None if parent is None else counted.parent
    rank = func.row_number().over(partition_by=of_list, order_by=[counted["count"].desc(), counted.value])
    of_all = func.count().over(partition_by=of_list)
    ranked = select(counted.value, counted["count"], of_all.label("of_list"), *([] if of_list is None else [of_list]), rank.label("rank"))
    *columns, rank_ = ranked.subquery("ranked").c
    return Statement(select(*columns).where(rank_ <= SIZE).order_by(rank_))
