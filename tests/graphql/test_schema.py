"""The schema: the committed file is the code's, keeps what the contract promises, and describes all that it has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLNamedType,
    build_schema,
    find_breaking_changes,
    introspection_from_schema,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    is_object_type,
    is_scalar_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from gateway.graphql.schema import graphql_schema, schema_text

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "contract" / "base.graphql"

PAGE_ARGUMENTS = {"first": "Int", "after": "String", "last": "Int", "before": "String"}

NAMED_TYPES = [
    type_
    for type_ in graphql_schema.type_map.values()
    if not is_introspection_type(type_) and not is_specified_scalar_type(type_)
]


def test_the_committed_schema_is_that_of_the_code() -> None:
    assert (ROOT / "schema.graphql").read_text() == f"{schema_text()}\n"


@pytest.mark.skipif(not CONTRACT.exists(), reason="The contract does not lie beside this checkout.")
def test_nothing_of_the_contract_is_broken() -> None:
    assert find_breaking_changes(build_schema(CONTRACT.read_text()), graphql_schema) == []


def _descriptions(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield type_.name, type_.description
    if is_enum_type(type_):
        yield from ((f"{type_.name}.{name}", value.description) for name, value in type_.values.items())
    if is_input_object_type(type_):
        yield from ((f"{type_.name}.{name}", each.description) for name, each in type_.fields.items())
    if is_object_type(type_) or is_interface_type(type_):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            for argument, definition in field.args.items():
                yield f"{type_.name}.{name}({argument}:)", definition.description


def test_everything_has_a_description() -> None:
    described = {place: text for type_ in NAMED_TYPES for place, text in _descriptions(type_)}
    described |= {f"@{each.name}": each.description for each in graphql_schema.directives}
    described["schema"] = graphql_schema.description
    assert [place for place, text in described.items() if not (text or "").strip()] == []
    # Enough is looked at for that to mean something.
    assert {
        "Query",
        "Query.node",
        "Query.node(id:)",
        "DeviceFilter.and",
        "DeviceStatus.ACTIVE",
        "CommonNetworkAdapter.urn",
        "NetworkAdapter",
        "UUID",
    } <= described.keys()


def test_no_directive_is_there_but_those_of_the_specification() -> None:
    assert [each.name for each in graphql_schema.directives if not is_specified_directive(each)] == []


def test_these_are_all_the_defaults_that_the_schema_shows() -> None:
    connections = [
        "Query.devices",
        "Query.deviceGroups",
        "Query.deviceHistory",
        "Query.deviceEvents",
        "Query.webhooks",
        "Device.deviceGroups",
        "Device.history",
        "DeviceGroup.devices",
    ]
    orders = ["DeviceOrder", "DeviceGroupOrder", "DeviceGroupLinkOrder"]
    types: Any = introspection_from_schema(graphql_schema)["__schema"]["types"]
    defaults: dict[str, str] = {}
    for type_ in types:
        inputs = {f"{type_['name']}.{each['name']}": each for each in type_.get("inputFields") or ()}
        for field in type_.get("fields") or ():
            inputs |= {f"{type_['name']}.{field['name']}({each['name']}:)": each for each in field["args"]}
        defaults |= {place: each["defaultValue"] for place, each in inputs.items() if each["defaultValue"]}
    assert {place: value for place, value in defaults.items() if not place.startswith("__")} == {
        **{f"{connection}(first:)": "50" for connection in connections},
        **{f"{order}.direction": "ASC" for order in orders},
        "CreateDeviceInput.status": "ACTIVE",
        "CreateDevicesInput.mode": "EACH",
        **{f"{name}DevicesInput.dryRun": "false" for name in ("Create", "Update", "Delete")},
        "DeviceConnection.facets(first:)": "20",
        "DeviceGroupDeviceConnection.facets(first:)": "20",
    }


def test_each_list_that_is_paged_has_the_four_arguments_of_a_page() -> None:
    for type_ in filter(is_object_type, NAMED_TYPES):
        for name, field in type_.fields.items():
            if str(field.type).rstrip("!").endswith("Connection"):
                pages = {key: str(each.type) for key, each in field.args.items() if key in PAGE_ARGUMENTS}
                assert pages == PAGE_ARGUMENTS, f"{type_.name}.{name}"


def test_each_scalar_says_where_it_is_specified() -> None:
    scalars = {type_.name: type_.specified_by_url for type_ in filter(is_scalar_type, NAMED_TYPES)}
    assert scalars == {
        "DateTime": "https://scalars.graphql.org/andimarek/date-time.html",
        "UUID": "https://www.rfc-editor.org/rfc/rfc9562",
        "DeviceIdentifier": "https://www.rfc-editor.org/rfc/rfc9039",
    }
