"""The schema as a subgraph's: what composition gets, and who gets to see it."""

from typing import Any

import pytest
from graphql import is_object_type, is_union_type, parse, print_ast

from gateway.graphql.costs import REPRESENTATION, STATEMENT
from gateway.graphql.entities import ENTITIES
from gateway.graphql.federation import TEXT, subgraph_schema, subgraph_text
from gateway.graphql.schema import gateway_schema, schema_text
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import SQLiteDatabases


@pytest.fixture(scope="module")
def databases(sqlite: SQLiteDatabases) -> SQLiteDatabases:
    return sqlite


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"federation": True})


ADAPTERS = {"CellularNetworkAdapter": "imei", "LoraNetworkAdapter": "devEui", "GenericNetworkAdapter": "dvnUuid"}


def lines(text: str) -> set[str]:
    return set(print_ast(parse(text)).splitlines())


def test_the_text_for_composition_is_the_schema_with_keys_and_a_field_of_a_device() -> None:
    text, schema = lines(subgraph_text()), lines(schema_text())
    assert text - schema == {
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])',
        "directive @oneOf on INPUT_OBJECT",
        'type Device implements Node @key(fields: "id") @key(fields: "identifier") {',
        *(
            f'type {name} implements CommonNetworkAdapter & Node @key(fields: "id") @key(fields: "{field}") {{'
            for name, field in ADAPTERS.items()
        ),
        'type DeviceGroup implements Node @key(fields: "id") {',
        'type DeviceEvent implements Node @key(fields: "id") {',
        "type PageInfo @shareable {",
        '  """The device\'s id. As a key, it may be anything that names the device."""',
        "  identifier: DeviceIdentifier!",
    }
    assert [line for line in schema - text if not line.startswith("type ")] == []


def test_each_key_is_a_field_that_is_never_null() -> None:
    type_map = gateway_schema(subgraph_schema()).schema.type_map
    for name, entity in ENTITIES.items():
        type_ = type_map[name]
        assert is_object_type(type_)
        assert [str(type_.fields[key.field].type)[-1] for key in entity.keys] == ["!"] * len(entity.keys)


def test_what_routers_ask_for_is_as_they_know_it() -> None:
    schema = gateway_schema(subgraph_schema()).schema
    query = schema.query_type
    assert query is not None
    service, entities = query.fields["_service"], query.fields["_entities"]
    assert str(service.type) == "_Service!"
    union = schema.type_map["_Entity"]
    assert is_union_type(union)
    assert [type_.name for type_ in union.types] == [*ENTITIES]
    assert (str(entities.type), str(entities.args["representations"].type)) == ("[_Entity]!", "[_Any!]!")


@pytest.mark.anyio
async def test_a_router_that_has_a_token_gets_the_text(gateway: GatewayClient) -> None:
    answer = await gateway.data("{ _service { sdl } }", token=gateway.token(scopes=[]))
    assert answer == {"_service": {"sdl": subgraph_text()}}


@pytest.mark.anyio
async def test_a_gateway_that_is_no_subgraph_has_nothing_of_it(gateway: GatewayClient) -> None:
    other = GatewayClient(gateway.settings.model_copy(update={"federation": False}))
    answer = await other.ask("{ _service { sdl } }")
    await other.close()
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.anyio
async def test_what_names_an_entity_costs_more_than_an_entity(gateway: GatewayClient) -> None:
    query = "query ($all: [_Any!]!) { _entities(representations: $all) { __typename ... on Device { id name } } }"
    assert await cost(gateway, query, all=[{}] * 7) == 1 + 7 * 4 + STATEMENT + 7 * REPRESENTATION


@pytest.mark.anyio
async def test_the_text_costs_as_much_each_time_that_it_is_in_an_answer(gateway: GatewayClient) -> None:
    assert await cost(gateway, "{ _service { sdl } }") == 1 + 2 + TEXT
    assert await cost(gateway, "{ _service { a: sdl b: sdl } c: _service { sdl } }") == 1 + 2 + 3 + 3 * TEXT


async def cost(gateway: GatewayClient, query: str, **variables: Any) -> Any:
    """Return what a query may cost."""
    response = await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {gateway.token()}", "GraphQL-Cost": "validate"},
    )
    return response.json()["extensions"]["cost"]["requested"]
