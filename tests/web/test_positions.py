"""Positions in the log of writes that clients send back with a request."""

import pytest

from gateway.domain.quoting import quoted
from tests.client import GatewayClient

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("position", ["", "16", "16/", "1/2/3", "G/1", "123456789/0", "1/2\u0663", "1/2\n"])
async def test_what_is_no_position_is_named_in_an_error(gateway: GatewayClient, position: str) -> None:
    answer = await gateway.http.post(
        "/graphql",
        json={"query": "{ viewer { principal } }", "extensions": {"position": position}},
        headers={"Authorization": f"Bearer {gateway.token()}"},
    )
    message = f"{quoted(position)} is not a position; expected one that came with a mutation's answer."
    assert answer.status_code == 400
    assert answer.json() == {"errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]}


async def test_a_position_that_no_replica_is_needed_for_changes_nothing(gateway: GatewayClient) -> None:
    answer = await gateway.http.post(
        "/graphql",
        json={"query": "{ devices { nodes { id } } }"},
        headers={"Authorization": f"Bearer {gateway.token()}", "Gateway-Position": "16/B374D848"},
    )
    assert answer.json() == {"data": {"devices": {"nodes": []}}}
    assert "gateway-position" not in answer.headers
