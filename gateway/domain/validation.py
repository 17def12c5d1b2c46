"""The rules that the input of a change keeps. Each function yields every user error that it finds."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from gateway.domain.commands import NewAdapter
from gateway.domain.enums import NetworkAdapterType
from gateway.domain.errors import BadUserInput
from gateway.domain.fields import LONGEST_TEXT, MOST_ADAPTERS, MOST_GROUPS, Field, FieldKind, graphql_name
from gateway.domain.identifiers import DeviceIdentifier, urn
from gateway.domain.principal import Principal
from gateway.domain.quoting import quoted
from gateway.domain.user_errors import InputPath, UserError, UserErrorCode
from gateway.domain.uuids import Uuid, parse_uuid

# Where a line ends by any reading of "." in a regular expression: the reference's pattern is read by several engines.
_LINE_TERMINATORS = {"\n": "LF", "\r": "CR", "\x85": "U+0085", "\u2028": "U+2028", "\u2029": "U+2029"}


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


class Owned(Protocol):
    """A device or a group: what belongs to one client and one project."""

    @property
    def id(self) -> Uuid: ...

    @property
    def client_id(self) -> Uuid: ...

    @property
    def project_id(self) -> Uuid: ...


def value_errors(values: Mapping[str, Any], fields: Mapping[str, Field]) -> Iterator[UserError]:
    """Yield the errors of values by the names of their fields."""
    for name, value in values.items():
        field = fields[name]
        path = (field.graphql_name,)
        if value is None and not field.nullable:
            yield UserError(
                code=UserErrorCode.BLANK, message=f"{field.graphql_name} is null, but it is required.", field=path
            )
        elif isinstance(value, str) and field.kind is FieldKind.LINE:
            yield from line_errors(path, value)
        elif isinstance(value, str) and field.kind is FieldKind.TEXT:
            yield from text_errors(path, value)


def line_errors(path: InputPath, value: str) -> Iterator[UserError]:
    """Yield the errors of a name: text on one line that is not only white space."""
    if not value.strip():
        message = f"{path[-1]}: {quoted(value)} is blank; expected a character that is not white space."
        yield UserError(code=UserErrorCode.BLANK, message=message, field=path)
    yield from text_errors(path, value)
    if found := [name for character, name in _LINE_TERMINATORS.items() if character in value]:
        message = f"{path[-1]}: {quoted(value)} contains {' and '.join(found)}; expected a single line."
        yield UserError(code=UserErrorCode.INVALID_FORMAT, message=message, field=path)


def text_errors(path: InputPath, value: str) -> Iterator[UserError]:
    """Yield the errors of text that has at most 255 code points, none of them NUL."""
    if len(value) > LONGEST_TEXT:
        message = f"{path[-1]}: {quoted(value)} has {len(value)} characters; expected at most {LONGEST_TEXT}."
        yield UserError(code=UserErrorCode.TOO_LONG, message=message, field=path)
    if "\0" in value:
        message = f"{path[-1]}: {quoted(value)} contains NUL, which is not accepted."
        yield UserError(code=UserErrorCode.INVALID_FORMAT, message=message, field=path)


def idempotency_key_errors(key: str | None) -> Iterator[UserError]:
    if key is not None:
        path = ("idempotencyKey",)
        if not key.strip():
            message = f"{path[-1]}: {quoted(key)} is blank; expected a character that is not white space."
            yield UserError(code=UserErrorCode.BLANK, message=message, field=path)
        yield from text_errors(path, key)


def length_errors(**lists: Collection[object]) -> Iterator[UserError]:
    """Yield an error for each list, by the name of its field, that has more items than a device may have."""
    for name, items in lists.items():
        most = _MOST[name]
        if len(items) > most:
            path = (graphql_name(name),)
            message = f"{path[-1]} has {len(items)} items; expected at most {most}."
            yield UserError(code=UserErrorCode.TOO_MANY, message=message, field=path)


_MOST = {
    "network_adapters": MOST_ADAPTERS,
    **dict.fromkeys(("device_group_ids", "add_to_group_ids", "remove_from_group_ids"), MOST_GROUPS),
}


def full_error(what: str, most: int, field: str) -> UserError:
    """Return the error of one more of what a device has as many of as it may."""
    message = f"{field}: the device has {most} {what} already; expected at most {most}."
    return UserError(code=UserErrorCode.TOO_MANY, message=message, field=(field,))


def adapter_errors(adapters: Iterable[NewAdapter]) -> Iterator[UserError]:
    """Yield the errors of identifiers that are malformed, or that come twice in one input."""
    seen: set[tuple[NetworkAdapterType, str]] = set()
    for adapter in adapters:
        try:
            identifier = adapter.type, adapter.canonical_identifier
        except BadUserInput as error:
            yield _malformed_error(adapter, error)
            continue
        if identifier in seen:
            yield _identifier_taken_error(adapter, "comes twice in this input")
        seen.add(identifier)


def taken_error(adapter: NewAdapter, holder: object) -> UserError:
    """Return the error of an identifier that an adapter has; `holder` is its device, where the caller sees it."""
    return _identifier_taken_error(adapter, "belongs to an adapter already", holder)


def rival_error(adapter: NewAdapter, holder: object) -> UserError:
    """Return the error of an identifier that another device of the same request has got before; `holder` as above."""
    return _identifier_taken_error(adapter, "comes twice in this input", holder)


def immutability_errors(type_: NetworkAdapterType, identifier: str, given: NewAdapter) -> Iterator[UserError]:
    """Yield the errors of an update of an adapter, whose type and identifier never change."""
    malformed = list(adapter_errors([given]))
    yield from malformed
    if given.type != type_ or (not malformed and given.canonical_identifier != identifier):
        message = f"{given.field[-1]}: the adapter is {urn(type_, identifier)}, which never changes."
        yield UserError(code=UserErrorCode.IMMUTABLE, message=message, field=given.field)


def client_errors(client_id: Uuid, principal: Principal) -> Iterator[UserError]:
    """Yield the error of a client that is to own something and that the caller does not reach."""
    if not principal.reaches(client_id):
        message = f"clientId: the token does not reach the client {client_id}."
        yield UserError(code=UserErrorCode.NOT_ALLOWED, message=message, field=("clientId",))


def membership_errors(
    ids: Iterable[tuple[InputPath, str]], groups: Mapping[Uuid, Owned], *, client_id: Uuid, project_id: Uuid
) -> Iterator[UserError]:
    """Yield the errors of groups, by the paths and values of their ids, that a device of a client is to be in."""
    for path, id_ in ids:
        group = groups.get(Uuid(id_.lower()))
        if group is None:
            yield missing_error("device group", id_, path)
        else:
            yield from _mismatch_errors(path, group, client_id=client_id, project_id=project_id)


def move_errors(changes: Mapping[str, Any], groups: Collection[object]) -> Iterator[UserError]:
    """Yield the errors of a device that is to belong to another client or project while it is in `groups`."""
    for name, code in (
        ("client_id", UserErrorCode.CLIENT_MISMATCH),
        ("project_id", UserErrorCode.PROJECT_MISMATCH),
    ):
        if groups and changes.get(name):
            path = (graphql_name(name),)
            owner = name.removesuffix("_id")
            message = f"{path[-1]}: the device is in groups of its {owner}; remove it from them first."
            yield UserError(code=code, message=message, field=path, conflicting_node=next(iter(groups)))


def version_errors(expected: int | None, present: Versioned) -> Iterator[UserError]:
    if expected is not None and expected != present.version:
        message = f"expectedVersion: {expected} was expected, but the present version is {present.version}."
        yield UserError(
            code=UserErrorCode.VERSION_MISMATCH, message=message, field=("expectedVersion",), conflicting_node=present
        )


def missing_error(kind: str, id_: str, path: InputPath) -> UserError:
    """Return the error of an id that nothing has which the caller reaches, or that is none."""
    try:
        parse_uuid(id_)
    except BadUserInput as error:
        return UserError(code=UserErrorCode.INVALID_FORMAT, message=f"{path[0]}: {error}", field=path)
    return UserError(code=UserErrorCode.NOT_FOUND, message=f"{path[0]}: there is no {kind} {id_}.", field=path)


def missing_device_error(identifier: DeviceIdentifier) -> UserError:
    message = f"device: there is no device {identifier}."
    return UserError(code=UserErrorCode.NOT_FOUND, message=message, field=("device",))


def _mismatch_errors(path: InputPath, group: Owned, *, client_id: Uuid, project_id: Uuid) -> Iterator[UserError]:
    for owner, code, groups_own, devices_own in (
        ("client", UserErrorCode.CLIENT_MISMATCH, group.client_id, client_id),
        ("project", UserErrorCode.PROJECT_MISMATCH, group.project_id, project_id),
    ):
        if groups_own != devices_own:
            message = (
                f"{path[0]}: the device group {group.id} holds devices of the {owner} {groups_own} only; "
                f"the device is of {devices_own}."
            )
            yield UserError(code=code, message=message, field=path, conflicting_node=group)


def _malformed_error(adapter: NewAdapter, error: BadUserInput) -> UserError:
    message = f"{adapter.field[-1]}: {error}"
    return UserError(code=UserErrorCode.INVALID_FORMAT, message=message, field=adapter.field)


def _identifier_taken_error(adapter: NewAdapter, how: str, holder: object = None) -> UserError:
    message = f"{adapter.field[-1]}: {adapter.canonical_identifier} {how}; it is one adapter's only."
    return UserError(code=UserErrorCode.IDENTIFIER_TAKEN, message=message, field=adapter.field, conflicting_node=holder)
