"""Facets: how many rows of a list have each value, with one statement for the lists of all parents.

The values of a list are ranked by how many rows have them, so that no more are read than are asked for.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select, tuple_

from gateway.db.statements.by_dialect import ByDialect
from gateway.db.statements.conditions import unsought
from gateway.db.statements.kept import kept
from gateway.db.statements.listing import Listing
from gateway.db.statements.page_statements import SIZE, ListShape
from gateway.db.statements.reader import MANY, Reader
from gateway.db.statements.statement import Statement
from gateway.db.tables import device, device_group_link, network_adapter


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, and how many rows have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a field that most rows of a list have, most first, and how many further values there are."""

    field: str
    values: list[FacetValue]
    other_values: int


@dataclass(frozen=True, kw_only=True, eq=False)
class FacetField:
    """What devices are counted by."""

    value: ColumnElement[Any]
    of_devices: FromClause | None = None
    """The table whose rows have the values, each of a device; None where the device itself has one."""
    comes_again: bool = False
    """Whether several of these rows may have one value of one device."""


_adapter, _link = network_adapter.alias("facet_adapter"), device_group_link.alias("facet_link")

DEVICE_FACETS: Mapping[str, FacetField] = {
    **{
        name.upper(): FacetField(value=device.c[name])
        for name in ("status", "client_id", "project_id", "device_specification_id")
    },
    # A link to a group is of the group's client, so that groups out of reach have none to a device within it.
    "DEVICE_GROUP_ID": FacetField(value=_link.c.device_group_id, of_devices=_link),
    "NETWORK_ADAPTER_TYPE": FacetField(value=_adapter.c.type, of_devices=_adapter, comes_again=True),
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
    for start in range(0, len(found), MANY):
        for value, count, of_list, *parent in found[start : start + MANY]:
            of_parent = parent[0] if parent else None
            there_are[of_parent] = of_list
            values[of_parent].append(FacetValue(value, count))
        if start:
            await asyncio.sleep(0)
    shown = {parent: of_parent[:size] for parent, of_parent in values.items()}
    return {parent: Facet(field, of_parent, there_are[parent] - len(of_parent)) for parent, of_parent in shown.items()}


def _facet_statement(shape: ListShape[Any], field: str) -> Statement[Any]:
    """Select the values of the lists of all parents that most rows have, each with how many there are in its list."""
    values = _values(shape, DEVICE_FACETS[field]).subquery("found").c
    of_lists = [] if shape.definition.parent is None else [values.parent]
    counted = select(func.count().label("count"), values.value, *of_lists).group_by(values.value, *of_lists)
    count, value, *of_lists = counted.subquery("counted").c
    rank = func.row_number().over(partition_by=of_lists, order_by=[count.desc(), value])
    of_list = func.count().over(partition_by=of_lists)
    ranked = select(rank.label("rank"), value, count, of_list.label("of_list"), *of_lists).subquery("ranked")
    rank_, *columns = ranked.c
    return Statement(select(*columns).where(rank_ <= SIZE).order_by(rank_))


def _values(shape: ListShape[Any], by: FacetField) -> Select[Any]:
    """Select the values of the rows of a list, each with whose list it is in."""
    parent, table = shape.definition.parent, by.of_devices
    of_lists = [] if parent is None else [parent.label("parent")]
    if table is None:
        # Most of all rows are read sooner in their own order than in that of an index on the value.
        value = by.value if shape.is_everything else unsought(by.value)
        return shape.select_to_group(value.label("value"), *of_lists)
    of_device = (table.c.device_id, table.c.client_id)
    # Rows come again side by side where they are in the order of devices.
    columns = [*of_device, by.value.label("value"), *of_lists]
    if of_lists:
        is_of_device = and_(*(own == key for own, key in zip(of_device, _DEVICE, strict=True)))
        values = shape.select_to_group(*columns).join(table, is_of_device)
    elif shape.is_everything:
        values = select(*columns)
    else:
        is_in_list = ByDialect(
            # SQLite sorts the ids, and then finds their rows side by side.
            sqlite=table.c.device_id.in_(shape.select_to_count(device.c.id)),
            postgresql=tuple_(*of_device).in_(shape.select_to_count(*_DEVICE)),
        )
        values = select(*columns).where(is_in_list)
    return values.distinct() if by.comes_again else values


_DEVICE = (device.c.id, device.c.client_id)
