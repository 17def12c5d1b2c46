"""A filter matches in memory what its search condition finds in the database."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.db.database import Database
from gateway.db.queries.devices import devices
from gateway.db.session import Session
from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.domain.filters import DeviceFilter, Period
from gateway.domain.instants import Instant
from gateway.domain.matching import DeviceNow, matches
from gateway.domain.pages import PageArguments
from gateway.domain.principal import THE_GATEWAY
from gateway.domain.text import folded
from gateway.domain.uuids import Uuid
from tests.databases import SQLiteDatabases
from tests.factories import Row, RowFactory
from tests.graphql.fleet import (
    BARCODES,
    CLIENTS,
    DESCRIPTIONS,
    FIRST_IDS,
    GROUPS,
    INSTANTS,
    NAMES,
    PROJECTS,
    SPECIFICATIONS,
    Fleet,
)

pytestmark = pytest.mark.anyio


class Sample(NamedTuple):
    database: Database
    devices: list[DeviceNow]


class Columns:
    """A device with the values of its columns as attributes."""

    def __init__(self, row: Row) -> None:
        vars(self).update(row)


@pytest.fixture(scope="module")
async def sample(sqlite: SQLiteDatabases) -> AsyncIterator[Sample]:
    with sqlite.copy() as url:
        database, fleet = Database(url), Fleet()
        await fleet.populate(RowFactory(database), 40, Random(3))
        yield Sample(database, [_now(fleet, device) for device in fleet.devices])
        await database.close()


def _now(fleet: Fleet, device: Row) -> DeviceNow:
    device_: Any = Columns(device)
    group_ids = {Uuid(group) for group, members in fleet.members.items() if device["id"] in members}
    return DeviceNow(device=device_, adapter_types=fleet.types[device["id"]], group_ids=group_ids)


def _parts(texts: tuple[str | None, ...]) -> st.SearchStrategy[str]:
    """Draw parts of folded texts, and what is in none of them."""
    whole = [folded(text) for text in texts if text]
    parts = {text[start:end] for text in whole for start in range(3) for end in range(start + 1, 9)}
    return st.sampled_from([*sorted(parts - {""}), "%", "_", "zzz", "ss", "pumpe größe"])


def _some(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(values)), max_size=2).map(tuple)


def _joined(name: str, filters: list[DeviceFilter]) -> DeviceFilter:
    given: dict[str, Any] = {name: tuple(filters)}
    return DeviceFilter(**given)


INSTANT = st.none() | st.sampled_from([Instant(each) for each in INSTANTS])
PERIOD = st.builds(Period, since=INSTANT, before=INSTANT)
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "search": _parts(NAMES + DESCRIPTIONS),
    "barcode_contains": _parts(BARCODES),
    "client_id": st.sampled_from(CLIENTS),
    "project_id": st.sampled_from(PROJECTS),
    "ids": _some([*FIRST_IDS, PROJECTS[0]]),
    "client_ids": _some(CLIENTS),
    "project_ids": _some(PROJECTS),
    "device_specification_ids": _some(SPECIFICATIONS),
    "statuses": _some(DeviceStatus),
    "created": PERIOD,
    "modified": PERIOD,
    "device_group_ids": _some(GROUPS),
    "network_adapter_types": _some(NetworkAdapterType),
}
ONE = st.sampled_from(sorted(CONDITIONS)).flatmap(lambda name: st.fixed_dictionaries({name: CONDITIONS[name]}))
FILTERS = st.recursive(
    st.lists(ONE, max_size=2).map(lambda given: DeviceFilter(**{k: v for each in given for k, v in each.items()})),
    lambda inner: st.builds(_joined, st.sampled_from(["all_of", "any_of", "none_of"]), st.lists(inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(filter_=FILTERS)
async def test_a_filter_matches_the_devices_that_its_search_condition_finds(
    sample: Sample, filter_: DeviceFilter
) -> None:
    listing = devices(THE_GATEWAY, filter_, ())
    page = await listing.page(Session(sample.database), PageArguments(size=250))
    assert {row.id for row in page.nodes} == {each.device.id for each in sample.devices if matches(filter_, each)}
