"""Whose devices and groups exist for a caller."""

import pytest

from gateway.domain.principal import Principal, Reach
from gateway.domain.uuids import Uuid
from tests.client import SUBJECT
from tests.factories import CLIENT, OTHER_CLIENT


def caller(*clients: Uuid) -> Principal:
    return Principal(subject=SUBJECT, scopes=frozenset(), clients=frozenset(clients))


EVERYONE = Principal(subject=SUBJECT, scopes=frozenset(), clients=None)


@pytest.mark.parametrize(
    ("principal", "clients", "narrowed", "reach"),
    [
        (EVERYONE, [CLIENT], caller(CLIENT), Reach.ONE_CLIENT),
        (EVERYONE, [CLIENT, OTHER_CLIENT], caller(CLIENT, OTHER_CLIENT), Reach.SOME_CLIENTS),
        (caller(CLIENT, OTHER_CLIENT), [CLIENT, CLIENT], caller(CLIENT), Reach.ONE_CLIENT),
        (caller(CLIENT), [OTHER_CLIENT], caller(), Reach.SOME_CLIENTS),
    ],
)
def test_a_narrowed_caller_reaches_no_more_than_before(
    principal: Principal, clients: list[Uuid], narrowed: Principal, reach: Reach
) -> None:
    assert principal.narrowed(clients) == narrowed
    assert narrowed.reach is reach
