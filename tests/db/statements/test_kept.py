"""Which statements are kept for the next request, and how much memory they take together."""

from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from gateway.db.queries.devices import devices, devices_of_groups
from gateway.db.statements.kept import KeptStatements, kept
from gateway.db.statements.page_statements import ListShape, PageShape, count_statement, page_statement
from gateway.db.statements.statement import CompiledStatement
from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.domain.filters import EVERY_DEVICE, DeviceFilter, Period
from gateway.domain.instants import Instant
from gateway.domain.principal import Principal
from tests.client import SUBJECT
from tests.factories import CLIENT, new_uuid
from tests.memory import traced

MOST_BYTES = 1_000_000
DIALECTS: list[Dialect] = [sqlite_dialect(), PGDialect_asyncpg()]  # type: ignore[no-untyped-call]  # SQLAlchemy's
PERIOD = Period(since=Instant("2025-03-01T12:00:00.000Z"), before=Instant("2025-03-02T12:00:00.000Z"))
FIRST_PAGE = PageShape(backward=False, after=False, before=False, selected=frozenset({"name"}))
OF_EVERY_CLIENT = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)
OF_ONE_CLIENT = OF_EVERY_CLIENT.narrowed([CLIENT])

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)


def new_filter() -> DeviceFilter:
    """Return a filter with every condition, whose values are its own."""
    return DeviceFilter(
        search=f"pump {new_uuid()}",
        barcode_contains=new_uuid(),
        client_id=new_uuid(),
        project_id=new_uuid(),
        ids=(new_uuid(), new_uuid()),
        client_ids=(new_uuid(),),
        project_ids=(),
        device_specification_ids=(new_uuid(),),
        statuses=(DeviceStatus.ACTIVE,),
        created=PERIOD,
        modified=PERIOD,
        device_group_ids=(new_uuid(),),
        network_adapter_types=(NetworkAdapterType.LORA,),
    )


def joined(*filters: DeviceFilter) -> DeviceFilter:
    return DeviceFilter(all_of=filters[:1], any_of=filters[1:2], none_of=filters[2:])


def statement(dialect: Dialect, filter_: DeviceFilter) -> CompiledStatement[Any]:
    return kept(dialect, count_statement, devices(OF_ONE_CLIENT, filter_, ()).shape)


@each_dialect
def test_filters_that_differ_in_values_alone_share_a_statement(dialect: Dialect) -> None:
    one, other = (joined(new_filter(), new_filter(), new_filter()) for _ in range(2))
    assert one != other
    assert statement(dialect, one) is statement(dialect, other)


@each_dialect
@pytest.mark.parametrize("name", [each.name for each in fields(DeviceFilter)])
def test_each_condition_of_a_filter_is_in_the_statement(dialect: Dialect, name: str) -> None:
    given = joined(new_filter(), new_filter(), new_filter()) if name.endswith("_of") else new_filter()
    only = replace(EVERY_DEVICE, **{name: getattr(given, name)})
    assert statement(dialect, only).text != statement(dialect, EVERY_DEVICE).text


@each_dialect
def test_lists_of_other_parents_and_orders_have_statements_of_their_own(dialect: Dialect) -> None:
    shapes: list[ListShape[Any]] = [
        devices(OF_ONE_CLIENT, EVERY_DEVICE, ()).shape,
        devices(OF_EVERY_CLIENT, EVERY_DEVICE, ()).shape,
        devices(OF_ONE_CLIENT, EVERY_DEVICE, (("NAME", True),)).shape,
        devices_of_groups(OF_ONE_CLIENT, EVERY_DEVICE, ()).shape,
    ]
    texts = [kept(dialect, page_statement, shape, FIRST_PAGE).text for shape in shapes]
    assert len(set(texts)) == len(texts)


@each_dialect
@pytest.mark.parametrize("joined_filters", [0, 90], ids=["small", "large"])
def test_what_is_kept_takes_no_more_memory_than_it_may(dialect: Dialect, joined_filters: int) -> None:
    """Each statement is another one, and together they would take several times as much."""
    statements = KeptStatements(MOST_BYTES)
    sizes = 0
    statement(dialect, new_filter())  # What all statements share.
    with traced() as taken:
        for count in range(1, 1_000):
            filter_ = DeviceFilter(any_of=(new_filter(),) * joined_filters + (DeviceFilter(ids=()),) * (count % 100))
            listing = devices(OF_ONE_CLIENT, filter_, (("ID", True),) * (count // 100))
            sizes += statements.get(dialect, count_statement, listing.shape).size
            if sizes > 3 * MOST_BYTES:
                break
    assert sizes > 3 * MOST_BYTES
    assert taken[0] < MOST_BYTES * 1.1


@each_dialect
def test_a_statement_that_is_too_large_is_made_each_time(dialect: Dialect) -> None:
    statements = KeptStatements(most_bytes=1)
    shape = devices(OF_ONE_CLIENT, EVERY_DEVICE, ()).shape
    one, other = (statements.get(dialect, count_statement, shape) for _ in range(2))
    assert one is not other
    assert one.text == other.text
