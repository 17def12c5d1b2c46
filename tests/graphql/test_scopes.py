"""A field that the token has no scope for is FORBIDDEN, and the rest of the answer still comes."""

import pytest

from gateway.domain.kinds import Scope
from gateway.domain.uuids import Uuid
from tests.client import GatewayClient
from tests.factories import World
from tests.statements import Statements

pytestmark = pytest.mark.anyio

NO_SUCH_ID = Uuid("00000000-0000-4000-8000-000000000000")


async def test_a_device_without_its_scope_is_null_and_the_rest_comes(gateway: GatewayClient, world: World) -> None:
    group = await world.group(name="North")
    query = f"""{{
      device(identifier: "{NO_SUCH_ID}") {{ id }}
      deviceGroup(id: "{group["id"]}") {{ name }}
      viewer {{ scopes }}
    }}"""
    answer = await gateway.ask(query, token=gateway.token(scopes=[Scope.DEVICE_GROUP_READ]))
    assert answer.data == {
        "device": None,
        "deviceGroup": {"name": "North"},
        "viewer": {"scopes": ["device-group.read"]},
    }
    assert answer.errors == [
        {
            "message": "The token lacks the scope device.read.",
            "locations": [{"line": 2, "column": 7}],
            "path": ["device"],
            "extensions": {"code": "FORBIDDEN"},
        }
    ]


@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ("{ devices { totalCount } }", Scope.DEVICE_READ),
        (f'{{ devicesByIdentifier(identifiers: ["{NO_SUCH_ID}"]) {{ id }} }}', Scope.DEVICE_READ),
        ("{ deviceGroups { nodes { devices { totalCount } } } }", Scope.DEVICE_READ),
        ("{ deviceGroups { totalCount } }", Scope.DEVICE_GROUP_READ),
        (f'{{ deviceGroup(id: "{NO_SUCH_ID}") {{ id }} }}', Scope.DEVICE_GROUP_READ),
        ("{ devices { nodes { deviceGroups { totalCount } } } }", Scope.DEVICE_GROUP_READ),
        (
            f'{{ devices {{ nodes {{ deviceGroupLink(deviceGroupId: "{NO_SUCH_ID}") {{ createdAt }} }} }} }}',
            Scope.DEVICE_GROUP_READ,
        ),
        (
            f'{{ devices(filter: {{ not: {{ deviceGroupIds: ["{NO_SUCH_ID}"] }} }}) {{ totalCount }} }}',
            Scope.DEVICE_GROUP_READ,
        ),
    ],
)
async def test_a_field_asks_for_its_scope(gateway: GatewayClient, world: World, query: str, scope: Scope) -> None:
    await world.link(await world.device(), await world.group())
    assert not (await gateway.ask(query)).errors
    answer = await gateway.ask(query, token=gateway.token(scopes=set(Scope) - {scope}))
    assert answer.codes == ["FORBIDDEN"]
    assert answer.errors[0]["message"] == f"The token lacks the scope {scope}."


async def test_what_is_forbidden_is_not_read(gateway: GatewayClient, statements: Statements) -> None:
    with statements.recorded() as run:
        await gateway.ask("{ devices { totalCount nodes { id } } }", token=gateway.token(scopes=[]))
    assert run == []


async def test_a_node_of_a_type_without_its_scope_is_forbidden_and_others_come(
    gateway: GatewayClient, world: World
) -> None:
    device, group = await world.device(), await world.group()
    ids = [device["id"], group["id"], NO_SUCH_ID]
    answer = await gateway.ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        {"ids": ids},
        token=gateway.token(scopes=[Scope.DEVICE_GROUP_READ]),
    )
    assert answer.data == {"nodes": [None, {"id": group["id"]}, None]}
    assert [(error["path"], error["message"]) for error in answer.errors] == [
        (["nodes", 0], "The token lacks the scope device.read.")
    ]


async def test_the_viewer_needs_no_scope(gateway: GatewayClient) -> None:
    query = "{ viewer { principal scopes clientIds } }"
    data = await gateway.data(query, token=gateway.token(scopes=[], clients=[NO_SUCH_ID]))
    assert data == {
        "viewer": {
            "principal": "principal/9ebbb3b1-1b6b-46e7-8d58-bb8fe7ae24d4",
            "scopes": [],
            "clientIds": [NO_SUCH_ID],
        }
    }


async def test_a_viewer_of_every_client_has_no_list_of_them(gateway: GatewayClient) -> None:
    assert await gateway.data("{ viewer { clientIds } }") == {"viewer": {"clientIds": None}}
