"""Facets of lists of devices: how many devices have each value of a field."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from gateway.db.statements.facets import Facet, facets
from gateway.db.statements.listing import Page
from gateway.domain.enums import Scope
from gateway.domain.errors import BadUserInput
from gateway.domain.pages import DEFAULT_FACET_SIZE, LARGEST_SIZE, check_bounds
from gateway.graphql.context import Context
from gateway.graphql.costs import FACETS
from gateway.graphql.enums import DeviceFacetField
from gateway.graphql.fields import attribute, relation
from gateway.graphql.relay import by_listing

By = Annotated[
    list[DeviceFacetField],
    strawberry.argument(
        description="What to count by, each field once. `DEVICE_GROUP_ID` needs the scope `device-group.read`."
    ),
]
First = Annotated[
    int | None,
    strawberry.argument(description=f"How many values of each field to return, 0 to {LARGEST_SIZE}."),
]


@strawberry.type(description="How many devices of a list have one value.")
class DeviceFacetValue:
    value: str = attribute("The value as a filter takes it: a UUID as it is shown, or the name of an enum's value.")
    count: int = attribute("How many devices have it. One with several adapters of a type is counted once.")


@strawberry.type(description="The values of one field in a list of devices, and how many devices have each.")
class DeviceFacet:
    field: DeviceFacetField = attribute("What was counted by.")
    values: list[DeviceFacetValue] = attribute(
        "The values that most devices have, most first; those of as many devices by code point.", paged=True
    )
    other_values: int = attribute("How many further values there are.")


async def facets_of_pages(
    parents: Sequence[Page[Any]], context: Context, by: By, first: First = DEFAULT_FACET_SIZE
) -> list[list[Facet]]:
    """Count with one statement for each field and each listing that the pages are of."""
    size = DEFAULT_FACET_SIZE if first is None else first
    check_bounds("first", size, 0, LARGEST_SIZE)
    _check_fields(by, context)
    found: dict[tuple[object, str | None], list[Facet]] = {}
    for listing, of in by_listing(parents).items():
        for field in by:
            for parent, facet in (await facets(context.session, listing, field, size, of)).items():
                found.setdefault((listing, parent), []).append(facet)
    return [found[page.listing, page.parent] for page in parents]


def _check_fields(by: Sequence[DeviceFacetField], context: Context) -> None:
    """Raise BadUserInput for no field, or one that comes again, and MissingScope for groups without their scope."""
    if not by:
        raise BadUserInput("by: the list is empty; expected at least one field.")
    for index, field in enumerate(by):
        if field in by[:index]:
            raise BadUserInput(f"by[{index}]: {field.value} comes twice; expected each field once.")
    if DeviceFacetField.DEVICE_GROUP_ID in by:
        context.principal.require(Scope.DEVICE_GROUP_READ)


def device_facets() -> Any:
    """Declare the facets of a connection of devices."""
    return relation(
        facets_of_pages,
        scope=None,  # Whoever has the page may count; groups need their scope.
        reads=("listing", "parent"),
        cost=FACETS,
        description="How many devices of the whole list, not of the page, have each value of each field of `by`, in "
        "its order. Each field is counted by a statement of its own.",
    )
