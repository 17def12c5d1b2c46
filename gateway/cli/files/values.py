"""From the values of a record to the command that creates its device, and the form that adapters have in an input."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from strawberry.types import get_object_definition
from strawberry.types.base import StrawberryOptional

from gateway.domain.commands import CreateDevice, NewAdapter
from gateway.domain.enums import DeviceStatus, NetworkAdapterType
from gateway.domain.errors import BadUserInput
from gateway.domain.fields import DEVICE_FIELDS, Field, FieldKind
from gateway.domain.quoting import quoted
from gateway.domain.user_errors import InputPath, UserError, UserErrorCode
from gateway.domain.uuids import parse_uuid
from gateway.domain.validation import length_errors, value_errors
from gateway.graphql.mutation_inputs import NetworkAdapterInput

ADAPTERS = "networkAdapters"
GROUPS = "deviceGroupIds"
FIELDS: Mapping[str, Field] = {field.graphql_name: field for field in DEVICE_FIELDS.values()}
"""The fields of a device, by the names that inputs and files give them."""
DEFAULTS: Mapping[str, Any] = {"status": DeviceStatus.ACTIVE}
REQUIRED = tuple(name for name, field in FIELDS.items() if not field.nullable and name not in DEFAULTS)


class AdapterForm(NamedTuple):
    """How an input names an adapter of one type: `{lora: {devEui: "…"}}`."""

    type: NetworkAdapterType
    outer: str
    inner: str


def _adapter_forms() -> Iterator[AdapterForm]:
    """Yield the forms that the schema has."""
    for field in get_object_definition(NetworkAdapterInput, strict=True).fields:
        make: Any = cast("StrawberryOptional", field.type).of_type
        [inner] = get_object_definition(make, strict=True).fields
        given: Any = {field.python_name: make(**{inner.python_name: ""})}
        new = NetworkAdapterInput(**given).command()
        yield AdapterForm(new.type, *new.field)


ADAPTER_FORMS: Mapping[str, AdapterForm] = {form.inner: form for form in _adapter_forms()}
"""The forms by the name of the identifier, which is a column of CSV."""


def device_of(
    values: Mapping[str, Any], adapters: Iterable[NewAdapter], group_ids: Iterable[str]
) -> tuple[CreateDevice, list[UserError]]:
    """Return the command that creates a device of the values of `FIELDS`, and what is wrong already.

    What is wrong of a command without errors tells whoever executes it.
    """
    errors: list[UserError] = []
    parsed = {field.name: _value(name, field, values, errors) for name, field in FIELDS.items()}
    command = CreateDevice(
        values=parsed, network_adapters=tuple(adapters), device_group_ids=tuple(group_ids), idempotency_key=None
    )
    if errors:
        # All that is wrong is told together; what is null because of an error is not wrong once more.
        errors += value_errors({name: value for name, value in parsed.items() if value is not None}, DEVICE_FIELDS)
    return command, errors


def count_errors(adapters: int, groups: int) -> list[UserError]:
    """Return the errors of a record that has too many of them to make anything of each."""
    return list(length_errors(network_adapters=range(adapters), device_group_ids=range(groups)))


def _value(name: str, field: Field, values: Mapping[str, Any], errors: list[UserError]) -> Any:
    value = values.get(name, DEFAULTS.get(name))
    if value is None:
        if not field.nullable:
            message = f"{name} is missing, but it is required."
            errors.append(UserError(code=UserErrorCode.BLANK, message=message, field=(name,)))
        return None
    try:
        return parsed_value(field, value)
    except BadUserInput as error:
        errors.append(invalid(f"{name}: {error}", name))
        return None


def parsed_value(field: Field, value: Any) -> Any:
    """Return the value of a field. Raise BadUserInput where it is of another kind."""
    if field.kind is not FieldKind.OTHER:
        return text(value)
    if field.graphql_name not in DEFAULTS:
        return parse_uuid(value)
    try:
        return DeviceStatus(value)
    except ValueError as error:
        raise BadUserInput(f"{quoted(value)} is not a status; expected {' or '.join(DeviceStatus)}.") from error


def text(value: Any) -> str:
    """Raise BadUserInput where a value is no text."""
    if isinstance(value, str):
        return value
    raise BadUserInput(f"{quoted(value)} is no text.")


def invalid(message: str, *path: str) -> UserError:
    return UserError(code=UserErrorCode.INVALID_FORMAT, message=message, field=path or None)


def new_adapter(form: AdapterForm, identifier: str, index: int) -> NewAdapter:
    path: InputPath = (ADAPTERS, str(index), form.outer, form.inner)
    return NewAdapter(type=form.type, identifier=identifier, field=path)
