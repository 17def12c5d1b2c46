"""Many requests at once, each of a caller of another client: none is told what is another's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from random import Random

import orjson
import pytest

from gateway.db.database import Database
from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.uuids import Uuid
from tests.databases import Databases
from tests.engine.answers import agree, difference
from tests.engine.gateways import Caller, Case, Gateway, running, settings_for
from tests.engine.input_values import INPUT_VALUES, InputValues
from tests.engine.operations import operation
from tests.engine.sample_rows import INSTANTS, NAMES, NO_SUCH_ID, PROJECTS, ids
from tests.engine.schema import QUERY
from tests.engine.values import Values
from tests.factories import RowFactory

pytestmark = pytest.mark.anyio

TENANTS, DEVICES_OF_EACH, ROUNDS = 50, 3, 2
SCOPES = (frozenset(Scope), frozenset(Scope), frozenset({Scope.DEVICE_READ}))

# One document of all, and with it whatever the gateway keeps of a document.
SHARED = """
query ($first: Int, $orderBy: [DeviceOrder!], $status: Boolean!, $groups: Boolean!) {
  viewer { clientIds }
  devices(first: $first, orderBy: $orderBy) {
    totalCount
    nodes {
      id
      status @include(if: $status)
      networkAdapters { ... on Node { id } ... on LoraNetworkAdapter { devEui device { id name } } }
      deviceGroups(first: 2) @include(if: $groups) { nodes { id devices(first: 2) { edges { node { id urns } } } } }
    }
  }
}
"""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A caller, and the ids of what nobody else may see."""

    caller: Caller
    group: Uuid
    devices: tuple[Uuid, ...]
    adapters: tuple[Uuid, ...]

    @property
    def client(self) -> Uuid:
        assert self.caller.clients
        return self.caller.clients[0]

    @property
    def secrets(self) -> set[Uuid]:
        return {self.group, *self.devices, *self.adapters}

    async def populate(self, factory: RowFactory, random: Random) -> None:
        group = await factory.group(id=self.group, client_id=self.client, project_id=PROJECTS[0])
        for device_id, adapter_id in zip(self.devices, self.adapters, strict=True):
            device = await factory.device(
                id=device_id,
                name=random.choice(NAMES),
                client_id=self.client,
                project_id=PROJECTS[0],
                created_at=random.choice(INSTANTS),
            )
            await factory.adapter(device, random.choice(list(NetworkAdapterType)), id=adapter_id)
            await factory.link(device, group, created_at=random.choice(INSTANTS))
            await factory.event(device)

    def values(self, others: Sequence["Tenant"]) -> Values:
        """Mostly of this tenant, and some of others."""
        groups = InputValues(common=[self.group] * 3 + [other.group for other in others])
        devices = InputValues(common=[*self.devices * 2, *(other.devices[0] for other in others)])
        nodes = InputValues(common=[*groups.common, *devices.common, *self.adapters], failing=[NO_SUCH_ID])
        of_groups = dict.fromkeys(("deviceGroupId", "deviceGroupIds"), groups)
        clients = InputValues(common=[self.client] * 3 + [other.client for other in others])
        own = {"ID": nodes, "deviceId": devices, "DeviceIdentifier": devices, "clientId": clients, **of_groups}
        return Values(inputs={**INPUT_VALUES, **own})

    def cases(self, seed: int, others: Sequence["Tenant"]) -> list[Case]:
        """A query of its own, and one that all ask."""
        random = Random(seed)
        own = operation(random, self.values(random.sample(others, 3)), QUERY)
        variables = {
            "first": random.randint(1, DEVICES_OF_EACH),
            "orderBy": {"field": random.choice(("NAME", "CREATED_AT", "ID"))},
            "status": random.random() < 0.5,
            "groups": random.random() < 0.5,
        }
        return [
            Case(query=own.text, variables=own.variables(random), operation_name=own.name, caller=self.caller),
            Case(query=SHARED, variables=variables, caller=self.caller),
        ]


@pytest.fixture(scope="module")
def tenants() -> list[Tenant]:
    return [
        Tenant(
            caller=Caller(name=f"caller {number}", scopes=SCOPES[number % len(SCOPES)], clients=(client,)),
            group=group,
            devices=tuple(ids(1_000 + number, DEVICES_OF_EACH)),
            adapters=tuple(ids(2_000 + number, DEVICES_OF_EACH)),
        )
        for number, (client, group) in enumerate(zip(ids(21, TENANTS), ids(22, TENANTS), strict=True))
    ]


@pytest.fixture(scope="module")
async def gateway(tenants: list[Tenant], databases: Databases) -> AsyncIterator[Gateway]:
    with databases.copy() as url:
        database = Database(url)
        factory, random = RowFactory(database), Random(23)
        for tenant in tenants:
            await tenant.populate(factory, random)
        await database.close()
        async with running(settings_for(url)) as gateway:
            yield gateway


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_requests_at_once_are_answered_as_one_after_another(
    gateway: Gateway, tenants: list[Tenant], seed: int
) -> None:
    asked = [
        (tenant, case)
        for number, tenant in enumerate(tenants)
        for case in tenant.cases(seed * TENANTS + number, [other for other in tenants if other is not tenant])
    ]
    Random(seed).shuffle(asked)
    alone = [await gateway.ask(case) for _, case in asked]
    at_once = await asyncio.gather(*(gateway.ask(case) for _, case in asked))
    for (tenant, case), one, other in zip(asked, alone, at_once, strict=True):
        report = difference(case, {"alone": one, "at once": other})
        assert await agree(gateway, case, one, other), report
        told = orjson.dumps(other).decode()
        assert not [id_ for each in tenants if each is not tenant for id_ in each.secrets if id_ in told], report
    # The test would prove little if the callers were told nothing of their own.
    assert (
        sum(
            any(id_ in str(answer) for id_ in tenant.secrets)
            for (tenant, _), answer in zip(asked, at_once, strict=True)
        )
        > TENANTS / 2
    )
