"""Makes the inputs of Strawberry's classes, as Strawberry itself does, in a fraction of the time.

What Strawberry looks up again for each value depends on its type alone, and is looked up once for each type here. A
request may have 20,000 inputs, which all others wait for.
"""

from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

import strawberry
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.maybe import Some

Convert = Callable[[Any], Any]


class InputConversion:
    """The conversion of the inputs of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._config = schema.config
        self._registry = schema.schema_converter.scalar_registry
        self._of_classes: dict[Any, Convert] = {}

    def names_of_arguments(self, definition: StrawberryField) -> dict[str, str]:
        """Return the names in Python by those in the schema."""
        name_of = self._config.name_converter.from_argument
        return {name_of(argument): argument.python_name for argument in definition.arguments}

    def of_arguments(self, definition: StrawberryField) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """Return what makes arguments as the resolver takes them: by their names in Python, inputs as Strawberry's."""
        names, known = self.names_of_arguments(definition), dict(self._of_classes)
        try:
            converts = [self._of(argument.type) for argument in definition.arguments]
        except _NotKnownError:
            self._of_classes = known  # Those that were begun have not all their fields.
            return lambda given: convert_arguments(
                given, definition.arguments, scalar_registry=self._registry, config=self._config
            )
        each = [(name, own, convert) for (name, own), convert in zip(names.items(), converts, strict=True)]
        return lambda given: {own: convert(given[name]) for name, own, convert in each if name in given}

    def _of(self, type_: Any) -> Convert:
        if isinstance(type_, StrawberryMaybe):
            return self._of_maybe(type_)
        if isinstance(type_, StrawberryOptional):
            return self._of(type_.of_type)
        if isinstance(type_, StrawberryList):
            return _of_list(self._of(type_.of_type))
        if self._is_leaf(type_):
            return _as_it_is
        if has_object_definition(type_):
            return self._of_classes.get(type_) or self._of_class(type_)
        raise _NotKnownError

    def _is_leaf(self, type_: Any) -> bool:
        """Tell whether values are taken as GraphQL coerced them."""
        if has_enum_definition(type_) or isinstance(type_, StrawberryEnumDefinition):
            return True
        return type_ is not GlobalID and is_scalar(type_, self._registry)

    def _of_maybe(self, type_: StrawberryMaybe) -> Convert:
        if not isinstance(type_.of_type, StrawberryOptional):
            raise _NotKnownError  # It refuses null.
        convert = self._of(type_.of_type)
        return lambda value: Some(convert(value))

    def _of_class(self, type_: Any) -> Convert:
        definition = type_.__strawberry_definition__
        if not definition.is_input or definition.from_input is not None:
            raise _NotKnownError
        left_out = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        fields: list[tuple[str, str, Convert]] = []

        def convert(value: Any) -> Any:
            if value is None or value is strawberry.UNSET:
                return value
            given = {own: convert_field(value[name]) for name, own, convert_field in fields if name in value}
            return type_(**{**left_out, **given})

        self._of_classes[type_] = convert  # Before its fields, which may have it too.
        name_of = self._config.name_converter.from_field
        for field in definition.fields:
            inner = field.resolve_type(type_definition=definition)
            fields.append((name_of(field), field.python_name, self._of(inner)))
        return convert


class _NotKnownError(Exception):
    """A type has inputs that Strawberry alone knows to make."""


def _as_it_is(value: Any) -> Any:
    return value


def _of_list(convert: Convert) -> Convert:
    if convert is _as_it_is:
        return lambda values: values if values is None or values is strawberry.UNSET else list(values)
    return lambda values: values if values is None or values is strawberry.UNSET else [*map(convert, values)]
