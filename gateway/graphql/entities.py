"""Entities: objects that other subgraphs name by a key (Apollo's subgraph specification, `Query._entities`)."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.db.queries import adapters, devices, events, groups
from gateway.db.rows import DeviceEventRow, DeviceGroupRow, DeviceRow, NetworkAdapterRow
from gateway.db.statements.reader import Reader
from gateway.domain.enums import NetworkAdapterType, Scope
from gateway.domain.errors import BadUserInput, RequestError
from gateway.domain.identifiers import DeviceIdentifier, parse_adapter_identifier, parse_device_identifier
from gateway.domain.principal import Principal
from gateway.domain.quoting import quoted
from gateway.domain.uuids import Uuid, parse_uuid
from gateway.graphql.context import Context
from gateway.graphql.row_types import node_type_name

EntityRow = DeviceRow | NetworkAdapterRow | DeviceGroupRow | DeviceEventRow
Name = Uuid | DeviceIdentifier
"""The value of a key."""
Read = Callable[[Reader, Principal, Collection[Any]], Awaitable[Mapping[Any, EntityRow]]]
"""Returns the rows that a principal reaches, by their names."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A field that names an object of an entity's type."""

    field: str
    parse: Callable[[object], Name]
    """Raises BadUserInput for what cannot be its value."""
    read: Read


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A type whose objects other subgraphs may name."""

    scope: Scope
    keys: Sequence[Key]
    """Of which a representation has at least one; the first that it has counts."""


def _by_id(read: Read) -> Key:
    return Key(field="id", parse=parse_uuid, read=read)


def _adapter(type_: NetworkAdapterType, field: str) -> Entity:
    def parse(value: object) -> DeviceIdentifier:
        return DeviceIdentifier(parse_adapter_identifier(type_, value), type_)

    by_identifier = Key(field=field, parse=parse, read=adapters.adapters_by_identifier)
    return Entity(scope=Scope.DEVICE_READ, keys=[_by_id(adapters.adapters_by_id), by_identifier])


ENTITIES: Mapping[str, Entity] = {
    "Device": Entity(
        scope=Scope.DEVICE_READ,
        keys=[
            _by_id(devices.devices_by_id),
            Key(field="identifier", parse=parse_device_identifier, read=devices.devices_by_identifier),
        ],
    ),
    "CellularNetworkAdapter": _adapter(NetworkAdapterType.CELLULAR, "imei"),
    "LoraNetworkAdapter": _adapter(NetworkAdapterType.LORA, "devEui"),
    "GenericNetworkAdapter": _adapter(NetworkAdapterType.GENERIC, "dvnUuid"),
    "DeviceGroup": Entity(scope=Scope.DEVICE_GROUP_READ, keys=[_by_id(groups.groups_by_id)]),
    "DeviceEvent": Entity(scope=Scope.DEVICE_READ, keys=[_by_id(events.events_by_id)]),
}
"""The entities, by the names of their types."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a representation names."""

    type_name: str
    read: Read
    name: Name


async def entities_named(representations: Sequence[object], context: Context) -> list[EntityRow | RequestError | None]:
    """Return what each representation names, or what is wrong with it; None where nothing within reach has the name.

    There is one statement for each kind of key, whatever the types.
    """
    parsed = [_parsed(f"representations[{i}]", each, context.principal) for i, each in enumerate(representations)]
    names: dict[Read, set[Name]] = {}
    for each in parsed:
        if isinstance(each, Named):
            names.setdefault(each.read, set()).add(each.name)
    rows = {read: await read(context.session, context.principal, asked) for read, asked in names.items()}
    return [_row(each, rows[each.read]) if isinstance(each, Named) else each for each in parsed]


def _parsed(place: str, representation: object, principal: Principal) -> Named | RequestError:
    try:
        return _parse(place, representation, principal)
    except RequestError as error:
        return error


def _parse(place: str, representation: object, principal: Principal) -> Named:
    """Return what a representation names. Raise BadUserInput where that cannot be, and MissingScope."""
    if not isinstance(representation, dict):
        raise BadUserInput(f"{place}: {quoted(representation)} is no object; expected one with __typename and a key.")
    type_name = representation.get("__typename")
    if not isinstance(type_name, str) or type_name not in ENTITIES:
        raise BadUserInput(
            f"{place}: its __typename, {quoted(type_name)}, is no entity's; expected {' or '.join(ENTITIES)}."
        )
    entity = ENTITIES[type_name]
    principal.require(entity.scope)
    for key in entity.keys:
        if key.field in representation:
            return Named(type_name, key.read, _name(key, f"{place}.{key.field}", representation[key.field]))
    raise BadUserInput(f"{place}: it has no key of {type_name}; expected {' or '.join(k.field for k in entity.keys)}.")


def _name(key: Key, place: str, value: object) -> Name:
    try:
        return key.parse(value)
    except BadUserInput as error:
        raise BadUserInput(f"{place}: {error}") from error


def _row(named: Named, rows: Mapping[Any, EntityRow]) -> EntityRow | None:
    """Return the row that is named, unless it is of another type: ids are those of adapters of every type."""
    row = rows.get(named.name)
    return row if row is not None and node_type_name(row) == named.type_name else None
