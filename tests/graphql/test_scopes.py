"""A field that the token has no scope for is FORBIDDEN, and the rest of the answer still comes."""

from typing import Any

import pytest

from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid
from tests.client import GatewayClient
from tests.factories import RowFactory
from tests.statements import Statements

pytestmark = pytest.mark.anyio

NO_SUCH_ID = Uuid("00000000-0000-4000-8000-000000000000")


async def test_a_device_without_its_scope_is_null_and_the_rest_comes(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    group = await factory.group(name="North")
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
    ("query", "scope", "data"),
    [
        ("{ devices { totalCount } }", Scope.DEVICE_READ, {"devices": None}),
        (
            f'{{ devicesByIdentifier(identifiers: ["{NO_SUCH_ID}"]) {{ id }} }}',
            Scope.DEVICE_READ,
            {"devicesByIdentifier": None},
        ),
        (f'{{ deviceHistory(deviceId: "{NO_SUCH_ID}") {{ totalCount }} }}', Scope.DEVICE_READ, {"deviceHistory": None}),
        (
            "{ deviceGroups { nodes { name devices { totalCount } } } }",
            Scope.DEVICE_READ,
            {"deviceGroups": {"nodes": [{"name": "Group", "devices": None}]}},
        ),
        ("{ deviceGroups { totalCount } }", Scope.DEVICE_GROUP_READ, {"deviceGroups": None}),
        (f'{{ deviceGroup(id: "{NO_SUCH_ID}") {{ id }} }}', Scope.DEVICE_GROUP_READ, {"deviceGroup": None}),
        (
            "{ devices { nodes { name deviceGroups { totalCount } } } }",
            Scope.DEVICE_GROUP_READ,
            {"devices": {"nodes": [{"name": "Device", "deviceGroups": None}]}},
        ),
        (
            f'{{ devices {{ nodes {{ name deviceGroupLink(deviceGroupId: "{NO_SUCH_ID}") {{ createdAt }} }} }} }}',
            Scope.DEVICE_GROUP_READ,
            {"devices": {"nodes": [{"name": "Device", "deviceGroupLink": None}]}},
        ),
        (
            f'{{ devices(filter: {{ not: {{ deviceGroupIds: ["{NO_SUCH_ID}"] }} }}) {{ totalCount }} }}',
            Scope.DEVICE_GROUP_READ,
            {"devices": None},
        ),
    ],
)
async def test_a_field_asks_for_its_scope_and_only_itself_is_null_without_it(
    gateway: GatewayClient, factory: RowFactory, query: str, scope: Scope, data: dict[str, Any]
) -> None:
    await factory.link(await factory.device(), await factory.group())
    assert not (await gateway.ask(query)).errors
    answer = await gateway.ask(query, token=gateway.token(scopes=set(Scope) - {scope}))
    assert answer.data == data
    assert answer.codes == ["FORBIDDEN"]
    assert answer.errors[0]["message"] == f"The token lacks the scope {scope}."


async def test_a_list_that_is_forbidden_leaves_the_list_beside_it(gateway: GatewayClient, factory: RowFactory) -> None:
    device = await factory.device()
    await factory.group()
    answer = await gateway.ask(
        "{ devices(first: 1) { nodes { id } } deviceGroups(first: 1) { nodes { id } } }",
        token=gateway.token(scopes=[Scope.DEVICE_READ]),
    )
    assert answer.data == {"devices": {"nodes": [{"id": device["id"]}]}, "deviceGroups": None}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["deviceGroups"], "FORBIDDEN")
    ]


async def test_a_field_that_is_forbidden_is_an_error_of_each_object_that_has_it(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    for day in (1, 2):
        await factory.device(name=str(day), created_at=f"2025-03-0{day}T00:00:00.000Z")
    answer = await gateway.ask(
        "{ devices { nodes { name deviceGroups { totalCount } } } }", token=gateway.token(scopes=[Scope.DEVICE_READ])
    )
    assert answer.data == {"devices": {"nodes": [{"name": name, "deviceGroups": None} for name in "12"]}}
    assert [error["path"] for error in answer.errors] == [
        ["devices", "nodes", place, "deviceGroups"] for place in range(2)
    ]


async def test_what_is_forbidden_is_not_read(gateway: GatewayClient, statements: Statements) -> None:
    with statements.recorded() as recorded:
        await gateway.ask("{ devices { totalCount nodes { id } } }", token=gateway.token(scopes=[]))
    assert recorded == []


async def test_a_node_of_a_type_without_its_scope_is_forbidden_and_others_come(
    gateway: GatewayClient, factory: RowFactory
) -> None:
    device, group = await factory.device(), await factory.group()
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
