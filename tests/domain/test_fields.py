"""A field that callers set is everywhere that it has to be: in the tables, the rows, the schema and history."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType
from sqlalchemy import Table, Text

from gateway.db.rows import DEVICE_COLUMNS, GROUP_COLUMNS, Columns, DeviceGroupRow, DeviceRow
from gateway.db.tables import device, device_group
from gateway.domain.fields import DEVICE_FIELDS, DEVICE_GROUP_FIELDS, Field, FieldKind, graphql_name
from gateway.domain.history import FieldChange, creation, reverse
from gateway.graphql.schema import graphql_schema

SET_BY_THE_GATEWAY = {"id", "created_at", "created_by", "modified_at", "modified_by", "version"}
FOR_SORTING_AND_SEARCHING = {"rowid", "barcode_order", "name_folded", "description_folded", "barcode_folded"}


@dataclass(frozen=True, kw_only=True)
class Model:
    """All that has a column, an attribute or a field for each of `fields`."""

    fields: Mapping[str, Field]
    table: Table
    row: type[DeviceRow | DeviceGroupRow]
    columns: Columns
    object_type: str
    never_change: frozenset[str]
    """The fields that only the creation sets."""


MODELS = [
    Model(
        fields=DEVICE_FIELDS,
        table=device,
        row=DeviceRow,
        columns=DEVICE_COLUMNS,
        object_type="Device",
        never_change=frozenset(),
    ),
    Model(
        fields=DEVICE_GROUP_FIELDS,
        table=device_group,
        row=DeviceGroupRow,
        columns=GROUP_COLUMNS,
        object_type="DeviceGroup",
        never_change=frozenset({"client_id", "project_id"}),
    ),
]
OTHER_INPUT_FIELDS = {
    "CreateDeviceInput": {"networkAdapters", "deviceGroupIds", "idempotencyKey"},
    "UpdateDeviceInput": {"device", "expectedVersion"},
    "CreateDeviceGroupInput": {"idempotencyKey"},
    "UpdateDeviceGroupInput": {"id", "expectedVersion"},
}
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.object_type)


def input_type(name: str) -> GraphQLInputObjectType:
    type_ = graphql_schema.type_map[name]
    assert isinstance(type_, GraphQLInputObjectType)
    return type_


@pytest.mark.parametrize(
    ("name", "expected"),
    [("name", "name"), ("client_id", "clientId"), ("device_specification_id", "deviceSpecificationId")],
)
def test_the_schema_calls_a_field_by_its_name_in_camel_case(name: str, expected: str) -> None:
    assert graphql_name(name) == expected


@each_model
def test_each_field_goes_by_its_own_name(model: Model) -> None:
    assert {name: field.name for name, field in model.fields.items()} == {name: name for name in model.fields}


@each_model
def test_the_columns_that_the_gateway_does_not_set_itself_are_the_fields(model: Model) -> None:
    columns = {column.name for column in model.table.c} - SET_BY_THE_GATEWAY - FOR_SORTING_AND_SEARCHING
    assert columns == set(model.fields)


@each_model
def test_a_column_may_be_null_where_its_field_may(model: Model) -> None:
    nullable = {name: bool(model.table.c[name].nullable) for name in model.fields}
    assert nullable == {name: field.nullable for name, field in model.fields.items()}


@each_model
def test_every_column_of_text_has_a_rule_for_it(model: Model) -> None:
    texts = {name for name in model.fields if isinstance(model.table.c[name].type, Text)}
    assert texts == {name for name, field in model.fields.items() if field.kind is not FieldKind.OTHER}


@each_model
def test_a_row_has_the_fields_and_what_the_gateway_sets(model: Model) -> None:
    assert set(model.row._fields) == {*model.fields, *SET_BY_THE_GATEWAY}
    assert tuple(model.columns) == model.row._fields


@each_model
def test_the_object_type_shows_the_fields_and_what_the_gateway_sets(model: Model) -> None:
    type_ = graphql_schema.type_map[model.object_type]
    assert isinstance(type_, GraphQLObjectType)
    assert {*map(graphql_name, SET_BY_THE_GATEWAY)} <= type_.fields.keys()
    nullable = {
        name: not isinstance(type_.fields[field.graphql_name].type, GraphQLNonNull)
        for name, field in model.fields.items()
    }
    assert nullable == {name: field.nullable for name, field in model.fields.items()}


@each_model
def test_an_input_that_creates_takes_every_field(model: Model) -> None:
    name = f"Create{model.object_type}Input"
    expected = {field.graphql_name for field in model.fields.values()}
    assert input_type(name).fields.keys() == expected | OTHER_INPUT_FIELDS[name]


@each_model
def test_an_input_that_creates_takes_null_where_its_field_does(model: Model) -> None:
    inputs = input_type(f"Create{model.object_type}Input").fields
    not_null = {
        name for name, field in model.fields.items() if isinstance(inputs[field.graphql_name].type, GraphQLNonNull)
    }
    assert not_null == {name for name, field in model.fields.items() if not field.nullable}


@each_model
def test_an_input_that_updates_takes_every_field_that_may_change(model: Model) -> None:
    name = f"Update{model.object_type}Input"
    expected = {field.graphql_name for key, field in model.fields.items() if key not in model.never_change}
    assert input_type(name).fields.keys() == expected | OTHER_INPUT_FIELDS[name]


def test_history_records_every_field_of_a_new_device_in_order() -> None:
    created = creation({name: f"the {name}" for name in DEVICE_FIELDS}, [], [])
    assert created == [FieldChange(field.graphql_name, None, f"the {name}") for name, field in DEVICE_FIELDS.items()]
    assert reverse(created) == [
        FieldChange(field.graphql_name, f"the {name}", None) for name, field in DEVICE_FIELDS.items()
    ]
