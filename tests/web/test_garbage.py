"""Garbage is collected in pieces: what has survived once is left out, and what is garbage goes nevertheless."""

import asyncio
import gc
from typing import Any
from weakref import ref

import pytest

from gateway.web import garbage
from gateway.web.garbage import FREEZE_AFTER, YOUNG, collecting_in_pieces

pytestmark = pytest.mark.anyio


class Thing:
    itself: Any = None


def things_in_cycles() -> "list[Thing]":
    things = [Thing() for _ in range(10)]
    for each in things:
        each.itself = each
    return things


def many() -> list[list[int]]:
    """Return so many objects that some are frozen."""
    return [[] for _ in range((FREEZE_AFTER + 1) * YOUNG)]


async def are_frozen() -> None:
    """Give the collector its turn."""
    await asyncio.sleep(0.01)


def is_looked_through(thing: object) -> bool:
    return any(each is thing for each in gc.get_objects())


async def test_what_has_survived_is_looked_through_no_more() -> None:
    with collecting_in_pieces():
        thing = Thing()
        assert is_looked_through(thing)
        kept = many()
        await are_frozen()
        assert not is_looked_through(thing)
        assert not is_looked_through(kept[0])


async def test_cycles_of_new_objects_are_collected() -> None:
    with collecting_in_pieces():
        things = things_in_cycles()
        watched = [ref(each) for each in things]
        del things
        kept = many()
        await are_frozen()
        assert [each() for each in watched] == [None] * 10
    assert kept


async def test_what_nothing_refers_to_goes_at_once_though_it_is_frozen() -> None:
    with collecting_in_pieces():
        thing = Thing()
        watched, kept = ref(thing), many()
        await are_frozen()
        del thing
        assert watched() is None
    assert kept


async def test_cycles_of_frozen_objects_are_collected_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "THAW_AFTER", 2)
    monkeypatch.setattr(garbage, "SECONDS_BETWEEN_THAWS", 0)
    with collecting_in_pieces():
        things = things_in_cycles()
        watched, kept = [ref(each) for each in things], [many()]
        await are_frozen()
        del things
        assert None not in [each() for each in watched]
        kept.append(many())
        await are_frozen()
        assert [each() for each in watched] == [None] * 10


async def test_at_the_end_python_collects_as_before() -> None:
    before = gc.get_threshold(), list(gc.callbacks)
    with collecting_in_pieces():
        assert gc.get_threshold() != before[0]
    assert (gc.get_threshold(), list(gc.callbacks)) == before
