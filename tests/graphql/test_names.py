"""The schema has Strawberry's names of what Python has, though each is made once."""

from strawberry.schema.name_converter import NameConverter

from gateway.graphql.mutation_inputs import CreateDeviceInput
from gateway.graphql.names import RememberedNames
from gateway.graphql.schema import schema


def test_names_are_those_of_strawberry() -> None:
    remembered, usual = RememberedNames(), NameConverter()
    names = [field.python_name for field in CreateDeviceInput.__strawberry_definition__.fields]  # type: ignore[attr-defined]
    for _ in range(2):
        assert [remembered.apply_naming_config(name) for name in names] == list(map(usual.apply_naming_config, names))


def test_the_schema_remembers_them() -> None:
    assert isinstance(schema.config.name_converter, RememberedNames)
