"""The rules that a change has to keep (DESIGN, section 2). Each function returns every fault that it finds."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from gateway.domain.commands import NewAdapter
from gateway.domain.errors import BadUserInput
from gateway.domain.faults import Fault, FaultCode, Path
from gateway.domain.identifiers import DeviceIdentifier, urn
from gateway.domain.kinds import NetworkAdapterType
from gateway.domain.principal import Principal
from gateway.domain.quoting import quoted
from gateway.domain.uuids import Uuid, parse_uuid

LONGEST_TEXT = 255
MOST_AT_ONCE = 100
OPTIONAL = {"barcode", "description"}
"""The fields that may be null."""


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


class OfProject(Protocol):
    @property
    def id(self) -> Uuid: ...

    @property
    def project_id(self) -> Uuid: ...


def shown(name: str) -> str:
    """A column's name as the schema shows it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def value_faults(values: Mapping[str, Any]) -> Iterator[Fault]:
    """Of fields given by the names of their columns."""
    for name, value in values.items():
        field = (shown(name),)
        if value is None and name not in OPTIONAL:
            yield Fault(code=FaultCode.BLANK, message=f"{shown(name)} is null, but it is required.", field=field)
        elif isinstance(value, str):
            yield from text_faults(field, value, blank_allowed=name in OPTIONAL)


def text_faults(field: Path, value: str, *, blank_allowed: bool = False) -> Iterator[Fault]:
    """Of text that has at most 255 code points, none of them NUL, and not only white space unless allowed."""
    name = field[-1]
    if not blank_allowed and not value.strip():
        message = f"{name}: {quoted(value)} is blank; expected a character that is not white space."
        yield Fault(code=FaultCode.BLANK, message=message, field=field)
    if len(value) > LONGEST_TEXT:
        message = f"{name}: {quoted(value)} has {len(value)} characters; expected at most {LONGEST_TEXT}."
        yield Fault(code=FaultCode.TOO_LONG, message=message, field=field)
    if "\0" in value:
        message = f"{name}: {quoted(value)} contains NUL, which is not accepted."
        yield Fault(code=FaultCode.INVALID_FORMAT, message=message, field=field)


def adapter_faults(adapters: Iterable[NewAdapter]) -> Iterator[Fault]:
    """Of identifiers that are malformed, or that come twice in one input."""
    seen: set[tuple[NetworkAdapterType, str]] = set()
    for adapter in adapters:
        try:
            identifier = adapter.type, adapter.canonical_identifier
        except BadUserInput as error:
            message = f"{adapter.field[-1]}: {error}"
            yield Fault(code=FaultCode.INVALID_FORMAT, message=message, field=adapter.field)
            continue
        if identifier in seen:
            yield _identifier_taken(adapter, "comes twice in this input")
        seen.add(identifier)


def taken_fault(adapter: NewAdapter, holder: object) -> Fault:
    """Of an identifier that an adapter has; `holder` is its device, where the caller sees it."""
    return _identifier_taken(adapter, "belongs to an adapter already", holder)


def length_faults(**lists: Collection[object]) -> Iterator[Fault]:
    for name, items in lists.items():
        if len(items) > MOST_AT_ONCE:
            message = f"{shown(name)} has {len(items)} items; expected at most {MOST_AT_ONCE}."
            yield Fault(code=FaultCode.TOO_MANY, message=message, field=(shown(name),))


def client_faults(client_id: Uuid, principal: Principal) -> Iterator[Fault]:
    if not principal.reaches(client_id):
        message = f"clientId: the token does not reach the client {client_id}."
        yield Fault(code=FaultCode.NOT_ALLOWED, message=message, field=("clientId",))


def membership_faults(
    ids: Iterable[tuple[Path, str]], groups: Mapping[Uuid, OfProject], project_id: Uuid
) -> Iterator[Fault]:
    """Of groups, by where their ids stand in the input, that a device of a project is to be in."""
    for field, id_ in ids:
        group = groups.get(Uuid(id_.lower()))
        if group is None:
            yield missing_fault("device group", id_, field)
        elif group.project_id != project_id:
            message = (
                f"The device group {group.id} holds devices of the project {group.project_id} only; "
                f"the device is of {project_id}."
            )
            yield Fault(code=FaultCode.PROJECT_MISMATCH, message=message, field=field, conflicting=group)


def project_move_faults(groups: Collection[object], *, in_groups: bool) -> Iterator[Fault]:
    """Of moving a device to another project; `groups` are those that it is in and that the caller sees."""
    if in_groups:
        message = "projectId: the device is in groups of its project; remove it from them first."
        conflicting = next(iter(groups), None)
        yield Fault(code=FaultCode.PROJECT_MISMATCH, message=message, field=("projectId",), conflicting=conflicting)


def version_faults(expected: int | None, present: Versioned) -> Iterator[Fault]:
    if expected is not None and expected != present.version:
        message = f"expectedVersion: {expected} was expected, but the present version is {present.version}."
        yield Fault(code=FaultCode.VERSION_MISMATCH, message=message, field=("expectedVersion",), conflicting=present)


def identity_faults(type_: NetworkAdapterType, identifier: str, wanted: NewAdapter) -> Iterator[Fault]:
    """Of an update of an adapter, whose type and identifier never change."""
    try:
        same = wanted.type == type_ and wanted.canonical_identifier == identifier
    except BadUserInput as error:
        yield Fault(code=FaultCode.INVALID_FORMAT, message=f"{wanted.field[-1]}: {error}", field=wanted.field)
        return
    if not same:
        message = f"{wanted.field[-1]}: the adapter is {urn(type_, identifier)}, which never changes."
        yield Fault(code=FaultCode.IMMUTABLE, message=message, field=wanted.field)


def missing_fault(kind: str, id_: str, field: Path) -> Fault:
    """Of an id that nothing has which the caller reaches, or that is none."""
    try:
        parse_uuid(id_)
    except BadUserInput as error:
        return Fault(code=FaultCode.INVALID_FORMAT, message=f"{field[0]}: {error}", field=field)
    return Fault(code=FaultCode.NOT_FOUND, message=f"{field[0]}: there is no {kind} {id_}.", field=field)


def missing_device_fault(identifier: DeviceIdentifier) -> Fault:
    return Fault(code=FaultCode.NOT_FOUND, message=f"device: there is no device {identifier}.", field=("device",))


def key_faults(key: str | None) -> Iterator[Fault]:
    if key is not None:
        yield from text_faults(("idempotencyKey",), key)


def _identifier_taken(adapter: NewAdapter, how: str, holder: object = None) -> Fault:
    message = f"{adapter.field[-1]}: {adapter.canonical_identifier} {how}; it is one adapter's only."
    return Fault(code=FaultCode.IDENTIFIER_TAKEN, message=message, field=adapter.field, conflicting=holder)
